"""Whom to hear in one consultation: the proposal with its reasons, the list, whether it suffices."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, or_, select

from consult.accounts.permissions import Act, Actor, require
from consult.consultees import invitations
from consult.consultees.errors import ConsulteeRefused
from consult.consultees.models import Consultee, ConsulteeKind, Listed, Size
from consult.consultees.register import SECTORS, TURNS
from consult.consultees.standing import HEARD, SMALL, UNINVITED, follow, on_list
from consult.drafting.models import Consultation
from consult.law.rows import SufficiencyRule
from consult.law.sufficiency import lacks
from consult.ledger.service import record
from consult.settings import rules
from consult.store import db, transaction
from consult.store.claiming import hold, take_turns
from consult.text import tokens

AT_ONCE = 400
SUBJECT_WORDS = 5
_FORM = re.compile(r"[（(].*?[）)]")
_ANY_TITLE = frozenset(
    re.findall(
        r"\w+",
        "关于 印发 通知 办法 规定 条例 细则 实施 暂行 试行 意见 方案 措施 管理 监督 工作 促进 加强 规范 进一步 若干 "
        "决定 指导 修订 修改 草案 征求 服务 建设 发展 标准 规则 制度 征求意见稿 送审稿 全省 全市",
    )
)
"""Words that say nothing of what a document is about."""
SPARE = 2
"""So many times the demanded number are proposed: some won't answer."""


@dataclass(frozen=True)
class Wanted:
    """What a consultation is about: sections of GB/T 4754, region (beginning of its name), words of its subject."""

    sectors: tuple[str, ...] = ()
    region: str = ""
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proposed:
    """A consultee that the platform proposes, and why."""

    consultee: Consultee
    why: str


def subject_words(consultation: Consultation) -> tuple[str, ...]:
    """Return the words of a title that say what it is about, without those that every document's title has."""
    title = _FORM.sub("", consultation.title)
    words = [word for word in tokens.cut(title) if len(word) > 1 and word not in _ANY_TITLE]
    return tuple(dict.fromkeys(words))[:SUBJECT_WORDS]


def demanded(consultation: Consultation) -> SufficiencyRule | None:
    """Return the rule that says how many must be heard; None where the law demands nobody in particular."""
    return rules().sufficiency["enterprise-related"] if consultation.enterprise_related else None


def propose(consultation: Consultation, wanted: Wanted) -> list[Proposed]:
    """Propose consultees that aren't on the list: associations, small and micro enterprises, then others.

    Each kind is proposed up to ``SPARE`` times what the rule demands; within a kind, those that fit the sector
    and the region come first, then those in the sector.
    """
    rule = rules().sufficiency["enterprise-related"]
    small = rule.small_micro * SPARE
    pick = _Pick(consultation, wanted)
    pick.take(ConsulteeKind.ASSOCIATION, None, max(2, rule.associations * SPARE))
    pick.take(ConsulteeKind.ENTERPRISE, SMALL, small)
    pick.take(ConsulteeKind.ENTERPRISE, None, max(0, rule.enterprises * SPARE - small))
    return pick.proposals


class _Pick:
    """Proposals as they are collected; nobody twice."""

    def __init__(self, consultation: Consultation, wanted: Wanted) -> None:
        self._listed = (
            select(Listed.id)
            .where(Listed.consultation_id == consultation.id, Listed.consultee_id == Consultee.id)
            .exists()
        )
        self._wanted = wanted
        self.proposals: list[Proposed] = []

    def take(self, kind: ConsulteeKind, sizes: tuple[Size, ...] | None, n: int) -> None:
        """Take up to ``n`` of a kind: those that fit region and subject first, then those that fit one of them."""
        left = n
        for in_region, in_subject in ((True, True), (True, False), (False, True), (False, False)):
            asked = (in_region and not self._wanted.region) or (in_subject and not self._wanted.words)
            if left <= 0 or asked:
                continue
            query = self._query(kind, sizes, in_region=in_region, in_subject=in_subject)
            for consultee in db.session.scalars(query.order_by(Consultee.id).limit(left)):
                self.proposals.append(Proposed(consultee, _why(consultee, self._wanted, in_region)))
                left -= 1

    def _query(
        self, kind: ConsulteeKind, sizes: tuple[Size, ...] | None, *, in_region: bool, in_subject: bool
    ) -> Select[Consultee]:
        wanted = self._wanted
        query = select(Consultee).where(Consultee.retired_at.is_(None), Consultee.kind == kind, ~self._listed)
        if len(wanted.sectors) == 1:  # so that the index gives them in their order
            query = query.where(Consultee.sector == wanted.sectors[0])
        elif wanted.sectors:
            query = query.where(Consultee.sector.in_(wanted.sectors))
        if in_region:
            query = query.where(Consultee.region.startswith(wanted.region, autoescape=True))
        if in_subject:
            query = query.where(or_(*(Consultee.name.contains(word, autoescape=True) for word in wanted.words)))
        if sizes is not None:
            query = query.where(Consultee.size.in_(sizes))
        return query.where(Consultee.id.not_in([one.consultee.id for one in self.proposals]))


def _why(consultee: Consultee, wanted: Wanted, in_region: bool) -> str:
    reasons = []
    if consultee.kind is ConsulteeKind.ASSOCIATION:
        reasons.append("行业协会商会，依规定应当听取")
    if consultee.size in SMALL:
        reasons.append("小微企业")
    if wanted.sectors and consultee.sector in wanted.sectors:
        reasons.append(f"所属行业为{SECTORS[consultee.sector]}")
    if in_region:
        reasons.append(f"所在地区为{consultee.region}")
    reasons += [f"名称涉及“{word}”" for word in wanted.words if word and word in consultee.name]
    return "；".join(reasons) or "在册的征求意见对象"


def add(actor: Actor, consultation: Consultation, chosen: Iterable[tuple[Consultee, str]], *, at: datetime) -> int:
    """Put consultees on the list, each with its reason; one that was taken off comes back. Return how many are new."""
    require(actor, Act.INVITE, consultation)
    wanted = {consultee.id: (consultee, why) for consultee, why in chosen}
    with transaction():
        take_turns(TURNS)  # who is retired or merged meanwhile is not listed
        hold(consultation)
        added = 0
        for start in range(0, len(wanted), AT_ONCE):
            added += _add(actor, consultation, dict(list(wanted.items())[start : start + AT_ONCE]), at)
    return added


def _add(actor: Actor, consultation: Consultation, chosen: dict[int, tuple[Consultee, str]], at: datetime) -> int:
    # One query reads all anew that the transaction's beginning let go stale; each by itself costs a query each.
    db.session.scalars(select(Consultee).where(Consultee.id.in_(chosen))).all()
    known = {
        row.consultee_id: row
        for row in db.session.scalars(
            select(Listed).where(
                Listed.consultation_id == consultation.id,
                Listed.consultee_id.in_(chosen),
            )
        )
    }
    added: list[int] = []
    for consultee, why in chosen.values():
        if consultee.retired_at is not None:
            raise ConsulteeRefused(f"{consultee.name}已经停用，不能列入。")
        row = known.get(consultee.id)
        if row is not None and row.removed_at is None:
            continue
        if row is None:
            row = Listed(consultation_id=consultation.id, consultee_id=consultee.id, standing=UNINVITED, counted="")
            db.session.add(row)
        row.why, row.at, row.by_id = why.strip() or "起草处室指定", at, actor.id
        row.removed_at, row.removed_reason = None, ""
        added.append(consultee.id)
        _record(actor, "consultee.list", consultation, consultee, at, why=row.why)
    follow(consultation.id, added)
    return len(added)


def remove(actor: Actor, consultation: Consultation, consultee: Consultee, reason: str, *, at: datetime) -> None:
    """Take a consultee off the list with a reason, which is kept; its invitation is taken back with it.

    Raises:
        ConsulteeRefused: no reason, it isn't on the list, or it was heard: an answer can't be unsaid.
    """
    require(actor, Act.INVITE, consultation)
    if not reason.strip():
        raise ConsulteeRefused("请写明从名单中去掉的理由。")
    with transaction():
        hold(consultation)
        row = _row(consultation, consultee)
        if row is not None:
            hold(row)
        if row is None or row.removed_at is not None:
            raise ConsulteeRefused(f"名单上没有{consultee.name}。")
        if row.standing in HEARD:
            raise ConsulteeRefused(f"{consultee.name}已经答复，不能从名单中去掉。")
        row.removed_at, row.removed_reason = at, reason.strip()
        invitations.take_back(actor, consultation, consultee, reason.strip(), at=at)
        follow(consultation.id, [consultee.id])
        _record(actor, "consultee.unlist", consultation, consultee, at, why=reason.strip())


def missing(consultation: Consultation) -> tuple[str, ...]:
    """Say what the list still lacks; empty when it suffices, or when nothing is demanded."""
    rule = demanded(consultation)
    return lacks(on_list(consultation), rule) if rule is not None else ()


def _row(consultation: Consultation, consultee: Consultee) -> Listed | None:
    return db.session.scalar(
        select(Listed).where(Listed.consultation_id == consultation.id, Listed.consultee_id == consultee.id)
    )


def _record(
    actor: Actor, act: str, consultation: Consultation, consultee: Consultee, at: datetime, *, why: str
) -> None:
    record(
        actor,
        act,
        f"consultee:{consultee.id}",
        at=at,
        consultation_id=consultation.id,
        consultee=consultee.name,
        why=why,
    )
