"""The periods and clocks that a calendar moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from consult.app_context import rules
from consult.clock import local
from consult.consultees import deadlines, invitations
from consult.consultees.invitations import ANSWERABLE
from consult.consultees.models import Gathering, GatheringKind, Invitation
from consult.drafting.models import Consultation, Stage
from consult.drafting.publication import POSTPONED
from consult.labels import Label, LabelledEnum
from consult.law import clocks
from consult.law.calendar import Calendar
from consult.law.periods import in_words
from consult.law.reviews import ReviewKind
from consult.privacy.models import CLOCK, PrivacyRequest
from consult.privacy.requests import OPEN
from consult.review.models import Review
from consult.store import db

PERIOD = "征求意见期限"
HEARING_MATERIAL = "hearing-material"
BEFORE_THE_MEETING = (Stage.RELEASED, Stage.FEEDBACK_REVIEW, Stage.FEEDBACK_PUBLISHED)
"""Stages in which the time of a review still matters."""
STANDS = "已公布的期限不缩短"
OVER = "已经截止，不能顺延；截止后收到的意见照常登记，并标为逾期"
OVER_INVITATION = "答复期限已过，需要的请单独延期"


class Effect(LabelledEnum):
    """What becomes of a last day that the calendar counts differently."""

    POSTPONED = "postponed", Label("待顺延", "amber")
    """It is extended at the confirmation (``service.apply``)."""
    COUNTED = "counted", Label("自动重新计算", "blue")
    """It is counted whenever it is asked for, and so follows by itself."""
    STANDS = "stands", Label("不变", "plain")
    """It doesn't move; ``Move.why`` says why."""


@dataclass(frozen=True)
class Move:
    """A period or clock of a consultation that a calendar counts differently: from which day to which (local dates).

    ``key`` is the id of the row that stores the day.
    """

    consultation: Consultation
    what: str
    before: date
    after: date
    effect: Effect
    key: int
    why: str = ""

    @property
    def slug(self) -> str:
        """The slug of its consultation."""
        return self.consultation.slug

    def touches(self, year: int) -> bool:
        """Whether either day is in a year."""
        return year in (self.before.year, self.after.year)


def running(at: datetime) -> list[Consultation]:
    """Return the consultations whose period was released and isn't over."""
    query = select(Consultation).where(Consultation.stage == Stage.RELEASED, Consultation.closes_at > at)
    return list(db.session.scalars(query.order_by(Consultation.id)))


def of_periods(by: Calendar, at: datetime) -> Iterator[Move]:
    """Yield the comment periods, released and not over, whose last day is rest; and those that stand all the same."""
    query = select(Consultation).where(Consultation.stage == Stage.RELEASED, Consultation.closes_at.is_not(None))
    rows = db.session.scalars(query.options(selectinload(Consultation.extensions)).order_by(Consultation.id))
    for consultation in rows:
        last, closes = consultation.last_day, consultation.closes_at
        assert last is not None
        assert closes is not None
        after = by.after_rest(last)
        if closes <= at:
            if after != last:
                yield Move(consultation, PERIOD, last, after, Effect.STANDS, consultation.id, OVER)
        elif after != last:
            yield Move(consultation, PERIOD, last, after, Effect.POSTPONED, consultation.id)
        elif (earlier := _counted(consultation, by)) is not None and earlier < last:
            yield Move(consultation, PERIOD, last, earlier, Effect.STANDS, consultation.id, STANDS)


def _counted(consultation: Consultation, by: Calendar) -> date | None:
    """Return the last day as the rule alone gives it; None where somebody extended it for a reason of their own."""
    if consultation.opens_at is None or consultation.period_days is None:
        return None
    if any(POSTPONED not in extension.reason for extension in consultation.extensions):
        return None
    nominal = local(consultation.opens_at).date().toordinal() + consultation.period_days
    return by.after_rest(date.fromordinal(nominal))


def of_invitations(by: Calendar, at: datetime) -> Iterator[Move]:
    """Yield the deadlines of invitations that wait for an answer, and those that stand all the same."""
    query = select(Invitation).where(
        Invitation.revoked_at.is_(None), Invitation.bounced_at.is_(None), Invitation.declined_at.is_(None)
    )
    query = query.options(joinedload(Invitation.consultation), joinedload(Invitation.consultee))
    query = query.options(selectinload(Invitation.responses)).order_by(Invitation.id)
    for invitation in db.session.scalars(query):
        if invitation.is_answered or invitation.consultation.state(at) not in ANSWERABLE:
            continue
        last, (after, _words) = invitations.last_day(invitation), deadlines.recount(invitation, by)
        if after == last:
            continue
        what, effect, why = f"答复期限（{invitation.consultee.name}）", Effect.POSTPONED, ""
        if invitation.answer_by <= at:
            if after < last:
                continue
            effect, why = Effect.STANDS, OVER_INVITATION
        elif after < last:
            effect, why = Effect.STANDS, STANDS
        yield Move(invitation.consultation, what, last, after, effect, invitation.id, why)


def of_clocks(before: Calendar, by: Calendar, at: datetime) -> Iterator[Move]:
    """Yield the clocks that another calendar counts differently and that follow by themselves."""
    yield from _of_reviews(before, by)
    yield from _of_hearings(before, by, at)
    yield from _of_requests(before, by)


def _of_reviews(before: Calendar, by: Calendar) -> Iterator[Move]:
    query = select(Review).join(Consultation, Consultation.id == Review.consultation_id)
    query = query.where(
        Review.kind == ReviewKind.LEGALITY,
        Review.sent_on.is_not(None),
        Review.withdrawn_at.is_(None),
        Consultation.stage.in_(BEFORE_THE_MEETING),
    )
    for review in db.session.scalars(query.order_by(Review.id)):
        consultation = review.version.consultation
        paused = sum((pause.until_on - pause.from_on).days for pause in review.pauses if pause.until_on)
        assert review.sent_on is not None
        days = [
            clocks.legality_review(rules(), consultation.kind, review.sent_on, paused, calendar)
            for calendar in (before, by)
        ]
        yield from _counted_anew(consultation, days[0].rule.name, days[0], days[1], review.id)


def _of_hearings(before: Calendar, by: Calendar, at: datetime) -> Iterator[Move]:
    if HEARING_MATERIAL not in rules().clocks:
        return
    query = select(Gathering).where(
        Gathering.kind == GatheringKind.HEARING, Gathering.held_at > at, Gathering.cancelled_at.is_(None)
    )
    for gathering in db.session.scalars(query.order_by(Gathering.id)):
        held_on = local(gathering.held_at).date()
        days = [clocks.compute(rules().clocks[HEARING_MATERIAL], held_on, each).advised for each in (before, by)]
        consultation = db.session.get_one(Consultation, gathering.consultation_id)
        if days[0] is not None and days[1] is not None and days[0] != days[1]:
            what = f"听证会材料送达，宜于该日前（{in_words(held_on)}听证会）"
            yield Move(consultation, what, days[0], days[1], Effect.COUNTED, gathering.id)


def _of_requests(before: Calendar, by: Calendar) -> Iterator[Move]:
    query = select(PrivacyRequest).where(PrivacyRequest.state.in_(OPEN)).options(joinedload(PrivacyRequest.submission))
    for request in db.session.scalars(query.order_by(PrivacyRequest.id)):
        asked_on, consultation = local(request.asked_at).date(), request.submission.consultation
        days = [clocks.compute(rules().clocks[CLOCK], asked_on, calendar) for calendar in (before, by)]
        if consultation is not None:
            what = f"个人信息申请的办理（{request.submission.number}）"
            yield from _counted_anew(consultation, what, days[0], days[1], request.id)


def _counted_anew(
    consultation: Consultation, what: str, before: clocks.Clock, after: clocks.Clock, key: int
) -> Iterator[Move]:
    was, now = before.day or before.provisional, after.day or after.provisional
    if was is not None and now is not None and was != now:
        yield Move(consultation, what, was, now, Effect.COUNTED, key)
