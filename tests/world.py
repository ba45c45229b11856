"""Builders for the stages after intake, on top of ``tests.builders``: what is out, what came, opinions."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM, Actor
from consult.adoption.models import Opinion
from consult.drafting.models import Consultation
from consult.intake.arrival import ArrivalPart
from consult.intake.models import Submission
from consult.moderation import service as moderation
from consult.store import db
from tests.builders import DRAFT, a_submission, an_actor, an_open_consultation

PUBLISHED = datetime(2026, 10, 10, 2, 0, tzinfo=UTC)
DURING = datetime(2026, 10, 20, 2, 0, tzinfo=UTC)
AFTER = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)

_numbers = itertools.count(1)


def actor(role: Role, division: str = "社区服务处") -> Actor:
    """Return a fresh member of staff as an actor."""
    return an_actor(role, f"{role.value}-{next(_numbers)}", division)


def open_consultation(slug: str = "canteens", *, text: str = DRAFT) -> Consultation:
    """Return a consultation of 社区服务处 that was published on 10 October 2026."""
    return an_open_consultation(actor(Role.DRAFTER), actor(Role.PUBLISHER), text=text, at=PUBLISHED, slug=slug)


def submission(
    consultation: Consultation, *contents: str | tuple[str, str], at: datetime = DURING, **fields: object
) -> Submission:
    """Return a submission as it came in; a part is its text, or ``(anchor, text)``."""
    parts = [
        ArrivalPart(content) if isinstance(content, str) else ArrivalPart(content[1], content[0])
        for content in contents
    ]
    return a_submission(consultation, *parts, at=at, **fields).submission


def accepted(
    consultation: Consultation, *contents: str | tuple[str, str], at: datetime = DURING, **fields: object
) -> Submission:
    """Return a submission that moderation let pass."""
    came = submission(consultation, *contents, at=at, **fields)
    moderation.accept(SYSTEM, came, at=AFTER)
    return came


def opinions_of(of: Submission | Consultation) -> list[Opinion]:
    """Return the standing opinions of a submission or of a whole consultation, oldest first."""
    column = Opinion.submission_id if isinstance(of, Submission) else Opinion.consultation_id
    query = db.select(Opinion).where(column == of.id, Opinion.withdrawn.is_(False)).order_by(Opinion.id)
    return list(db.session.scalars(query))
