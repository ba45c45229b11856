"""A table that staff upload: kept, its columns named, checked without storing, then taken, each row accounted for.

What staff ask is noted here. Reading a long table takes minutes, so the worker does it (``table_reading``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO

from sqlalchemy import select

from consult.accounts.errors import Refused
from consult.accounts.permissions import Act, Actor, require
from consult.drafting.models import Consultation
from consult.files import tables
from consult.files.attachments import safe_name
from consult.files.tables import Table, TableRefused
from consult.intake import checks, imports
from consult.intake.columns import Columns, Field, choose
from consult.intake.models import Channel, ImportStage, TableImport
from consult.ledger.service import record
from consult.settings import blobs, settings
from consult.store import db, transaction
from consult.store.claiming import hold

AT_WORK = (ImportStage.CHECKING, ImportStage.TAKING)
"""Stages in which the worker is busy, or will be, with a table."""
ASKING = (ImportStage.CHOOSING, ImportStage.CHECKED, ImportStage.REFUSED)
"""Stages in which a table waits for a person."""


class ImportRefused(Refused):
    """What was asked for doesn't fit how far the import is."""


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
    """Keep a table and have it checked; where its columns don't tell which holds the content, wait to be told.

    Arguments:
        limit: bytes that the table may have.

    Raises:
        NotAllowed, NotOpen: the actor may not enter submissions for others; the consultation hasn't opened.
        TableRefused: it is no table, or can't be read; says what to do.
    """
    require(actor, Act.RECEIVE_FOR_SENDER, consultation)
    checks.check_period(consultation, at)
    name = safe_name(name)
    digest = blobs().put_stream(stream, limit)
    columns = _guessed(tables.read(name, blobs().path(digest)), channel)
    with transaction() as session:
        one = TableImport(
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
        session.add(one)
        session.flush()
        _record(actor, "submission.upload_table", one, at=at, content_digest=digest)
    return one


def _guessed(table: Table, channel: Channel) -> Columns:
    try:
        return choose(table.columns, {}, imports.remembered(channel))
    except TableRefused:
        return {}


def _stored(columns: Columns) -> dict[str, str]:
    return {field.value: column for field, column in columns.items()}


def columns_of(one: TableImport) -> Columns:
    """Return the column of each field, as the import reads them."""
    return {Field(field): column for field, column in one.columns.items()}


def table_of(one: TableImport) -> Table:
    """Open the table of an import.

    Raises:
        TableRefused, BlobError: it can't be read any more.
    """
    return tables.read(one.file_name, blobs().path(one.digest))


def of_consultation(consultation: Consultation, limit: int = 50) -> Sequence[TableImport]:
    """Return the latest imports of a consultation, the latest first."""
    query = select(TableImport).where(
        TableImport.consultation_id == consultation.id, TableImport.stage != ImportStage.GIVEN_UP
    )
    return db.session.scalars(query.order_by(TableImport.id.desc()).limit(limit)).all()


def check(actor: Actor, one: TableImport, told: Mapping[Field, str], *, at: datetime) -> None:
    """Have a table checked under these columns; nothing is stored by it.

    Arguments:
        told: the column of each field; an empty name says that the table has none.

    Raises:
        NotAllowed: the actor may not enter submissions for others.
        TableRefused: a column isn't there, or none holds the content.
        ImportRefused: the table is being read, or was taken.
    """
    columns = choose(table_of(one).columns, {field: told.get(field, "") for field in Field})
    _ask(actor, one, ASKING, ImportStage.CHECKING, at, columns)


def take(actor: Actor, one: TableImport, *, at: datetime) -> None:
    """Have a table that was checked taken.

    Raises:
        NotAllowed: the actor may not enter submissions for others.
        NotOpen: the consultation was withdrawn meanwhile.
        ImportRefused: it wasn't checked, is being read, or was taken.
    """
    checks.check_period(consultation_of(one), at)
    _ask(actor, one, (ImportStage.CHECKED,), ImportStage.TAKING, at)


def give_up(actor: Actor, one: TableImport, *, at: datetime) -> None:
    """Put a table away; what was taken of it before it could not go on stays.

    Raises:
        NotAllowed: the actor may not enter submissions for others.
        ImportRefused: it is being taken, or was.
    """
    _ask(actor, one, (*ASKING, ImportStage.CHECKING), ImportStage.GIVEN_UP, at)
    account_path(one).unlink(missing_ok=True)


def _ask(
    actor: Actor,
    one: TableImport,
    among: Sequence[ImportStage],
    stage: ImportStage,
    at: datetime,
    columns: Columns | None = None,
) -> None:
    require(actor, Act.RECEIVE_FOR_SENDER, consultation_of(one))
    with transaction():
        hold(one)
        if one.stage not in among:
            raise ImportRefused("这张表格的状态刚刚变了，请看最新的状态再操作。")
        one.stage, one.asked_at, one.why = stage, at, ""
        clear(one)
        if columns is not None:
            one.columns = _stored(columns)
        if stage is not ImportStage.CHECKING:
            act = "submission.take_table" if stage is ImportStage.TAKING else "submission.give_up_table"
            _record(actor, act, one, at=at)


def clear(one: TableImport) -> None:
    """Forget what was read of a table and counted."""
    one.row, one.share, one.account_bytes, one.account, one.notable = 0, 0.0, 0, "", []
    one.taken = one.already = one.refused = 0


def account_path(one: TableImport) -> Path:
    """Return where the account of a table's rows is written until it is whole."""
    return settings().data_dir / "imports" / f"{one.id}.csv"


def consultation_of(one: TableImport) -> Consultation:
    """Return the consultation that a table is of."""
    found = db.session.get(Consultation, one.consultation_id)
    assert found is not None  # a foreign key
    return found


def _record(actor: Actor, act: str, one: TableImport, *, at: datetime, content_digest: str | None = None) -> None:
    record(
        actor,
        act,
        f"table:{one.id}",
        at=at,
        consultation_id=one.consultation_id,
        content_digest=content_digest,
        channel=one.channel.value,
        sha256=one.digest,
    )
