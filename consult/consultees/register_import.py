"""Imports the register from a spreadsheet: each row is added, changes a consultee, is unchanged, or is refused."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import selectinload

from consult.accounts.permissions import Act, Actor, require
from consult.consultees import doubles, register
from consult.consultees.models import Consultee
from consult.consultees.register import Entry, name_key
from consult.consultees.register_columns import (
    Columns,
    Field,
    choose,
    hint,
    names_a_field,
    names_organisations,
    stored,
)
from consult.consultees.register_rows import OFFER, EntryReader, NotRead, ReadEntry
from consult.files.tables import Account, Book, Named, Table, TableRefused, Tally, place_words
from consult.files.tables.import_sheets import ImportSheets, Line, read_together
from consult.labels import Label, LabelledEnum
from consult.ledger.service import record
from consult.store import db, transaction
from consult.store.locking import advisory_lock

BATCH_ROWS = 400
SHOWN_ROWS = 200
FIELDS_OF_A_LIST = 2
"""Fewest fields of a further sheet that is a list of organisations, and no summary."""


class RowOutcome(LabelledEnum):
    """The result of a row."""

    TAKEN = "taken", Label("登记", "plain")
    CHANGED = "changed", Label("更新", "plain")
    ALREADY = "already", Label("已经登记", "plain")
    REFUSED = "refused", Label("没有登记", "plain")
    LEFT = "left", Label("不是单位", "plain")
    """A total, a note, a hidden row."""


ENTERED = (RowOutcome.TAKEN, RowOutcome.CHANGED)
"""Outcomes of rows whose cells are in the register."""


@dataclass(frozen=True, slots=True)
class RowAccount:
    """The result of one row: its number in its sheet, outcome, name, and the reason or a remark."""

    row: int
    outcome: RowOutcome
    name: str = ""
    reason: str = ""
    sheet: str = ""
    """The title of its sheet, where several are read."""
    tally: Tally = field(default_factory=Tally)
    """The account of its cells."""

    @property
    def place(self) -> str:
        """Where it stands, in words."""
        return place_words(self.sheet, self.row)

    def account_to(self, account: Account, *, keep: int | None = None) -> None:
        """Add the row to the account of its table, with its cells if they are in the register."""
        entered = self.outcome in ENTERED
        reason = self.reason or self.outcome.label.words
        account.rows.add(Tally(1, 1) if entered else Tally(1, 0, [Named(self.place, reason)]), keep=keep)
        if entered:
            account.cells.add(self.tally, keep=keep)


Sheets = ImportSheets[Field]


@dataclass(frozen=True)
class Import:
    """The parameters of an import; with ``mend``, codes and addresses are taken as they are offered mended."""

    sheets: Sheets
    actor: Actor
    at: datetime
    dry_run: bool = False
    mend: bool = False


@dataclass(frozen=True)
class Options:
    """How a table is read: the columns of fields that were chosen, hidden rows, and what is offered mended."""

    columns: Columns = field(default_factory=dict)
    with_hidden: bool = False
    mend: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return it as it is stored with an upload; a field without columns isn't in the table."""
        columns = {member.value: list(names) for member, names in self.columns.items()}
        return {"columns": columns, "with_hidden": self.with_hidden, "mend": self.mend}

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> Options:
        """Return what was stored; the defaults where nothing was chosen."""
        columns = {Field(member): tuple(names) for member, names in facts.get("columns", {}).items()}
        return cls(columns, facts.get("with_hidden", False), facts.get("mend", False))


@dataclass(frozen=True)
class Summary:
    """What an import did, or would do: rows by outcome, the first of those to be looked at, account and columns."""

    counts: dict[str, int]
    rows: list[RowAccount]
    more: int
    """Rows to be looked at that aren't among ``rows``."""
    accounted: dict[str, Any] = field(default_factory=dict)
    """``files.tables.Account`` with its lists kept short; empty for an upload of an earlier time."""
    columns: dict[str, str | list[str]] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    """The names of all columns."""
    offered: int = 0
    """Cells that are offered mended."""

    @property
    def total(self) -> int:
        """How many rows the table has."""
        return sum(self.counts.values())

    def as_json(self) -> bytes:
        """Serialise it as JSON."""
        rows = [{**asdict(row), "tally": None} for row in self.rows]
        return json.dumps({**asdict(self), "rows": rows}, ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Summary:
        """Deserialise the output of ``as_json``."""
        facts = json.loads(data)
        rows = [RowAccount(**row | {"outcome": RowOutcome(row["outcome"]), "tally": Tally()}) for row in facts["rows"]]
        return cls(**facts | {"rows": rows})


def summarise(work: Import, note: Callable[[int], None]) -> Summary:
    """Run an import to its end; ``note`` gets the number of a row from time to time."""
    counts, more, offered = Counter[str](), 0, 0
    rows: list[RowAccount] = []
    account = work.sheets.account(hint)
    for number, row in enumerate(run(work), 1):
        counts[row.outcome.value] += 1
        row.account_to(account, keep=SHOWN_ROWS)
        offered += sum(OFFER in name.why for name in row.tally.named)
        if row.reason and row.outcome not in (RowOutcome.ALREADY, RowOutcome.LEFT):
            if len(rows) < SHOWN_ROWS:
                rows.append(row)
            else:
                more += 1
        if number % BATCH_ROWS == 0:
            note(number)
    account.cells.add(work.sheets.beside(), keep=SHOWN_ROWS)
    columns = stored(work.sheets.columns)
    return Summary(dict(counts), rows, more, account.as_json(), columns, work.sheets.names, offered)


def open_sheets(book: Book, given: Mapping[Field, Sequence[str]], *, with_hidden: bool = False) -> Sheets:
    """Return the sheets of a book that list organisations, with their columns; each may have a head of its own.

    Arguments:
        given: the columns of fields that the user named, of those sheets that have them; none mean that there is none.

    Raises:
        TableRefused: merged cells in a heading of two rows, a column is missing, or there is none for the name.
    """
    every = {column for table in book.tables for column in table.columns}
    for field_, names in given.items():
        for column in names:
            if column not in every:
                raise TableRefused(f"表里没有“{column}”这一列（要作为{field_.label.words}）。")

    def chosen(table: Table) -> Columns:
        _expect_plain_head(table)
        here = {
            field_: tuple(name for name in names if name in table.columns)
            for field_, names in given.items()
            if not names or set(names) & set(table.columns)
        }
        return choose(table.columns, here)

    def belongs(table: Table, first: Mapping[Field, tuple[str, ...]]) -> str:
        known = {*first[Field.NAME], *given.get(Field.NAME, ())}
        named = [column for column in table.columns if names_organisations(column) or column in known]
        if not named or (Field.NAME not in given and len(choose(table.columns, {})) < FIELDS_OF_A_LIST):
            return "看不出是单位名录，请另行导入"
        return ""

    return read_together(book, chosen, belongs, main=Field.NAME, prose=False, with_hidden=with_hidden)


def _expect_plain_head(table: Table) -> None:
    first = next(iter(table), None)
    if first is None:
        return
    number, cells = first
    filled = [cell for cell in cells.values() if cell.strip()] if isinstance(cells, dict) else []
    if filled and all(map(names_a_field, filled)):
        raise TableRefused(
            f"《{table.name}》的表头占了两行（第 {table.header_row}、{number} 行），多半有合并的单元格，"
            "看不出每一列是什么。请取消合并，把表头改成一行、每列一个名称，再导入。没有登记任何一家。"
        )


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
    reader = EntryReader(mend=work.mend)
    rows = ((line, reader.read(line)) for line in work.sheets.lines())
    while batch := list(islice(rows, BATCH_ROWS)):
        accounts = _batch(work, batch, seen)
        for account in accounts:
            counts[account.outcome] += 1
        yield from accounts
    if not work.dry_run:
        with transaction():
            numbers: dict[str, Any] = {outcome.value: n for outcome, n in counts.items()}
            record(work.actor, "consultee.import", "register", at=work.at, **numbers)


def _batch(
    work: Import, rows: Sequence[tuple[Line[Field], ReadEntry | NotRead]], seen: dict[str, tuple[int, Entry]]
) -> list[RowAccount]:
    entries = [read.entry for _, read in rows if isinstance(read, ReadEntry)]
    with transaction() as session:
        advisory_lock(doubles.REGISTER_LOCK)  # who isn't registered yet stays so until the batch is
        known = _Known(entries)
        accounts = [_account_of(work, line, read, seen, known) for line, read in rows]
        known.enter(work)
        if work.dry_run:
            session.rollback()
    return accounts


def _account_of(
    work: Import,
    line: Line[Field],
    read: ReadEntry | NotRead,
    seen: dict[str, tuple[int, Entry]],
    known: _Known,
) -> RowAccount:
    """Enter a row; return its account with what is in doubt of it."""
    if isinstance(read, NotRead):
        outcome = RowOutcome.LEFT if read.aside else RowOutcome.REFUSED
        return RowAccount(line.row, outcome, reason=read.reason, sheet=line.sheet.title)
    account = _account(work, line.row, read.entry, seen, known)
    reason = "；".join(filter(None, (account.reason, *read.doubts)))
    return replace(account, reason=reason, sheet=line.sheet.title, tally=read.cells)


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
        other = "、".join(_differing(entry, before))
        reason = f"与第 {first} 行是同一家，按第 {first} 行登记" + (
            f"；本行另写的未登记（待补）：{other}" if other else ""
        )
        return RowAccount(number, RowOutcome.ALREADY, entry.name, reason)
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


def _differing(entry: Entry, other: Entry) -> Iterator[str]:
    """Yield in words what an entry says otherwise than another."""
    for member in Field:
        value, earlier = getattr(entry, member.value), getattr(other, member.value)
        if value not in (earlier, None, ""):
            words = (
                value.label.words if isinstance(value, LabelledEnum) else {True: "是", False: "否"}.get(value, value)
            )
            yield f"{member.label.words}“{words}”"


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
