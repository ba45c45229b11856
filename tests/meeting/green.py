"""A consultation on which every precondition of the meeting applies and is met, brought there by the verbs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM, Actor
from consult.adoption import service as adoption
from consult.adoption.models import Opinion, Outcome
from consult.clock import LOCAL
from consult.consultees import gatherings, invitations, listing, register, responses
from consult.consultees.models import Consultee, ConsulteeKind, GatheringKind, Method, Size
from consult.drafting import service as drafting
from consult.drafting import versions
from consult.drafting.models import Consultation, VersionKind
from consult.intake.arrival import Said
from consult.intake.models import Submission
from consult.meeting import service as meeting
from consult.moderation import service as moderation
from consult.reporting import service as reporting
from consult.store import db
from tests.builders import DRAFT, a_consultation, a_submission, docx_of
from tests.world import DURING, PUBLISHED, actor

READY = datetime(2026, 11, 24, 2, 0, tzinfo=LOCAL)
"""When all is done: after the period, the decisions, the report and the reviews."""
HELD = datetime(2026, 10, 30, 9, 0, tzinfo=LOCAL)
STATED = {
    "market_activity": True,
    "special_group": True,
    "public_interest": True,
    "competition_public_heard": True,
    "risk_applies": True,
    "risk_report": True,
    "risk_controllable": True,
    "experts_apply": True,
    "experts_reported": True,
    "notice_channels": ["new_media", "press"],
    "fair_competition": "conforms",
    "legality": "lawful",
    "legality_sent_on": "2026-11-10",
    "legality_due_on": "2026-11-19",
    "legality_returned_on": "2026-11-18",
    "interpretation_plan": True,
    "interpretation_material": True,
    "disclosure": "public",
}
ASKED = (
    ("餐饮行业协会", ConsulteeKind.ASSOCIATION, None),
    ("第一大餐饮公司", ConsulteeKind.ENTERPRISE, Size.LARGE),
    ("第二大餐饮公司", ConsulteeKind.ENTERPRISE, Size.LARGE),
    ("中型餐饮公司", ConsulteeKind.ENTERPRISE, Size.MEDIUM),
    ("小型餐饮公司", ConsulteeKind.ENTERPRISE, Size.SMALL),
    ("微型餐饮店", ConsulteeKind.ENTERPRISE, Size.MICRO),
    ("老年人协会联络处", ConsulteeKind.GROUP_ORGANISATION, None),
)
"""Just as many as the rules demand."""


@dataclass
class Green:
    """The consultation and who works on it."""

    consultation: Consultation
    drafter: Actor
    second: Actor
    publisher: Actor
    legal: Actor


def build(slug: str = "green") -> Green:
    """Bring a major decision that touches enterprises to the gate with everything met."""
    drafter, second = actor(Role.DRAFTER), actor(Role.DRAFTER)
    publisher, legal = actor(Role.PUBLISHER), actor(Role.LEGAL)
    one = _published(drafter, publisher, slug)
    for name, kind, size in ASKED:
        _heard(one, drafter, register.add(drafter, register.Entry(name, kind, size=size), at=DURING))
    _hearing(one, drafter)
    for n in range(10):  # as many as make an opinion a concentrated one
        said = Said("优惠的年龄应当降到六十周岁。", "art-3")
        a_submission(one, said, at=DURING, name=f"居民{n}", contact=f"1380013800{n}", raw=f"public-{n}".encode())
    for came in db.session.scalars(select(Submission).where(Submission.consultation_id == one.id)).all():
        moderation.accept(SYSTEM, came, at=READY - timedelta(days=12))
    green = Green(one, drafter, second, publisher, legal)
    _decide(green)
    report = reporting.compile_report(drafter, one, at=READY - timedelta(days=5), statement="感谢参与。")
    reporting.submit_for_review(drafter, report, at=READY - timedelta(days=5))
    reporting.review(legal, report, at=READY - timedelta(days=5))
    reporting.publish(publisher, report, at=READY - timedelta(days=4))
    data = docx_of(DRAFT.replace("七十周岁", "六十五周岁"))
    when = READY - timedelta(days=4)
    versions.add_version(drafter, one, kind=VersionKind.FOR_SUBMISSION, file_name="送审稿.docx", data=data, at=when)
    for name, value in STATED.items():
        meeting.state_fact(drafter, one, name, value, at=READY - timedelta(days=3))
    return green


def _published(drafter: Actor, publisher: Actor, slug: str) -> Consultation:
    one = a_consultation(
        drafter, kind="major-decision", enterprise_related=True, slug=slug, at=PUBLISHED - timedelta(days=2)
    )
    one.explanation_html, one.notice_html = "<p>为了方便老年人就餐。</p>", "<p>请于期限内提出意见。</p>"
    db.session.commit()
    drafting.submit_for_review(drafter, one, at=PUBLISHED - timedelta(hours=2))
    drafting.publish(publisher, one, at=PUBLISHED)
    return one


def _heard(one: Consultation, drafter: Actor, consultee: Consultee) -> None:
    listing.add(drafter, one, [(consultee, "")], at=DURING)
    made = invitations.invite(drafter, one, consultee, method=Method.HAND, at=DURING)
    invitations.mark_sent(drafter, made, at=DURING)
    by = invitations.as_consultee(consultee)
    responses.respond(by, made, no_opinion=True, by="钱二", at=DURING + timedelta(days=1))


def _hearing(one: Consultation, drafter: Actor) -> None:
    made = gatherings.arrange(
        drafter,
        one,
        kind=GatheringKind.HEARING,
        title="听证会",
        place="",
        held_at=HELD,
        invited=[],
        others=["居民代表"],
        at=DURING,
    )
    gatherings.send_materials(drafter, one, made, day=date(2026, 10, 21), at=DURING + timedelta(days=3))


def _decide(green: Green) -> None:
    """Decide on what the public said as one concentrated group that isn't adopted."""
    said = list(db.session.scalars(select(Opinion).where(Opinion.consultation_id == green.consultation.id)))
    made = adoption.put_together(green.drafter, said, "降低优惠年龄", at=READY - timedelta(days=10))
    assert made.concentrated
    when = READY - timedelta(days=9)
    decision = adoption.decide(green.drafter, made, Outcome.NOT_ADOPTED, "财政承受能力有限。", at=when)
    adoption.review(green.second, decision, at=when)
