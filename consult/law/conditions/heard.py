"""Conditions on who was heard."""

from __future__ import annotations

from consult.law.conditions.finding import Finding, condition, met, not_applicable, unmet
from consult.law.facts import Facts
from consult.law.rules import ENTERPRISE_RELATED, Rules
from consult.law.sufficiency import ConsulteeCounts, lacks


@condition("consultees-heard")
def consultees_heard(facts: Facts, rules: Rules) -> Finding:
    """Enterprises and associations were heard in the numbers that the rules demand."""
    if facts.enterprise_related is None:
        return unmet("尚未确认是否与市场主体生产经营活动密切相关")
    if not facts.enterprise_related:
        return not_applicable("不属于与市场主体生产经营活动密切相关的文件")
    return enough(facts.heard, rules, ENTERPRISE_RELATED)


@condition("special-group-heard")
def special_group_heard(facts: Facts, rules: Rules) -> Finding:
    """Where a particular group is touched, its organisations and representatives were heard."""
    if facts.special_group is None:
        return unmet("尚未确认是否涉及特定群体利益")
    if not facts.special_group:
        return not_applicable("不涉及特定群体利益")
    return enough(facts.heard, rules, "special-group")


def enough(heard: ConsulteeCounts | None, rules: Rules, rule_id: str) -> Finding:
    if heard is None:
        return unmet("没有听取意见的记录")
    missing = lacks(heard, rules.sufficiency[rule_id])
    if missing:
        return unmet("；".join(missing))
    told = f"已听取行业协会商会{heard.associations}家、企业{heard.enterprises}家（其中小微企业{heard.small_micro}家）"
    if heard.group_organisations:
        told += f"、相关群体组织和代表{heard.group_organisations}个"
    return met(told)
