"""Tables uploaded by staff: stored, mapped, checked by a dry run, then imported with a report on each row.

Requests are recorded here; the worker processes them (``uploaded_table_worker``), because a long table takes minutes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from sqlalchemy import select

from consult.accounts.errors import Refused
from consult.accounts.permissions import Act, Actor, require
from consult.app_context import blobs, sandbox, settings
from consult.drafting.models import Consultation
from consult.files import tables
from consult.files.attachments import safe_name
from consult.files.tables import Book, TableRefused
from consult.intake import import_columns, spreadsheet_import, validation
from consult.intake.import_columns import Columns, Field
from consult.intake.import_files import RowFiles
from consult.intake.models import Channel, ImportStage, TableImport
from consult.intake.spreadsheet_import import Sheets
from consult.ledger.service import record
from consult.store import db, transaction
from consult.store.locking import lock_row

AT_WORK = (ImportStage.CHECKING, ImportStage.TAKING)
"""Stages in which the worker processes a table, or will."""
ASKING = (ImportStage.CHOOSING, ImportStage.CHECKED, ImportStage.REFUSED)
"""Stages in which a table waits for a person."""


class ImportRefused(Refused):
    """The request isn't possible at this stage of the import."""


def upload(
    actor: Actor,
    consultation: Consultation,
    channel: Channel,
    name: str,
    stream: IO[bytes],
    *,
    limit: int,
    at: datetime,
    files: IO[bytes] | None = None,
    with_hidden: bool = False,
) -> TableImport:
    """Store a table and schedule its check; if the content column can't be guessed, wait for the mapping.

    Arguments:
        limit: maximum bytes of the table, and of its attachments.
        files: a ZIP archive with the attachments that its rows name.
        with_hidden: whether rows that are hidden or filtered out are imported too.

    Raises:
        NotAllowed, NotOpen: the actor may not enter submissions for others; the consultation hasn't opened.
        TableRefused: it is not a table, or can't be read; says what to do.
    """
    require(actor, Act.RECEIVE_FOR_SENDER, consultation)
    validation.check_period(consultation, at)
    name = safe_name(name)
    digest = blobs().put_stream(stream, limit)
    book = tables.read_beginnings(name, blobs().path(digest), sandbox(), import_columns.is_known)
    columns, why = _guessed(book, channel)
    archive = blobs().put_stream(files, limit) if files is not None else ""
    if archive:
        RowFiles(blobs().get(archive), store=False)
    with transaction() as session:
        table_import = TableImport(
            consultation_id=consultation.id,
            user_id=actor.id,
            channel=channel,
            file_name=name,
            digest=digest,
            columns=import_columns.stored(columns),
            with_hidden=with_hidden,
            files=archive,
            stage=ImportStage.CHECKING if columns else ImportStage.CHOOSING,
            why=why,
            uploaded_at=at,
            asked_at=at,
            notable=[],
        )
        session.add(table_import)
        session.flush()
        _record(actor, "submission.upload_table", table_import, at=at, content_digest=digest)
    return table_import


def _guessed(book: Book, channel: Channel) -> tuple[Columns, str]:
    """Return the columns of a table, or why they can't be seen."""
    try:
        return spreadsheet_import.open_sheets(book, {}, spreadsheet_import.remembered(channel)).columns, ""
    except TableRefused as refusal:
        return {}, str(refusal)


def columns_of(table_import: TableImport) -> Columns:
    """Return the column mapping of an import."""
    return import_columns.from_stored(table_import.columns)


def beginning_of(table_import: TableImport) -> Book:
    """Return the heads and the first rows of the sheets of an import, read in a sandbox.

    Raises:
        TableRefused, BlobError: they can no longer be read.
    """
    path = blobs().path(table_import.digest)
    return tables.read_beginnings(table_import.file_name, path, sandbox(), import_columns.is_known)


def sheets_of(table_import: TableImport, book: Book | None = None) -> Sheets:
    """Return the sheets of an import under its columns: of ``book``, or of the whole file.

    Raises:
        TableRefused, BlobError: they can no longer be read.
    """
    if book is None:
        path = blobs().path(table_import.digest)
        book = tables.read_book(table_import.file_name, path, import_columns.is_known)
    return spreadsheet_import.reopen_sheets(book, columns_of(table_import), with_hidden=table_import.with_hidden)


def files_of(table_import: TableImport) -> RowFiles:
    """Return the attachments that came with a table, none of them stored by a check.

    Raises:
        TableRefused, BlobError: they can no longer be read.
    """
    data = blobs().get(table_import.files) if table_import.files else None
    return RowFiles(data, store=table_import.stage is not ImportStage.CHECKING)


def of_consultation(consultation: Consultation, limit: int = 50) -> Sequence[TableImport]:
    """Return the latest imports of a consultation, newest first."""
    query = select(TableImport).where(
        TableImport.consultation_id == consultation.id, TableImport.stage != ImportStage.GIVEN_UP
    )
    return db.session.scalars(query.order_by(TableImport.id.desc()).limit(limit)).all()


def check(
    actor: Actor,
    table_import: TableImport,
    given: Mapping[Field, Sequence[str]],
    *,
    at: datetime,
    with_hidden: bool = False,
    received_on: datetime | None = None,
) -> None:
    """Schedule the check of a table with this column mapping; nothing is stored by it.

    Arguments:
        given: the columns of each field; a field without any isn't in the table.
        with_hidden: whether rows that are hidden or filtered out are imported too.
        received_on: when rows without a readable time were received, as the staff say.

    Raises:
        NotAllowed: the actor may not enter submissions for others.
        TableRefused: a column doesn't exist, or there is none for the content.
        ImportRefused: the table is being processed, or was imported; or the day isn't one on which a submission can
            have been received.
    """
    validate_received_on(consultation_of(table_import), received_on, at=at)
    every = {field: tuple(given.get(field, ())) for field in Field}
    columns = spreadsheet_import.open_sheets(beginning_of(table_import), every).columns
    chosen = _Chosen(columns, with_hidden, received_on)
    _ask(actor, table_import, ASKING, ImportStage.CHECKING, at, chosen)


def validate_received_on(consultation: Consultation, day: datetime | None, *, at: datetime) -> None:
    """Check the day on which submissions without a readable time were received.

    Raises:
        ImportRefused: it is before the opening, or in the future.
    """
    if day is not None and not (consultation.opens_at is not None and consultation.opens_at <= day <= at):
        raise ImportRefused("收到日期应当在公布之后、今天之前，请改正。")


@dataclass(frozen=True)
class _Chosen:
    columns: Columns
    with_hidden: bool
    received_on: datetime | None


def take(actor: Actor, table_import: TableImport, *, at: datetime) -> None:
    """Schedule the import of a checked table.

    Raises:
        NotAllowed: the actor may not enter submissions for others.
        NotOpen: the consultation was withdrawn meanwhile.
        ImportRefused: it wasn't checked, is being processed, or was imported.
    """
    validation.check_period(consultation_of(table_import), at)
    _ask(actor, table_import, (ImportStage.CHECKED,), ImportStage.TAKING, at)


def give_up(actor: Actor, table_import: TableImport, *, at: datetime) -> None:
    """Cancel an import; rows imported before it failed stay.

    Raises:
        NotAllowed: the actor may not enter submissions for others.
        ImportRefused: it is being imported, or was.
    """
    _ask(actor, table_import, (*ASKING, ImportStage.CHECKING), ImportStage.GIVEN_UP, at)
    account_path(table_import).unlink(missing_ok=True)


def _ask(
    actor: Actor,
    table_import: TableImport,
    among: Sequence[ImportStage],
    stage: ImportStage,
    at: datetime,
    chosen: _Chosen | None = None,
) -> None:
    require(actor, Act.RECEIVE_FOR_SENDER, consultation_of(table_import))
    with transaction():
        lock_row(table_import)
        if table_import.stage not in among:
            raise ImportRefused("这张表格的状态刚刚变了，请看最新的状态再操作。")
        table_import.stage, table_import.asked_at, table_import.why = stage, at, ""
        clear(table_import)
        if chosen is not None:
            table_import.columns = import_columns.stored(chosen.columns)
            table_import.with_hidden, table_import.received_on = chosen.with_hidden, chosen.received_on
        if stage is not ImportStage.CHECKING:
            act = "submission.take_table" if stage is ImportStage.TAKING else "submission.give_up_table"
            _record(actor, act, table_import, at=at)


def clear(table_import: TableImport) -> None:
    """Reset the progress and counts of an import."""
    table_import.row, table_import.share, table_import.notable = 0, 0.0, []
    table_import.account, table_import.account_bytes, table_import.accounted = "", 0, {}
    table_import.taken = table_import.already = table_import.refused = 0


def account_path(table_import: TableImport) -> Path:
    """Return the path of the report until it is complete."""
    return settings().data_dir / "imports" / f"{table_import.id}.csv"


def consultation_of(table_import: TableImport) -> Consultation:
    """Return the consultation of an import."""
    consultation = db.session.get(Consultation, table_import.consultation_id)
    assert consultation is not None  # a foreign key
    return consultation


def _record(
    actor: Actor, act: str, table_import: TableImport, *, at: datetime, content_digest: str | None = None
) -> None:
    record(
        actor,
        act,
        f"table:{table_import.id}",
        at=at,
        consultation_id=table_import.consultation_id,
        content_digest=content_digest,
        channel=table_import.channel.value,
        sha256=table_import.digest,
    )
