"""A consultation with 12 consultees: one bounces, two stay silent, one answers by mail, one on paper, one by call,
one has no opinion, one unit of government disagrees; brought to the meeting by the verbs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM, Actor
from consult.adoption import service as adoption
from consult.adoption.models import Opinion, Outcome
from consult.app_context import blobs
from consult.consultees import confirmation, disagreements, hearings, invitations, register, responses
from consult.consultees import service as hearing
from consult.consultees.models import Consultee, ConsulteeKind, Invitation, Method, Ownership, Response, Size
from consult.consultees.response_kinds import ResponseStanding
from consult.drafting import questions, versions
from consult.drafting import service as drafting
from consult.drafting.models import Consultation, VersionKind
from consult.files.attachments import CheckedAttachment
from consult.intake.arrival import ArrivalPart
from consult.intake.models import Answer, Channel, Submission
from consult.meeting import flags
from consult.moderation import service as moderation
from consult.reporting import service as reporting
from consult.store import db
from tests.builders import DRAFT, a_consultation, a_submission, docx_of
from tests.consultees import meetings
from tests.meeting import green
from tests.meeting.green import HELD, READY, Green, a_paper
from tests.world import DURING, PUBLISHED, actor

SCAN = b"%PDF-1.4 stamped letter"
OLD = DRAFT.replace("（征求意见稿）", "").replace("七十周岁", "七十五周岁")
NEW = (
    DRAFT.replace("（征求意见稿）", "（送审稿）")
    .replace("七十周岁", "六十五周岁")
    .replace("通过公开方式选定", "通过公开招标方式选定，并公示结果")
)
ASSOCIATION, LARGE, BOUNCED, SILENT, SECOND_SILENT, BY_MAIL, ON_PAPER, BY_CALL, NO_OPINION, GROUP, UNIT, INSTEAD = (
    "某某市餐饮行业协会",
    "某某市大众餐饮集团有限公司",
    "某某市旧址餐饮有限公司",
    "某某市不答复餐饮有限公司",
    "某某市又一家餐饮有限公司",
    "某某市来信快餐有限公司",
    "某某市盖章食品有限公司",
    "某某市小面馆",
    "某某市团餐配送有限公司",
    "某某市老年人协会",
    "某某市财政局",
    "某某市替补餐饮有限公司",
)
FIRMS = {
    LARGE: (Size.LARGE, Ownership.STATE),
    BOUNCED: (Size.MEDIUM, Ownership.PRIVATE),
    SILENT: (Size.SMALL, Ownership.PRIVATE),
    SECOND_SILENT: (Size.MEDIUM, Ownership.FOREIGN),
    BY_MAIL: (Size.SMALL, Ownership.PRIVATE),
    ON_PAPER: (Size.MEDIUM, Ownership.COLLECTIVE),
    BY_CALL: (Size.MICRO, Ownership.PRIVATE),
    NO_OPINION: (Size.LARGE, Ownership.PRIVATE),
    INSTEAD: (Size.MEDIUM, Ownership.PRIVATE),
}
KINDS = {
    ASSOCIATION: ConsulteeKind.ASSOCIATION,
    GROUP: ConsulteeKind.GROUP_ORGANISATION,
    UNIT: ConsulteeKind.GOVERNMENT_UNIT,
}
DECISIONS = {
    ASSOCIATION: (Outcome.PARTLY_ADOPTED, "优惠年龄降至六十五周岁，兼顾财政承受能力。"),
    LARGE: (Outcome.ADOPTED, "选定方式改为公开招标，并公示结果。"),
    BY_MAIL: (Outcome.NOT_ADOPTED, "留存样品是食品安全法规的要求。"),
    ON_PAPER: (Outcome.EXPLAINED, "附件所提的补贴办法由财政部门另行制定。"),
    BY_CALL: (Outcome.OUT_OF_SCOPE, "房租问题不属于本办法规定的事项。"),
    GROUP: (Outcome.PARTLY_ADOPTED, "优惠年龄降至六十五周岁。"),
    UNIT: (Outcome.NOT_ADOPTED, "补贴资金已列入年度预算安排。"),
    INSTEAD: (Outcome.ADOPTED, "同意公示选定结果。"),
}
"""What is decided on the opinion of each who gave one."""


@dataclass
class Twelve:
    """The consultation, who works on it, and the invitations by name."""

    office: Green
    invitations: dict[str, Invitation]

    @property
    def consultation(self) -> Consultation:
        """The consultation."""
        return self.office.consultation


def build(slug: str = "twelve") -> Twelve:
    """Bring the consultation to the meeting."""
    drafter, second = actor(Role.DRAFTER), actor(Role.DRAFTER)
    publisher, legal, chief = actor(Role.PUBLISHER), actor(Role.LEGAL), actor(Role.LEGAL)
    consultation = _published(drafter, publisher, slug)
    twelve = Twelve(Green(consultation, drafter, second, publisher, legal, chief), {})
    _invite(twelve)
    _answer(twelve)
    _answer_on_competition(twelve)
    _hold_hearing(twelve)
    for n in range(3):
        part = ArrivalPart("优惠的年龄应当降到六十周岁。", "art-3")
        a_submission(consultation, part, at=DURING, name=f"居民{n}", contact=f"1380013800{n}", raw=f"p-{n}".encode())
    _decide(twelve)
    _finish(twelve)
    return twelve


def _published(drafter: Actor, publisher: Actor, slug: str) -> Consultation:
    before = PUBLISHED - timedelta(days=2)
    consultation = a_consultation(drafter, kind="major-decision", enterprise_related=True, slug=slug, at=before)
    consultation.explanation_html = (
        "<p>一、起草的必要性。为了方便老年人就餐，规范社区食堂的建设和运营。</p><p>二、主要内容。</p>"
    )
    db.session.commit()
    versions.add_version(
        drafter, consultation, kind=VersionKind.IN_FORCE, file_name="现行办法.docx", data=docx_of(OLD), at=before
    )
    drafting.submit_for_review(drafter, consultation, at=PUBLISHED - timedelta(hours=2))
    drafting.publish(publisher, consultation, at=PUBLISHED)
    return consultation


def _invite(twelve: Twelve) -> None:
    drafter, consultation = twelve.office.drafter, twelve.consultation
    for name in (
        ASSOCIATION,
        LARGE,
        BOUNCED,
        SILENT,
        SECOND_SILENT,
        BY_MAIL,
        ON_PAPER,
        BY_CALL,
        NO_OPINION,
        GROUP,
        UNIT,
    ):
        method = Method.MAIL if name in (BOUNCED, BY_MAIL, ASSOCIATION) else Method.LETTER
        twelve.invitations[name] = _invited(twelve, name, method)
    invitations.mark_bounced(SYSTEM, twelve.invitations[BOUNCED], "收件人地址不存在", at=DURING + timedelta(hours=1))
    consultee = _registered(drafter, INSTEAD)
    hearing.add(drafter, consultation, [(consultee, "中型企业，代替退回的单位")], at=DURING + timedelta(days=1))
    replaced = twelve.invitations[BOUNCED]
    at = DURING + timedelta(days=1)
    made = hearing.invite(drafter, consultation, consultee, method=Method.LETTER, at=at, replaces=replaced)
    invitations.mark_sent(drafter, made, at=at)
    twelve.invitations[INSTEAD] = made


def _registered(drafter: Actor, name: str) -> Consultee:
    size, ownership = FIRMS.get(name, (None, None))
    kind = KINDS.get(name, ConsulteeKind.ENTERPRISE)
    sector = "H" if kind in (ConsulteeKind.ENTERPRISE, ConsulteeKind.ASSOCIATION) else ""
    entry = register.Entry(
        name, kind, size=size, ownership=ownership, sector=sector, email=f"box{len(name)}@example.cn", region="某某市"
    )
    return register.add(drafter, entry, at=DURING)


def _invited(twelve: Twelve, name: str, method: Method) -> Invitation:
    drafter, consultation = twelve.office.drafter, twelve.consultation
    consultee = _registered(drafter, name)
    why = {UNIT: "涉及财政补贴，征求部门意见", GROUP: "涉及老年人利益"}.get(name, "所属行业为住宿和餐饮业")
    hearing.add(drafter, consultation, [(consultee, why)], at=DURING)
    made = hearing.invite(drafter, consultation, consultee, method=method, at=DURING)
    invitations.mark_sent(drafter, made, at=DURING)
    return made


def _answer(twelve: Twelve) -> None:
    drafter, second, at = twelve.office.drafter, twelve.office.second, DURING + timedelta(days=2)
    _send(twelve, ASSOCIATION, ArrivalPart("优惠年龄七十周岁偏高，建议降低。", "art-3"))
    _send(twelve, LARGE, ArrivalPart("公开方式不明确，建议规定招标。", "art-4"))
    _send(twelve, GROUP, ArrivalPart("建议六十周岁以上都给予优惠。", "art-3"))
    _send(twelve, INSTEAD, ArrivalPart("选定结果应当公示。", "art-4"))
    invitation = twelve.invitations[NO_OPINION]
    responses.respond(invitations.as_consultee(invitation.consultee), invitation, no_opinion=True, by="赵六", at=at)
    mail = a_submission(
        twelve.consultation, ArrivalPart("留存食品样品成本高，建议删去。", "art-3"), at=at, channel=Channel.MAILBOX
    ).submission
    responses.attach(SYSTEM, twelve.invitations[BY_MAIL], mail, because=("建议删去",), at=at)
    _confirm(second, mail, at=at)
    scan = CheckedAttachment("复函（盖章）.pdf", "application/pdf", len(SCAN), blobs().put(SCAN))
    for name, words, attachments, caller in (
        (ON_PAPER, "意见见附件。", [scan], None),
        (BY_CALL, "房租太高，希望补贴。", [], responses.Caller("孙七", "0591-87654321", at)),
        (UNIT, "第三条的优惠所需资金没有来源，建议删去优惠规定。", [scan], None),
    ):
        channel = Channel.PHONE if caller else Channel.LETTER
        receipt = responses.enter(
            drafter,
            twelve.invitations[name],
            channel=channel,
            parts=[ArrivalPart(words)],
            attachments=attachments,
            caller=caller,
            at=at,
        )
        _confirm(second, receipt.submission, at=at)


def _send(twelve: Twelve, name: str, part: ArrivalPart) -> None:
    invitation = twelve.invitations[name]
    by = invitations.as_consultee(invitation.consultee)
    responses.respond(by, invitation, parts=[part], by="钱二", at=DURING + timedelta(days=2))


def _answer_on_competition(twelve: Twelve) -> None:
    """The question on competition is answered by an association and an enterprise."""
    (question,) = questions.of(twelve.consultation)
    for response in confirmation.of(twelve.consultation):
        if response.invitation.consultee.name in (ASSOCIATION, LARGE):
            answer = Answer(submission_id=response.submission_id, question_id=question.id, content="没有影响。")
            db.session.add(answer)
    db.session.commit()


def _confirm(second: Actor, submission: Submission, *, at: object) -> None:
    response = db.session.scalars(select(Response).where(Response.submission_id == submission.id)).one()
    confirmation.confirm(second, response, ResponseStanding.OPINION, at=at)  # type: ignore[arg-type]


def _hold_hearing(twelve: Twelve) -> None:
    drafter, consultation = twelve.office.drafter, twelve.consultation
    invited = [twelve.invitations[ASSOCIATION].consultee]
    made = meetings.arranged(drafter, consultation, held_at=HELD, at=DURING, invited=invited)
    at = DURING + timedelta(days=3)
    hearings.send_materials(drafter, consultation, made, day=date(2026, 10, 21), at=at)
    meetings.publish_before(drafter, consultation, made, at=at)
    meetings.hold(drafter, consultation, made)


def _decide(twelve: Twelve) -> None:
    office, consultation = twelve.office, twelve.consultation
    for came in db.session.scalars(select(Submission).where(Submission.consultation_id == consultation.id)).all():
        moderation.accept(SYSTEM, came, at=READY - timedelta(days=12))
    names = {response.submission_id: response.invitation.consultee.name for response in confirmation.of(consultation)}
    query = select(Opinion).where(Opinion.consultation_id == consultation.id, Opinion.withdrawn.is_(False))
    for opinion in db.session.scalars(query).all():
        outcome, reason = DECISIONS.get(
            names.get(opinion.submission_id, ""), (Outcome.PARTLY_ADOPTED, "优惠年龄降至六十五周岁。")
        )
        decision = adoption.decide(office.drafter, opinion, outcome, reason, at=READY - timedelta(days=9))
        adoption.review(office.second, decision, at=READY - timedelta(days=9))


def _finish(twelve: Twelve) -> None:
    office, consultation = twelve.office, twelve.consultation
    when = READY - timedelta(days=5)
    unit = next(r for r in confirmation.of(consultation) if r.invitation.consultee.name == UNIT)
    disagreements.note(
        office.drafter,
        consultation,
        "对老年人给予优惠所需的资金由谁承担",
        {unit: ""},
        ours="由市级财政和街道按比例承担，保留优惠规定。",
        reason="优惠规定是社区食堂公益性的体现，所需资金已列入年度预算。",
        basis="《某某市养老服务条例》第十二条",
        at=when,
    )
    report = reporting.compile_report(office.drafter, consultation, at=when, statement="感谢社会各界参与。")
    reporting.submit_for_review(office.drafter, report, at=when)
    reporting.review(office.legal, report, at=when)
    reporting.publish(office.publisher, report, at=when)
    versions.add_version(
        office.drafter,
        consultation,
        kind=VersionKind.FOR_SUBMISSION,
        file_name="送审稿.docx",
        data=docx_of(NEW),
        at=when,
    )
    for name, value in green.STATED.items():
        flags.state_fact(office.drafter, consultation, name, value, at=READY - timedelta(days=3))
    for name, file in (("interpretation_plan", "解读方案.txt"), ("interpretation_material", "解读材料.txt")):
        flags.state_fact(office.drafter, consultation, name, True, evidence=a_paper(file), at=READY - timedelta(days=3))
    green._posted(office)
    green._reviewed(office)
