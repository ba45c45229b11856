"""What a transaction changed in covered tables: noted while it runs, recorded in an entry just before it commits.

A change is the row's key with its digest before and after. The digest before is that of the row as it was found, not as
the record has it: a change from outside, written over by a verb, still leaves a gap between two entries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, event, inspect, or_, select
from sqlalchemy import and_ as all_of
from sqlalchemy.orm import Mapper, ORMExecuteState, Session, SessionTransaction, object_session
from sqlalchemy.orm.exc import StaleDataError

from consult import clock
from consult.accounts.permissions import SYSTEM
from consult.ledger.models import DIGESTS_OF_ROWS, LedgerEntry
from consult.ledger.rows.coverage import Key, RowDigests, columns, is_covered, key_of, key_text
from consult.ledger.service import record
from consult.store import db

CHANGE = "rows.change"
"""The act of the entries that follow the entries of a verb."""
IN_ONE_ENTRY = 400
"""Rows in the detail of an entry."""
IN_ONE_QUERY = 400
"""Keys in a query."""
NOTED = "consult_rows_noted"
"""Key in ``session.info``: the digests before of the rows that the transaction has changed so far."""
LAST_ENTRY = "consult_rows_last_entry"
"""Key in ``session.info``: moment and subject of the transaction's newest entry."""

Before = dict[tuple[Table, Key], str | None]
"""The digest that a row had before the transaction; None: there was no such row."""


def register() -> None:
    """Listen to the session: from now on every commit records the rows of covered tables that it changes."""
    if event.contains(Mapper, "after_insert", _inserted):
        return
    event.listen(Mapper, "after_insert", _inserted)
    event.listen(Mapper, "before_update", _changing)
    event.listen(Mapper, "before_delete", _changing)
    event.listen(db.session, "before_flush", _before_flush)
    event.listen(db.session, "do_orm_execute", _executing)
    event.listen(db.session, "before_commit", _record)
    event.listen(db.session, "after_soft_rollback", _forget)


def note_new(table: Table, ids: Iterable[int]) -> None:
    """Note rows that were inserted by a statement of the caller's, which the session can't see."""
    noted = _noted(db.session())
    for id_ in ids:
        noted.setdefault((table, (id_,)), None)


def _noted(session: Session) -> Before:
    noted: Before = session.info.setdefault(NOTED, {})
    return noted


def _inserted(mapper: Mapper[Any], _connection: Connection, target: Any) -> None:
    session = object_session(target)
    if session is None:
        return
    if isinstance(target, LedgerEntry):
        session.info[LAST_ENTRY] = (target.at, target.subject)
    elif is_covered(mapper.local_table):
        _noted(session).setdefault((_table(mapper), tuple(mapper.primary_key_from_instance(target))), None)


def _changing(mapper: Mapper[Any], connection: Connection, target: Any) -> None:
    """Note a row that the flush found out about by itself, and a row's new key."""
    session = object_session(target)
    if session is None or not is_covered(mapper.local_table):
        return
    key = _stored_key(target)
    table, new_key = _table(mapper), tuple(mapper.primary_key_from_instance(target))
    if key is not None and (table, key) not in _noted(session):
        _note(session, connection, table, [key])
    if new_key != key:
        _noted(session).setdefault((table, new_key), None)


def _before_flush(session: Session, _context: Any, _instances: Any) -> None:
    """Read the rows that are about to change, together."""
    keys: dict[Table, list[Key]] = defaultdict(list)
    noted = _noted(session)
    for target in (*session.dirty, *session.deleted):
        mapper = inspect(target).mapper
        key = _stored_key(target)
        if key is None or not is_covered(mapper.local_table) or (_table(mapper), key) in noted:
            continue
        if target in session.deleted or session.is_modified(target, include_collections=False):
            keys[_table(mapper)].append(key)
    for table in db.metadata.sorted_tables if len(keys) > 1 else keys:
        if table in keys:
            _note(session, session.connection(), table, sorted(keys[table]))


def _executing(state: ORMExecuteState) -> Any:
    """Note the rows that an UPDATE or DELETE will reach, and those of an INSERT that names its keys."""
    if not (state.is_update or state.is_delete or state.is_insert):
        return None
    statement: Any = state.statement
    table = statement.table
    if not is_covered(table):
        return None
    session = state.session
    if state.is_insert:
        _note_keys(session, table, state.parameters)
        return None
    if isinstance(state.parameters, Sequence):
        raise TypeError(f"an UPDATE of many {table.name} by their keys isn't recorded: change the objects")
    session.flush()
    where = (statement.whereclause,) if statement.whereclause is not None else ()
    reached = _read(session.connection(), select(*columns(table)).where(*where).order_by(*table.primary_key.columns))
    noted, digests = _noted(session), RowDigests()
    for row in reached:
        noted.setdefault((table, key_of(table, row)), digests.of(table, row))
    result: Any = state.invoke_statement()
    if result.rowcount not in (-1, len(reached)):
        raise StaleDataError(f"other rows of {table.name} came up between reading and changing them")
    return result


def _note_keys(session: Session, table: Table, parameters: Any) -> None:
    rows = parameters if isinstance(parameters, Sequence) else [parameters or {}]
    names = [column.name for column in table.primary_key.columns]
    if not all(name in row for row in rows for name in names):
        raise TypeError(f"an INSERT into {table.name} without keys isn't recorded: add objects")
    for row in rows:
        _noted(session).setdefault((table, key_of(table, row)), None)


def _note(session: Session, connection: Connection, table: Table, keys: Sequence[Key]) -> None:
    noted, digests = _noted(session), RowDigests()
    for row in _rows(connection, table, keys):
        noted[table, key_of(table, row)] = digests.of(table, row)


def _rows(connection: Connection, table: Table, keys: Sequence[Key]) -> Iterator[Any]:
    primary = list(table.primary_key.columns)
    for start in range(0, len(keys), IN_ONE_QUERY):
        some = keys[start : start + IN_ONE_QUERY]
        where = or_(*(all_of(*map(_equals, primary, key)) for key in some))
        if len(primary) == 1:
            where = primary[0].in_([key[0] for key in some])
        yield from _read(connection, select(*columns(table)).where(where).order_by(*primary))


def _equals(column: ColumnElement[Any], value: Any) -> ColumnElement[bool]:
    is_equal: ColumnElement[bool] = column == value
    return is_equal


def _read(connection: Connection, query: Select[Any]) -> list[Any]:
    """Read rows and lock them as their UPDATE would at once: nobody may change them in between."""
    if connection.dialect.name == "postgresql":
        query = query.suffix_with("FOR NO KEY UPDATE")
    return [row._mapping for row in connection.execute(query)]


def _record(session: Session) -> None:
    """Add the entries of the transaction's changes."""
    if session.in_nested_transaction():
        return
    session.flush()
    noted: Before = session.info.pop(NOTED, {})
    at, of = session.info.pop(LAST_ENTRY, (None, ""))
    changed: dict[str, list[list[str | None]]] = {}
    n = 0
    for table_name, change in _changes(session, noted):
        changed.setdefault(table_name, []).append(change)
        n += 1
        if n == IN_ONE_ENTRY:
            _add(changed, at, of)
            changed, n = {}, 0
    if changed:
        _add(changed, at, of)


def _add(changed: dict[str, list[list[str | None]]], at: datetime | None, of: str) -> None:
    record(SYSTEM, CHANGE, DIGESTS_OF_ROWS, at=at or clock.now(), rows=changed, of=of)


def _changes(session: Session, noted: Before) -> Iterator[tuple[str, list[str | None]]]:
    """Yield a table's name with a row's key and digests before and after, for every row that isn't as it was."""
    keys: dict[Table, list[Key]] = defaultdict(list)
    for table, key in noted:
        keys[table].append(key)
    digests = RowDigests() if noted else None
    for table, of_table in keys.items():
        assert digests is not None
        after = {key_of(table, row): digests.of(table, row) for row in _rows(session.connection(), table, of_table)}
        for key in of_table:
            before, now = noted[table, key], after.get(key)
            if before != now:
                yield table.name, [key_text(key), before, now]


def _forget(session: Session, previous: SessionTransaction) -> None:
    """Drop what was noted; after a savepoint's end it may stay, as the rows are read again before the commit."""
    if not previous.nested:
        session.info.pop(NOTED, None)
        session.info.pop(LAST_ENTRY, None)


def _stored_key(target: Any) -> Key | None:
    identity = inspect(target).identity
    return tuple(identity) if identity is not None else None


def _table(mapper: Mapper[Any]) -> Table:
    table = mapper.local_table
    assert isinstance(table, Table)
    return table
