"""The preconditions of the meeting: a file where all is met, and every way of being one fact away from it."""

from dataclasses import fields, replace
from datetime import date, timedelta

import pytest

from consult.law import rules
from consult.law.facts import Disclosure, Facts, FairCompetition, Hearing, Legality, NoticeChannel, Override
from consult.law.preconditions import CheckState, evaluate, unmet
from consult.law.sufficiency import ConsulteeCounts, lacks, suffices

LAW = rules.national()
ENOUGH = ConsulteeCounts(associations=1, enterprises=5, small_micro=2, group_organisations=1)
COMPETITION = ConsulteeCounts(associations=1, enterprises=1)

COMPLETE = Facts(
    kind="major-decision",
    enterprise_related=True,
    market_activity=True,
    special_group=True,
    public_interest=True,
    risk_applies=True,
    experts_apply=True,
    period_days=30,
    period_ended=True,
    draft_published=True,
    explanation_published=True,
    notice_states_how=True,
    notice_channels=frozenset({NoticeChannel.WEBSITE, NoticeChannel.NEW_MEDIA}),
    hearings=(Hearing(date(2026, 11, 20), date(2026, 11, 13)),),
    heard=ENOUGH,
    competition_heard=COMPETITION,
    competition_public_heard=True,
    submissions_unscreened=0,
    opinions_total=120,
    opinions_undecided=0,
    opinions_unreviewed=0,
    concentrated_unadopted=3,
    concentrated_without_reason=0,
    feedback_published=True,
    feedback_current=True,
    fair_competition=FairCompetition.CONFORMS,
    legality=Legality.LAWFUL,
    legality_sent_on=date(2026, 11, 10),
    legality_due_on=date(2026, 11, 19),
    legality_returned_on=date(2026, 11, 18),
    risk_report=True,
    risk_controllable=True,
    experts_reported=True,
    meeting_draft=True,
    interpretation_plan=True,
    interpretation_material=True,
    disclosure=Disclosure.PUBLIC,
)
PLAIN = replace(
    COMPLETE,
    kind="normative-document",
    enterprise_related=False,
    market_activity=False,
    special_group=False,
    risk_applies=False,
    experts_apply=False,
    hearings=(),
    concentrated_unadopted=0,
    notice_channels=frozenset({NoticeChannel.WEBSITE}),
    heard=None,
    competition_heard=None,
    fair_competition=None,
    public_interest=None,
)


def states(facts):
    return {check.id: check.state for check in evaluate(facts, LAW)}


def failing(facts):
    return {check.id for check in unmet(evaluate(facts, LAW))}


def test_a_complete_file_meets_every_precondition():
    assert set(states(COMPLETE).values()) == {CheckState.MET}
    assert len(states(COMPLETE)) == 24


def test_a_plain_document_has_fewer_to_meet_and_says_which_do_not_apply():
    assert failing(PLAIN) == set()
    assert {key for key, state in states(PLAIN).items() if state is CheckState.NOT_APPLICABLE} == {
        "consultees-heard",
        "special-group-heard",
        "hearing-material",
        "concentrated-reasons",
        "fair-competition-review",
        "fair-competition-heard",
        "risk-assessment",
        "expert-argument",
    }


def test_of_an_unknown_file_nothing_is_met():
    assert set(states(Facts()).values()) == {CheckState.UNMET}


WEBSITE_ONLY = frozenset({NoticeChannel.WEBSITE})
LATE = Hearing(date(2026, 11, 20), date(2026, 11, 14))
LATE_IN_HOLIDAY = Hearing(date(2026, 10, 12), date(2026, 10, 6))

# one fact changed from COMPLETE, what is unmet by it, a word of the reason
AWAY = [
    ({"kind": None}, {"notice-period", "notice-channels"}, "文件类别"),
    ({"kind": "decree"}, {"notice-period"}, "文件类别"),
    ({"enterprise_related": None}, {"notice-period", "consultees-heard"}, "尚未确认"),
    ({"period_days": None}, {"notice-period"}, "尚未公布"),
    ({"period_days": 29}, {"notice-period"}, "不得缩短"),
    ({"period_days": 1}, {"notice-period"}, "30日"),
    ({"period_days": 29, "shortening_reason": "紧急"}, {"notice-period"}, "不得缩短"),
    ({"period_ended": None}, {"period-ended"}, "尚未公布"),
    ({"period_ended": False}, {"period-ended"}, "尚未届满"),
    ({"draft_published": None}, {"draft-published"}, "未登记"),
    ({"draft_published": False}, {"draft-published"}, "没有公开"),
    ({"explanation_published": None}, {"explanation-published"}, "未登记"),
    ({"explanation_published": False}, {"explanation-published"}, "没有公开"),
    ({"notice_states_how": None}, {"notice-states-how"}, "未登记"),
    ({"notice_states_how": False}, {"notice-states-how"}, "没有写明"),
    ({"notice_channels": None}, {"notice-channels"}, "未登记"),
    ({"notice_channels": frozenset()}, {"notice-channels"}, "政府网站"),
    ({"notice_channels": frozenset({NoticeChannel.PRESS})}, {"notice-channels"}, "政府网站"),
    ({"notice_channels": WEBSITE_ONLY}, {"notice-channels"}, "政务新媒体"),
    ({"hearings": None}, {"hearing-material"}, "未登记"),
    ({"hearings": (Hearing(date(2026, 11, 20)),)}, {"hearing-material"}, "未登记送达日期"),
    ({"hearings": (LATE,)}, {"hearing-material"}, "晚于规定日期"),
    ({"hearings": (*COMPLETE.hearings, LATE)}, {"hearing-material"}, "晚于规定日期"),
    ({"hearings": (LATE_IN_HOLIDAY,)}, {"hearing-material"}, "晚于规定日期"),
    ({"heard": None}, {"consultees-heard", "special-group-heard"}, "没有听取意见的记录"),
    ({"heard": ConsulteeCounts()}, {"consultees-heard", "special-group-heard"}, "行业协会商会至少1家"),
    ({"heard": replace(ENOUGH, associations=0)}, {"consultees-heard"}, "行业协会商会至少1家，现有0家"),
    ({"heard": replace(ENOUGH, enterprises=4)}, {"consultees-heard"}, "企业至少5家，现有4家，还差1家"),
    ({"heard": replace(ENOUGH, small_micro=1)}, {"consultees-heard"}, "小微企业至少2家"),
    ({"heard": replace(ENOUGH, small_micro=0)}, {"consultees-heard"}, "还差2家"),
    ({"heard": replace(ENOUGH, group_organisations=0)}, {"special-group-heard"}, "社会组织"),
    ({"special_group": None}, {"special-group-heard"}, "尚未确认"),
    ({"submissions_unscreened": None}, {"submissions-screened"}, "未统计"),
    ({"submissions_unscreened": 1}, {"submissions-screened"}, "1件来件"),
    ({"submissions_unscreened": 2816}, {"submissions-screened"}, "2816件来件"),
    ({"opinions_total": None}, {"opinions-decided"}, "未统计意见"),
    ({"opinions_undecided": None}, {"opinions-decided"}, "未统计"),
    ({"opinions_undecided": 1}, {"opinions-decided"}, "1条意见未处理"),
    ({"opinions_unreviewed": None}, {"opinions-reviewed"}, "未统计"),
    ({"opinions_unreviewed": 7}, {"opinions-reviewed"}, "7条处理结果未复核"),
    ({"concentrated_unadopted": None}, {"concentrated-reasons"}, "未统计"),
    ({"concentrated_without_reason": None}, {"concentrated-reasons"}, "未统计"),
    ({"concentrated_without_reason": 1}, {"concentrated-reasons"}, "1条较为集中而未采纳"),
    ({"feedback_published": None}, {"feedback-report"}, "尚未公布"),
    ({"feedback_published": False}, {"feedback-report"}, "尚未公布"),
    ({"feedback_current": None}, {"feedback-report"}, "未核对"),
    ({"feedback_current": False}, {"feedback-report"}, "重新编制"),
    ({"fair_competition": None}, {"fair-competition-review"}, "没有公平竞争审查结论"),
    ({"fair_competition": FairCompetition.VIOLATES}, {"fair-competition-review"}, "不得出台"),
    ({"competition_heard": None}, {"fair-competition-heard"}, "没有听取意见的记录"),
    ({"competition_heard": replace(COMPETITION, enterprises=0)}, {"fair-competition-heard"}, "企业至少1家"),
    ({"competition_heard": replace(COMPETITION, associations=0)}, {"fair-competition-heard"}, "行业协会商会至少1家"),
    ({"public_interest": None}, {"fair-competition-heard"}, "尚未确认"),
    ({"competition_public_heard": None}, {"fair-competition-heard"}, "没有听取社会公众"),
    ({"competition_public_heard": False}, {"fair-competition-heard"}, "没有听取社会公众"),
    ({"legality": None}, {"legality-review"}, "不得提交讨论"),
    ({"legality": Legality.UNLAWFUL}, {"legality-review"}, "审查不合法"),
    ({"legality_sent_on": None}, {"legality-review-time"}, "未登记送审日期"),
    ({"legality_due_on": None, "legality_returned_on": None}, {"legality-review-time"}, "审查期限"),
    ({"legality_due_on": date(2026, 11, 18)}, {"legality-review-time"}, "少于7个工作日"),
    ({"legality_due_on": None}, {"legality-review-time"}, "少于7个工作日"),
    ({"legality_sent_on": date(2026, 11, 11)}, {"legality-review-time"}, "少于7个工作日"),
    ({"risk_applies": None}, {"risk-assessment"}, "尚未确认"),
    ({"risk_report": None}, {"risk-assessment"}, "没有风险评估报告"),
    ({"risk_report": False}, {"risk-assessment"}, "没有风险评估报告"),
    ({"risk_controllable": None}, {"risk-assessment"}, "未登记"),
    ({"risk_controllable": False}, {"risk-assessment"}, "风险不可控"),
    ({"experts_apply": None}, {"expert-argument"}, "尚未确认"),
    ({"experts_reported": None}, {"expert-argument"}, "未登记"),
    ({"experts_reported": False}, {"expert-argument"}, "没有专家论证意见"),
    ({"meeting_draft": None}, {"meeting-draft"}, "未登记"),
    ({"meeting_draft": False}, {"meeting-draft"}, "没有送审稿"),
    ({"interpretation_plan": None}, {"interpretation-plan"}, "未登记"),
    ({"interpretation_plan": False}, {"interpretation-plan"}, "没有解读方案"),
    ({"interpretation_material": None}, {"interpretation-material"}, "未登记"),
    ({"interpretation_material": False}, {"interpretation-material"}, "没有解读材料"),
    ({"disclosure": None}, {"disclosure-attribute"}, "未确定"),
]


@pytest.mark.parametrize(("change", "expected", "reason"), AWAY)
def test_one_fact_away_from_met(change, expected, reason):
    checks = evaluate(replace(COMPLETE, **change), LAW)
    missing = unmet(checks)
    assert {check.id for check in missing} == expected
    assert any(reason in check.why for check in missing)
    assert all(check.next_step and check.basis and check.evidence for check in missing)


PLAIN_AWAY = [
    ({"market_activity": None}, {"fair-competition-review", "fair-competition-heard"}),
    ({"market_activity": True}, {"fair-competition-review", "fair-competition-heard"}),
    ({"enterprise_related": True}, {"consultees-heard", "fair-competition-review", "fair-competition-heard"}),
    ({"special_group": True}, {"special-group-heard"}),
    ({"risk_applies": True, "risk_report": None}, {"risk-assessment"}),
    ({"experts_apply": True, "experts_reported": False}, {"expert-argument"}),
    ({"period_days": 29}, {"notice-period"}),
    ({"period_days": 29, "shortening_reason": "紧急"}, {"notice-period"}),
    ({"kind": "major-decision"}, {"notice-channels"}),
]


@pytest.mark.parametrize(("change", "expected"), PLAIN_AWAY)
def test_a_plain_document_one_fact_away(change, expected):
    assert failing(replace(PLAIN, **change)) == expected


STILL_MET = [
    {"kind": "major-decision", "enterprise_related": False, "period_days": 10, "shortening_reason": "防汛紧急"},
    {"fair_competition": FairCompetition.EXCEPTION},
    {"legality": Legality.EXPLORATORY},
    {"legality_due_on": None, "legality_returned_on": date(2026, 11, 19)},
    {"opinions_total": 0},
    {"disclosure": Disclosure.NOT_PUBLIC},
    {"public_interest": False, "competition_public_heard": False},
    {"market_activity": False},
    {"hearings": ()},
]


@pytest.mark.parametrize("change", STILL_MET)
def test_another_lawful_way_is_met_too(change):
    assert failing(replace(COMPLETE, **change)) == set()


def test_every_fact_matters():
    """Each field of the facts, made unknown, changes the answer of the complete file or of one of its variants."""
    indifferent = {"shortening_reason", "confirmed", "not_applicable", "overrides", "market_activity"}
    indifferent |= {"legality_returned_on", "legality_due_on"}  # told apart in the rows above
    for one in fields(Facts):
        if one.name in indifferent:
            continue
        changed = replace(COMPLETE, **{one.name: None})
        assert evaluate(changed, LAW) != evaluate(COMPLETE, LAW), one.name


def test_the_review_over_a_holiday_counts_working_days():
    over_holiday = replace(
        COMPLETE, legality_sent_on=date(2026, 9, 24), legality_due_on=date(2026, 10, 12), legality_returned_on=None
    )
    assert failing(over_holiday) == set()
    a_day_less = replace(over_holiday, legality_due_on=date(2026, 10, 11))
    assert failing(a_day_less) == {"legality-review-time"}


def test_a_review_in_a_year_without_a_calendar_is_not_taken_as_met():
    far = date(2098, 3, 3)
    facts = replace(COMPLETE, legality_sent_on=far, legality_due_on=far + timedelta(days=60), legality_returned_on=None)
    assert failing(facts) == {"legality-review-time"}


def test_an_override_with_author_and_reason_lets_one_pass_and_no_other():
    facts = replace(
        COMPLETE,
        risk_report=False,
        meeting_draft=False,
        overrides={"risk-assessment": Override("法规处", "已由应急部门另行评估", date(2026, 11, 24))},
    )
    found = {check.id: check for check in evaluate(facts, LAW)}
    assert found["risk-assessment"].state is CheckState.OVERRIDDEN
    assert "已由应急部门另行评估" in found["risk-assessment"].why
    assert failing(facts) == {"meeting-draft"}


@pytest.mark.parametrize(("by", "reason"), [("法规处", ""), ("法规处", "。。"), (" ", "已另行评估")])
def test_an_override_without_author_or_reason_does_not_count(by, reason):
    override = {"risk-assessment": Override(by, reason, date(2026, 11, 24))}
    assert failing(replace(COMPLETE, risk_report=False, overrides=override)) == {"risk-assessment"}


def test_an_override_of_what_is_met_leaves_it_met():
    facts = replace(COMPLETE, overrides={"legality-review": Override("法规处", "理由", date(2026, 11, 24))})
    assert states(facts)["legality-review"] is CheckState.MET


@pytest.fixture
def with_own_row(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(
        "[[precondition]]\nid='party-group'\ntitle='党组会议研究'\ntest='confirmed'\nnext_step='提请研究'\n"
        "overridable=false\nbasis=[{note='本部门工作规则'}]\n",
        encoding="utf-8",
    )
    return rules.load(path)


@pytest.mark.parametrize(
    ("confirmed", "not_applicable", "state"),
    [
        ({}, {}, CheckState.UNMET),
        ({"party-group": None}, {}, CheckState.UNMET),
        ({"party-group": False}, {}, CheckState.UNMET),
        ({"party-group": True}, {}, CheckState.MET),
        ({}, {"party-group": "按规定不需上党组会"}, CheckState.NOT_APPLICABLE),
        ({}, {"party-group": " "}, CheckState.UNMET),
    ],
)
def test_a_departments_own_precondition_is_met_by_confirmation(with_own_row, confirmed, not_applicable, state):
    facts = replace(COMPLETE, confirmed=confirmed, not_applicable=not_applicable)
    found = {check.id: check.state for check in evaluate(facts, with_own_row)}
    assert found["party-group"] is state


def test_a_row_that_may_not_be_overridden_is_not(with_own_row):
    facts = replace(COMPLETE, overrides={"party-group": Override("法规处", "来不及", date(2026, 11, 24))})
    assert [check.id for check in unmet(evaluate(facts, with_own_row))] == ["party-group"]


def test_a_list_says_what_it_lacks():
    rule = LAW.sufficiency["enterprise-related"]
    assert suffices(ENOUGH, rule)
    assert lacks(ConsulteeCounts(), rule) == (
        "行业协会商会至少1家，现有0家，还差1家",
        "企业至少5家，现有0家，还差5家",
        "小微企业至少2家，现有0家，还差2家",
    )
