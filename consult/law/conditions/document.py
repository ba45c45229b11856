"""Conditions on the document for the meeting and what is published with it."""

from __future__ import annotations

from consult.law.conditions.finding import Finding, condition, met, unmet, yes
from consult.law.facts import Disclosure, Facts
from consult.law.rules import Rules


@condition("meeting-draft")
def meeting_draft(facts: Facts, rules: Rules) -> Finding:
    """The draft for the meeting is there."""
    return yes(facts.meeting_draft, "送审稿已上传", "没有送审稿", "未登记送审稿")


@condition("interpretation-plan")
def interpretation_plan(facts: Facts, rules: Rules) -> Finding:
    """The interpretation plan is prepared together with the document."""
    return yes(facts.interpretation_plan, "解读方案已制定", "没有解读方案", "未登记解读方案")


@condition("interpretation-material")
def interpretation_material(facts: Facts, rules: Rules) -> Finding:
    """The interpretation material is prepared together with the document."""
    return yes(facts.interpretation_material, "解读材料已准备", "没有解读材料", "未登记解读材料")


DISCLOSURE_NAMES = {
    Disclosure.PUBLIC: "主动公开",
    Disclosure.ON_REQUEST: "依申请公开",
    Disclosure.NOT_PUBLIC: "不予公开",
}


@condition("disclosure-attribute")
def disclosure_attribute(facts: Facts, rules: Rules) -> Finding:
    """The disclosure attribute is set."""
    if facts.disclosure is None:
        return unmet("公开属性未确定")
    return met(f"公开属性为{DISCLOSURE_NAMES[facts.disclosure]}")
