"""Imports the register from a spreadsheet: each row is added, changes a consultee, is unchanged, or is refused."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import selectinload

from consult.accounts.permissions import Act, Actor, require
from consult.consultees import doubles, register
from consult.consultees.errors import ConsulteeRefused
from consult.consultees.models import Consultee
from consult.consultees.register import Entry, check_code, name_key
from consult.consultees.register_columns import (
    Columns,
    Field,
    choose,
    names_a_field,
    read_kind,
    read_labour,
    read_ownership,
    read_sector,
    read_size,
)
from consult.files.tables import BadRow, Row, Table, TableRefused
from consult.labels import Label, LabelledEnum
from consult.ledger.service import record
from consult.store import db, transaction
from consult.store.locking import advisory_lock

BATCH_ROWS = 400
SHOWN_ROWS = 200
HEADING_ROWS = 3


class RowOutcome(LabelledEnum):
    """The result of a row."""

    TAKEN = "taken", Label("登记", "plain")
    CHANGED = "changed", Label("更新", "plain")
    ALREADY = "already", Label("已经登记", "plain")
    REFUSED = "refused", Label("没有登记", "plain")


@dataclass(frozen=True, slots=True)
class RowAccount:
    """The result of one row: its number in the file, outcome, name, and the reason or a remark."""

    row: int
    outcome: RowOutcome
    name: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Import:
    """The parameters of an import."""

    table: Table
    columns: Columns
    actor: Actor
    at: datetime
    dry_run: bool = False


@dataclass(frozen=True)
class Summary:
    """What an import did, or would do: rows by outcome, and the first of those to be looked at."""

    counts: dict[str, int]
    rows: list[RowAccount]
    more: int
    """Rows to be looked at that aren't among ``rows``."""

    @property
    def total(self) -> int:
        """How many rows the table has."""
        return sum(self.counts.values())

    def as_json(self) -> bytes:
        """Serialise it as JSON."""
        return json.dumps(asdict(self), ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Summary:
        """Deserialise the output of ``as_json``."""
        facts = json.loads(data)
        rows = [RowAccount(**row | {"outcome": RowOutcome(row["outcome"])}) for row in facts["rows"]]
        return cls(facts["counts"], rows, facts["more"])


def summarise(accounts: Iterable[RowAccount], note: Callable[[int], None]) -> Summary:
    """Run an import to its end; ``note`` gets the number of a row from time to time."""
    counts, more = Counter[str](), 0
    rows: list[RowAccount] = []
    for number, account in enumerate(accounts, 1):
        counts[account.outcome.value] += 1
        if account.reason and account.outcome is not RowOutcome.ALREADY:
            if len(rows) < SHOWN_ROWS:
                rows.append(account)
            else:
                more += 1
        if number % BATCH_ROWS == 0:
            note(account.row)
    return Summary(dict(counts), rows, more)


def open_table(table: Table, given: dict[Field, str]) -> Columns:
    """Return the columns of a table by field; ``given`` are those that the user named.

    Raises:
        TableRefused: merged cells in a heading of two rows, a column is missing, or there is none for the name.
    """
    first = list(islice(table, HEADING_ROWS))
    if first:
        number, cells = first[0]
        filled = [cell for cell in cells.values() if cell.strip()] if isinstance(cells, dict) else []
        if (filled and all(map(names_a_field, filled))) or _are_wider(table, first):
            raise TableRefused(
                f"《{table.name}》的表头占了两行（第 {table.header_row}、{number} 行），多半有合并的单元格，"
                "看不出每一列是什么。请取消合并，把表头改成一行、每列一个名称，再导入。没有登记任何一家。"
            )
    return choose(table.columns, given)


def _are_wider(table: Table, rows: list[Row]) -> bool:
    """Whether the first rows of a workbook are wider than its heading, which then ends in merged cells."""
    return table.encoding == "xlsx" and all(isinstance(cells, BadRow) for _, cells in rows)


def run(work: Import) -> Iterator[RowAccount]:
    """Import a table, a batch of rows in each transaction, and yield the result of each row in order.

    Repeating an import changes nothing. A dry run stores nothing.

    Raises:
        NotAllowed: the actor may not change the register.
    """
    require(work.actor, Act.MANAGE_CONSULTEES)
    return _run(work)


def _run(work: Import) -> Iterator[RowAccount]:
    seen: dict[str, tuple[int, Entry]] = {}
    counts = dict.fromkeys(RowOutcome, 0)
    rows = iter(work.table)
    while batch := list(islice(rows, BATCH_ROWS)):
        accounts = _batch(work, batch, seen)
        for account in accounts:
            counts[account.outcome] += 1
        yield from accounts
    if not work.dry_run:
        with transaction():
            numbers: dict[str, Any] = {outcome.value: n for outcome, n in counts.items()}
            record(work.actor, "consultee.import", "register", at=work.at, **numbers)


def _batch(work: Import, rows: Iterable[Row], seen: dict[str, tuple[int, Entry]]) -> list[RowAccount]:
    read = [(number, _read(cells, work.columns)) for number, cells in rows]
    entries = [entry for _, entry in read if isinstance(entry, Entry)]
    with transaction() as session:
        advisory_lock(doubles.REGISTER_LOCK)  # who isn't registered yet stays so until the batch is
        known = _Known(entries)
        accounts = [
            _account(work, number, entry, seen, known) if isinstance(entry, Entry) else entry
            for number, entry in ((number, _numbered(number, entry)) for number, entry in read)
        ]
        known.enter(work)
        if work.dry_run:
            session.rollback()
    return accounts


def _numbered(number: int, entry: Entry | RowAccount) -> Entry | RowAccount:
    return entry if isinstance(entry, Entry) else replace(entry, row=number)


def _read(cells: dict[str, str] | BadRow, columns: Columns) -> Entry | RowAccount:
    """Return the row as an entry, or why it is refused."""
    if isinstance(cells, BadRow):
        return RowAccount(0, RowOutcome.REFUSED, reason=cells.reason)
    value = {field: " ".join(cells.get(columns.get(field, ""), "").split()) for field in Field}
    name = value[Field.NAME]
    if not name:
        return RowAccount(0, RowOutcome.REFUSED, reason="单位名称是空的")
    try:
        code = check_code(value[Field.CREDIT_CODE])
        entry = Entry(
            name=name,
            kind=read_kind(value[Field.KIND], name),
            credit_code=code or "",
            size=read_size(value[Field.SIZE]),
            sector=read_sector(value[Field.SECTOR]),
            ownership=read_ownership(value[Field.OWNERSHIP], value[Field.KIND]),
            labour_intensive=read_labour(value[Field.LABOUR_INTENSIVE], value[Field.KIND]),
            region=value[Field.REGION],
            address=value[Field.ADDRESS],
            contact_name=value[Field.CONTACT_NAME],
            phone=value[Field.PHONE],
            email=value[Field.EMAIL],
        )
        register.check(entry)
    except ConsulteeRefused as refusal:
        return RowAccount(0, RowOutcome.REFUSED, name, refusal.message)
    return entry


class _Known:
    """The consultees that a batch refers to, read in two queries, and those about to be inserted."""

    def __init__(self, entries: list[Entry]) -> None:
        codes = {entry.credit_code for entry in entries if entry.credit_code}
        keys = {name_key(entry.name) for entry in entries}
        query = (
            select(Consultee)
            .where(or_(Consultee.credit_code.in_(codes), Consultee.name_key.in_(keys)))
            .options(selectinload(Consultee.contacts))
            .order_by(Consultee.id)
        )
        self._by_code: dict[str, Consultee] = {}
        self._by_key: dict[str, list[Consultee]] = {}
        self._drawn_up: list[Consultee] = []
        self._candidates = doubles.Candidates(entry.name for entry in entries)
        for consultee in db.session.scalars(query):
            self.note(consultee)

    def note(self, consultee: Consultee) -> None:
        """Add a registered consultee."""
        if consultee.credit_code:
            self._by_code[consultee.credit_code] = consultee
        if consultee.merged_into_id is None:
            self._by_key.setdefault(consultee.name_key, []).append(consultee)

    def draw_up(self, entry: Entry, at: datetime) -> None:
        """Add a new consultee for an entry, to be inserted with the others."""
        made = register.build_consultee(entry, entry.credit_code or None, at=at)
        self._drawn_up.append(made)
        self._candidates.add(made)
        self.note(made)

    def enter(self, work: Import) -> None:
        """Insert the new consultees."""
        drawn_up, self._drawn_up = self._drawn_up, []
        register.insert_consultees(work.actor, drawn_up, at=work.at)

    def find(self, entry: Entry) -> Consultee | None:
        """Return the consultee of an entry: by code, else by the same name without conflicting codes."""
        if entry.credit_code in self._by_code:
            return self._by_code[entry.credit_code]
        for consultee in self._by_key.get(name_key(entry.name), ()):
            if consultee.name == entry.name and not (entry.credit_code and consultee.credit_code):
                return consultee
        return None

    def alike(self, entry: Entry) -> str:
        """Return the name of another consultee that may be the same, or nothing."""
        alike = self._candidates.similar(entry.name, entry.credit_code or None)
        return next((consultee.name for consultee in alike), "")


def _account(work: Import, number: int, entry: Entry, seen: dict[str, tuple[int, Entry]], known: _Known) -> RowAccount:
    key = entry.credit_code or entry.name
    if key in seen:
        first, before = seen[key]
        if before == entry:
            return RowAccount(number, RowOutcome.ALREADY, entry.name, f"与第 {first} 行相同")
        return RowAccount(
            number, RowOutcome.REFUSED, entry.name, f"与第 {first} 行是同一家，内容却不同，请只留一行正确的"
        )
    seen[key] = (number, entry)
    consultee = known.find(entry)
    if consultee is None:
        alike = known.alike(entry)
        known.draw_up(entry, work.at)
        remark = f"名称与已登记的“{alike}”相近，可能是同一家，请在名录中核对、合并" if alike else ""
        return RowAccount(number, RowOutcome.TAKEN, entry.name, remark)
    merged = _merged(consultee, entry)
    if not register.differs(consultee, merged):
        return RowAccount(number, RowOutcome.ALREADY, entry.name, "已经登记")
    known.enter(work)  # it may be one of them, and the ledger keeps the order of the rows
    register.change(work.actor, consultee, merged, at=work.at, checked=True)
    return RowAccount(number, RowOutcome.CHANGED, entry.name, "已经登记，按表格更新")


def _merged(consultee: Consultee, entry: Entry) -> Entry:
    """Return the entry completed with the register's data where a cell is empty."""
    now = register.entry_of(consultee)
    return Entry(
        name=entry.name,
        kind=entry.kind,
        credit_code=entry.credit_code or now.credit_code,
        size=entry.size or now.size,
        sector=entry.sector or now.sector,
        ownership=entry.ownership or now.ownership,
        labour_intensive=now.labour_intensive if entry.labour_intensive is None else entry.labour_intensive,
        region=entry.region or now.region,
        address=entry.address or now.address,
        contact_name=entry.contact_name or now.contact_name,
        phone=entry.phone or now.phone,
        email=entry.email or now.email,
    )
