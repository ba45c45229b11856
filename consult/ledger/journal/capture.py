"""Every entry that a transaction adds is noted, and written to the journal after the commit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog
from flask import current_app
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session

from consult.ledger.journal import files
from consult.ledger.journal.lines import Note
from consult.ledger.models import LedgerEntry
from consult.store import commit_notes, db, note_for_commit

WRITTEN = "consult.ledger.written"
"""Key in ``app.extensions``: whether this process has written to the ledger since it last sealed."""

log = structlog.get_logger()


def register() -> None:
    """Listen to the session and to commits: from now on every committed entry is written to the journal."""
    if not event.contains(LedgerEntry, "after_insert", _inserted):
        event.listen(LedgerEntry, "after_insert", _inserted)
        event.listen(db.session, "do_orm_execute", _refuse_statements)
    commit_notes.listen(_committed)


def note_entries(ids: dict[str, int], rows: Sequence[dict[str, Any]]) -> None:
    """Note entries that were inserted without the session.

    Arguments:
        ids: the id of each entry by its seal.
        rows: their columns.
    """
    note_for_commit([Note(ids[row["seal"]], row["seal"], row["act"], row["subject"]) for row in rows])


def _inserted(_mapper: Any, _connection: Any, entry: LedgerEntry) -> None:
    if Session.object_session(entry) is not None:
        note_for_commit([Note(entry.id, entry.seal, entry.act, entry.subject)])


def _refuse_statements(state: ORMExecuteState) -> None:
    mapper = state.bind_mapper
    if state.is_insert and mapper is not None and mapper.class_ is LedgerEntry:
        raise RuntimeError("entries are written by record() and record_many(), which write the journal as well")


def _committed(notes: Sequence[Any]) -> None:
    """Write the notes of a committed transaction.

    What is committed can't be taken back: a journal that can't be written is an error in the log, and the worker makes
    up for the lines later.
    """
    lines = [note for note in notes if isinstance(note, Note)]
    if not lines:
        return
    current_app.extensions[WRITTEN] = True
    try:
        files.append(lines)
    except OSError as error:
        log.error("journal_not_written", entries=len(lines), error=type(error).__name__)
