"""Tables uploaded by staff: stored, mapped, checked by a dry run, then imported with a report on each row.

Requests are recorded here; the worker processes them (``uploaded_table_worker``), because a long table takes minutes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from consult.files.tables import Table, TableRefused
from consult.intake import spreadsheet_import, validation
from consult.intake.import_columns import Columns, Field, choose
from consult.intake.models import Channel, ImportStage, TableImport
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
) -> TableImport:
    """Store a table and schedule its check; if the content column can't be guessed, wait for the mapping.

    Arguments:
        limit: maximum bytes of the table.

    Raises:
        NotAllowed, NotOpen: the actor may not enter submissions for others; the consultation hasn't opened.
        TableRefused: it is not a table, or can't be read; says what to do.
    """
    require(actor, Act.RECEIVE_FOR_SENDER, consultation)
    validation.check_period(consultation, at)
    name = safe_name(name)
    digest = blobs().put_stream(stream, limit)
    columns = _guessed(tables.read_beginning(name, blobs().path(digest), sandbox()), channel)
    with transaction() as session:
        table_import = TableImport(
            consultation_id=consultation.id,
            user_id=actor.id,
            channel=channel,
            file_name=name,
            digest=digest,
            columns=_stored(columns),
            stage=ImportStage.CHECKING if columns else ImportStage.CHOOSING,
            uploaded_at=at,
            asked_at=at,
            notable=[],
        )
        session.add(table_import)
        session.flush()
        _record(actor, "submission.upload_table", table_import, at=at, content_digest=digest)
    return table_import


def _guessed(table: Table, channel: Channel) -> Columns:
    try:
        return choose(table.columns, {}, spreadsheet_import.remembered(channel))
    except TableRefused:
        return {}


def _stored(columns: Columns) -> dict[str, str]:
    return {field.value: column for field, column in columns.items()}


def columns_of(table_import: TableImport) -> Columns:
    """Return the column mapping of an import."""
    return {Field(field): column for field, column in table_import.columns.items()}


def beginning_of(table_import: TableImport) -> Table:
    """Return the header and the first rows of the table of an import, read in a sandbox.

    Raises:
        TableRefused, BlobError: it can no longer be read.
    """
    return tables.read_beginning(table_import.file_name, blobs().path(table_import.digest), sandbox())


def table_of(table_import: TableImport) -> Table:
    """Open the table of an import.

    Raises:
        TableRefused, BlobError: it can no longer be read.
    """
    return tables.read(table_import.file_name, blobs().path(table_import.digest))


def of_consultation(consultation: Consultation, limit: int = 50) -> Sequence[TableImport]:
    """Return the latest imports of a consultation, newest first."""
    query = select(TableImport).where(
        TableImport.consultation_id == consultation.id, TableImport.stage != ImportStage.GIVEN_UP
    )
    return db.session.scalars(query.order_by(TableImport.id.desc()).limit(limit)).all()


def check(actor: Actor, table_import: TableImport, given: Mapping[Field, str], *, at: datetime) -> None:
    """Schedule the check of a table with this column mapping; nothing is stored by it.

    Arguments:
        given: the column of each field; an empty name means that the table has none.

    Raises:
        NotAllowed: the actor may not enter submissions for others.
        TableRefused: a column doesn't exist, or there is none for the content.
        ImportRefused: the table is being processed, or was imported.
    """
    columns = choose(beginning_of(table_import).columns, {field: given.get(field, "") for field in Field})
    _ask(actor, table_import, ASKING, ImportStage.CHECKING, at, columns)


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
    columns: Columns | None = None,
) -> None:
    require(actor, Act.RECEIVE_FOR_SENDER, consultation_of(table_import))
    with transaction():
        lock_row(table_import)
        if table_import.stage not in among:
            raise ImportRefused("这张表格的状态刚刚变了，请看最新的状态再操作。")
        table_import.stage, table_import.asked_at, table_import.why = stage, at, ""
        clear(table_import)
        if columns is not None:
            table_import.columns = _stored(columns)
        if stage is not ImportStage.CHECKING:
            act = "submission.take_table" if stage is ImportStage.TAKING else "submission.give_up_table"
            _record(actor, act, table_import, at=at)


def clear(table_import: TableImport) -> None:
    """Reset the progress and counts of an import."""
    table_import.row, table_import.share, table_import.notable = 0, 0.0, []
    table_import.account, table_import.account_bytes = "", 0
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
