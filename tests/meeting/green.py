"""A consultation on which every precondition of the meeting applies and is met, brought there by the verbs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM, Actor
from consult.adoption import groups
from consult.adoption import service as adoption
from consult.adoption.models import Opinion, Outcome
from consult.app_context import blobs
from consult.clock import LOCAL
from consult.consultees import hearings, invitations, register, responses
from consult.consultees import service as hearing
from consult.consultees.models import Consultee, ConsulteeKind, Method, Size
from consult.drafting import postings, questions, versions
from consult.drafting import service as drafting
from consult.drafting.models import Consultation, DraftVersion, Medium, VersionKind
from consult.files.attachments import CheckedAttachment, check
from consult.intake.arrival import ArrivalAnswer, ArrivalPart
from consult.intake.models import Submission
from consult.law.reviews import Conclusion, ReviewKind
from consult.meeting import flags
from consult.moderation import service as moderation
from consult.reporting import service as reporting
from consult.review import service as review
from consult.review.models import PaperRole
from consult.review.queries import newest_version
from consult.review.service import Findings, Paper
from consult.store import db
from tests.builders import DRAFT, a_consultation, a_mailbox, a_submission, docx_of
from tests.consultees import meetings
from tests.world import DURING, PUBLISHED, actor

READY = datetime(2026, 11, 24, 2, 0, tzinfo=LOCAL)
"""When all is done: after the period, the decisions, the report and the reviews."""
HELD = datetime(2026, 10, 30, 9, 0, tzinfo=LOCAL)
STATED = {"market_activity": True, "special_group": True, "public_interest": True, "disclosure": "public"}
SENT, RETURNED = date(2026, 11, 10), date(2026, 11, 20)
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
    chief: Actor
    """Another of the legal division."""

    @property
    def version(self) -> DraftVersion:
        """The newest 送审稿."""
        newest = newest_version(self.consultation)
        assert newest is not None
        return newest


def closed(slug: str = "closed") -> Green:
    """Bring a major decision that touches enterprises to the end of its period: heard, nothing screened."""
    drafter, second = actor(Role.DRAFTER), actor(Role.DRAFTER)
    publisher, legal, chief = actor(Role.PUBLISHER), actor(Role.LEGAL), actor(Role.LEGAL)
    consultation = _published(drafter, publisher, slug)
    for name, kind, size in ASKED:
        _heard(consultation, drafter, register.add(drafter, register.Entry(name, kind, size=size), at=DURING))
    _hearing(consultation, drafter)
    for n in range(10):  # as many as make an opinion a concentrated one
        part = ArrivalPart("优惠的年龄应当降到六十周岁。", "art-3")
        a_submission(
            consultation, part, at=DURING, name=f"居民{n}", contact=f"1380013800{n}", raw=f"public-{n}".encode()
        )
    return Green(consultation, drafter, second, publisher, legal, chief)


def build(slug: str = "green", *, reviewed: bool = True) -> Green:
    """Bring a major decision that touches enterprises to the gate with everything met, or all but the reviews."""
    green = closed(slug)
    consultation, drafter, publisher, legal = green.consultation, green.drafter, green.publisher, green.legal
    for came in db.session.scalars(select(Submission).where(Submission.consultation_id == consultation.id)).all():
        moderation.accept(SYSTEM, came, at=READY - timedelta(days=12))
    _decide(green)
    report = reporting.compile_report(drafter, consultation, at=READY - timedelta(days=5), statement="感谢参与。")
    reporting.submit_for_review(drafter, report, at=READY - timedelta(days=5))
    reporting.review(legal, report, at=READY - timedelta(days=5))
    reporting.publish(publisher, report, at=READY - timedelta(days=4))
    data = docx_of(DRAFT.replace("七十周岁", "六十五周岁"))
    when = READY - timedelta(days=4)
    versions.add_version(
        drafter, consultation, kind=VersionKind.FOR_SUBMISSION, file_name="送审稿.docx", data=data, at=when
    )
    for name, value in STATED.items():
        flags.state_fact(drafter, consultation, name, value, at=READY - timedelta(days=3))
    for name in ("interpretation_plan", "interpretation_material"):
        flags.state_fact(
            drafter, consultation, name, True, evidence=a_paper(f"{name}.txt"), at=READY - timedelta(days=3)
        )
    _posted(green)
    if reviewed:
        _reviewed(green)
    return green


def a_paper(name: str = "审查意见.txt", words: str = "") -> CheckedAttachment:
    """Keep a paper and return it."""
    data = (words or f"材料：{name}").encode()
    blobs().put(data)
    return check(name, data, max_bytes=10_000)


def _posted(green: Green) -> None:
    """The notice in new media, and a mailbox that works."""
    postings.add(
        green.drafter,
        green.consultation,
        medium=Medium.NEW_MEDIA,
        account="某某发布",
        posted_on=PUBLISHED.astimezone(LOCAL).date(),
        link="https://example.cn/notice",
        at=DURING,
    )
    db.session.add(a_mailbox(PUBLISHED, DURING))
    db.session.commit()


def _reviewed(green: Green) -> None:
    """Every review of the 送审稿, by who may, with its papers."""
    opinion = [Paper(a_paper())]
    signed = [Paper(a_paper("论证意见.txt"), PaperRole.EXPERT_OPINION, signatory="论证专家")]
    for who, kind, findings in (
        (green.publisher, ReviewKind.FAIR_COMPETITION, Findings(Conclusion.CONFORMS, opinion)),
        (green.legal, ReviewKind.RISK, Findings(Conclusion.CONTROLLABLE, opinion)),
        (green.legal, ReviewKind.EXPERTS, Findings(Conclusion.SUPPORTED, signed)),
    ):
        review.record_whole(who, green.version, kind, findings, at=READY - timedelta(days=2))
    lawful = Findings(Conclusion.LAWFUL, opinion, RETURNED)
    review.record_whole(green.legal, green.version, ReviewKind.LEGALITY, lawful, sent_on=SENT, at=READY)


def _published(drafter: Actor, publisher: Actor, slug: str) -> Consultation:
    consultation = a_consultation(
        drafter, kind="major-decision", enterprise_related=True, slug=slug, at=PUBLISHED - timedelta(days=2)
    )
    consultation.explanation_html = "<p>为了方便老年人就餐。</p>"
    db.session.commit()
    drafting.submit_for_review(drafter, consultation, at=PUBLISHED - timedelta(hours=2))
    drafting.publish(publisher, consultation, at=PUBLISHED)
    return consultation


def _heard(consultation: Consultation, drafter: Actor, consultee: Consultee) -> None:
    hearing.add(drafter, consultation, [(consultee, "")], at=DURING)
    made = hearing.invite(drafter, consultation, consultee, method=Method.HAND, at=DURING)
    invitations.mark_sent(drafter, made, at=DURING)
    by = invitations.as_consultee(consultee)
    (question,) = questions.of(consultation)
    answers = [ArrivalAnswer(question.number, "没有影响。")]
    responses.respond(by, made, answers=answers, no_opinion=True, by="钱二", at=DURING + timedelta(days=1))


def _hearing(consultation: Consultation, drafter: Actor) -> None:
    made = meetings.arranged(drafter, consultation, held_at=HELD, at=DURING)
    at = DURING + timedelta(days=3)
    hearings.send_materials(drafter, consultation, made, day=date(2026, 10, 21), at=at)
    meetings.publish_before(drafter, consultation, made, at=at)
    meetings.hold(drafter, consultation, made)


def _decide(green: Green) -> None:
    """Decide on what the public said as one concentrated group that isn't adopted."""
    opinions = list(db.session.scalars(select(Opinion).where(Opinion.consultation_id == green.consultation.id)))
    made = groups.create_group(green.drafter, opinions, "降低优惠年龄", at=READY - timedelta(days=10))
    assert made.concentrated
    when = READY - timedelta(days=9)
    decision = adoption.decide(green.drafter, made, Outcome.NOT_ADOPTED, "财政承受能力有限。", at=when)
    adoption.review(green.second, decision, at=when)
