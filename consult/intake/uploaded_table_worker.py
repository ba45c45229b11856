"""The worker for uploaded tables: imports each to its end, whatever interrupts it.

Each batch of rows is committed together with the progress and the report: after a crash the next worker continues after
the last processed row, and no row is imported or reported twice. A table that interrupts its import several times
without progress is read in the sandbox, and refused if it fails there; otherwise it would block all later tables.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from datetime import datetime
from typing import BinaryIO, Self

import structlog
from sqlalchemy import select

from consult.accounts.errors import Refused
from consult.accounts.models import User
from consult.accounts.permissions import Actor
from consult.app_context import blobs
from consult.files import sandbox, tables
from consult.files.blobs import BlobError
from consult.files.sandbox import ATTEMPTS
from consult.files.tables import TableRefused
from consult.intake import import_columns, reading_attempts, spreadsheet_import, uploaded_tables
from consult.intake.models import ImportStage, TableImport, Work
from consult.intake.spreadsheet_import import ACCOUNT_HEADS, RowAccount, RowOutcome, Sheets
from consult.store import DATABASE_ERRORS, db, transaction
from consult.store.locking import lock_row

log = structlog.get_logger()

NOTABLE_ROWS = 200
NAMED = 200
"""Of what isn't taken, as many of each kind are listed beside the report."""
SANDBOX_SECONDS = 900.0
"""Timeout for reading a table in the sandbox: the largest allowed takes some minutes."""
UNREADABLE = (
    "读取这张表格时程序中断了 {times} 次，单独试读也没有读完，没有再读，表格已保存。"
    "请用 Excel 或 WPS 打开，另存为新的 .xlsx 后重新上传。"
)
ACCOUNT_LIMIT = 1 << 34
"""Maximum bytes of a report; a table of a thousand million rows needs less."""


def carry_on(at: datetime) -> int:
    """Process the waiting tables, each to its end; return how many. May be killed and called again."""
    waiting = select(TableImport.id).where(TableImport.stage.in_(uploaded_tables.AT_WORK)).order_by(TableImport.id)
    identifiers = list(db.session.scalars(waiting))
    for identifier in identifiers:
        _carry_on(identifier)
    return len(identifiers)


class _Elsewhere(Exception):
    """Another worker has continued the import, or it was cancelled."""


def _carry_on(identifier: int) -> None:
    table_import = db.session.get(TableImport, identifier, populate_existing=True)
    user = db.session.get(User, table_import.user_id) if table_import is not None else None
    if table_import is None or user is None or table_import.stage not in uploaded_tables.AT_WORK:
        return
    stage = table_import.stage
    begun = reading_attempts.begin(Work.TABLE, table_import.digest)
    if begun > ATTEMPTS and not sandbox.survives(
        tables.read_to_end, table_import.file_name, blobs().path(table_import.digest), seconds=SANDBOX_SECONDS
    ):
        log.warning("table_put_aside", id=identifier)
        _stop(table_import, stage, UNREADABLE.format(times=begun - 1), was_read=False)
        return
    try:
        if not user.active:
            raise uploaded_tables.ImportRefused("上传这张表格的账号已经停用，请换一个账号上传。")
        sheets = uploaded_tables.sheets_of(table_import)
        with _Progress(table_import, sheets) as progress:
            work = spreadsheet_import.Import(
                uploaded_tables.consultation_of(table_import),
                sheets,
                table_import.channel,
                Actor.of(user),
                table_import.asked_at,
                dry_run=table_import.stage is ImportStage.CHECKING,
                after=table_import.row,
                received_on=table_import.received_on,
                files=uploaded_tables.files_of(table_import),
            )
            for _ in spreadsheet_import.run(work, progress.note):
                pass
            progress.end(work)
    except _Elsewhere:
        db.session.rollback()
    except (Refused, TableRefused, BlobError) as refusal:
        _stop(table_import, stage, str(refusal))
    except (*DATABASE_ERRORS, OSError):  # the database or the disk: not the table's fault
        raise
    except Exception as error:  # a failure on one table must not block the next
        log.exception("table_import_failed", id=identifier)
        words = f"读取这张表格时出错（{type(error).__name__}）。请另存为 .xlsx 重新上传；还是不行，请联系管理员。"
        _stop(table_import, stage, words)


def _stop(table_import: TableImport, stage: ImportStage, why: str, *, was_read: bool = True) -> None:
    """Stop an import with a reason, unless it was cancelled meanwhile; its attempts count until it is read."""
    db.session.rollback()
    with transaction():
        lock_row(table_import)
        if table_import.stage is not stage:
            return
        if was_read:
            reading_attempts.ended(Work.TABLE, [table_import.digest])
        if stage is ImportStage.CHECKING:
            uploaded_tables.clear(table_import)  # the counted rows were not stored
        table_import.stage, table_import.why = ImportStage.REFUSED, why


class _Progress:
    """Stores the progress and the report of an import together with its rows."""

    def __init__(self, table_import: TableImport, sheets: Sheets) -> None:
        self._one, self._sheets, self._stage = table_import, sheets, table_import.stage
        self._path = uploaded_tables.account_path(table_import)
        self._row = table_import.row

    def __enter__(self) -> Self:
        """Truncate the report to what is committed; if that is missing, start again from the first row.

        Raises:
            _Elsewhere: another worker has continued, or the import was cancelled.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with transaction():  # another worker has committed its part and writes no more
            table_import = self._mine()
            self._file: BinaryIO = os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
            if self._file.seek(0, os.SEEK_END) < table_import.account_bytes:
                uploaded_tables.clear(table_import)  # stored rows are recognised
                self._row = 0
            length = table_import.account_bytes
            self._file.truncate(length)
        self._file.seek(length)
        if not length:
            self._file.write("\ufeff".encode() + _lines([ACCOUNT_HEADS]))
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def note(self, accounts: list[RowAccount]) -> None:
        """Record a batch: the outcomes of its rows, and the progress.

        Raises:
            _Elsewhere: another worker has done them, or the import was cancelled.
        """
        with transaction() as session:
            table_import = self._mine()  # before the report is touched, which another worker may be writing
            self._file.write(_lines([account.cells() for account in accounts]))
            self._file.flush()
            os.fsync(self._file.fileno())
            table_import.taken += sum(account.outcome is RowOutcome.TAKEN for account in accounts)
            table_import.already += sum(account.outcome is RowOutcome.ALREADY for account in accounts)
            table_import.refused += sum(account.outcome is RowOutcome.REFUSED for account in accounts)
            worth = [account for account in accounts if account.outcome is RowOutcome.REFUSED]
            remarks = [account for account in accounts if account.outcome is RowOutcome.TAKEN and account.reason]
            room = NOTABLE_ROWS - len(table_import.notable)
            table_import.notable = [
                *table_import.notable,
                *([a.place, a.outcome.value, a.reason] for a in [*worth, *remarks][:room]),
            ]
            account = self._account()
            for each in accounts:
                each.account_to(account, keep=NAMED)
            table_import.accounted = account.as_json()
            table_import.row, table_import.share, table_import.account_bytes = (
                accounts[-1].position,
                self._sheets.progress,
                self._file.tell(),
            )
            reading_attempts.ended(Work.TABLE, [table_import.digest])
            session.flush()
        self._row = accounts[-1].position

    def _account(self) -> tables.Account:
        """Return the account of what was processed so far."""
        if self._one.accounted:
            return tables.Account.from_json(self._one.accounted)
        return self._sheets.account(import_columns.hint)

    def end(self, work: spreadsheet_import.Import) -> None:
        """Store the complete report, and mark the import as done."""
        self._file.flush()
        self._file.seek(0)
        account = blobs().put_stream(self._file, ACCOUNT_LIMIT)
        with transaction():
            table_import = self._mine()
            reading_attempts.ended(Work.TABLE, [table_import.digest])
            table_import.account, table_import.share = account, 1.0
            accounted = self._account()
            accounted.cells.add(self._sheets.beside(), keep=NAMED)
            files = {"attachments": work.files.tally().as_json()} if work.files.given else {}
            table_import.accounted = accounted.as_json() | files
            table_import.stage = ImportStage.CHECKED if work.dry_run else ImportStage.TAKEN
            if not work.dry_run:
                spreadsheet_import.record_import(work, table_import.taken, table_import.refused)
        self._path.unlink(missing_ok=True)

    def _mine(self) -> TableImport:
        lock_row(self._one)
        if self._one.stage is not self._stage or self._one.row != self._row:
            raise _Elsewhere
        return self._one


def _lines(rows: Sequence[Sequence[object]]) -> bytes:
    """Return rows as lines of a CSV file (RFC 4180)."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode("utf-8", "replace")
