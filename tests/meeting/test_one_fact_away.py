"""``flask meeting check`` on a real consultation that is one fact away from green: it names what that fact undoes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, select, update

from consult.accounts.permissions import SYSTEM
from consult.adoption.models import Decision, DecisionState
from consult.clock import midnight
from consult.consultees.models import Consultee, ConsulteeKind, Gathering, GatheringKind, Invitation, Response, Size
from consult.consultees.standing import follow
from consult.drafting.models import DraftVersion, VersionKind
from consult.intake.models import Submission, SubmissionState
from consult.meeting import service as meeting
from consult.meeting.errors import MeetingRefused
from consult.meeting.models import MeetingFact
from consult.moderation import service as moderation
from consult.reporting.models import FeedbackReport, ReportState
from consult.store import db
from tests.builders import a_submission
from tests.conftest import _empty
from tests.faces.cli.console import run
from tests.meeting.green import ASKED, HELD, READY, Green, build

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


def stated(name: str, value: Any) -> Change:
    """A later statement of a fact; None takes it back."""

    def change(green: Green) -> None:
        db.session.add(MeetingFact(consultation_id=green.consultation.id, name=name, value=value, at=READY))

    return change


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
        follow(green.consultation.id, ids)

    return change


def registered(name: str, **fields: Any) -> Change:
    """The register says something else of one."""

    def change(green: Green) -> None:
        one = named(name)
        for field, value in fields.items():
            setattr(one, field, value)
        follow(green.consultation.id, [one.id])

    return change


def hearing(**fields: Any) -> Change:
    def change(_green: Green) -> None:
        one = db.session.scalars(select(Gathering)).one()
        for field, value in fields.items():
            setattr(one, field, value)

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
        one = db.session.scalars(select(Decision).where(Decision.current.is_(True))).one()
        for field, value in fields.items():
            setattr(one, field, value)

    return change


def report(**fields: Any) -> Change:
    def change(_green: Green) -> None:
        db.session.execute(update(FeedbackReport).values(**fields))

    return change


def screening_undone(_green: Green) -> None:
    one = db.session.scalars(select(Submission).where(Submission.name == "居民0")).one()
    db.session.execute(update(Submission).where(Submission.id == one.id).values(state=SubmissionState.SCREENING))


def no_version_for_the_meeting(_green: Green) -> None:
    db.session.execute(
        update(DraftVersion)
        .where(DraftVersion.kind == VersionKind.FOR_SUBMISSION)
        .values(kind=VersionKind.REVISED)
        .execution_options(synchronize_session=False)
    )
    db.session.expire_all()


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
    ("no notice", column("notice_html", ""), {"notice-states-how"}, "没有写明"),
    ("a blank notice", column("notice_html", "\u3000"), {"notice-states-how"}, "没有写明"),
    ("on the website alone", stated("notice_channels", []), {"notice-channels"}, "政务新媒体"),
    ("only the website is stated", stated("notice_channels", ["website"]), {"notice-channels"}, "政务新媒体"),
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
    ("nobody heard", unheard(*(one[0] for one in ASKED)), {HEARD, SPECIAL, COMPETITION}, "现有0家"),
    ("the micro one is medium", registered("微型餐饮店", size=Size.MEDIUM), {HEARD}, "小微企业至少2家，现有1家"),
    ("the small one is large", registered("小型餐饮公司", size=Size.LARGE), {HEARD}, "小微企业至少2家，现有1家"),
    ("a size isn't known", registered("小型餐饮公司", size=None), {HEARD}, "小微企业至少2家，现有1家"),
    ("an enterprise is none", registered("中型餐饮公司", kind=ConsulteeKind.ASSOCIATION), {HEARD}, "现有4家"),
    (
        "the association is an enterprise",
        registered("餐饮行业协会", kind=ConsulteeKind.ENTERPRISE),
        {HEARD, COMPETITION},
        "行业协会商会至少1家，现有0家",
    ),
    ("the group silent", unheard("老年人协会联络处"), {SPECIAL}, "社会组织"),
    ("the group isn't one", registered("老年人协会联络处", kind=ConsulteeKind.ENTERPRISE), {SPECIAL}, "社会组织"),
    ("a group, or not?", stated("special_group", None), {SPECIAL}, "尚未确认"),
    ("a screening undone", screening_undone, {"submissions-screened", CHANGED}, "还有1件来件"),
    (
        "a decision taken back",
        decision(current=False),
        {"opinions-decided", "concentrated-reasons", CHANGED},
        "10条意见未处理",
    ),
    (
        "a decision returned",
        decision(state=DecisionState.RETURNED),
        {"opinions-decided", "concentrated-reasons", CHANGED},
        "10条意见未处理",
    ),
    (
        "a decision not reviewed",
        decision(state=DecisionState.PROPOSED),
        {"opinions-reviewed", "concentrated-reasons", CHANGED},
        "10条处理结果未复核",
    ),
    ("no reason why not", decision(reason=""), {"concentrated-reasons", CHANGED}, "没有公开理由"),
    ("another reason than the published one", decision(reason="另有理由。"), {CHANGED}, "重新编制"),
    (
        "a report not published",
        report(state=ReportState.REVIEWED, published_at=None),
        {CHANGED, "concentrated-reasons"},
        "尚未公布",
    ),
    ("a report of something else", report(digest="0" * 64), {CHANGED}, "重新编制"),
    ("no review of competition", stated("fair_competition", None), {REVIEW}, "没有公平竞争审查结论"),
    ("against competition", stated("fair_competition", "violates"), {REVIEW}, "不得出台"),
    ("the public's interest, or not?", stated("public_interest", None), {COMPETITION}, "尚未确认"),
    ("the public not heard", stated("competition_public_heard", False), {COMPETITION}, "没有听取社会公众"),
    ("was the public heard?", stated("competition_public_heard", None), {COMPETITION}, "没有听取社会公众"),
    ("a review withdrawn", stated("legality", None), {"legality-review"}, "不得提交讨论"),
    ("unlawful", stated("legality", "unlawful"), {"legality-review"}, "审查不合法"),
    ("sent on no day", stated("legality_sent_on", None), {TIME}, "未登记送审日期"),
    ("sent a day later", stated("legality_sent_on", "2026-11-11"), {TIME}, "少于7个工作日"),
    ("due a day earlier", stated("legality_due_on", "2026-11-18"), {TIME}, "少于7个工作日"),
    ("due on no day, back too soon", stated("legality_due_on", None), {TIME}, "少于7个工作日"),
    ("sent in a year without a calendar", stated("legality_sent_on", "2098-03-03"), {TIME}, ""),
    ("risks, or not?", stated("risk_applies", None), {"risk-assessment"}, "尚未确认"),
    ("no report on risks", stated("risk_report", False), {"risk-assessment"}, "没有风险评估报告"),
    ("a report on risks taken back", stated("risk_report", None), {"risk-assessment"}, "没有风险评估报告"),
    ("risks beyond control", stated("risk_controllable", False), {"risk-assessment"}, "风险不可控"),
    ("risks not judged", stated("risk_controllable", None), {"risk-assessment"}, "未登记"),
    ("experts, or not?", stated("experts_apply", None), {"expert-argument"}, "尚未确认"),
    ("experts not heard", stated("experts_reported", False), {"expert-argument"}, "没有专家论证意见"),
    ("experts' record taken back", stated("experts_reported", None), {"expert-argument"}, "未登记"),
    ("no draft for the meeting", no_version_for_the_meeting, {"meeting-draft"}, "没有送审稿"),
    ("no plan to interpret", stated("interpretation_plan", False), {"interpretation-plan"}, "没有解读方案"),
    ("a plan taken back", stated("interpretation_plan", None), {"interpretation-plan"}, "未登记"),
    ("no interpretation", stated("interpretation_material", False), {"interpretation-material"}, "没有解读材料"),
    ("an interpretation taken back", stated("interpretation_material", None), {"interpretation-material"}, "未登记"),
    ("no disclosure attribute", stated("disclosure", None), {"disclosure-attribute"}, "未确定"),
]


def test_the_table_is_long_and_every_precondition_stands_in_it() -> None:
    from consult.law import rules

    assert len(ROWS) >= 60
    assert set().union(*(row[2] for row in ROWS)) >= {one.id for one in rules.national().preconditions} - {
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
    found = {item["id"]: item for item in document["preconditions"]}
    assert {key for key, item in found.items() if item["state"] == "met"} == set(found) - expected
    assert any(words in found[key]["why"] for key in expected)
    assert all(found[key]["basis"] and found[key]["next_step"] for key in expected)


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


def test_an_override_holds_for_what_was_found_and_for_nothing_else(session_app: Flask, green: Green) -> None:
    one = green.consultation
    with pytest.raises(MeetingRefused, match="不用放行"):
        meeting.override(green.legal, one, "risk-assessment", "另行评估", at=READY)
    meeting.state_fact(green.drafter, one, "risk_report", False, at=READY)
    meeting.override(green.legal, one, "risk-assessment", "已由应急部门另行评估。", at=READY)
    code, document = checked(session_app)
    assert (code, states(document)["risk-assessment"]) == (0, "overridden")
    assert "已由应急部门另行评估。" in json.dumps(document, ensure_ascii=False)
    meeting.state_fact(green.drafter, one, "risk_report", True, at=READY)
    meeting.state_fact(green.drafter, one, "risk_controllable", False, at=READY)
    code, document = checked(session_app)
    assert (code, document["unmet"]) == (1, ["risk-assessment"])
    meeting.override(green.legal, one, "risk-assessment", "风险已有预案。", at=READY)
    assert checked(session_app)[0] == 0
    meeting.state_fact(green.drafter, one, "risk_controllable", True, at=READY)
    assert states(checked(session_app)[1])["risk-assessment"] == "met"


def test_a_late_opinion_turns_green_to_red_until_it_is_decided_and_reported(session_app: Flask, green: Green) -> None:
    came = a_submission(green.consultation, "迟到的意见。", at=READY - timedelta(hours=1)).submission
    assert set(checked(session_app)[1]["unmet"]) == {"submissions-screened", CHANGED}
    moderation.accept(SYSTEM, came, at=READY)
    assert set(checked(session_app)[1]["unmet"]) == {"opinions-decided", CHANGED}
    with pytest.raises(MeetingRefused, match="还有 2 项"):
        meeting.submit(green.legal, green.consultation, at=READY)
