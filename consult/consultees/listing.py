"""Whom to hear in one consultation: the proposal with its reasons, the list, whether it suffices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from consult.accounts.permissions import Act, Actor, require
from consult.consultees.errors import ConsulteeRefused
from consult.consultees.models import Consultee, ConsulteeKind, Listed, Size
from consult.consultees.register import SECTORS
from consult.drafting.models import Consultation
from consult.law.rows import SufficiencyRule
from consult.law.sufficiency import ConsulteeCounts, lacks
from consult.ledger.service import record
from consult.settings import rules
from consult.store import db, transaction

SMALL = (Size.SMALL, Size.MICRO)
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


def demanded(consultation: Consultation) -> SufficiencyRule | None:
    """Return the rule that says how many must be heard; None where the law demands nobody in particular."""
    return rules().sufficiency["enterprise-related"] if consultation.enterprise_related else None


def propose(consultation: Consultation, wanted: Wanted) -> list[Proposed]:
    """Propose consultees that aren't on the list: associations, small and micro enterprises, then others.

    Each kind is proposed up to ``SPARE`` times what the rule demands; within a kind, those that fit the sector
    and the region come first, then those in the sector.
    """
    rule = rules().sufficiency["enterprise-related"]
    listed = set(db.session.scalars(select(Listed.consultee_id).where(Listed.consultation_id == consultation.id)))
    small = rule.small_micro * SPARE
    proposals = _pick(ConsulteeKind.ASSOCIATION, None, wanted, listed, max(2, rule.associations * SPARE))
    proposals += _pick(ConsulteeKind.ENTERPRISE, SMALL, wanted, listed, small)
    taken = listed | {proposal.consultee.id for proposal in proposals}
    proposals += _pick(ConsulteeKind.ENTERPRISE, None, wanted, taken, max(0, rule.enterprises * SPARE - small))
    return proposals


def _pick(
    kind: ConsulteeKind, sizes: tuple[Size, ...] | None, wanted: Wanted, without: set[int], n: int
) -> list[Proposed]:
    picked: list[Proposed] = []
    seen = set(without)
    for in_region in (True, False):
        if len(picked) >= n or (in_region and not wanted.region):
            continue
        query = select(Consultee).where(Consultee.retired_at.is_(None), Consultee.kind == kind)
        if wanted.sectors:
            query = query.where(Consultee.sector.in_(wanted.sectors))
        if in_region:
            query = query.where(Consultee.region.startswith(wanted.region, autoescape=True))
        if sizes is not None:
            query = query.where(Consultee.size.in_(sizes))
        for consultee in db.session.scalars(query.order_by(Consultee.id).limit(n + len(seen))):
            if consultee.id not in seen and len(picked) < n:
                seen.add(consultee.id)
                picked.append(Proposed(consultee, _why(consultee, wanted, in_region)))
    return picked


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
    added = 0
    with transaction() as session:
        for consultee, why in chosen:
            if consultee.retired_at is not None:
                raise ConsulteeRefused(f"{consultee.name}已经停用，不能列入。")
            row = _row(consultation, consultee)
            if row is not None and row.removed_at is None:
                continue
            if row is None:
                row = Listed(consultation_id=consultation.id, consultee_id=consultee.id)
                session.add(row)
            row.why, row.at, row.by_id = why.strip() or "起草处室指定", at, actor.id
            row.removed_at, row.removed_reason = None, ""
            session.flush()
            added += 1
            _record(actor, "consultee.list", consultation, consultee, at, why=row.why)
    return added


def remove(actor: Actor, consultation: Consultation, consultee: Consultee, reason: str, *, at: datetime) -> None:
    """Take a consultee off the list with a reason, which is kept."""
    require(actor, Act.INVITE, consultation)
    if not reason.strip():
        raise ConsulteeRefused("请写明从名单中去掉的理由。")
    with transaction():
        row = _row(consultation, consultee)
        if row is None or row.removed_at is not None:
            raise ConsulteeRefused("名单上没有这一家。")
        row.removed_at, row.removed_reason = at, reason.strip()
        _record(actor, "consultee.unlist", consultation, consultee, at, why=reason.strip())


def listed(consultation: Consultation) -> list[Listed]:
    """Return the list, without those taken off."""
    query = (
        select(Listed).where(Listed.consultation_id == consultation.id, Listed.removed_at.is_(None)).order_by(Listed.id)
    )
    return list(db.session.scalars(query))


def count(consultees: Iterable[Consultee]) -> ConsulteeCounts:
    """Count consultees by kind, as the rules of sufficiency do."""
    associations = enterprises = small = organisations = 0
    for consultee in consultees:
        associations += consultee.kind is ConsulteeKind.ASSOCIATION
        enterprises += consultee.kind is ConsulteeKind.ENTERPRISE
        small += consultee.kind is ConsulteeKind.ENTERPRISE and consultee.size in SMALL
        organisations += consultee.kind is ConsulteeKind.GROUP_ORGANISATION
    return ConsulteeCounts(associations, enterprises, small, organisations)


def missing(consultation: Consultation) -> tuple[str, ...]:
    """Say what the list still lacks; empty when it suffices, or when nothing is demanded."""
    rule = demanded(consultation)
    return lacks(count(row.consultee for row in listed(consultation)), rule) if rule is not None else ()


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
