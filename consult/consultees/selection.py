"""Proposes consultees for one consultation, and checks whether its list suffices."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, Select, or_, select

from consult.app_context import rules
from consult.consultees.models import Consultee, ConsulteeKind, Listed, Ownership
from consult.consultees.name_search import has_in_name
from consult.consultees.register import SECTORS
from consult.consultees.status import SMALL, on_list
from consult.drafting.models import Consultation
from consult.law.rule_rows import SufficiencyRule
from consult.law.sufficiency import ConsulteeCounts, missing_counts
from consult.store import db
from consult.text import tokens
from consult.text.organisation_names import is_lawyers_association

SUBJECT_WORDS = 5
LAWYERS_ASSOCIATION = "律师协会"
_FORM = re.compile(r"[（(].*?[）)]")
_ANY_TITLE = frozenset(
    re.findall(
        r"\w+",
        "关于 印发 通知 办法 规定 条例 细则 实施 暂行 试行 意见 方案 措施 管理 监督 工作 促进 加强 规范 进一步 若干 "
        "决定 指导 修订 修改 草案 征求 服务 建设 发展 标准 规则 制度 征求意见稿 送审稿 全省 全市",
    )
)
"""Words of titles without information about the subject."""
SPARE = 2
"""Factor by which proposals exceed the required number: some won't answer."""


@dataclass(frozen=True)
class Wanted:
    """The subject of a consultation: sections of GB/T 4754, region (beginning of its name), words."""

    sectors: tuple[str, ...] = ()
    region: str = ""
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proposed:
    """A proposed consultee with the reasons."""

    consultee: Consultee
    why: str


def subject_words(consultation: Consultation) -> tuple[str, ...]:
    """Return the words of a title that describe the subject."""
    title = _FORM.sub("", consultation.title)
    words = [word for word in tokens.cut(title) if len(word) > 1 and word not in _ANY_TITLE]
    return tuple(dict.fromkeys(words))[:SUBJECT_WORDS]


def demanded(consultation: Consultation) -> SufficiencyRule | None:
    """Return the sufficiency rule of a consultation; None where the law requires nobody in particular."""
    return rules().sufficiency["enterprise-related"] if consultation.enterprise_related else None


def propose(consultation: Consultation, wanted: Wanted) -> list[Proposed]:
    """Propose consultees that aren't on the list: associations, small and micro enterprises, then others.

    Each kind is proposed up to ``SPARE`` times what the rule demands; within a kind, those that fit the sector
    and the region come first, then those in the sector. Associations are proposed whatever their sector: they come
    first where they fit it. Whom else the law wants heard (lawyers, private and labour-intensive enterprises) is among
    the proposals where the register has it.
    """
    rule = rules().sufficiency["enterprise-related"]
    small = rule.small_micro * SPARE
    pick = _Pick(consultation, wanted)
    pick.take(ConsulteeKind.ASSOCIATION, max(2, rule.associations * SPARE), any_sector=True)
    pick.take(ConsulteeKind.ASSOCIATION, 1, has_in_name(LAWYERS_ASSOCIATION), any_sector=True)
    pick.take(ConsulteeKind.ENTERPRISE, small, Consultee.size.in_(SMALL))
    for one_of_these in (Consultee.ownership == Ownership.PRIVATE, Consultee.labour_intensive.is_(True)):
        pick.take(ConsulteeKind.ENTERPRISE, 1, one_of_these)
    proposed = sum(proposal.consultee.kind is ConsulteeKind.ENTERPRISE for proposal in pick.proposals)
    pick.take(ConsulteeKind.ENTERPRISE, max(0, rule.enterprises * SPARE - proposed))
    return pick.proposals


class _Pick:
    """Collects proposals without repetition."""

    def __init__(self, consultation: Consultation, wanted: Wanted) -> None:
        self._listed = (
            select(Listed.id)
            .where(Listed.consultation_id == consultation.id, Listed.consultee_id == Consultee.id)
            .exists()
        )
        held = (word for word in wanted.words if _is_in_a_name(word))  # no look through the register for the others
        self._wanted = replace(wanted, words=tuple(held))
        self.proposals: list[Proposed] = []

    def take(self, kind: ConsulteeKind, n: int, *conditions: ColumnElement[bool], any_sector: bool = False) -> None:
        """Take up to ``n`` of a kind: those that fit region and subject first, then those that fit one of them.

        Arguments:
            any_sector: once those of the sectors asked for are taken, others are.
        """
        left = n - self._take(kind, n, conditions, in_sector=True)
        if any_sector and self._wanted.sectors and left > 0:
            self._take(kind, left, conditions, in_sector=False)

    def _take(
        self, kind: ConsulteeKind, n: int, conditions: tuple[ColumnElement[bool], ...], *, in_sector: bool
    ) -> int:
        left = n
        for in_region, in_subject in ((True, True), (True, False), (False, True), (False, False)):
            asked = (in_region and not self._wanted.region) or (in_subject and not self._wanted.words)
            if left <= 0 or asked:
                continue
            query = self._query(kind, in_sector=in_sector, in_region=in_region, in_subject=in_subject)
            for consultee in db.session.scalars(query.where(*conditions).order_by(Consultee.id).limit(left)):
                self.proposals.append(Proposed(consultee, _why(consultee, self._wanted, in_region)))
                left -= 1
        return n - left

    def _query(self, kind: ConsulteeKind, *, in_sector: bool, in_region: bool, in_subject: bool) -> Select[Consultee]:
        wanted = self._wanted
        query = select(Consultee).where(Consultee.retired_at.is_(None), Consultee.kind == kind, ~self._listed)
        if in_sector and len(wanted.sectors) == 1:  # so that the index gives them in their order
            query = query.where(Consultee.sector == wanted.sectors[0])
        elif in_sector and wanted.sectors:
            query = query.where(Consultee.sector.in_(wanted.sectors))
        if in_region:
            query = query.where(Consultee.region.startswith(wanted.region, autoescape=True))
        if in_subject:
            query = query.where(or_(*map(has_in_name, wanted.words)))
        return query.where(Consultee.id.not_in([proposal.consultee.id for proposal in self.proposals]))


def _is_in_a_name(word: str) -> bool:
    return db.session.scalar(select(Consultee.id).where(has_in_name(word)).limit(1)) is not None


def _why(consultee: Consultee, wanted: Wanted, in_region: bool) -> str:
    reasons = []
    if consultee.kind is ConsulteeKind.ASSOCIATION:
        reasons.append("行业协会商会，依规定应当听取")
    if is_lawyers_association(consultee.name):
        reasons.append("律师协会")
    if consultee.size in SMALL:
        reasons.append("小微企业")
    if consultee.ownership is not None:
        reasons.append(f"{consultee.ownership.label.words}企业")
    if consultee.labour_intensive:
        reasons.append("劳动密集型企业")
    if wanted.sectors and consultee.sector in wanted.sectors:
        reasons.append(f"所属行业为{SECTORS[consultee.sector]}")
    if in_region:
        reasons.append(f"所在地区为{consultee.region}")
    reasons += [f"名称涉及“{word}”" for word in wanted.words if word and word in consultee.name]
    return "；".join(reasons) or "在册的征求意见对象"


def advised(on_list: ConsulteeCounts) -> tuple[tuple[str, ...], str]:
    """Return which consultees are recommended beyond the required ones, and the basis."""
    rule = rules().sufficiency["hear-widely"]
    return missing_counts(on_list, rule), rule.cited


def missing(consultation: Consultation) -> tuple[str, ...]:
    """Return in Chinese what the list lacks; empty when it suffices or nothing is required."""
    rule = demanded(consultation)
    return missing_counts(on_list(consultation), rule) if rule is not None else ()
