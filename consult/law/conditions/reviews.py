"""Conditions on the reviews, the assessment and the experts."""

from __future__ import annotations

from consult.law import clocks, periods
from consult.law.conditions.finding import Finding, State, condition, met, not_applicable, unmet, yes
from consult.law.conditions.heard import enough
from consult.law.facts import Facts, FairCompetition, Legality
from consult.law.rules import Rules


def touches_market(facts: Facts) -> bool | None:
    return True if facts.enterprise_related else facts.market_activity


@condition("fair-competition-review")
def fair_competition_review(facts: Facts, rules: Rules) -> Finding:
    """Where market activity is touched, the fair-competition review was passed."""
    touches = touches_market(facts)
    if touches is None:
        return unmet("尚未确认是否涉及经营者经济活动")
    if not touches:
        return not_applicable("不涉及经营者经济活动")
    if facts.fair_competition is None:
        return unmet("没有公平竞争审查结论")
    if facts.fair_competition is FairCompetition.VIOLATES:
        return unmet("审查结论为违反审查标准，不得出台")
    if facts.fair_competition is FairCompetition.EXCEPTION:
        return met("审查结论为适用例外规定（《公平竞争审查条例》第十二条），可以出台")
    return met("审查结论为符合审查标准")


@condition("fair-competition-heard")
def fair_competition_heard(facts: Facts, rules: Rules) -> Finding:
    """The fair-competition review heard the operators and associations, and the public where it is touched."""
    touches = touches_market(facts)
    if touches is None:
        return unmet("尚未确认是否涉及经营者经济活动")
    if not touches:
        return not_applicable("不涉及经营者经济活动")
    heard = enough(facts.competition_heard, rules, "fair-competition")
    if heard.state is not State.MET:
        return heard
    if facts.public_interest is None:
        return unmet("尚未确认公平竞争影响是否涉及社会公众利益")
    if facts.public_interest and not facts.competition_public_heard:
        return unmet("涉及社会公众利益，没有听取社会公众关于公平竞争影响的意见")
    return heard


@condition("legality-review")
def legality_review(facts: Facts, rules: Rules) -> Finding:
    """The legality review found the draft lawful."""
    if facts.legality is None:
        return unmet("没有合法性审查意见，不得提交讨论")
    if facts.legality is Legality.UNLAWFUL:
        return unmet("经审查不合法，不得提交讨论")
    if facts.legality is Legality.EXPLORATORY:
        return met("属于国家尚无明确规定的探索性改革决策事项，审查意见已明示法律风险")
    return met("合法性审查意见为合法")


@condition("legality-review-time")
def legality_review_time(facts: Facts, rules: Rules) -> Finding:
    """The legality review was given its working days: until it was due, or else until it came back."""
    until = facts.legality_due_on or facts.legality_returned_on
    if facts.legality_sent_on is None or until is None:
        return unmet("未登记送审日期或者审查期限")
    clock = clocks.run(rules.clocks["legality-review"], facts.legality_sent_on, rules.calendar)
    enough = clock.satisfied(max(until, facts.legality_returned_on or until))
    if enough is None:
        return unmet(clock.arithmetic)
    told = f"审查时间至{periods.in_words(until)}。{clock.arithmetic}"
    return met(told) if enough else unmet(f"少于{clock.rule.length}个工作日：{told}")


@condition("risk-assessment")
def risk_assessment(facts: Facts, rules: Rules) -> Finding:
    """Where a risk assessment applies, its report is there and finds the risk controllable."""
    if facts.risk_applies is None:
        return unmet("尚未确认是否需要风险评估")
    if not facts.risk_applies:
        return not_applicable("实施不会对社会稳定、公共安全等造成不利影响，无需风险评估")
    if not facts.risk_report:
        return unmet("没有风险评估报告")
    return yes(facts.risk_controllable, "风险评估结果为风险可控", "风险评估结果为风险不可控", "未登记风险评估结果")


@condition("expert-argument")
def expert_argument(facts: Facts, rules: Rules) -> Finding:
    """Where experts are to be heard, their opinions and how they were adopted are recorded."""
    if facts.experts_apply is None:
        return unmet("尚未确认是否需要专家论证")
    if not facts.experts_apply:
        return not_applicable("专业性、技术性不强，无需专家论证")
    return yes(
        facts.experts_reported,
        "已有专家论证意见及其采纳情况",
        "没有专家论证意见或者其采纳情况",
        "未登记专家论证意见及其采纳情况",
    )
