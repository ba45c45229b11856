"""Review and publication in one step, for operators; a draft needn't have been sent for review."""

from __future__ import annotations

from datetime import date, datetime

from consult.accounts.permissions import SYSTEM, Act, Actor, require
from consult.drafting.errors import SamePerson
from consult.drafting.models import Consultation, Stage
from consult.drafting.publication import publish
from consult.drafting.service import submit_for_review
from consult.law.periods import Period
from consult.store import transaction


def review_and_publish(
    actor: Actor,
    consultation: Consultation,
    *,
    at: datetime,
    opens: date | None = None,
    days: int | None = None,
    reason: str = "",
) -> Period:
    """Publish a consultation; a draft is sent for review first, recorded as the platform's act.

    Arguments:
        opens, days, reason: as those of ``publish``.

    Raises:
        SamePerson: the actor is the author.
        WrongState, PeriodRefused, FieldMissing: as ``publish`` and ``submit_for_review`` raise them.
    """
    require(actor, Act.PUBLISH_CONSULTATION, consultation)
    if actor.id is not None and actor.id == consultation.author_id:
        raise SamePerson("发布人不能是起草人本人，请用另一位信息发布员的账号（--by）。")
    with transaction():
        if consultation.stage is Stage.DRAFTING:
            submit_for_review(SYSTEM, consultation, at=at)
        return publish(actor, consultation, at=at, opens=opens, days=days, reason=reason)
