"""Conditions on who was heard."""

from __future__ import annotations

from consult.law.conditions.finding import Finding, condition, met, not_applicable, unmet
from consult.law.facts import Facts
from consult.law.rules import ENTERPRISE_RELATED, Rules
from consult.law.sufficiency import ConsulteeCounts, missing_counts


@condition("consultees-heard")
def consultees_heard(facts: Facts, rules: Rules) -> Finding:
    """Enterprises and associations were heard in the numbers that the rules require."""
    if facts.enterprise_related is None:
        return unmet("尚未确认是否与市场主体生产经营活动密切相关")
    if facts.enterprise_related:
        return check_sufficiency(facts.heard, rules, ENTERPRISE_RELATED)
    flag = facts.enterprise_unrelated
    if facts.enterprise_words and (flag is None or not flag.reason.strip() or not flag.second):
        words = "、".join(facts.enterprise_words)
        return unmet(f"未标为涉企，但是草案含有“{words}”等内容，须改为涉企，或者写明理由并由另一人确认")
    why = (
        f"：{flag.reason.strip()}（{flag.by}登记）"
        if flag is not None and flag.reason.strip()
        else "，草案检查未发现涉企内容"
    )
    return not_applicable(f"不属于与市场主体生产经营活动密切相关的文件{why}")


@condition("special-group-heard")
def special_group_heard(facts: Facts, rules: Rules) -> Finding:
    """Where a particular group is affected, its organisations and representatives were heard."""
    flag = facts.special_group
    if flag is None:
        return unmet("尚未确认是否涉及特定群体利益")
    if flag.applies:
        return check_sufficiency(facts.heard, rules, "special-group")
    if not flag.reason.strip():
        return unmet("标为不涉及特定群体利益，没有写明理由")
    if facts.group_words and not flag.second:
        words = "、".join(facts.group_words)
        return unmet(f"标为不涉及特定群体利益，但是草案写有“{words}”，须改为涉及，或者由另一人确认")
    return not_applicable(f"不涉及特定群体利益：{flag.reason.strip()}（{flag.by}登记）")


def check_sufficiency(heard: ConsulteeCounts | None, rules: Rules, rule_id: str, about: str = "") -> Finding:
    """Check the numbers heard against a sufficiency rule; ``about`` (Chinese) is the matter."""
    if heard is None:
        return unmet(f"没有听取意见的记录{f'（{about}意见）' if about else ''}")
    missing = missing_counts(heard, rules.sufficiency[rule_id])
    if missing:
        return unmet(f"{about}意见：{'；'.join(missing)}" if about else "；".join(missing))
    groups = f"、相关群体组织和代表{heard.group_organisations}个" if heard.group_organisations else ""
    return met(
        f"已听取行业协会商会{heard.associations}家、企业{heard.enterprises}家（其中小微企业{heard.small_micro}家）"
        f"{groups}{about}意见"
    )
