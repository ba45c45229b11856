"""Imports spreadsheets of hotlines and message boards: every row is accepted once, or reported with the reason.

The time of receipt decides whether a row is late. The time in the file is what the other system claims; it is always
kept in the raw form, and counts if it is between the opening and the import. A message written before the opening
counts from the import; so does one without a time, with an invalid or future time, and everything for channels whose
times this platform's clock records (web, portal). A time in a file after the end makes the row late. Nothing is late
because nobody knows when it came: once the period is over, a row without a time isn't late, and one whose time can't be
read is asked about.
"""

from __future__ import annotations

import gc
import hashlib
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from consult.accounts.permissions import Act, Actor, require
from consult.drafting.models import Consultation
from consult.files import tables
from consult.files.tables import BadRow, Book, NamedCells, Table, Tally
from consult.files.tables.import_sheets import Aside, ImportSheets, Line, read_together
from consult.intake import import_columns, validation
from consult.intake.batches import Outcome, receive_many
from consult.intake.errors import EmptyContent, IdempotencyConflict, NotARecord, SubmissionRefused
from consult.intake.import_columns import Columns, Field, choose
from consult.intake.import_files import RowFiles
from consult.intake.import_rows import ReadRow, RowReader
from consult.intake.models import Channel, ImportMapping
from consult.labels import Label, LabelledEnum
from consult.ledger.service import record
from consult.store import db, transaction
from consult.store.locking import get_or_create_locked

BATCH_ROWS = 5000
BATCH_CHARACTERS = 4_000_000


ACCOUNT_HEADS = ("行号", "结果", "回执编号", "说明")
"""Columns of the report of an import."""


class RowOutcome(LabelledEnum):
    """The result for a row."""

    TAKEN = "taken", Label("收下", "plain")
    ALREADY = "already", Label("已经收过", "plain")
    REFUSED = "refused", Label("没有收下", "plain")
    LEFT = "left", Label("不是来件", "plain")
    """A total, a note, a hidden row, an answer without opinion."""


class RowAccount(NamedTuple):
    """The report on one row: its number in its sheet, the outcome, the receipt number, and a remark."""

    row: int
    outcome: RowOutcome
    number: str = ""
    reason: str = ""
    """Why it isn't taken; for an accepted row, anything unexpected about it."""
    sheet: str = ""
    """The title of its sheet, where several are read."""
    position: int = 0
    """Its number among the rows of all sheets."""
    tally: Tally = Tally()
    """The account of its cells."""

    @property
    def place(self) -> int | str:
        """Where it stands: its number, with the sheet where there are several."""
        return f"“{self.sheet}”{self.row}" if self.sheet else self.row

    def cells(self) -> tuple[int | str, str, str, str]:
        """Return it as a row of the report, in words."""
        named = "；".join(f"{name.where}：{name.why}" for name in self.tally.named)
        taken = self.outcome is RowOutcome.TAKEN
        reason = "；".join(filter(None, (self.reason, named))) if taken else self.reason
        return self.place, self.outcome.label.words, self.number, reason

    def account_to(self, account: tables.Account, *, keep: int | None = None) -> None:
        """Add the row to the account of its table, with its cells if it was taken."""
        row = Tally(1, 1)
        if self.outcome is not RowOutcome.TAKEN:
            reason = f"已经收过（{self.number}）" if self.outcome is RowOutcome.ALREADY and self.number else self.reason
            row = Tally(1, 0, [tables.Named(tables.place_words(self.sheet, self.row), reason)])
        account.rows.add(row, keep=keep)
        if self.outcome is RowOutcome.TAKEN:
            account.cells.add(self.tally, keep=keep)


Sheets = ImportSheets[Field]


@dataclass(frozen=True)
class Import:
    """One import: target, sheets with their columns, actor and time."""

    consultation: Consultation
    sheets: Sheets
    channel: Channel
    actor: Actor
    at: datetime
    dry_run: bool = False
    after: int = 0
    """Position of the last row processed before; rows up to it are skipped."""
    received_on: datetime | None = None
    """When rows without a readable time were received, as the staff say."""
    files: RowFiles = field(default_factory=RowFiles)


def open_sheets(
    book: Book,
    given: Mapping[Field, Sequence[str]],
    remembered: Mapping[Field, Sequence[str]] | None = None,
    *,
    with_hidden: bool = False,
) -> Sheets:
    """Return the sheets of a book that hold submissions, with their columns.

    Arguments:
        given: the columns of fields that the user named; none mean that the table has none.
        remembered: those of the channel's tables before.

    Raises:
        TableRefused: a given column is missing, or there is none for the content.
    """
    return _together(book, lambda table: choose(table.columns, given, remembered), with_hidden=with_hidden)


def reopen_sheets(book: Book, columns: Columns, *, with_hidden: bool = False) -> Sheets:
    """Return the sheets of a book that hold submissions, under columns that were chosen before.

    Raises:
        TableRefused: no sheet has a column of the content.
    """

    def chosen(table: Table) -> Columns:
        here = {field: tuple(name for name in columns.get(field, ()) if name in table.columns) for field in Field}
        return choose(table.columns, here)

    return _together(book, chosen, with_hidden=with_hidden)


def _together(book: Book, chosen: Callable[[Table], Columns], *, with_hidden: bool) -> Sheets:
    def belongs(table: Table, first: Mapping[Field, tuple[str, ...]]) -> str:
        lacking = [column for column in first[Field.CONTENT] if column not in table.columns]
        return f"表头不同（没有“{'”“'.join(lacking[:3])}”列），请另行导入" if lacking else ""

    return read_together(book, chosen, belongs, main=Field.CONTENT, prose=True, with_hidden=with_hidden)


def remembered(channel: Channel) -> Columns:
    """Return where the columns of a channel's tables were, by field."""
    stored = db.session.get(ImportMapping, channel)
    return import_columns.from_stored(stored.columns) if stored is not None else {}


def remember(channel: Channel, columns: Columns, *, at: datetime) -> None:
    """Remember where the columns of a channel's tables are; a field that this table doesn't have stays as it was."""
    names = import_columns.stored(columns)
    with transaction():
        stored = get_or_create_locked(ImportMapping, {"channel": channel}, columns=names, changed_at=at)
        before = {field: column for field, column in stored.columns.items() if column}
        stored.columns, stored.changed_at = before | names, at


Note = Callable[[list[RowAccount]], None]
"""Receives the report on a batch of rows."""


def run(work: Import, note: Note | None = None) -> Iterator[RowAccount]:
    """Import a table, a batch of rows in each transaction, and yield the report on every row in order.

    Memory is constant. After a crash, the same import continues where it stopped: rows already stored are
    recognised. A dry run does everything except storing.

    Arguments:
        note: called with the report on each batch, in the transaction that stores its rows: what it writes is committed
            if and only if they are.

    Raises:
        NotAllowed: the actor may not enter submissions for others.
        NotOpen: the consultation hasn't opened or was withdrawn.
    """
    require(work.actor, Act.RECEIVE_FOR_SENDER, work.consultation)
    validation.check_period(work.consultation, work.at)
    return _run(work, note)


def _run(work: Import, note: Note | None) -> Iterator[RowAccount]:
    if not work.dry_run:
        remember(work.channel, work.sheets.columns, at=work.at)
    reader = RowReader(work.consultation, work.channel, work.at, received_on=work.received_on, files=work.files)
    seen = _Seen() if work.dry_run else None
    taken = refused = 0
    with _few_objects_searched():
        for rows in _batches(_remaining(work, reader, seen)):
            with transaction() if note is not None and not work.dry_run else nullcontext():
                accounts = _batch(work, rows, seen)
                if note is not None:
                    note(accounts)
            outcomes = Counter(account.outcome for account in accounts)
            taken += outcomes[RowOutcome.TAKEN]
            refused += outcomes[RowOutcome.REFUSED]
            yield from accounts
    if not work.dry_run and note is None:
        record_import(work, taken, refused)


def _remaining(work: Import, reader: RowReader, seen: _Seen | None) -> Iterator[_Read]:
    """Yield the rows that aren't processed yet; those before them are read for what later ones repeat of them."""
    for line in work.sheets.lines():
        read = _read(reader, line)
        if line.position > work.after:
            yield line, read
        elif seen is not None and isinstance(read, ReadRow):
            seen.again(read.arrival.idempotency_key or "")


def _read(reader: RowReader, line: Line[Field]) -> ReadRow | BadRow | Aside | SubmissionRefused:
    if not isinstance(line.cells, NamedCells):
        return line.cells
    try:
        return reader.read(line)
    except SubmissionRefused as refusal:
        return refusal


_Read = tuple[Line[Field], ReadRow | BadRow | Aside | SubmissionRefused]


@contextmanager
def _few_objects_searched() -> Iterator[None]:
    """Freeze existing objects for the garbage collector, which every batch of rows triggers repeatedly.

    Otherwise each collection scans all objects of the program: a sixth of the time of an import. Web workers have
    frozen them permanently.
    """
    if gc.get_freeze_count():
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def record_import(work: Import, taken: int, refused: int) -> None:
    """Record that a table was imported, and how many of its rows were accepted."""
    with transaction():
        record(
            work.actor,
            "submission.import",
            f"consultation:{work.consultation.slug}",
            at=work.at,
            consultation_id=work.consultation.id,
            channel=work.channel.value,
            taken=taken,
            refused=refused,
        )


def _batches(rows: Iterable[_Read]) -> Iterator[list[_Read]]:
    batch: list[_Read] = []
    characters = 0
    for line, read in rows:
        batch.append((line, read))
        characters += len(read.arrival.raw) if isinstance(read, ReadRow) else 0
        if len(batch) >= BATCH_ROWS or characters >= BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def _batch(work: Import, rows: list[_Read], seen: _Seen | None) -> list[RowAccount]:
    """Store a batch of rows and return the reports on them, in order."""
    arrivals = [read.arrival for _, read in rows if isinstance(read, ReadRow)]
    outcomes = iter(receive_many(work.consultation, arrivals, at=work.at, actor=work.actor, store=not work.dry_run))
    return [_account(line, read, outcomes, seen) for line, read in rows]


def _account(
    line: Line[Field],
    read: ReadRow | BadRow | Aside | SubmissionRefused,
    outcomes: Iterator[Outcome],
    seen: _Seen | None,
) -> RowAccount:
    account = RowAccount(line.row, RowOutcome.REFUSED, sheet=line.sheet.title, position=line.position)
    if isinstance(read, Aside):
        return account._replace(outcome=RowOutcome.LEFT, reason=read.reason)
    if isinstance(read, BadRow):
        return account._replace(reason=read.reason)
    if isinstance(read, NotARecord):
        return account._replace(outcome=RowOutcome.LEFT, reason=read.message)
    if isinstance(read, SubmissionRefused):
        return account._replace(reason=read.message)
    outcome = next(outcomes)
    if isinstance(outcome, SubmissionRefused):
        return account._replace(reason=_why(outcome))
    if outcome.replayed or (seen is not None and seen.again(read.arrival.idempotency_key or "")):
        return account._replace(outcome=RowOutcome.ALREADY, number=outcome.number, reason="已经收过")
    taken = account._replace(outcome=RowOutcome.TAKEN, number=outcome.number, tally=read.cells)
    return taken._replace(reason=read.remark)


def _why(refusal: SubmissionRefused) -> str:
    """Word a refusal for the reader of a table."""
    if isinstance(refusal, EmptyContent):
        return "内容是空的"
    if isinstance(refusal, IdempotencyConflict):
        return f"{refusal.message}。如果是另一件来件，请换一个编号再导入"
    return refusal.message


class _Seen:
    """The keys that a dry run has seen, on disk if there are many."""

    def __init__(self) -> None:
        self._keys = sqlite3.connect("")
        self._keys.execute("CREATE TABLE seen (key BLOB PRIMARY KEY) WITHOUT ROWID")

    def again(self, key: str) -> bool:
        """Add ``key``; whether it was there before."""
        digest = hashlib.sha256(key.encode()).digest()[:16]
        return self._keys.execute("INSERT OR IGNORE INTO seen VALUES (?)", (digest,)).rowcount == 0
