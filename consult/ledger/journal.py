"""A second note of every entry, in files outside the database, until a published checkpoint covers it.

Between an act and its sealing, a row could be taken out of the database without a trace where ids have gaps anyway. The
note (id and seal) is written after the commit, so it never speaks of what wasn't kept; a process that is killed in
between only leaves a note less.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import event, select
from sqlalchemy.orm import Session, SessionTransaction

from consult.ledger.faults import Fault, What
from consult.ledger.models import LedgerEntry, LedgerLeaf
from consult.settings import settings
from consult.store import db

NOTED = "consult_ledger_noted"
"""Key of what a session has written and not committed yet."""
WRITTEN = "consult.ledger.written"
"""Key of the application's extensions: whether this process has written to the ledger and not sealed since."""
LINE = re.compile(rb"([0-9]{1,18}) ([0-9a-f]{64})\n")
LONGEST_LINE = 84
LOOK_UP = 500
"""Entries looked up at once."""


def register() -> None:
    """Note every entry that is committed from now on, whatever the application."""
    if not event.contains(LedgerEntry, "after_insert", _noted):
        event.listen(LedgerEntry, "after_insert", _noted)
        event.listen(db.session, "after_commit", _write)
        event.listen(db.session, "after_soft_rollback", _forget)


def _noted(_mapper: Any, _connection: Any, entry: LedgerEntry) -> None:
    session = Session.object_session(entry)
    if session is not None:
        session.info.setdefault(NOTED, []).append(f"{entry.id} {entry.seal}\n")


def _forget(session: Session, _previous: SessionTransaction) -> None:
    session.info.pop(NOTED, None)  # a note too few is no harm, one too many would be a false alarm


def _write(session: Session) -> None:
    lines = session.info.pop(NOTED, None)
    if not lines:
        return
    current_app.extensions[WRITTEN] = True
    with _open_for_append() as file:
        file.write("".join(lines).encode())


def _open_for_append() -> Any:
    path = _folder() / "journal"
    try:
        return path.open("ab", buffering=0)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("ab", buffering=0)


def _folder() -> Path:
    return settings().data_dir / "ledger"


def turn() -> None:
    """Begin a new file; earlier ones stay until ``clear`` finds all of their entries under a checkpoint."""
    path = _folder() / "journal"
    with suppress(FileNotFoundError):  # nothing was noted since, or another process was first
        path.rename(path.with_name(f"journal.{time.time_ns()}"))


def clear(leaves: int) -> int:
    """Remove the turned files whose every entry is among the tree's first ``leaves``; return how many."""
    removed = 0
    for path, reach in _extent("journal.*"):
        if all(_covered(notes, leaves) for notes in _notes(path, reach)):
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def _covered(notes: dict[int, str], leaves: int) -> bool:
    query = (
        select(LedgerEntry.id, LedgerEntry.seal)
        .join(LedgerLeaf, LedgerLeaf.entry_id == LedgerEntry.id)
        .where(LedgerEntry.id.in_(notes), LedgerLeaf.position < leaves)
    )
    return _pairs(query) == notes


def _pairs(query: Any) -> dict[int, str]:
    return {row.id: row.seal for row in db.session.execute(query)}


Extent = tuple[tuple[Path, int], ...]


def extent() -> Extent:
    """Return how far the files reach now: to be taken before the database is read, which then holds all of it."""
    return tuple(_extent("journal*"))


def _extent(pattern: str) -> Iterator[tuple[Path, int]]:
    for path in sorted(_folder().glob(pattern)):
        try:
            reach = path.stat().st_size
        except FileNotFoundError:
            continue  # cleared meanwhile
        yield path, reach


def faults(known: Extent) -> Iterator[Fault]:
    """Name every noted entry that the database no longer holds, or holds with another seal."""
    for path, reach in known:
        for notes in _notes(path, reach):
            query = select(LedgerEntry.id, LedgerEntry.seal).where(LedgerEntry.id.in_(notes))
            held = _pairs(query)
            for id_, seal in notes.items():
                if id_ not in held:
                    message = f"记录第 {id_} 行被删除：留存的底账里有这一行，数据库里没有。"
                    yield Fault("entry", str(id_), What.REMOVED, message)
                elif held[id_] != seal:
                    message = f"记录第 {id_} 行被换过：与留存的底账里的这一行不同。"
                    yield Fault("entry", str(id_), What.CHANGED, message)


def _notes(path: Path, reach: int) -> Iterator[dict[int, str]]:
    """Read a file's first ``reach`` bytes as ``{id: seal}``, LOOK_UP at a time; a torn line is no note."""
    notes: dict[int, str] = {}
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return  # cleared meanwhile
    with file:
        while file.tell() < reach and (line := file.readline(LONGEST_LINE)):
            match = LINE.fullmatch(line)
            if match:
                notes[int(match[1])] = match[2].decode()
            if len(notes) == LOOK_UP:
                yield notes
                notes = {}
    if notes:
        yield notes
