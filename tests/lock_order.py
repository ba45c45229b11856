"""The order in which rows are locked, recorded in every test: docs/decisions/0010-writers-take-turns.md."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, Select, TextClause, event

from consult.store.locking import ADVISORY_LOCKS

TURN = "a turn"
ORDER = {
    TURN: 0,
    "mail_message": 1,
    "consultation": 2,
    "feedback_report": 3,
    "gathering_attendance": 3,
    "consultation_consultee": 4,
    "invitation": 5,
    "submission": 6,
    "opinion": 7,
    "opinion_group": 8,
    "decision": 9,
}
"""Rank of what is locked; tables with a single row to lock stand outside of the order."""

Lock = tuple[str, Any]
"""A table, or ``TURN``, and the key of the row where the statement names it."""


class LockOrder:
    """What each running transaction has locked, and where one broke the order."""

    def __init__(self) -> None:
        self.broken: list[str] = []
        self._held: WeakKeyDictionary[Connection, list[Lock]] = WeakKeyDictionary()

    def before_execute(self, connection: Connection, statement: Any, many: Any, parameters: Any, _options: Any) -> None:
        """Note the locks that a statement takes."""
        for lock in _locks_of(statement, parameters or {}):
            held = self._held.setdefault(connection, [])
            same_table = [key for table, key in held if table == lock[0]]
            again = lock[1] in same_table or None in same_table or (lock[1] is None and bool(same_table))
            if not again:  # a query that names no key is taken to lock the same rows
                self._check(held, lock)
                held.append(lock)

    def ended(self, connection: Connection) -> None:
        """Forget the locks of a transaction that has ended."""
        self._held.pop(connection, None)

    def _check(self, held: list[Lock], lock: Lock) -> None:
        table, key = lock
        for earlier, earlier_key in held:
            too_late = ORDER[earlier] > ORDER[table]
            by_id = earlier == table and isinstance(key, int) and isinstance(earlier_key, int) and earlier_key > key
            if too_late or by_id:
                self.broken.append(f"{table} {key} locked after {earlier} {earlier_key}")


def _locks_of(statement: Any, parameters: dict[str, Any]) -> Iterator[Lock]:
    if isinstance(statement, TextClause):
        if "pg_advisory_xact_lock" in statement.text and parameters.get("turns") == ADVISORY_LOCKS:
            yield TURN, parameters["what"]
        return
    if not isinstance(statement, Select) or statement._for_update_arg is None:
        return
    of = statement._for_update_arg.of or statement.get_final_froms()[:1]
    for table in of:
        name = getattr(table, "name", None)
        if name in ORDER:
            yield name, parameters.get("pk_1")


@contextmanager
def recorded(engine: Engine) -> Iterator[LockOrder]:
    """Record the locks that are taken by an engine's connections."""
    order = LockOrder()
    listeners = {"before_execute": order.before_execute, "commit": order.ended, "rollback": order.ended}
    for name, listener in listeners.items():
        event.listen(engine, name, listener)
    try:
        yield order
    finally:
        for name, listener in listeners.items():
            event.remove(engine, name, listener)
