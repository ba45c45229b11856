"""What in words of colleagues would reveal private data: internal notes on an opinion or a group hold none."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, func, literal, or_, select

from consult.adoption.models import Opinion, OpinionGroup
from consult.intake.models import SenderKind, Submission, SubmissionPart
from consult.store import db
from consult.text.privacy import detection
from consult.text.privacy.kinds import Kind

Subject = Opinion | OpinionGroup | SubmissionPart


def private_in(words: str, subjects: Sequence[Subject] = (), opinions: ColumnElement[bool] | None = None) -> list[str]:
    """Return what is private in words on these subjects, by its kinds in Chinese; none where nothing is.

    Names of officials may stand there, those of senders not.

    Arguments:
        opinions: a condition on ``Opinion``, for words on many.
    """
    private = [datum.kind.label.words for datum in detection.find(words) if datum.kind is not Kind.NAME]
    senders = [_senders_of(subject) for subject in subjects]
    if opinions is not None:
        senders.append(Submission.id.in_(select(Opinion.submission_id).where(opinions)))
    if words and any(_names_sender(of, words) for of in senders):
        private.append("来件人的姓名、联系方式")
    return list(dict.fromkeys(private))


def _senders_of(subject: Subject) -> ColumnElement[bool]:
    if isinstance(subject, OpinionGroup):
        return Submission.id.in_(select(Opinion.submission_id).where(Opinion.group_id == subject.id))
    return Submission.id == subject.submission_id


def _names_sender(of: ColumnElement[bool], words: str) -> bool:
    """Whether words have the name or contact of a person who sent one of the submissions."""
    noted = literal(words)
    known = (Submission.name, Submission.contact)
    is_named = or_(*(and_(each != "", func.replace(noted, each, "") != noted) for each in known))
    query = select(Submission.id).where(Submission.sender_kind == SenderKind.PERSON, is_named, of)
    return db.session.scalar(query.limit(1)) is not None
