"""Entries without a line: a process was killed between its commit and the journal. Their lines are made up for.

Such a line is marked as late. Until then, and for what the mark says, the entry stands under its seal alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from consult.accounts.permissions import SYSTEM
from consult.ledger.journal import files, lines
from consult.ledger.models import LedgerEntry, LedgerLeaf
from consult.ledger.service import record
from consult.ledger.tree import LATE_IDS
from consult.store import db, transaction

BEGIN = "journal.begin"
"""The act by which a host's journal begins."""
SUBJECT = "journal:begin"
GRACE = timedelta(seconds=30)
"""Age of an entry from which on its line is late: other hosts ship within ten seconds."""
BATCH = 2000


def hosts_begun() -> dict[str, tuple[datetime, int]]:
    """Return for each host when its journal began, and the id of the last entry that needs no line."""
    begun: dict[str, tuple[datetime, int]] = {}
    query = select(LedgerEntry.at, LedgerEntry.detail).where(LedgerEntry.subject == SUBJECT, LedgerEntry.act == BEGIN)
    for at, detail in db.session.execute(query.order_by(LedgerEntry.id)):
        begun.setdefault(str(detail["host"]), (at, int(detail["after"])))
    return begun


def begin(at: datetime) -> None:
    """Record that this host's journal begins, unless that is recorded: a journal that is gone is then missed."""
    if files.host() in hosts_begun():
        return
    sealed = db.session.scalar(select(func.max(LedgerLeaf.entry_id))) or 0
    with transaction():
        record(SYSTEM, BEGIN, SUBJECT, at=at, host=files.host(), after=sealed)


class LateLines:
    """Finds entries without a line; keeps in memory how far it has read each journal."""

    def __init__(self) -> None:
        self._read: dict[Path, tuple[int, int]] = {}
        self._noted: set[int] = set()

    def make_up(self, at: datetime) -> int:
        """Append the lines of entries older than GRACE that no journal has; return how many."""
        since = self._since()
        self._read_on(since)
        made_up, mark = 0, since
        for some in _entries_after(since):
            old = [entry for entry in some if entry.at < at - GRACE]
            late = [lines.Note(e.id, e.seal, e.act, e.subject, is_late=True) for e in old if e.id not in self._noted]
            if late:
                files.append(late)
                made_up += len(late)
            mark = max([mark, *(entry.id for entry in old)])
        _set_mark(mark)
        return made_up

    def _since(self) -> int:
        """Return the id above which to look: entries can be committed after one with a higher id."""
        begun = hosts_begun().values()
        start = min((after for _, after in begun), default=0)
        return max(start, _mark() - LATE_IDS)

    def _read_on(self, since: int) -> None:
        for path in (*files.kept_here().values(), *files.shipped().values()):
            with suppress(FileNotFoundError):
                self._read_file(path, since)
        self._noted = {id_ for id_ in self._noted if id_ > since}

    def _read_file(self, path: Path, since: int) -> None:
        status = path.stat()
        inode, offset = self._read.get(path, (status.st_ino, 0))
        if inode != status.st_ino or status.st_size < offset:
            offset = 0  # another file
        for after, line in lines.read(path, offset, status.st_size):
            offset = after
            if line.note.id > since:
                self._noted.add(line.note.id)
        self._read[path] = status.st_ino, offset


def without_line(since: int, noted: set[int], before: datetime) -> list[int]:
    """Return the ids above ``since`` of entries before a moment that aren't among ``noted``."""
    return [e.id for some in _entries_after(since) for e in some if e.at < before and e.id not in noted]


def _entries_after(since: int) -> Any:
    columns = LedgerEntry.id, LedgerEntry.seal, LedgerEntry.act, LedgerEntry.subject, LedgerEntry.at
    while some := _some(columns, since):
        yield some
        since = some[-1].id


def _some(columns: Sequence[Any], since: int) -> list[Any]:
    return list(
        db.session.execute(select(*columns).where(LedgerEntry.id > since).order_by(LedgerEntry.id).limit(BATCH))
    )


def _mark() -> int:
    try:
        return int(_mark_file().read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0


def _set_mark(id_: int) -> None:
    path = _mark_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(str(id_), encoding="ascii")


def _mark_file() -> Path:
    return files.folder() / "noted-to"
