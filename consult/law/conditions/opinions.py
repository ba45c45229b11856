"""Conditions on the opinions, the decisions on them and the feedback."""

from __future__ import annotations

from consult.law.conditions.finding import Finding, condition, met, met_if_true, met_if_zero, not_applicable, unmet
from consult.law.facts import Facts
from consult.law.rules import Rules


@condition("submissions-screened")
def submissions_screened(facts: Facts, rules: Rules) -> Finding:
    """Every submission is screened."""
    return met_if_zero(facts.submissions_unscreened, "来件均已审核", "还有{}件来件未审核或者未归属", "未统计来件")


@condition("opinions-decided")
def opinions_decided(facts: Facts, rules: Rules) -> Finding:
    """Every opinion has a decision."""
    if facts.opinions_total is None:
        return unmet("未统计意见")
    if facts.submissions_unscreened:
        return unmet(f"还有{facts.submissions_unscreened}件来件待审核，意见尚未全部形成")
    done = f"{facts.opinions_total}条意见均已处理" if facts.opinions_total else "没有收到意见"
    return met_if_zero(facts.opinions_undecided, done, "还有{}条意见未处理", "未统计意见处理情况")


@condition("opinions-reviewed")
def opinions_reviewed(facts: Facts, rules: Rules) -> Finding:
    """Every decision was reviewed by another person."""
    return met_if_zero(facts.opinions_unreviewed, "处理结果均已复核", "还有{}条处理结果未复核", "未统计复核情况")


@condition("concentrated-reasons")
def concentrated_reasons(facts: Facts, rules: Rules) -> Finding:
    """Every concentrated opinion that was not adopted has a published reason."""
    if facts.concentrated_unadopted is None or facts.concentrated_without_reason is None:
        return unmet("未统计较为集中的意见")
    if facts.concentrated_without_reason:
        return unmet(
            f"还有{facts.concentrated_without_reason}条较为集中而未采纳的意见没有公开理由，或者理由没有说明为什么"
        )
    if not facts.concentrated_unadopted:
        return not_applicable("没有较为集中而未采纳的意见")
    return met(f"{facts.concentrated_unadopted}条较为集中而未采纳的意见均已公开理由")


@condition("feedback-report")
def feedback_report(facts: Facts, rules: Rules) -> Finding:
    """The feedback report is public, and nothing has changed since."""
    if not facts.feedback_published:
        return unmet("意见采纳情况反馈尚未公布")
    return met_if_true(
        facts.feedback_current,
        "意见采纳情况反馈已公布",
        "公布后又有意见或者处理结果变动，须重新编制并公布",
        "未核对反馈公布后有无变动",
    )
