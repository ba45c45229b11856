"""What holding an attachment back has in common, whatever found it unfit: the rows to lock, and the act."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from consult.accounts.permissions import SYSTEM
from consult.intake.models import Attachment, Submission
from consult.ledger.service import record
from consult.store import db

Locked = Row[int, int, str, str, int | None]
"""An attachment's id, position and digest, and its submission's number and consultation."""


def lock(ids: Collection[int]) -> Sequence[Locked]:
    """Lock attachments in the order of their ids, and return them with what an act on them names.

    What another worker noted of them before it let them go is to be read after this: PostgreSQL does not look again.
    """
    query = (
        select(Attachment.id, Attachment.position, Attachment.digest, Submission.number, Submission.consultation_id)
        .join(Submission, Submission.id == Attachment.submission_id)
        .where(Attachment.id.in_(ids))
        .order_by(Attachment.id)
        .with_for_update(of=Attachment)
    )
    return db.session.execute(query).all()


def record_hold(act: str, file: Any, at: datetime, **finding: str) -> None:
    """Write the entry that a locked attachment is held back, with what was found."""
    record(
        SYSTEM,
        act,
        f"submission:{file.number}",
        at=at,
        consultation_id=file.consultation_id,
        content_digest=file.digest,
        position=file.position,
        **finding,
    )
