"""How often the reading of a file was begun and didn't come to its end: counted before it begins, whoever is killed.

A file that takes its reader down would be met again by the next one, for ever, and everything behind it would wait.
What counts is what the file holds, so that the same file sent a hundred times is tried ``trial.ATTEMPTS`` times in all.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select, update

from consult.intake.models import FileAttempt, Work
from consult.store import db, transaction
from consult.store.claiming import claimed


def begin(work: Work, digest: str) -> int:
    """Note that the reading of a file begins; return how many times it has begun since it last came to its end."""
    with transaction():
        row = claimed(FileAttempt, {"work": work, "digest": digest}, begun=0)
        row.begun += 1
        return row.begun


def ended(work: Work, digests: Collection[str]) -> None:
    """Note, in the caller's transaction, that files were read to their end."""
    if digests:
        own = FileAttempt.work == work, FileAttempt.digest.in_(digests), FileAttempt.put_aside_at.is_(None)
        db.session.execute(delete(FileAttempt).where(*own))


def put_aside(work: Work, digest: str, at: datetime) -> None:
    """Note that a file isn't read any more."""
    with transaction() as session:
        own = FileAttempt.work == work, FileAttempt.digest == digest
        session.execute(update(FileAttempt).where(*own).values(put_aside_at=at))


def are_put_aside(work: Work, digests: Collection[str]) -> set[str]:
    """Return those of the files that aren't read any more."""
    if not digests:
        return set()
    own = FileAttempt.work == work, FileAttempt.digest.in_(digests), FileAttempt.put_aside_at.is_not(None)
    return set(db.session.scalars(select(FileAttempt.digest).where(*own)))
