"""Conditions on the document for the meeting and what is published with it."""

from __future__ import annotations

import re

from consult.law.conditions.finding import Finding, condition, met, met_if_true, unmet
from consult.law.facts import Disclosure, Facts, Paper
from consult.law.rules import Rules


@condition("meeting-draft")
def meeting_draft(facts: Facts, rules: Rules) -> Finding:
    """There is a draft for the meeting."""
    return met_if_true(facts.meeting_draft, "送审稿已上传", "没有送审稿", "未登记送审稿")


@condition("interpretation-plan")
def interpretation_plan(facts: Facts, rules: Rules) -> Finding:
    """The interpretation plan was uploaded."""
    return check_paper(facts.interpretation_plan, "解读方案")


@condition("interpretation-material")
def interpretation_material(facts: Facts, rules: Rules) -> Finding:
    """The interpretation material was uploaded."""
    return check_paper(facts.interpretation_material, "解读材料")


def check_paper(paper: Paper | None, what: str) -> Finding:
    """Check that a paper was uploaded and its file still exists."""
    if paper is None:
        return unmet(f"没有{what}，请上传")
    return met(f"{what}：{paper.name}") if paper.there else unmet(f"{what}“{paper.name}”的文件已不存在")


MUST_BE_PUBLIC = frozenset({"normative-document", "enterprise-related"})
REASON_CHARACTERS = 10
ARTICLE = re.compile(r"第[一二三四五六七八九十百〇零\d]+条")


@condition("disclosure-attribute")
def disclosure_attribute(facts: Facts, rules: Rules) -> Finding:
    """The disclosure attribute is set, and is one that the law allows for this kind of document."""
    if facts.disclosure is None:
        return unmet("公开属性未确定")
    wrong = disclosure_error(facts.kind, facts.disclosure, facts.disclosure_reason)
    if wrong:
        return unmet(wrong)
    reason = f"：{facts.disclosure_reason}" if facts.disclosure_reason else ""
    return met(f"公开属性为{facts.disclosure.label.words}{reason}")


def disclosure_error(kind: str | None, chosen: Disclosure, reason: str) -> str:
    """Return in Chinese why a kind of document can't have a disclosure attribute; empty where it can.

    《政府信息公开条例》第二十条第一项: a normative document is disclosed on the government's own initiative;
    anything else needs its reason and the article that it rests on (第十四条至第十六条).
    """
    if chosen is Disclosure.PUBLIC:
        return ""
    if kind in MUST_BE_PUBLIC:
        return "行政规范性文件应当主动公开（《政府信息公开条例》第二十条第一项、《优化营商环境条例》第六十四条）"
    if sum(character.isalnum() for character in reason) < REASON_CHARACTERS or not ARTICLE.search(reason):
        return f"设为{chosen.label.words}的，请写明理由和所依据的条文（如《政府信息公开条例》第十四条）"
    return ""
