"""What is to be done after a commit: notes of the running transaction, delivered once it is durable.

They are delivered before ``transaction`` or ``raw_transaction`` returns, and after the lock of writers is released; the
notes of what was rolled back, to a savepoint or as a whole, are dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

Listener = Callable[[Sequence[Any]], None]

RUNNING = "consult_commit_notes"
"""Key in ``session.info`` of the notes of the running transaction."""
COMMITTED = "consult_committed_notes"
"""Key in ``session.info`` of notes that are committed and wait for the lock to be released."""
MARKS = "consult_commit_notes_marks"
"""Key in ``session.info``: how many notes there were when each savepoint was set."""

_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Call ``listener`` with the notes of every transaction that has committed."""
    if listener not in _listeners:
        _listeners.append(listener)


def deliver(notes: Sequence[Any]) -> None:
    """Give committed notes to the listeners."""
    if notes:
        for listener in _listeners:
            listener(notes)


def follow(session: Any, is_locked: Callable[[Session], bool]) -> None:
    """Follow the commits and rollbacks of a session; while ``is_locked``, ``committed`` is asked for the notes."""

    def after_commit(of: Session) -> None:
        if of.in_nested_transaction():
            return  # a savepoint was released: nothing is durable yet
        notes = of.info.pop(RUNNING, [])
        of.info.pop(MARKS, None)
        if is_locked(of):
            of.info.setdefault(COMMITTED, []).extend(notes)
        else:
            deliver(notes)

    event.listen(session, "after_commit", after_commit)
    event.listen(session, "after_transaction_create", _mark)
    event.listen(session, "after_soft_rollback", _drop)


def committed(session: Session) -> list[Any]:
    """Take the notes that were committed under the lock."""
    notes: list[Any] = session.info.pop(COMMITTED, [])
    return notes


def add_to(session: Session, notes: Sequence[Any]) -> None:
    """Add notes to the session's running transaction."""
    session.info.setdefault(RUNNING, []).extend(notes)


def _mark(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        session.info.setdefault(MARKS, {})[transaction] = len(session.info.get(RUNNING, ()))


def _drop(session: Session, previous: SessionTransaction) -> None:
    """Drop what was noted since the savepoint that is rolled back to, or all."""
    boundary: SessionTransaction | None = previous
    while boundary is not None and not boundary.nested:
        boundary = boundary.parent
    since = session.info.get(MARKS, {}).get(boundary, 0)
    del session.info.get(RUNNING, [])[since:]
