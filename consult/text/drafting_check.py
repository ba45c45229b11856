"""The drafting check of a legal division: numbering, references, dates, duties to hear."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources
from typing import Final

from consult.labels import Label, LabelledEnum
from consult.text.anchors import in_words
from consult.text.citations import Citation, CitationStatus, Reference, find_citations
from consult.text.comparison.versions import Comparison
from consult.text.instruments import Register
from consult.text.parser.tree import Draft, Kind


class Severity(LabelledEnum):
    """The severity of a finding: must be corrected, should be looked at, for information."""

    ERROR = "error", Label("必须改", "seal")
    WARNING = "warning", Label("请核对", "amber")
    NOTE = "note", Label("供参考", "plain")


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding of the check: what is wrong, where, and its legal basis if any."""

    code: str
    severity: Severity
    message: str
    anchor: str = ""
    line: int = 0
    basis: str = ""


_IN_FORCE: Final = re.compile(
    r"(?:自|从|于).{0,40}?(?:之日|日|月|年)?起?(?:开始)?(?:试?施行|实施|生效|执行)|公布之日起|印发之日起|发布之日起"
)
_VALIDITY: Final = re.compile(
    r"有效期|有效至|施行期限|试行期|暂行期|执行期限|有效期限|(?:施行|实施|执行)至\s*\d{4}年|截止日期"
)
_ENTERPRISE_BASIS: Final = "《优化营商环境条例》第六十二条"
_STATUS_FINDINGS: Final = {
    CitationStatus.EXPIRED: (Severity.ERROR, "“{name}”已经失效，不能作为依据。"),
    CitationStatus.SUPERSEDED: (Severity.ERROR, "“{name}”引用的是旧版本，现行版本为{current}。"),
    CitationStatus.MISSPELT: (Severity.ERROR, "“{name}”没有这个文件，是否应为《{suggestion}》？"),
    CitationStatus.UNKNOWN: (Severity.NOTE, "“{name}”不在文件库中，请人工核对。{hint}"),
    CitationStatus.NOT_YET: (Severity.WARNING, "“{name}”尚未施行，请核对施行日期。"),
}


@dataclass(frozen=True, slots=True)
class Purpose:
    """What kind of document a draft is."""

    normative_document: bool = True
    enterprise_related: bool = False
    today: date | None = None


def check_draft(
    draft: Draft, register: Register, purpose: Purpose | None = None, since: Comparison | None = None
) -> tuple[Finding, ...]:
    """Run the drafting check.

    `purpose` is the kind of document; `since` the comparison with the previous version, used to find articles cited by
    their old numbers. Returns the findings, errors first, then in the order of the draft.
    """
    purpose = purpose or Purpose()
    cited = find_citations(draft, register, purpose.today)
    findings = [Finding(w.code, Severity.WARNING, w.message, w.anchor, w.line) for w in draft.warnings]
    findings += [_dangling(reference) for reference in cited.dangling]
    findings += [finding for citation in cited.citations if (finding := _citation_finding(citation)) is not None]
    if since is not None:
        findings += _renumbered(cited.references, since)
    findings += _missing_clauses(draft, purpose)
    if not purpose.enterprise_related and (finding := _enterprise_related(draft)) is not None:
        findings.append(finding)
    order = list(Severity)
    return tuple(sorted(findings, key=lambda finding: (order.index(finding.severity), finding.line)))


def _dangling(reference: Reference) -> Finding:
    message = f"{_where(reference.anchor)}提到的“{reference.words}”在本文件中不存在，请核对条文序号。"
    return Finding("dangling_reference", Severity.ERROR, message, reference.anchor, reference.line)


def _where(anchor: str) -> str:
    return in_words(anchor)


def _citation_finding(citation: Citation) -> Finding | None:
    rule = _STATUS_FINDINGS.get(citation.status)
    if rule is None:
        return None
    severity, template = rule
    current = citation.current
    version = f"{current.adopted_on.year}年版" if current and current.adopted_on else "新版本"
    hint = f"文件库中有相近的《{citation.suggestion}》。" if citation.suggestion else ""
    message = template.format(name=citation.name, suggestion=citation.suggestion, current=version, hint=hint)
    code = f"citation_{citation.status.value}"
    return Finding(code, severity, f"{_where(citation.anchor)}：{message}", citation.anchor, citation.line)


def _renumbered(references: tuple[Reference, ...], since: Comparison) -> Iterator[Finding]:
    """Find articles that are still cited by their number in the previous version."""
    origins = {new: old for old, new in since.anchors.items()}
    for reference in references:
        if not reference.target.startswith("art-") or not reference.words.startswith("第"):
            continue
        article = re.match(r"art-\d+(?:-\d+)?", reference.target)
        citing = origins.get(reference.anchor)
        if article is None or citing is None or not _cited_before(citing, reference.words, since):
            continue
        now = since.anchors.get(article.group())
        if now is not None and now != article.group():
            message = (
                f"{_where(reference.anchor)}仍写“{reference.words}”，"
                f"而上一稿的{in_words(article.group())}在本稿中是{in_words(now)}，请核对。"
            )
            yield Finding("cited_after_renumbering", Severity.ERROR, message, reference.anchor, reference.line)


def _cited_before(citing: str, words: str, since: Comparison) -> bool:
    """Whether the provision's counterpart in the previous version had the same citation."""
    return any(
        words in "".join(node.text.split())
        for match in since.matches
        for top in match.old
        for node in top.walk()
        if node.anchor == citing
    )


def _missing_clauses(draft: Draft, purpose: Purpose) -> Iterator[Finding]:
    text = _own_text(draft)
    if not _IN_FORCE.search(text):
        yield Finding("no_effective_date", Severity.ERROR, "没有写明施行日期，请在附则或者文末写明“自…起施行”。")
    if purpose.normative_document and not _VALIDITY.search(text):
        yield Finding(
            "no_validity",
            Severity.WARNING,
            "规范性文件没有写明有效期，请写明“有效期至…”或者“有效期…年”。",
            basis="本地规范性文件管理规定",
        )


def _own_text(draft: Draft) -> str:
    """The text of the document without its annexes."""
    return "\n".join(
        node.text for top in draft.provisions if top.kind is not Kind.ANNEX for node in top.walk() if node.text
    )


@lru_cache(maxsize=1)
def _enterprise_words() -> tuple[int, tuple[tuple[re.Pattern[str], int, int], ...]]:
    data = tomllib.loads(resources.files("consult.text").joinpath("enterprise_words.toml").read_text("utf-8"))
    rows = tuple((re.compile(row["pattern"]), int(row["weight"]), int(row.get("limit", 1))) for row in data["word"])
    return int(data["threshold"]), rows


def words_about_enterprises(draft: Draft) -> tuple[str, ...]:
    """Return the wording about enterprises in a draft; empty where there is too little of it to mean anything."""
    threshold, rows = _enterprise_words()
    text = _own_text(draft)
    score, seen = 0, []
    for pattern, weight, limit in rows:
        words = [match.group() for match in pattern.finditer(text)]
        if words:
            score += weight * min(limit, len(words))
            seen.append(words[0])
    return tuple(seen) if score >= threshold else ()


GROUPS = re.compile(
    "老年人|残疾人|未成年人|儿童|妇女|女职工|职工|农民工|学生|退役军人|军属|失业人员|低保对象|困难群众|归侨|侨眷|少数民族"
)
"""Groups of which people's organisations and associations speak (《重大行政决策程序暂行条例》第十四条第三款)."""


def words_about_groups(draft: Draft) -> tuple[str, ...]:
    """Return the particular groups of people that a draft names, each once, in their order."""
    return tuple(dict.fromkeys(GROUPS.findall(_own_text(draft))))


def _enterprise_related(draft: Draft) -> Finding | None:
    """Find wording about enterprises in a draft that is not marked as enterprise-related."""
    seen = words_about_enterprises(draft)
    if not seen:
        return None
    message = (
        f"草案多处涉及企业生产经营（{'、'.join(seen)}），但没有标记为涉企文件；涉企文件应当听取企业和行业协会商会意见。"
    )
    return Finding("not_marked_enterprise_related", Severity.WARNING, message, basis=_ENTERPRISE_BASIS)
