"""``flask meeting check`` on a real consultation that is one fact away from green: it names what that fact undoes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, select, update

from consult.accounts.permissions import SYSTEM
from consult.adoption.models import Decision, DecisionState
from consult.clock import midnight
from consult.consultees import register_history
from consult.consultees.hearing_models import HearingPaper
from consult.consultees.models import (
    Attendance,
    Consultee,
    ConsulteeKind,
    Gathering,
    GatheringKind,
    Invitation,
    Response,
    Size,
)
from consult.consultees.status import update_standings
from consult.drafting.models import DraftVersion, Medium, NoticePosting, Question, VersionKind
from consult.intake.models import Answer, Submission, SubmissionState
from consult.law.reviews import Conclusion, ReviewKind
from consult.mailbox.models import Mailbox
from consult.meeting import flags, overrides
from consult.meeting import service as meeting
from consult.meeting.errors import MeetingRefused
from consult.meeting.models import MeetingFact
from consult.moderation import service as moderation
from consult.reporting.models import FeedbackReport, ReportState
from consult.review.models import Review, ReviewPaper
from consult.store import db
from tests.builders import a_submission
from tests.conftest import _empty
from tests.faces.cli.console import run
from tests.meeting.green import ASKED, HELD, READY, Green, a_paper, build
from tests.world import PUBLISHED

Change = Callable[[Green], None]


@pytest.fixture(scope="module")
def green(session_app: Flask) -> Iterator[Green]:
    """The green consultation, made once; every test leaves it as it was."""
    with session_app.app_context():
        _empty()
        yield build()
        db.session.rollback()
        db.session.remove()


def checked(app: Flask) -> tuple[int, dict[str, Any]]:
    """Return the exit code and what ``flask meeting check --json`` says, at the time when all was done."""
    with time_machine.travel(READY, tick=False):
        result = run(app, "meeting", "check", "green", "--json")
    return result.exit_code, json.loads(result.stdout)


def states(document: dict[str, Any]) -> dict[str, str]:
    return {item["id"]: item["state"] for item in document["preconditions"]}


# ------------------------------------------------------------------ one fact, changed where it is kept


def stated(name: str, value: Any, note: str = "") -> Change:
    """A later statement of a fact; None takes it back."""

    def change(green: Green) -> None:
        db.session.add(
            MeetingFact(consultation_id=green.consultation.id, name=name, value=value, note=note, at=READY, by_id=1)
        )

    return change


def review(kind: ReviewKind, **fields: Any) -> Change:
    """The review of a kind says something else."""

    def change(green: Green) -> None:
        db.session.execute(update(Review).where(Review.kind == kind).values(**fields))
        db.session.expire_all()

    return change


def no_paper_of(kind: ReviewKind) -> Change:
    """The paper of a review lies in no storage any more."""

    def change(green: Green) -> None:
        db.session.execute(
            update(ReviewPaper)
            .where(ReviewPaper.review_id.in_(select(Review.id).where(Review.kind == kind)))
            .values(digest="0" * 64)
        )
        db.session.expire_all()

    return change


def another_reviewer(kind: ReviewKind, conclusion: Conclusion, role: str) -> Change:
    """Somebody else concludes differently on the same version."""

    def change(green: Green) -> None:
        first = db.session.scalars(select(Review).where(Review.kind == kind)).one()
        db.session.add(
            Review(
                consultation_id=first.consultation_id,
                kind=kind,
                version_id=first.version_id,
                version_digest=first.version_digest,
                asked_at=READY,
                sent_on=first.sent_on,
                returned_on=first.returned_on,
                conclusion=conclusion,
                concluded_at=READY,
                reviewer_id=getattr(green, role).id,
            )
        )

    return change


def another_version(change_text: Callable[[str], str]) -> Change:
    """A newer 送审稿, with other words."""

    def change(green: Green) -> None:
        db.session.add(
            DraftVersion(
                consultation_id=green.consultation.id,
                number=9,
                kind=VersionKind.FOR_SUBMISSION,
                title="送审稿",
                file_name="新送审稿.docx",
                file_digest=sha256(change_text(green.version.text).encode()).hexdigest(),
                text=change_text(green.version.text),
                warnings=[],
                uploaded_at=READY,
            )
        )
        db.session.flush()
        db.session.expire_all()

    return change


def rows(model: type[Any], **fields: Any) -> Change:
    """Every row of a table says something else."""

    def change(_green: Green) -> None:
        db.session.execute(update(model).values(**fields).execution_options(synchronize_session=False))
        db.session.expire_all()

    return change


def without_rows(model: type[Any]) -> Change:
    """A table is empty."""

    def change(_green: Green) -> None:
        db.session.execute(delete(model).execution_options(synchronize_session=False))
        db.session.expire_all()

    return change


def not_enterprise_related(green: Green) -> None:
    """The flag is off, and the draft speaks of enterprises."""
    green.consultation.enterprise_related = False
    text = "企业应当缴纳保证金，具备相应资质，取得行政许可后方可经营，经营者应当依法纳税。" * 3
    another_version(lambda _text: text)(green)


def column(name: str, value: Any) -> Change:
    """Something else on the consultation's own row."""
    return lambda green: setattr(green.consultation, name, value)


def named(name: str) -> Consultee:
    return db.session.scalars(select(Consultee).where(Consultee.name == name)).one()


def unheard(*names: str) -> Change:
    """These never answered."""

    def change(green: Green) -> None:
        ids = [named(name).id for name in names]
        asked = select(Invitation.id).where(Invitation.consultee_id.in_(ids))
        db.session.execute(delete(Response).where(Response.invitation_id.in_(asked)))
        update_standings(green.consultation.id, ids)

    return change


def registered(name: str, **fields: Any) -> Change:
    """The register says something else of one than on the day of its hearing."""

    def change(green: Green) -> None:
        consultee = named(name)
        for field, value in fields.items():
            setattr(consultee, field, value)
        update_standings(green.consultation.id, [consultee.id])

    return change


def corrected(name: str, **fields: Any) -> Change:
    """The register was wrong about one."""

    def change(green: Green) -> None:
        consultee = named(name)
        before = register_history.fields_of(consultee)
        for field, value in fields.items():
            setattr(consultee, field, value)
        register_history.note_correction(green.drafter, consultee, before, "登记有误", at=READY)
        update_standings(green.consultation.id, [consultee.id])

    return change


def hearing(**fields: Any) -> Change:
    def change(_green: Green) -> None:
        gathering = db.session.scalars(select(Gathering)).one()
        for field, value in fields.items():
            setattr(gathering, field, value)

    return change


def no_paper(role: str) -> Change:
    """Take a paper of the hearing away."""

    def change(green: Green) -> None:
        db.session.execute(delete(HearingPaper).where(HearingPaper.role == role))

    return change


def another_hearing(materials_sent_at: datetime | None) -> Change:
    def change(green: Green) -> None:
        db.session.add(
            Gathering(
                consultation_id=green.consultation.id,
                kind=GatheringKind.HEARING,
                title="第二次",
                held_at=HELD,
                created_at=HELD,
                materials_sent_at=materials_sent_at,
            )
        )

    return change


def decision(**fields: Any) -> Change:
    def change(_green: Green) -> None:
        decided = db.session.scalars(select(Decision).where(Decision.current.is_(True))).one()
        for field, value in fields.items():
            setattr(decided, field, value)

    return change


def report(**fields: Any) -> Change:
    def change(_green: Green) -> None:
        db.session.execute(update(FeedbackReport).values(**fields))

    return change


def screening_undone(_green: Green) -> None:
    submission = db.session.scalars(select(Submission).where(Submission.name == "居民0")).one()
    db.session.execute(update(Submission).where(Submission.id == submission.id).values(state=SubmissionState.SCREENING))


def no_version_for_the_meeting(_green: Green) -> None:
    db.session.execute(
        update(DraftVersion)
        .where(DraftVersion.kind == VersionKind.FOR_SUBMISSION)
        .values(kind=VersionKind.REVISED)
        .execution_options(synchronize_session=False)
    )
    db.session.expire_all()


def lost_interpretation(_green: Green) -> None:
    db.session.execute(update(MeetingFact).where(MeetingFact.evidence_digest != "").values(evidence_digest="2" * 64))
    db.session.expire_all()


FAIR, LEGALITY = ReviewKind.FAIR_COMPETITION, ReviewKind.LEGALITY
PLAN, LEGAL, RISK, EXPERTS = "plan-channels", "legality-review", "risk-assessment", "expert-argument"
SIGNED = "<p>某市某局</p><p>2026年10月9日</p>"
NO_DEADLINE = "<p>请通过电子邮件 a@example.cn 提出意见。</p>" + SIGNED
WRONG_DEADLINE = "<p>请于2026年10月20日前发送电子邮件提出意见。</p>" + SIGNED
NO_DATE = "<p>请于【截止日期】前发送电子邮件提出意见。</p><p>某市某局</p>"
NO_WAY = "<p>请于【截止日期】前提出意见。</p>" + SIGNED
HEARD, SPECIAL = "consultees-heard", "special-group-heard"
REVIEW, COMPETITION = "fair-competition-review", "fair-competition-heard"
CHANGED = "feedback-report"
TIME = "legality-review-time"
ENTERPRISES = [name for name, kind, _ in ASKED if kind is ConsulteeKind.ENTERPRISE]
SIX_DAYS = midnight(date(2026, 10, 24))

ROWS: list[tuple[str, Change, set[str], str]] = [
    ("a day too short", column("period_days", 29), {"notice-period"}, "不得缩短"),
    ("a day long", column("period_days", 1), {"notice-period"}, "30日"),
    ("no period", column("period_days", None), {"notice-period"}, "尚未公布"),
    ("a reason doesn't shorten what touches enterprises", column("period_days", 10), {"notice-period"}, "10"),
    ("an unknown kind", column("kind", "decree"), {"notice-period"}, "文件类别"),
    ("still open", column("closes_at", READY + timedelta(days=1)), {"period-ended", CHANGED}, "尚未届满"),
    (
        "open for a second more",
        column("closes_at", READY + timedelta(seconds=1)),
        {"period-ended", CHANGED},
        "尚未届满",
    ),
    ("no explanation", column("explanation_html", ""), {"explanation-published"}, "没有公开"),
    ("a blank explanation", column("explanation_html", " \n"), {"explanation-published"}, "没有公开"),
    ("no notice", column("notice_html", ""), {"notice-states-how"}, "提出意见的方式"),
    ("a blank notice", column("notice_html", "\u3000"), {"notice-states-how"}, "提出意见的方式"),
    ("a notice without a deadline", column("notice_html", NO_DEADLINE), {"notice-states-how"}, "截止日期"),
    ("a notice with another deadline", column("notice_html", WRONG_DEADLINE), {"notice-states-how"}, "截止日期"),
    ("a notice without a date below", column("notice_html", NO_DATE), {"notice-states-how"}, "署名和日期"),
    ("a notice that doesn't say how", column("notice_html", NO_WAY), {"notice-states-how"}, "提出意见的方式"),
    ("posted nowhere else", without_rows(NoticePosting), {"notice-channels", PLAN}, "政务新媒体"),
    ("the posting withdrawn", rows(NoticePosting, withdrawn_at=READY), {"notice-channels", PLAN}, "政务新媒体"),
    ("posted in a paper alone", rows(NoticePosting, medium=Medium.PRESS), {PLAN}, "政务新媒体"),
    ("no mailbox", without_rows(Mailbox), {PLAN}, "征集信箱"),
    ("the mailbox closed", rows(Mailbox, active=False), {PLAN}, "征集信箱"),
    ("the mailbox never read", rows(Mailbox, fetched_at=None), {PLAN}, "征集信箱"),
    ("the mailbox read before only", rows(Mailbox, fetched_at=PUBLISHED - timedelta(days=1)), {PLAN}, "征集信箱"),
    ("the mailbox is broken", rows(Mailbox, error="密码不对"), {PLAN}, "征集信箱"),
    ("a hearing still to come", hearing(held_at=READY + timedelta(days=10)), {"hearing-material"}, "尚未召开"),
    ("a hearing without minutes", hearing(minutes_digest=""), {"hearing-material"}, "没有会议笔录"),
    ("a hearing that nobody came to", rows(Attendance, came=False), {"hearing-material"}, "没有到会人员"),
    ("a hearing at which nobody spoke", rows(Attendance, submission_id=None), {"hearing-material"}, "发言"),
    ("a hearing whose record nobody signed", no_paper("signed_record"), {"hearing-material"}, "签字"),
    ("its time and place not published", no_paper("notice"), {"hearing-material"}, "听证时间、地点公告"),
    ("its rule of selection not published", no_paper("selection_rule"), {"hearing-material"}, "遴选办法"),
    ("its participants not published", no_paper("participants"), {"hearing-material"}, "参加人名单"),
    (
        "its participants published too late",
        rows(HearingPaper, published_on=HELD.date()),
        {"hearing-material"},
        "以前公布",
    ),
    (
        "a hearing that was cancelled",
        hearing(cancelled_at=HELD, cancelled_reason="无人报名"),
        {"hearing-material"},
        "已取消",
    ),
    ("no day of the material", hearing(materials_sent_at=None), {"hearing-material"}, "未登记送达日期"),
    ("six days before", hearing(materials_sent_at=SIX_DAYS), {"hearing-material"}, "晚于规定日期"),
    ("on the day itself", hearing(materials_sent_at=HELD), {"hearing-material"}, "晚于规定日期"),
    ("after the hearing", hearing(materials_sent_at=HELD + timedelta(days=1)), {"hearing-material"}, "晚于规定日期"),
    ("held a week earlier", hearing(held_at=HELD - timedelta(days=7)), {"hearing-material"}, "晚于规定日期"),
    ("another without material", another_hearing(None), {"hearing-material"}, "未登记送达日期"),
    ("another too late", another_hearing(SIX_DAYS), {"hearing-material"}, "晚于规定日期"),
    ("a silent association", unheard("餐饮行业协会"), {HEARD, COMPETITION}, "行业协会商会至少1家，现有0家"),
    *[(f"a silent enterprise: {name}", unheard(name), {HEARD}, "现有4家，还差1家") for name in ENTERPRISES],
    ("all enterprises silent", unheard(*ENTERPRISES), {HEARD, COMPETITION}, "还差5家"),
    ("both small ones silent", unheard("小型餐饮公司", "微型餐饮店"), {HEARD}, "小微企业至少2家，现有0家"),
    ("nobody heard", unheard(*(asked[0] for asked in ASKED)), {HEARD, SPECIAL, COMPETITION}, "现有0家"),
    ("the micro one is medium", corrected("微型餐饮店", size=Size.MEDIUM), {HEARD}, "小微企业至少2家，现有1家"),
    ("the small one is large", corrected("小型餐饮公司", size=Size.LARGE), {HEARD}, "小微企业至少2家，现有1家"),
    ("a size isn't known", corrected("小型餐饮公司", size=None), {HEARD}, "小微企业至少2家，现有1家"),
    ("an enterprise is none", corrected("中型餐饮公司", kind=ConsulteeKind.ASSOCIATION), {HEARD}, "现有4家"),
    (
        "the association is an enterprise",
        corrected("餐饮行业协会", kind=ConsulteeKind.ENTERPRISE),
        {HEARD, COMPETITION},
        "行业协会商会至少1家，现有0家",
    ),
    ("the group silent", unheard("老年人协会联络处"), {SPECIAL}, "社会组织"),
    ("the group isn't one", corrected("老年人协会联络处", kind=ConsulteeKind.ENTERPRISE), {SPECIAL}, "社会组织"),
    ("a group, or not?", stated("special_group", None), {SPECIAL}, "尚未确认"),
    ("a screening undone", screening_undone, {"submissions-screened", "opinions-decided", CHANGED}, "还有1件来件"),
    (
        "a decision taken back",
        decision(current=False),
        {"opinions-decided", "concentrated-reasons", CHANGED},
        "11条意见未处理",
    ),
    (
        "a decision returned",
        decision(state=DecisionState.RETURNED),
        {"opinions-decided", "concentrated-reasons", CHANGED},
        "11条意见未处理",
    ),
    (
        "a decision not reviewed",
        decision(state=DecisionState.PROPOSED),
        {"opinions-reviewed", "concentrated-reasons", CHANGED},
        "条处理结果未复核",
    ),
    ("no reason why not", decision(reason=""), {"concentrated-reasons", CHANGED}, "没有公开理由"),
    ("a reason that says nothing", decision(reason="不予采纳。"), {"concentrated-reasons", CHANGED}, "没有说明为什么"),
    ("another reason than the published one", decision(reason="上位法另有规定，从其规定。"), {CHANGED}, "重新编制"),
    (
        "a report not published",
        report(state=ReportState.REVIEWED, published_at=None),
        {CHANGED, "concentrated-reasons"},
        "尚未公布",
    ),
    ("a report of something else", report(digest="0" * 64), {CHANGED}, "重新编制"),
    ("the question on competition unanswered", without_rows(Answer), {COMPETITION}, "公平竞争影响"),
    ("empty answers on competition", rows(Answer, content=""), {COMPETITION}, "公平竞争影响"),
    (
        "the public not asked about competition",
        rows(Question, removed_at=READY),
        {COMPETITION},
        "社会公众意见",
    ),
    ("a review of competition withdrawn", review(FAIR, withdrawn_at=READY), {REVIEW}, "没有公平竞争审查意见"),
    ("against competition", review(FAIR, conclusion=Conclusion.VIOLATES), {REVIEW}, "不得提交讨论"),
    ("a review of competition asked for only", review(FAIR, conclusion=None), {REVIEW}, "尚未退回"),
    ("a review of competition of another file", review(FAIR, version_digest="1" * 64), {REVIEW}, "确认"),
    ("the paper on competition is gone", no_paper_of(FAIR), {REVIEW}, "已不存在"),
    (
        "another reviewer finds competition violated",
        another_reviewer(FAIR, Conclusion.VIOLATES, "legal"),
        {REVIEW},
        "结论不一致",
    ),
    (
        "an exception that has ended",
        review(FAIR, conclusion=Conclusion.EXCEPTION, until=date(2026, 11, 1)),
        {REVIEW},
        "届满",
    ),
    ("the legality review withdrawn", review(LEGALITY, withdrawn_at=READY), {LEGAL, TIME}, "没有合法性审查意见"),
    ("unlawful", review(LEGALITY, conclusion=Conclusion.UNLAWFUL), {LEGAL}, "不得提交讨论"),
    ("lawful, not concluded yet", review(LEGALITY, conclusion=None), {LEGAL, TIME}, "尚未退回"),
    ("the opinion of the legal division is gone", no_paper_of(LEGALITY), {LEGAL}, "已不存在"),
    (
        "the legal division of two minds",
        another_reviewer(LEGALITY, Conclusion.UNLAWFUL, "chief"),
        {LEGAL, TIME},
        "结论不一致",
    ),
    ("sent on no day", review(LEGALITY, sent_on=None), {TIME}, "未登记送审日期"),
    ("returned on no day", review(LEGALITY, returned_on=None), {TIME}, "退回日期"),
    ("returned a day too soon", review(LEGALITY, returned_on=date(2026, 11, 18)), {TIME}, "少于7个工作日"),
    ("sent in a year without a calendar", review(LEGALITY, sent_on=date(2098, 3, 3)), {TIME}, ""),
    (
        "one number changed after the reviews",
        another_version(lambda text: text.replace("六十五", "六十六")),
        {LEGAL, TIME, REVIEW, RISK, EXPERTS},
        "对照新旧文稿",
    ),
    (
        "another document altogether after the reviews",
        another_version(lambda _text: "第一条 另一件文件。"),
        {LEGAL, TIME, REVIEW, RISK, EXPERTS},
        "对照新旧文稿",
    ),
    ("no assessment of risks", review(ReviewKind.RISK, withdrawn_at=READY), {RISK}, "没有风险评估意见"),
    ("risks beyond control", review(ReviewKind.RISK, conclusion=Conclusion.UNCONTROLLABLE), {RISK}, "风险不可控"),
    ("the report on risks is gone", no_paper_of(ReviewKind.RISK), {RISK}, "已不存在"),
    ("no experts", review(ReviewKind.EXPERTS, withdrawn_at=READY), {EXPERTS}, "没有专家论证意见"),
    ("the experts' papers are gone", no_paper_of(ReviewKind.EXPERTS), {EXPERTS}, "已不存在"),
    ("an interest of an expert", rows(ReviewPaper, interest="持有申请企业的股份"), {EXPERTS}, "利害关系"),
    (
        "the enterprise flag off, enterprises in the draft",
        not_enterprise_related,
        {HEARD, LEGAL, TIME, REVIEW, RISK, EXPERTS},
        "草案含有",
    ),
    ("a group that isn't touched, without a reason", stated("special_group", False), {SPECIAL}, "没有写明理由"),
    ("no draft for the meeting", no_version_for_the_meeting, {"meeting-draft"}, "没有送审稿"),
    ("a plan taken back", stated("interpretation_plan", None), {"interpretation-plan"}, "没有解读方案"),
    ("a plan ticked without a paper", stated("interpretation_plan", True), {"interpretation-plan"}, "没有解读方案"),
    ("no interpretation", stated("interpretation_material", None), {"interpretation-material"}, "没有解读材料"),
    (
        "the papers of interpretation are gone",
        lost_interpretation,
        {"interpretation-plan", "interpretation-material"},
        "已不存在",
    ),
    ("no disclosure attribute", stated("disclosure", None), {"disclosure-attribute"}, "未确定"),
    ("not public, without a reason", stated("disclosure", "not_public"), {"disclosure-attribute"}, "写明理由"),
    (
        "not public, without an article",
        stated("disclosure", "not_public", "涉及国家秘密，不宜公开发布"),
        {"disclosure-attribute"},
        "条文",
    ),
]


def test_the_table_is_long_and_every_precondition_stands_in_it() -> None:
    from consult.law import loading

    assert len(ROWS) >= 60
    assert set().union(*(row[2] for row in ROWS)) >= {rule.id for rule in loading.national().preconditions} - {
        "draft-published"  # a version that was released can't be taken back
    }


def test_the_green_one_is_green(session_app: Flask, green: Green) -> None:
    code, document = checked(session_app)
    assert (code, document["unmet"], document["ready"]) == (0, [], True)
    assert set(states(document).values()) == {"met"}


@pytest.mark.parametrize(("change", "expected", "words"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_one_fact_away(session_app: Flask, green: Green, change: Change, expected: set[str], words: str) -> None:
    db.session.rollback()
    try:
        change(green)
        db.session.flush()
        code, document = checked(session_app)
    finally:
        db.session.rollback()
    assert code == 1
    assert set(document["unmet"]) == expected
    checks = {item["id"]: item for item in document["preconditions"]}
    assert {key for key, item in checks.items() if item["state"] == "met"} == set(checks) - expected
    assert any(words in checks[key]["why"] for key in expected)
    assert all(checks[key]["basis"] and checks[key]["next_step"] for key in expected)


def test_a_change_of_the_register_after_the_hearing_leaves_the_gate_green(session_app: Flask, green: Green) -> None:
    db.session.rollback()
    try:
        for name in ("小型餐饮公司", "微型餐饮店"):
            registered(name, size=Size.LARGE)(green)
        db.session.flush()
        assert checked(session_app)[1]["unmet"] == []
    finally:
        db.session.rollback()


def test_text_for_people_names_basis_and_next_step(session_app: Flask, green: Green) -> None:
    db.session.rollback()
    stated("disclosure", None)(green)
    db.session.flush()
    with time_machine.travel(READY, tick=False):
        result = run(session_app, "meeting", "check", "green")
    db.session.rollback()
    assert result.exit_code == 1
    assert "[未满足] 公开属性已确定：公开属性未确定" in result.stdout
    assert "下一步：选定主动公开" in result.stdout
    assert "还有 1 项前置条件没有满足" in result.stderr
    assert run(session_app, "meeting", "check", "nowhere").exit_code == 1


# ------------------------------------------------------------------ what changes afterwards; these keep what they did


def test_an_exception_holds_for_what_was_found_and_for_nothing_else(session_app: Flask, green: Green) -> None:
    consultation, row = green.consultation, "interpretation-plan"
    why = "解读方案随会议通知另行报送，已经办公室同意。"
    with pytest.raises(MeetingRefused, match="无须"):
        overrides.request_override(green.legal, consultation, row, why, a_paper(), at=READY)
    flags.state_fact(green.drafter, consultation, row.replace("-", "_"), None, at=READY)
    overrides.request_override(green.legal, consultation, row, why, a_paper(), at=READY)
    assert checked(session_app)[1]["unmet"] == [row]
    overrides.approve(green.publisher, consultation, row, at=READY)
    code, document = checked(session_app)
    assert (code, states(document)[row]) == (0, "overridden")
    assert why in json.dumps(document, ensure_ascii=False)
    flags.state_fact(
        green.drafter, consultation, "interpretation_plan", True, evidence=a_paper("解读方案.txt"), at=READY
    )
    assert states(checked(session_app)[1])[row] == "met"


def test_a_late_opinion_turns_green_to_red_until_it_is_decided_and_reported(session_app: Flask, green: Green) -> None:
    came = a_submission(green.consultation, "迟到的意见。", at=READY - timedelta(hours=1)).submission
    assert set(checked(session_app)[1]["unmet"]) == {"submissions-screened", "opinions-decided", CHANGED}
    moderation.accept(SYSTEM, came, at=READY)
    assert set(checked(session_app)[1]["unmet"]) == {"opinions-decided", CHANGED}
    with pytest.raises(MeetingRefused, match="还有 2 项"):
        meeting.submit(green.legal, green.consultation, at=READY)
