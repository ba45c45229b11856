"""Counts attempts to read a file, before each starts, so that killed workers count, too.

Without this, a file that kills its reader would be retried for ever, blocking everything after it. Files are identified
by content, so that the same file sent a hundred times gets ``sandbox.ATTEMPTS`` attempts in all.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select, update

from consult.intake.models import FileAttempt, Work
from consult.store import db, transaction
from consult.store.locking import get_or_create_locked


def begin(work: Work, digest: str) -> int:
    """Record the start of an attempt; return the attempts since the last completed one."""
    with transaction():
        row = get_or_create_locked(FileAttempt, {"work": work, "digest": digest}, begun=0)
        row.begun += 1
        return row.begun


def ended(work: Work, digests: Collection[str]) -> None:
    """Record in the caller's transaction that files were read completely."""
    if digests:
        condition = FileAttempt.work == work, FileAttempt.digest.in_(digests), FileAttempt.put_aside_at.is_(None)
        db.session.execute(delete(FileAttempt).where(*condition))


def put_aside(work: Work, digest: str, at: datetime) -> None:
    """Put a file aside: it isn't read any more."""
    with transaction() as session:
        condition = FileAttempt.work == work, FileAttempt.digest == digest
        session.execute(update(FileAttempt).where(*condition).values(put_aside_at=at))


def are_put_aside(work: Work, digests: Collection[str]) -> set[str]:
    """Return those of the files that are put aside."""
    if not digests:
        return set()
    condition = FileAttempt.work == work, FileAttempt.digest.in_(digests), FileAttempt.put_aside_at.is_not(None)
    return set(db.session.scalars(select(FileAttempt.digest).where(*condition)))
