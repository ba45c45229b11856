"""Reading the tables that staff uploaded, as the worker does: each to its end, whatever cuts the reading off.

Each batch of rows, how far the import is and the account of its rows are kept together: whoever is killed in between,
the next one goes on after the last row that is accounted for, and no row is taken twice or told twice. A table that
cuts its reading off several times before a further batch is done is read on trial, and refused if that doesn't end
well: it would be met again for ever, and every table behind it wait.
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
from consult.files import tables, trial
from consult.files.blobs import BlobError
from consult.files.tables import Table, TableRefused
from consult.files.trial import ATTEMPTS
from consult.intake import attempts, imports, table_imports
from consult.intake.imports import ACCOUNT_HEADS, RowAccount, RowOutcome
from consult.intake.models import ImportStage, TableImport, Work
from consult.settings import blobs
from consult.store import AWAY, db, transaction
from consult.store.claiming import hold

log = structlog.get_logger()

NOTABLE_ROWS = 200
TRIAL_SECONDS = 900.0
"""Longest that a table is read on trial: the largest that may be uploaded takes some minutes."""
UNREADABLE = (
    "读取这张表格时程序中断了 {times} 次，单独试读也没有读完，没有再读，表格已保存。"
    "请用 Excel 或 WPS 打开，另存为新的 .xlsx 后重新上传。"
)
ACCOUNT_LIMIT = 1 << 34
"""Bytes that an account may have; a table of a thousand million rows has less."""


def carry_on(at: datetime) -> int:
    """Read the tables that wait for it, each to its end; return how many. May be killed and called again."""
    waiting = select(TableImport.id).where(TableImport.stage.in_(table_imports.AT_WORK)).order_by(TableImport.id)
    found = list(db.session.scalars(waiting))
    for identifier in found:
        _carry_on(identifier)
    return len(found)


class _Elsewhere(Exception):
    """Somebody else went on with it, or put it away."""


def _carry_on(identifier: int) -> None:
    one = db.session.get(TableImport, identifier, populate_existing=True)
    user = db.session.get(User, one.user_id) if one is not None else None
    if one is None or user is None or one.stage not in table_imports.AT_WORK:
        return
    stage = one.stage
    begun = attempts.begin(Work.TABLE, one.digest)
    if begun > ATTEMPTS and not trial.ends_well(
        tables.read_to_end, one.file_name, blobs().path(one.digest), seconds=TRIAL_SECONDS
    ):
        log.warning("table_put_aside", id=identifier)
        _stop(one, stage, UNREADABLE.format(times=begun - 1), was_read=False)
        return
    try:
        if not user.active:
            raise table_imports.ImportRefused("上传这张表格的账号已经停用，请换一个账号上传。")
        table = table_imports.table_of(one)
        with _Progress(one, table) as progress:
            work = imports.Import(
                table_imports.consultation_of(one),
                table,
                table_imports.columns_of(one),
                one.channel,
                Actor.of(user),
                one.asked_at,
                dry_run=one.stage is ImportStage.CHECKING,
                after=one.row,
            )
            for _ in imports.run(work, progress.note):
                pass
            progress.end(work)
    except _Elsewhere:
        db.session.rollback()
    except (Refused, TableRefused, BlobError) as refusal:
        _stop(one, stage, str(refusal))
    except (*AWAY, OSError):  # the database or the disk: the table can do nothing for it
        raise
    except Exception as error:  # whatever a table does to its reader, those behind it are read
        log.exception("table_import_failed", id=identifier)
        words = f"读取这张表格时出错（{type(error).__name__}）。请另存为 .xlsx 重新上传；还是不行，请联系管理员。"
        _stop(one, stage, words)


def _stop(one: TableImport, stage: ImportStage, why: str, *, was_read: bool = True) -> None:
    """Say why a table can't go on, unless it was put away meanwhile; one that wasn't read stays under suspicion."""
    db.session.rollback()
    with transaction():
        hold(one)
        if one.stage is not stage:
            return
        if was_read:
            attempts.ended(Work.TABLE, [one.digest])
        if stage is ImportStage.CHECKING:
            table_imports.clear(one)  # what it counted was not taken
        one.stage, one.why = ImportStage.REFUSED, why


class _Progress:
    """Keeps how far an import is, and the account of its rows, together with the rows."""

    def __init__(self, one: TableImport, table: Table) -> None:
        self._one, self._table, self._stage = one, table, one.stage
        self._path = table_imports.account_path(one)
        self._row = one.row

    def __enter__(self) -> Self:
        """Cut the account to what counts; where that is no longer there, read all rows again.

        Raises:
            _Elsewhere: another worker has gone on, or the import was put away.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with transaction():  # another worker has written what counts, and writes no more of it
            one = self._mine()
            self._file: BinaryIO = os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o640), "r+b")
            if self._file.seek(0, os.SEEK_END) < one.account_bytes:
                table_imports.clear(one)  # rows that were taken are found again
                self._row = 0
            length = one.account_bytes
            self._file.truncate(length)
        self._file.seek(length)
        if not length:
            self._file.write("\ufeff".encode() + _lines([ACCOUNT_HEADS]))
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def note(self, accounts: list[RowAccount]) -> None:
        """Take note of a batch: what became of its rows, and that they are done.

        Raises:
            _Elsewhere: another worker has done them, or the import was put away.
        """
        with transaction() as session:
            one = self._mine()  # before the account is touched, which another worker may be writing
            self._file.write(_lines([account.cells() for account in accounts]))
            self._file.flush()
            os.fsync(self._file.fileno())
            one.taken += sum(account.outcome is RowOutcome.TAKEN for account in accounts)
            one.already += sum(account.outcome is RowOutcome.ALREADY for account in accounts)
            one.refused += sum(account.outcome is RowOutcome.REFUSED for account in accounts)
            worth = [account for account in accounts if account.outcome is RowOutcome.REFUSED]
            remarks = [account for account in accounts if account.outcome is RowOutcome.TAKEN and account.reason]
            room = NOTABLE_ROWS - len(one.notable)
            one.notable = [*one.notable, *([a.row, a.outcome.value, a.reason] for a in [*worth, *remarks][:room])]
            one.row, one.share, one.account_bytes = accounts[-1].row, self._table.progress, self._file.tell()
            attempts.ended(Work.TABLE, [one.digest])
            session.flush()
        self._row = accounts[-1].row

    def end(self, work: imports.Import) -> None:
        """Keep the whole account, and say that all rows are done."""
        self._file.flush()
        self._file.seek(0)
        account = blobs().put_stream(self._file, ACCOUNT_LIMIT)
        with transaction():
            one = self._mine()
            attempts.ended(Work.TABLE, [one.digest])
            one.account, one.share = account, 1.0
            one.stage = ImportStage.CHECKED if work.dry_run else ImportStage.TAKEN
            if not work.dry_run:
                imports.record_import(work, one.taken, one.refused)
        self._path.unlink(missing_ok=True)

    def _mine(self) -> TableImport:
        hold(self._one)
        if self._one.stage is not self._stage or self._one.row != self._row:
            raise _Elsewhere
        return self._one


def _lines(rows: Sequence[Sequence[object]]) -> bytes:
    """Return rows as lines of a CSV file (RFC 4180)."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode("utf-8", "replace")
