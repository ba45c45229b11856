"""The preconditions of the meeting: a file where all is met, and every way of being one fact away from it."""

from dataclasses import fields, replace
from datetime import date, timedelta

import pytest

from consult.law import loading
from consult.law.facts import Disclosure, Facts, Flag, Hearing, NoticeChannel, Override, Paper
from consult.law.preconditions import CheckState, evaluate, unmet
from consult.law.reviews import Conclusion, ReviewFinding, ReviewKind, ReviewState
from consult.law.sufficiency import ConsulteeCounts, missing_counts

LAW = loading.national()
ENOUGH = ConsulteeCounts(associations=1, enterprises=5, small_micro=2, group_organisations=1)
COMPETITION = ConsulteeCounts(associations=1, enterprises=1)

YES = Flag(True, by="起草处室")
NO = Flag(False, "只规定内部工作流程，不对外产生影响", "起草处室", "法规处")
UNCONFIRMED = replace(NO, second="")
WORDS = ("企业", "保证金", "资质")


def review(kind, conclusion, passes=True, state=ReviewState.STANDS, **more):
    return ReviewFinding(kind, state, f"第2稿，法规处：{conclusion.value}", conclusion, passes, 2, **more)


LEGALITY = review(
    ReviewKind.LEGALITY,
    Conclusion.LAWFUL,
    sent_on=date(2026, 11, 10),
    due_on=date(2026, 11, 19),
    returned_on=date(2026, 11, 18),
)
REVIEWS = {
    ReviewKind.LEGALITY: LEGALITY,
    ReviewKind.FAIR_COMPETITION: review(ReviewKind.FAIR_COMPETITION, Conclusion.CONFORMS),
    ReviewKind.RISK: review(ReviewKind.RISK, Conclusion.CONTROLLABLE),
    ReviewKind.EXPERTS: review(ReviewKind.EXPERTS, Conclusion.SUPPORTED),
}


VIOLATES = review(ReviewKind.FAIR_COMPETITION, Conclusion.VIOLATES, passes=False)


def with_review(kind, finding):
    """The reviews with another finding of a kind; None: nothing is recorded."""
    return {"reviews": {**REVIEWS, kind: finding} if finding else {k: v for k, v in REVIEWS.items() if k is not kind}}


def legality(**changed):
    return with_review(ReviewKind.LEGALITY, replace(LEGALITY, **changed))


COMPLETE = Facts(
    kind="major-decision",
    enterprise_related=True,
    market_activity=YES,
    special_group=YES,
    public_interest=YES,
    period_days=30,
    period_ended=True,
    draft_published=True,
    explanation_published=True,
    notice_lacks=(),
    notice_channels=frozenset({NoticeChannel.WEBSITE, NoticeChannel.MAILBOX, NoticeChannel.NEW_MEDIA}),
    hearings=(Hearing(date(2026, 11, 20), date(2026, 11, 13)),),
    heard=ENOUGH,
    competition_heard=COMPETITION,
    competition_public_asked=True,
    submissions_unscreened=0,
    opinions_total=120,
    opinions_undecided=0,
    opinions_unreviewed=0,
    concentrated_unadopted=3,
    concentrated_without_reason=0,
    feedback_published=True,
    feedback_current=True,
    reviews=REVIEWS,
    meeting_draft=True,
    interpretation_plan=Paper("解读方案.docx", True),
    interpretation_material=Paper("解读材料.docx", True),
    disclosure=Disclosure.PUBLIC,
)
NONE_NEEDED = {
    ReviewKind.RISK: review(ReviewKind.RISK, Conclusion.NOT_APPLICABLE),
    ReviewKind.EXPERTS: review(ReviewKind.EXPERTS, Conclusion.NOT_APPLICABLE),
}
PLAIN = replace(
    COMPLETE,
    kind="normative-document",
    enterprise_related=False,
    market_activity=NO,
    special_group=NO,
    hearings=(),
    concentrated_unadopted=0,
    heard=None,
    competition_heard=None,
    public_interest=None,
    reviews={ReviewKind.LEGALITY: LEGALITY, **NONE_NEEDED},
)


def states(facts):
    return {check.id: check.state for check in evaluate(facts, LAW)}


def failing(facts):
    return {check.id for check in unmet(evaluate(facts, LAW))}


def test_a_complete_file_meets_every_precondition():
    assert set(states(COMPLETE).values()) == {CheckState.MET}
    assert len(states(COMPLETE)) == 25


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
    ({"notice_lacks": None}, {"notice-states-how"}, "尚未公布"),
    ({"notice_lacks": ("署名和日期",)}, {"notice-states-how"}, "署名和日期"),
    ({"notice_channels": None}, {"notice-channels", "plan-channels"}, "尚未公布"),
    ({"notice_channels": frozenset()}, {"notice-channels", "plan-channels"}, "政府网站"),
    ({"notice_channels": frozenset({NoticeChannel.PRESS})}, {"notice-channels", "plan-channels"}, "政府网站"),
    ({"notice_channels": WEBSITE_ONLY}, {"notice-channels", "plan-channels"}, "政务新媒体"),
    ({"notice_channels": WEBSITE_ONLY | {NoticeChannel.NEW_MEDIA}}, {"plan-channels"}, "征集信箱"),
    ({"notice_channels": WEBSITE_ONLY | {NoticeChannel.MAILBOX, NoticeChannel.PRESS}}, {"plan-channels"}, "政务新媒体"),
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
    ({"submissions_unscreened": 1}, {"submissions-screened", "opinions-decided"}, "1件来件"),
    ({"submissions_unscreened": 2816}, {"submissions-screened", "opinions-decided"}, "2816件来件"),
    ({"submissions_unscreened": 1, "opinions_total": 0}, {"submissions-screened", "opinions-decided"}, "待审核"),
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
    (with_review(ReviewKind.FAIR_COMPETITION, None), {"fair-competition-review"}, "没有审查意见"),
    (
        with_review(
            ReviewKind.FAIR_COMPETITION, review(ReviewKind.FAIR_COMPETITION, Conclusion.VIOLATES, passes=False)
        ),
        {"fair-competition-review"},
        "不得提交讨论",
    ),
    *(
        (
            with_review(kind, replace(REVIEWS[kind], state=state, passes=False, why="须由审查人对照新旧文稿确认")),
            {row},
            "对照新旧文稿",
        )
        for kind, row in (
            (ReviewKind.FAIR_COMPETITION, "fair-competition-review"),
            (ReviewKind.LEGALITY, "legality-review"),
            (ReviewKind.RISK, "risk-assessment"),
            (ReviewKind.EXPERTS, "expert-argument"),
        )
        for state in ReviewState
        if state not in (ReviewState.STANDS,)
    ),
    ({"competition_heard": None}, {"fair-competition-heard"}, "没有听取意见的记录"),
    ({"competition_heard": replace(COMPETITION, enterprises=0)}, {"fair-competition-heard"}, "企业至少1家"),
    ({"competition_heard": replace(COMPETITION, associations=0)}, {"fair-competition-heard"}, "行业协会商会至少1家"),
    ({"competition_public_asked": None}, {"fair-competition-heard"}, "社会公众意见"),
    ({"competition_public_asked": False}, {"fair-competition-heard"}, "社会公众意见"),
    ({"competition_public_asked": False, "public_interest": None}, {"fair-competition-heard"}, "社会公众意见"),
    (
        {"competition_public_asked": False, "public_interest": UNCONFIRMED},
        {"fair-competition-heard"},
        "由另一人确认",
    ),
    (
        {"competition_public_asked": False, "public_interest": replace(NO, reason=" ")},
        {"fair-competition-heard"},
        "写明理由",
    ),
    (with_review(ReviewKind.LEGALITY, None), {"legality-review", "legality-review-time"}, "没有审查意见"),
    (legality(conclusion=Conclusion.UNLAWFUL, passes=False), {"legality-review"}, "不得提交讨论"),
    (legality(sent_on=None), {"legality-review-time"}, "未登记送审日期"),
    (legality(returned_on=None), {"legality-review-time"}, "退回日期"),
    (legality(due_on=date(2026, 11, 18)), {"legality-review-time"}, "少于7个工作日"),
    (legality(due_on=None), {"legality-review-time"}, "少于7个工作日"),
    (legality(sent_on=date(2026, 11, 11)), {"legality-review-time"}, "少于7个工作日"),
    (legality(paused_days=1), {"legality-review-time"}, "少于7个工作日"),
    (with_review(ReviewKind.RISK, None), {"risk-assessment"}, "没有审查意见"),
    (
        with_review(ReviewKind.RISK, review(ReviewKind.RISK, Conclusion.UNCONTROLLABLE, passes=False)),
        {"risk-assessment"},
        "不得提交讨论",
    ),
    (with_review(ReviewKind.EXPERTS, None), {"expert-argument"}, "没有审查意见"),
    ({"meeting_draft": None}, {"meeting-draft"}, "未登记"),
    ({"meeting_draft": False}, {"meeting-draft"}, "没有送审稿"),
    ({"interpretation_plan": None}, {"interpretation-plan"}, "没有解读方案"),
    ({"interpretation_plan": Paper("解读方案.docx", False)}, {"interpretation-plan"}, "已不存在"),
    ({"interpretation_material": None}, {"interpretation-material"}, "没有解读材料"),
    ({"interpretation_material": Paper("解读材料.docx", False)}, {"interpretation-material"}, "已不存在"),
    ({"disclosure": None}, {"disclosure-attribute"}, "未确定"),
    ({"disclosure": Disclosure.NOT_PUBLIC}, {"disclosure-attribute"}, "写明理由"),
    ({"disclosure": Disclosure.ON_REQUEST, "disclosure_reason": "内部管理事务"}, {"disclosure-attribute"}, "条文"),
    ({"hearings": (replace(COMPLETE.hearings[0], lacking="没有会议笔录"),)}, {"hearing-material"}, "没有会议笔录"),
]


@pytest.mark.parametrize(("change", "expected", "reason"), AWAY)
def test_one_fact_away_from_met(change, expected, reason):
    checks = evaluate(replace(COMPLETE, **change), LAW)
    missing = unmet(checks)
    assert {check.id for check in missing} == expected
    assert any(reason in check.why for check in missing)
    assert all(check.next_step and check.basis and check.evidence for check in missing)


SECRET = "涉及国家秘密，依据《政府信息公开条例》第十四条"
PLAIN_AWAY = [
    ({"market_activity": None}, {"fair-competition-review", "fair-competition-heard"}),
    ({"market_activity": YES}, {"fair-competition-review", "fair-competition-heard"}),
    ({"market_activity": replace(NO, reason="")}, {"fair-competition-review", "fair-competition-heard"}),
    ({"market_activity": replace(NO, by="")}, {"fair-competition-review", "fair-competition-heard"}),
    ({"enterprise_related": True}, {"consultees-heard", "fair-competition-review", "fair-competition-heard"}),
    ({"enterprise_words": WORDS}, {"consultees-heard"}),
    ({"enterprise_words": WORDS, "enterprise_unrelated": UNCONFIRMED}, {"consultees-heard"}),
    (
        {"enterprise_words": WORDS, "enterprise_unrelated": NO, "market_activity": UNCONFIRMED},
        {"fair-competition-review", "fair-competition-heard"},
    ),
    ({"special_group": YES}, {"special-group-heard"}),
    ({"special_group": replace(NO, reason="")}, {"special-group-heard"}),
    ({"special_group": UNCONFIRMED, "group_words": ("老年人",)}, {"special-group-heard"}),
    ({"special_group": UNCONFIRMED}, set()),
    ({"special_group": NO, "group_words": ("老年人",)}, set()),
    ({"reviews": {ReviewKind.LEGALITY: LEGALITY}}, {"risk-assessment", "expert-argument"}),
    ({"period_days": 29}, {"notice-period"}),
    ({"period_days": 29, "shortening_reason": "紧急"}, {"notice-period"}),
    (
        {"disclosure": Disclosure.ON_REQUEST, "disclosure_reason": "依据《政府信息公开条例》第十四条不予公开"},
        {"disclosure-attribute"},
    ),
]


@pytest.mark.parametrize(("change", "expected"), PLAIN_AWAY)
def test_a_plain_document_one_fact_away(change, expected):
    assert failing(replace(PLAIN, **change)) == expected


STILL_MET = [
    {"kind": "major-decision", "enterprise_related": False, "period_days": 10, "shortening_reason": "防汛紧急"},
    with_review(ReviewKind.FAIR_COMPETITION, review(ReviewKind.FAIR_COMPETITION, Conclusion.EXCEPTION)),
    legality(conclusion=Conclusion.EXPLORATORY),
    legality(due_on=None, returned_on=date(2026, 11, 19)),
    {"opinions_total": 0},
    {"disclosure": Disclosure.NOT_PUBLIC, "disclosure_reason": SECRET},
    {"public_interest": NO, "competition_public_asked": False},
    {"market_activity": NO},
    {"hearings": ()},
    with_review(ReviewKind.RISK, NONE_NEEDED[ReviewKind.RISK]),
]


@pytest.mark.parametrize("change", STILL_MET)
def test_another_lawful_way_is_met_too(change):
    assert failing(replace(COMPLETE, **change)) == set()


def test_every_fact_matters():
    """Each field of the facts, made unknown, changes the answer of the complete file or of one of its variants."""
    indifferent = {"shortening_reason", "confirmed", "not_applicable", "overrides", "market_activity"}
    indifferent |= {
        "enterprise_words",
        "enterprise_unrelated",
        "group_words",
        "public_interest",
        "disclosure_reason",
        "reviews",
    }  # above
    for field in fields(Facts):
        if field.name in indifferent:
            continue
        changed = replace(COMPLETE, **{field.name: None})
        assert evaluate(changed, LAW) != evaluate(COMPLETE, LAW), field.name


def test_the_review_over_a_holiday_counts_working_days():
    over_holiday = legality(sent_on=date(2026, 9, 24), due_on=None, returned_on=date(2026, 10, 12))
    assert failing(replace(COMPLETE, **over_holiday)) == set()
    a_day_less = legality(sent_on=date(2026, 9, 24), due_on=None, returned_on=date(2026, 10, 11))
    assert failing(replace(COMPLETE, **a_day_less)) == {"legality-review-time"}


def test_a_review_in_a_year_without_a_calendar_is_not_taken_as_met():
    far = date(2098, 3, 3)
    facts = replace(COMPLETE, **legality(sent_on=far, due_on=None, returned_on=far + timedelta(days=60)))
    assert failing(facts) == {"legality-review-time"}


def test_a_normative_document_has_its_own_time_of_review():
    five_days = legality(sent_on=date(2026, 11, 9), due_on=None, returned_on=date(2026, 11, 16))
    assert failing(replace(PLAIN, reviews={**PLAIN.reviews, **five_days["reviews"], **NONE_NEEDED})) == set()
    assert failing(replace(COMPLETE, **five_days)) == {"legality-review-time"}


NO_DRAFT = replace(COMPLETE, meeting_draft=False)
FOUND = "没有送审稿"
EXCEPTION = Override("法规处甲", "送审稿随会议通知另行报送。", date(2026, 11, 24), FOUND, "说明.pdf", "法规处乙")


def test_an_exception_with_paper_and_second_person_lets_one_pass_and_no_other():
    facts = replace(NO_DRAFT, disclosure=None, overrides={"meeting-draft": EXCEPTION})
    checks = {check.id: check for check in evaluate(facts, LAW)}
    assert checks["meeting-draft"].state is CheckState.OVERRIDDEN
    assert "另行报送" in checks["meeting-draft"].why
    assert failing(facts) == {"disclosure-attribute"}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"reason": "1"}, "理由不足"),
        ({"reason": "领导同意"}, "理由不足"),
        ({"reason": "。。。。。。。。。。。。"}, "理由不足"),
        ({"document": ""}, "没有证明材料"),
        ({"approved_by": ""}, "尚未经另一人批准"),
        ({"finding": "没有登记"}, "现已变化"),
    ],
)
def test_an_exception_that_lacks_one_thing_does_not_count(changed, words):
    checks = evaluate(replace(NO_DRAFT, overrides={"meeting-draft": replace(EXCEPTION, **changed)}), LAW)
    (missing,) = unmet(checks)
    assert missing.id == "meeting-draft"
    assert words in missing.why


@pytest.mark.parametrize(
    ("kind", "row"),
    [(ReviewKind.LEGALITY, "legality-review"), (ReviewKind.FAIR_COMPETITION, "fair-competition-review")],
)
def test_what_the_law_says_cannot_be_passed_cannot_be_passed(kind, row):
    facts = replace(COMPLETE, **with_review(kind, None))
    facts = replace(facts, overrides={row: replace(EXCEPTION, finding="没有审查意见")})
    assert row in failing(facts)
    assert "不得例外处理" in next(check.why for check in evaluate(facts, LAW) if check.id == row)


def test_an_exception_to_what_is_met_leaves_it_met():
    assert states(replace(COMPLETE, overrides={"meeting-draft": EXCEPTION}))["meeting-draft"] is CheckState.MET


@pytest.fixture
def with_own_row(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(
        "[[precondition]]\nid='party-group'\ntitle='党组会议研究'\ntest='confirmed'\nnext_step='提请研究'\n"
        "overridable=false\nbasis=[{note='本部门工作规则'}]\n",
        encoding="utf-8",
    )
    return loading.load(path)


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
    checks = {check.id: check.state for check in evaluate(facts, with_own_row)}
    assert checks["party-group"] is state


def test_a_row_that_may_not_be_overridden_is_not(with_own_row):
    facts = replace(COMPLETE, overrides={"party-group": replace(EXCEPTION, finding="尚未确认")})
    assert [check.id for check in unmet(evaluate(facts, with_own_row))] == ["party-group"]


def test_a_list_says_what_it_lacks():
    rule = LAW.sufficiency["enterprise-related"]
    assert missing_counts(ENOUGH, rule) == ()
    assert missing_counts(ConsulteeCounts(), rule) == (
        "行业协会商会至少1家，现有0家，还差1家",
        "企业至少5家，现有0家，还差5家",
        "小微企业至少2家，现有0家，还差2家",
    )
