"""Files that staff upload and see read before they confirm: stored in the request, read by the worker.

A file is shown to its uploader alone, and for a day; the term of previews removes it (``privacy.retention``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import IO, Any

import structlog
from sqlalchemy import select

from consult import clock
from consult.accounts.errors import Refused
from consult.accounts.models import User
from consult.accounts.permissions import Act, Actor, require
from consult.app_context import blobs, settings
from consult.drafting.models import Consultation
from consult.files.attachments import safe_name
from consult.files.blobs import BlobError
from consult.files.errors import UnreadableFile
from consult.files.sandbox import ATTEMPTS, BEGINNING
from consult.intake.models import ImportStage, Purpose, StaffUpload
from consult.store import DATABASE_ERRORS, db, transaction
from consult.store.locking import lock_row

AT_WORK = (ImportStage.CHECKING, ImportStage.TAKING)
KEPT = timedelta(days=1)
"""How long an upload can be confirmed."""
Note = Callable[[int], None]
"""Notes the number of the last processed row."""
Reader = Callable[[StaffUpload, Actor, Note], bytes]
"""Does what an upload was made for, as its uploader; returns what is then shown."""

log = structlog.get_logger()


class UploadRefused(Refused):
    """There is no such upload of the actor's, or not at this stage."""


def upload(
    actor: Actor,
    act: Act,
    purpose: Purpose,
    name: str,
    stream: IO[bytes],
    *,
    limit: int,
    at: datetime,
    consultation: Consultation | None = None,
    previewed: bool = True,
) -> StaffUpload:
    """Store a file and schedule its reading.

    Arguments:
        act: what the file is uploaded for.
        previewed: whether what was read is confirmed before it is used; otherwise it is taken at once.
        limit: maximum bytes of the file.

    Raises:
        NotAllowed: the actor may not do the act.
        BlobTooBig: the file is larger than the limit.
    """
    require(actor, act, consultation)
    digest = blobs().put_stream(stream, limit)
    with transaction() as session:
        made = StaffUpload(
            purpose=purpose,
            user_id=actor.id,
            consultation_id=consultation.id if consultation is not None else None,
            file_name=safe_name(name),
            digest=digest,
            stage=ImportStage.CHECKING if previewed else ImportStage.TAKING,
            uploaded_at=at,
            asked_at=at,
            noted_at=at,
        )
        session.add(made)
    return made


def find(
    actor: Actor,
    purpose: Purpose,
    identifier: int,
    *,
    at: datetime,
    consultation: Consultation | None = None,
    seen: str | None = None,
) -> StaffUpload:
    """Return an upload of the actor's for this purpose and consultation.

    Arguments:
        seen: the digests of what was shown (``StaffUpload.shown``), to confirm just that.

    Raises:
        UploadRefused: there is none, it is too old to be confirmed, or something else was shown.
    """
    file = db.session.get(StaffUpload, identifier)
    about = consultation.id if consultation is not None else None
    if file is None or (file.purpose, file.consultation_id, file.user_id) != (
        purpose,
        about,
        actor.id,
    ):
        raise UploadRefused("没有这个预览，或者由其他账号上传。请自行上传文件。")
    if at > file.uploaded_at + KEPT:
        raise UploadRefused("预览已过期，请重新上传文件。")
    if seen is not None and (file.shown != seen or not seen):
        raise UploadRefused("预览已变化，请重新核对后再确认。")
    return file


def result_of(file: StaffUpload) -> bytes:
    """Return what was read in an upload.

    Raises:
        UploadRefused: it isn't read, or was refused.
    """
    if not file.result:
        raise UploadRefused(file.why or "文件还没有读完，请稍候。")
    return _stored(file.result)


def file_of(file: StaffUpload) -> bytes:
    """Return the bytes of an upload.

    Raises:
        UploadRefused: they are gone, or aren't what was uploaded.
    """
    return _stored(file.digest)


def _stored(digest: str) -> bytes:
    try:
        return blobs().get(digest)
    except BlobError as damage:
        raise UploadRefused("保存的文件或者预览已被改动、删除，不能使用。请重新上传，并告知管理员。") from damage


def take(actor: Actor, act: Act, file: StaffUpload, *, at: datetime) -> None:
    """Schedule what an upload was made for, once its uploader confirms what was read (``find``).

    Raises:
        NotAllowed: the actor may not do it.
        UploadRefused: it is another's, isn't read, or is processed already.
    """
    require(actor, act)
    with transaction():
        lock_row(file)
        if file.user_id != actor.id or file.stage is not ImportStage.CHECKED:
            raise UploadRefused("这个文件还没有检查完，或者已经导入。")
        file.stage, file.asked_at, file.begun, file.row = ImportStage.TAKING, at, 0, 0


def read_again(actor: Actor, act: Act, file: StaffUpload, options: dict[str, Any], *, at: datetime) -> None:
    """Schedule the reading of an upload under other options; nothing of it was taken.

    Raises:
        NotAllowed: the actor may not do it.
        UploadRefused: it is another's, is being processed, or was taken.
    """
    require(actor, act)
    with transaction():
        lock_row(file)
        if file.user_id != actor.id or file.stage not in (ImportStage.CHECKED, ImportStage.REFUSED):
            raise UploadRefused("这个文件正在读取，或者已经导入。")
        file.stage, file.asked_at, file.begun, file.row = ImportStage.CHECKING, at, 0, 0
        file.options, file.result, file.why = options, "", ""


def show_instead(file: StaffUpload, result: bytes) -> None:
    """Replace what is shown before confirmation: what was read has changed meanwhile."""
    digest = blobs().put(result)
    with transaction():
        lock_row(file)
        file.result = digest


def carry_on(readers: Mapping[Purpose, Reader]) -> int:
    """Process the waiting uploads, each to its end; return how many. May be killed and called again."""
    waiting = select(StaffUpload.id).where(StaffUpload.stage.in_(AT_WORK)).order_by(StaffUpload.id)
    return sum(_carry_on(identifier, readers) for identifier in list(db.session.scalars(waiting)))


def _carry_on(identifier: int, readers: Mapping[Purpose, Reader]) -> bool:
    file = _begun(identifier)
    if file is None:
        return False
    stage, user = file.stage, db.session.get_one(User, file.user_id)
    try:
        if file.begun > ATTEMPTS:
            raise UnreadableFile(
                f"读取“{file.file_name}”时程序中断了 {ATTEMPTS} 次，没有再读。请另存为新的文件后上传。"
            )
        if not user.active:
            raise UploadRefused("上传这个文件的账号已经停用。")
        blobs().open(file.digest).close()  # still what was uploaded
        result = readers[file.purpose](file, Actor.of(user), lambda row: _note(file, row))
    except (Refused, UnreadableFile, BlobError) as refusal:
        _end(file, stage, ImportStage.REFUSED, why=str(refusal))
    except (*DATABASE_ERRORS, OSError):  # the database or the disk: not the file's fault
        raise
    except Exception as error:  # a failure on one file must not block the next
        log.exception("staff_upload_failed", id=identifier)
        words = (
            f"读取“{file.file_name}”时出错（{type(error).__name__}）。请另存为新的文件后上传；还是不行，请联系管理员。"
        )
        _end(file, stage, ImportStage.REFUSED, why=words)
    else:
        done = ImportStage.CHECKED if stage is ImportStage.CHECKING else ImportStage.TAKEN
        _end(file, stage, done, result=blobs().put(result))
    return True


def _begun(identifier: int) -> StaffUpload | None:
    """Count an attempt before it starts; return nothing where another host's worker is at it."""
    with transaction() as session:
        file = session.get(StaffUpload, identifier)
        if file is None:
            return None
        lock_row(file)
        now, quiet = clock.now(), timedelta(seconds=2 * (settings().reading_seconds + BEGINNING))
        if file.stage not in AT_WORK or (file.begun and now < file.noted_at + quiet):
            return None
        file.begun += 1
        file.noted_at = now
    return file


def _note(file: StaffUpload, row: int) -> None:
    with transaction():
        lock_row(file)
        file.row, file.noted_at = row, clock.now()


def _end(file: StaffUpload, before: ImportStage, stage: ImportStage, *, why: str = "", result: str = "") -> None:
    db.session.rollback()
    with transaction():
        lock_row(file)
        if file.stage is before:
            file.stage, file.why, file.result = stage, why, result or file.result
