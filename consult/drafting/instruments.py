"""The department's register of instruments, which citations are checked against: taken from spreadsheets."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import func, insert, select

from consult.accounts.permissions import Act, Actor, require
from consult.drafting.models import InstrumentRow
from consult.files import tables
from consult.ledger.service import record
from consult.store import db, transaction
from consult.store.claiming import take_turns
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
"""Names that the columns of a register go by; the first is the one to write."""

Key = tuple[str, date | None, date | None]


@dataclass
class Taken:
    """What became of every row: added, changed, already there, or refused with its number and why."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


def take(actor: Actor, file_name: str, data: bytes, *, at: datetime) -> Taken:
    """Take a register from a CSV or XLSX file: each row a version of an instrument; the same version twice is one.

    A version is known by its name and its dates; level and expiry are brought up to date. Nothing is taken out.

    Raises:
        TableRefused: the file is no table, or has no column of names; says what to do.
    """
    require(actor, Act.MANAGE_INSTRUMENTS)
    found, refused = read_table(file_name, data)
    with transaction():
        take_turns("instruments")  # two would add the same versions
        taken = _store(found, at)
        taken.refused = refused
        record(
            actor,
            Act.MANAGE_INSTRUMENTS,
            "instruments",
            at=at,
            file=file_name[-120:],
            rows=taken.added + taken.changed,
        )
    return taken


def read_table(file_name: str, data: bytes) -> tuple[list[Instrument], list[tuple[int, str]]]:
    """Return the instruments in a CSV or XLSX file, and the rows that can't be read, each with its number and why.

    Raises:
        TableRefused: see ``take``.
    """
    table = tables.read(file_name, data)
    columns = {name: column for name, words in COLUMNS.items() if (column := _column(table.columns, words)) is not None}
    if "name" not in columns:
        raise tables.TableRefused(
            f"《{table.name}》缺少文件名称一列。表头要有“名称”（或者 name），"
            "可以有“效力级别”“公布日期”“施行日期”“时效性”；"
            f"现在是：{'、'.join(table.columns)[:200]}。"
        )
    found, refused = [], []
    for number, cells in table:
        read = cells.reason if isinstance(cells, tables.BadRow) else _read(cells, columns)
        if isinstance(read, str):
            refused.append((number, read))
        else:
            found.append(read)
    return found, refused


def _column(columns: list[str], words: tuple[str, ...]) -> str | None:
    known = {column.strip().lower(): column for column in columns}
    return next((known[word] for word in words if word in known), None)


def _store(found: list[Instrument], at: datetime) -> Taken:
    taken = Taken()
    there: dict[Key, InstrumentRow] = {
        (row.name, row.adopted_on, row.in_force_from): row for row in db.session.scalars(select(InstrumentRow))
    }
    fresh: dict[Key, Instrument] = {}
    for read in found:
        key = (read.name, read.adopted_on, read.in_force_from)
        row = there.get(key)
        if row is None:
            taken.unchanged += key in fresh
            fresh[key] = read
        elif (row.level, row.expired) == (read.level, read.expired):
            taken.unchanged += 1
        else:
            row.level, row.expired, row.taken_at = read.level, read.expired, at
            taken.changed += 1
    taken.added = len(fresh)
    if fresh:
        db.session.execute(insert(InstrumentRow), [_values(one, at) for one in fresh.values()])
    return taken


def _read(cells: dict[str, str], columns: dict[str, str]) -> Instrument | str:
    """Return the instrument in a row, or what is wrong with the row."""
    try:
        read = Instrument.from_row({name: cells[column] for name, column in columns.items()})
    except ValueError as error:
        return str(error)
    if len(read.name) > NAME_CHARACTERS or len(read.level) > LEVEL_CHARACTERS:
        return f"名称最多 {NAME_CHARACTERS} 字，级别最多 {LEVEL_CHARACTERS} 字，请核对这一行。"
    return read


def _values(one: Instrument, at: datetime) -> dict[str, object]:
    return {
        "name": one.name,
        "level": one.level,
        "adopted_on": one.adopted_on,
        "in_force_from": one.in_force_from,
        "expired": one.expired,
        "taken_at": at,
    }


def register() -> Register:
    """Return the register that citations are checked against."""
    columns = (
        InstrumentRow.name,
        InstrumentRow.level,
        InstrumentRow.adopted_on,
        InstrumentRow.in_force_from,
        InstrumentRow.expired,
    )
    return Register(Instrument(*row) for row in db.session.execute(select(*columns)))


def page(*, words: str = "", after: int = 0, limit: int = PAGE) -> list[InstrumentRow]:
    """Return instruments in the order in which they came, from beyond the id ``after``; ``words`` stand in the name."""
    query = select(InstrumentRow).where(InstrumentRow.id > after).order_by(InstrumentRow.id).limit(limit)
    for word in words.split()[:5]:
        query = query.where(InstrumentRow.name.contains(word, autoescape=True))
    return list(db.session.scalars(query))


def count() -> int:
    """Return how many versions of instruments are known."""
    return db.session.scalar(select(func.count()).select_from(InstrumentRow)) or 0
