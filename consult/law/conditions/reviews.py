"""Conditions on the reviews of the newest version."""

from __future__ import annotations

from consult.law import clocks, periods
from consult.law.conditions.finding import Finding, State, condition, met, not_applicable, unmet
from consult.law.conditions.heard import check_sufficiency
from consult.law.facts import Facts, Flag
from consult.law.reviews import Conclusion, ReviewKind, ReviewState
from consult.law.rules import Rules


def check_exclusion(flag: Flag | None, facts: Facts, what: str) -> Finding:
    """Check a statement that something doesn't apply to the document: its reason, its person, no contradiction."""
    if flag is None:
        return unmet(f"尚未确认是否{what}")
    if not flag.reason.strip() or not flag.by:
        return unmet(f"标为不{what}，没有写明理由和登记人")
    if facts.enterprise_words and not flag.second:
        words = "、".join(facts.enterprise_words)
        return unmet(f"标为不{what}，但是草案含有“{words}”等内容，须由另一人核实确认")
    second = f"，{flag.second}确认" if flag.second else ""
    return not_applicable(f"不{what}：{flag.reason.strip()}（{flag.by}登记{second}）")


def market_unaffected(facts: Facts) -> Finding | None:
    """Return that the draft doesn't affect market activity, or what that statement lacks; None where it does."""
    if facts.enterprise_related or (facts.market_activity is not None and facts.market_activity.applies):
        return None
    return check_exclusion(facts.market_activity, facts, "涉及经营者经济活动")


def check_review(facts: Facts, kind: ReviewKind) -> Finding:
    """Check that a review of a kind is valid for the newest version and passes."""
    review = facts.reviews.get(kind)
    if review is None:
        return unmet("没有审查意见")
    if review.state is not ReviewState.STANDS:
        return unmet(review.why)
    if not review.passes:
        return unmet(f"{review.why}，不得提交讨论")
    return not_applicable(review.why) if review.conclusion is Conclusion.NOT_APPLICABLE else met(review.why)


@condition("fair-competition-review")
def fair_competition_review(facts: Facts, rules: Rules) -> Finding:
    """Where market activity is affected, the fair-competition review was passed."""
    return market_unaffected(facts) or check_review(facts, ReviewKind.FAIR_COMPETITION)


@condition("fair-competition-heard")
def fair_competition_heard(facts: Facts, rules: Rules) -> Finding:
    """Operators, associations and, where it is affected, the public were asked about the effect on competition."""
    untouched = market_unaffected(facts)
    if untouched is not None:
        return untouched
    heard = check_sufficiency(facts.competition_heard, rules, "fair-competition", "关于公平竞争影响的")
    if heard.state is not State.MET:
        return heard
    if facts.competition_public_asked:
        return heard
    flag = facts.public_interest
    if flag is None or flag.applies:
        return unmet("公开征求意见时没有就公平竞争影响听取社会公众意见")
    if not flag.reason.strip() or not flag.second:
        return unmet("标为公平竞争影响不涉及社会公众利益，须写明理由并由另一人确认")
    return heard


@condition("legality-review")
def legality_review(facts: Facts, rules: Rules) -> Finding:
    """The legality review found the draft lawful."""
    return check_review(facts, ReviewKind.LEGALITY)


@condition("legality-review-time")
def legality_review_time(facts: Facts, rules: Rules) -> Finding:
    """The legality review had its working days, those of a completion (补正) not counted."""
    review = facts.reviews.get(ReviewKind.LEGALITY)
    if review is None or review.sent_on is None or review.returned_on is None:
        return unmet("未登记送审日期或者退回日期")
    clock = clocks.legality_review(rules, facts.kind, review.sent_on, review.paused_days, rules.calendar)
    until = max(review.returned_on, review.due_on or review.returned_on)
    enough_time = clock.satisfied(until)
    if enough_time is None:
        return unmet(clock.arithmetic)
    words = f"审查时间至{periods.in_words(until)}。{clock.arithmetic}"
    return met(words) if enough_time else unmet(f"少于{clock.rule.length}个工作日：{words}")


@condition("risk-assessment")
def risk_assessment(facts: Facts, rules: Rules) -> Finding:
    """The risk was assessed and is controllable, or a reviewer says why no assessment applies."""
    return check_review(facts, ReviewKind.RISK)


@condition("expert-argument")
def expert_argument(facts: Facts, rules: Rules) -> Finding:
    """Experts were heard, at a meeting or in signed papers, or a reviewer says why that doesn't apply."""
    return check_review(facts, ReviewKind.EXPERTS)
