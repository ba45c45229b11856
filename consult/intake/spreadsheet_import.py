"""Imports spreadsheets of hotlines and message boards: every row is accepted once, or reported with the reason.

The time of receipt decides whether a row is late. The time in the file is what the other system claims; it is always
kept in the raw form, and counts if it is between the opening and the import. A message written before the opening
counts from the import; so does one without a time, with an invalid or future time, and everything for channels whose
times this platform's clock records (web, portal). A time in a file after the end makes the row late.
"""

from __future__ import annotations

import gc
import hashlib
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from consult.accounts.permissions import Act, Actor, require
from consult.drafting.models import Consultation
from consult.files.tables import BadRow, Row, Table
from consult.intake import validation
from consult.intake.arrival import Arrival
from consult.intake.batches import receive_many
from consult.intake.errors import EmptyContent, IdempotencyConflict, SubmissionRefused
from consult.intake.import_columns import Columns, Field
from consult.intake.import_rows import RowReader
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


class RowAccount(NamedTuple):
    """The report on one row: its number in the file, the outcome, the receipt number, and a remark."""

    row: int
    outcome: RowOutcome
    number: str = ""
    reason: str = ""
    """Why it was refused; for an accepted row, anything unexpected about it."""

    def cells(self) -> tuple[int, str, str, str]:
        """Return it as a row of the report, in words."""
        return self.row, self.outcome.label.words, self.number, self.reason


@dataclass(frozen=True)
class Import:
    """One import: target, table, column mapping, actor and time."""

    consultation: Consultation
    table: Table
    columns: Columns
    channel: Channel
    actor: Actor
    at: datetime
    dry_run: bool = False
    after: int = 0
    """Number of the last row processed before; rows up to it are skipped."""


def remembered(channel: Channel) -> dict[Field, str]:
    """Return the columns of a channel's last import, by field."""
    stored = db.session.get(ImportMapping, channel)
    return {Field(field): column for field, column in stored.columns.items()} if stored is not None else {}


def remember(channel: Channel, columns: Columns, *, at: datetime) -> None:
    """Remember the columns of a channel's tables for the next import."""
    names = {field.value: columns.get(field, "") for field in Field}
    with transaction():
        stored = get_or_create_locked(ImportMapping, {"channel": channel}, columns=names, changed_at=at)
        stored.columns, stored.changed_at = names, at


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
        remember(work.channel, work.columns, at=work.at)
    reader = RowReader(work.consultation, work.channel, work.columns, work.at)
    seen = _Seen() if work.dry_run else None
    taken = refused = 0
    with _few_objects_searched():
        for rows in _batches(_remaining(work, reader, seen)):
            with transaction() if note is not None and not work.dry_run else nullcontext():
                accounts = _batch(work, reader, rows, seen)
                if note is not None:
                    note(accounts)
            outcomes = Counter(account.outcome for account in accounts)
            taken += outcomes[RowOutcome.TAKEN]
            refused += outcomes[RowOutcome.REFUSED]
            yield from accounts
    if not work.dry_run and note is None:
        record_import(work, taken, refused)


def _remaining(work: Import, reader: RowReader, seen: _Seen | None) -> Iterator[Row]:
    """Yield the rows that aren't processed yet; a dry run records the keys of the earlier ones."""
    for number, cells in work.table:
        if number > work.after:
            yield number, cells
        elif seen is not None and not isinstance(cells, BadRow):
            seen.again(reader.read(cells)[0].idempotency_key or "")


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


def _batches(table: Iterable[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    characters = 0
    for row in table:
        batch.append(row)
        characters += sum(map(len, row[1].values())) if isinstance(row[1], dict) else 0
        if len(batch) >= BATCH_ROWS or characters >= BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


def _batch(work: Import, reader: RowReader, rows: list[Row], seen: _Seen | None) -> list[RowAccount]:
    """Store a batch of rows and return the reports on them, in order."""
    read = [
        (number, cells, "") if isinstance(cells, BadRow) else (number, *reader.read(cells)) for number, cells in rows
    ]
    arrivals = [arrival for _, arrival, _ in read if isinstance(arrival, Arrival)]
    outcomes = iter(receive_many(work.consultation, arrivals, at=work.at, actor=work.actor, store=not work.dry_run))
    accounts = []
    for number, what, remark in read:
        if isinstance(what, BadRow):
            accounts.append(RowAccount(number, RowOutcome.REFUSED, reason=what.reason))
            continue
        outcome = next(outcomes)
        if isinstance(outcome, SubmissionRefused):
            accounts.append(RowAccount(number, RowOutcome.REFUSED, reason=_why(outcome)))
        elif outcome.replayed or (seen is not None and seen.again(what.idempotency_key or "")):
            accounts.append(RowAccount(number, RowOutcome.ALREADY, outcome.number, "已经收过"))
        else:
            accounts.append(RowAccount(number, RowOutcome.TAKEN, outcome.number, remark))
    return accounts


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
