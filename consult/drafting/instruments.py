"""The department's register of instruments for checking citations, imported from spreadsheets."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import func, select

from consult.accounts.permissions import Act, Actor, require
from consult.drafting.models import InstrumentRow
from consult.files import tables
from consult.files.tables import Table
from consult.ledger.service import record
from consult.store import db, transaction
from consult.store.locking import advisory_lock
from consult.text.instruments import Instrument, Register

PAGE = 50
NAME_CHARACTERS = 300
LEVEL_CHARACTERS = 40
COLUMNS: dict[str, tuple[str, ...]] = {
    "name": ("name", "名称", "文件名称", "法规名称", "法律法规名称", "标题", "文件标题"),
    "level": ("level", "效力级别", "效力位阶", "法律效力位阶", "级别", "层级", "类别"),
    "adopted_on": ("adopted_on", "公布日期", "通过日期", "发布日期", "印发日期", "成文日期"),
    "in_force_from": ("in_force_from", "施行日期", "生效日期", "实施日期"),
    "expired": ("expired", "是否失效", "时效性", "效力状态", "状态", "失效"),
}
"""Accepted column names of a register; the first is the one in templates."""

Key = tuple[str, date | None, date | None]


@dataclass
class ImportResult:
    """The result of an import: rows added, changed, unchanged, and refused with row number and reason."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


def import_register(actor: Actor, table: Table, *, at: datetime) -> ImportResult:
    """Import a register from a table: each row is a version of an instrument; duplicates count once.

    A version is identified by its name and dates; level and expiry are updated. Nothing is removed.

    Raises:
        TableRefused: the table has no column of names; says what to do.
    """
    require(actor, Act.MANAGE_INSTRUMENTS)
    instruments, refused = read_table(table)
    with transaction():
        advisory_lock("instruments")  # otherwise two imports would add the same versions
        result = _store(instruments, at)
        result.refused = refused
        record(
            actor,
            Act.MANAGE_INSTRUMENTS,
            "instruments",
            at=at,
            file=table.name[-120:],
            rows=result.added + result.changed,
        )
    return result


def read_table(table: Table) -> tuple[list[Instrument], list[tuple[int, str]]]:
    """Return the instruments in a table, and the rows that can't be read, each with its number and why.

    Raises:
        TableRefused: see ``import_register``.
    """
    columns = {name: column for name, words in COLUMNS.items() if (column := _column(table.columns, words)) is not None}
    if "name" not in columns:
        raise tables.TableRefused(
            f"《{table.name}》缺少文件名称一列。表头要有“名称”（或者 name），"
            "可以有“效力级别”“公布日期”“施行日期”“时效性”；"
            f"现在是：{'、'.join(table.columns)[:200]}。"
        )
    instruments, refused = [], []
    for number, cells in table:
        read = cells.reason if isinstance(cells, tables.BadRow) else _read(cells, columns)
        if isinstance(read, str):
            refused.append((number, read))
        else:
            instruments.append(read)
    return instruments, refused


def _column(columns: list[str], words: tuple[str, ...]) -> str | None:
    known = {column.strip().lower(): column for column in columns}
    return next((known[word] for word in words if word in known), None)


def _store(instruments: list[Instrument], at: datetime) -> ImportResult:
    result = ImportResult()
    stored: dict[Key, InstrumentRow] = {
        (row.name, row.adopted_on, row.in_force_from): row for row in db.session.scalars(select(InstrumentRow))
    }
    new: dict[Key, Instrument] = {}
    for read in instruments:
        key = (read.name, read.adopted_on, read.in_force_from)
        row = stored.get(key)
        if row is None:
            result.unchanged += key in new
            new[key] = read
        elif (row.level, row.expired) == (read.level, read.expired):
            result.unchanged += 1
        else:
            row.level, row.expired, row.taken_at = read.level, read.expired, at
            result.changed += 1
    result.added = len(new)
    if new:
        db.session.add_all(InstrumentRow(**_values(instrument, at)) for instrument in new.values())
    return result


def _read(cells: dict[str, str], columns: dict[str, str]) -> Instrument | str:
    """Return the instrument in a row, or the reason why the row is refused."""
    try:
        read = Instrument.from_row({name: cells[column] for name, column in columns.items()})
    except ValueError as error:
        return str(error)
    if len(read.name) > NAME_CHARACTERS or len(read.level) > LEVEL_CHARACTERS:
        return f"名称最多 {NAME_CHARACTERS} 字，级别最多 {LEVEL_CHARACTERS} 字，请核对这一行。"
    return read


def _values(instrument: Instrument, at: datetime) -> dict[str, object]:
    return {
        "name": instrument.name,
        "level": instrument.level,
        "adopted_on": instrument.adopted_on,
        "in_force_from": instrument.in_force_from,
        "expired": instrument.expired,
        "taken_at": at,
    }


def register() -> Register:
    """Return the register for checking citations."""
    columns = (
        InstrumentRow.name,
        InstrumentRow.level,
        InstrumentRow.adopted_on,
        InstrumentRow.in_force_from,
        InstrumentRow.expired,
    )
    return Register(Instrument(*row) for row in db.session.execute(select(*columns)))


def page(*, words: str = "", after: int = 0, limit: int = PAGE) -> list[InstrumentRow]:
    """Return instruments in order of import, from beyond the id ``after``, whose names contain ``words``."""
    query = select(InstrumentRow).where(InstrumentRow.id > after).order_by(InstrumentRow.id).limit(limit)
    for word in words.split()[:5]:
        query = query.where(InstrumentRow.name.contains(word, autoescape=True))
    return list(db.session.scalars(query))


def count() -> int:
    """Return the number of rows in the register."""
    return db.session.scalar(select(func.count()).select_from(InstrumentRow)) or 0
