"""Opens attachments of the public form after the receipt, in the sandbox of the worker; what isn't fit is held back.

The page that takes a form looks at no more than size, name and first bytes of a container. Whether it was opened
stands in a table of its own: row, bytes and raw form of the attachment stay as they came.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Row, and_, exists, func, select

from consult.app_context import blobs, sandbox, settings
from consult.files import attachments
from consult.files.attachments import CONTAINERS, AttachmentRefused
from consult.files.blobs import BlobError, BlobStore
from consult.files.sandbox import ATTEMPTS, ReaderDied, Sandbox
from consult.intake import attachment_holds, reading_attempts
from consult.intake.models import Attachment, AttachmentOpening, Channel, Submission, Work
from consult.store import db, transaction

BATCH = 20
"""Attachments whose findings are stored in one transaction."""
AT_ONCE = 200
"""Approximate maximum of attachments in one call, so that a long queue leaves room for other work."""
OUT_OF_ORDER = 10_000
"""How far below the last opened id an attachment may still appear because its transaction took longer."""
HOLD_BACK = "attachment.refuse"
WAITING = "正在检查，稍后可以下载"
TOO_MUCH = "过于复杂，没有在限定的时间和内存内查完"
_UNOPENED = and_(Submission.channel == Channel.WEB, Attachment.media_type.in_(CONTAINERS))

log = structlog.get_logger()
Waiting = Sequence[Row[int, str, str]]


def refused(files: Collection[Attachment]) -> dict[int, str]:
    """Return why those of the attachments are held back that were opened and found unfit, by id."""
    if not files:
        return {}
    query = select(AttachmentOpening.attachment_id, AttachmentOpening.refusal).where(
        AttachmentOpening.attachment_id.in_([file.id for file in files]), AttachmentOpening.refusal != ""
    )
    return {row.attachment_id: row.refusal for row in db.session.execute(query)}


def unfit(files: Collection[Attachment]) -> dict[int, str]:
    """Return why those of the attachments aren't handed on that are refused, or not opened yet, by id."""
    if not files:
        return {}
    waiting = select(Attachment.id).join(Submission, Submission.id == Attachment.submission_id)
    waiting = waiting.where(Attachment.id.in_([file.id for file in files]), _UNOPENED, ~_is_opened())
    return dict.fromkeys(db.session.scalars(waiting), WAITING) | refused(files)


def open_new(at: datetime) -> int:
    """Open new attachments; return how many were. May be killed and called again.

    A file that kills its reader is tried again by the next call without stopping others, and refused at the third time.
    """
    done, interrupted = 0, set[int]()
    with sandbox() as reader:
        while done < AT_ONCE and (files := _waiting(interrupted)):
            findings = dict(_opened(files, reader))
            interrupted.update(file.id for file in files if file.id not in findings)
            _write_down(findings, at)
            done += len(findings)
    return done


def try_opening(root: Path, digest: str, name: str, max_bytes: int) -> str:
    """Return why a stored file is refused, "" if it isn't; for a subprocess."""
    try:
        attachments.check(name, BlobStore(root).get(digest), max_bytes=max_bytes)
    except AttachmentRefused as refusal:
        return str(refusal.wrong)
    except (BlobError, OSError) as error:  # `flask ledger verify` names it
        return f"读不出来（{type(error).__name__}）"
    return ""


def _is_opened() -> Any:
    return exists().where(AttachmentOpening.attachment_id == Attachment.id)


def _waiting(interrupted: Collection[int]) -> Waiting:
    last = select(func.coalesce(func.max(AttachmentOpening.attachment_id), 0)).scalar_subquery()
    query = (
        select(Attachment.id, Attachment.digest, Attachment.file_name)
        .join(Submission, Submission.id == Attachment.submission_id)
        .where(Attachment.id > last - OUT_OF_ORDER, _UNOPENED, ~_is_opened(), Attachment.id.not_in(interrupted))
    )
    return db.session.execute(query.order_by(Attachment.id).limit(BATCH)).all()


def _opened(files: Waiting, reader: Sandbox) -> Iterator[tuple[int, str]]:
    """Yield the finding on each file that was opened; commits the session, so that no transaction waits for readers."""
    db.session.commit()
    for id_, digest, name in files:
        begun = reading_attempts.begin(Work.OPEN, digest)
        try:
            yield id_, reader.of(try_opening, blobs().root, digest, name, settings().attachment_bytes)
        except ReaderDied as why:
            log.warning("attachment_opening_cut_off", digest=digest, why=str(why))
            if begun >= ATTEMPTS:
                yield id_, TOO_MUCH


def _write_down(findings: dict[int, str], at: datetime) -> None:
    if not findings:
        return
    with transaction() as session:
        files = attachment_holds.lock(findings)
        reading_attempts.ended(Work.OPEN, [file.digest for file in files])
        opened = select(AttachmentOpening.attachment_id).where(AttachmentOpening.attachment_id.in_(findings))
        done = set(session.scalars(opened))  # by another worker, before it let the files go
        for file in files:
            if file.id in done:
                continue
            refusal = findings[file.id]
            session.add(AttachmentOpening(attachment_id=file.id, opened_at=at, refusal=refusal))
            if refusal:
                attachment_holds.record_hold(HOLD_BACK, file, at, why=refusal)
