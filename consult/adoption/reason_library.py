"""The library of reasons (理由库): of a division or of all, with basis and placeholders, and where each was used."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role
from consult.accounts.permissions import Act, Actor, require
from consult.adoption.errors import TemplateRefused
from consult.adoption.models import Decision, DecisionState, Opinion, OpinionGroup, Outcome, ReasonTemplate
from consult.app_context import rules
from consult.intake.arrival import clean
from consult.ledger.row_digests import digests_by_id
from consult.ledger.service import record
from consult.ledger.verification.subjects import STANDS
from consult.store import db, transaction
from consult.store.locking import lock_row

WORDS_CHARACTERS = 2000
BASIS_CHARACTERS = 300
EXCERPT = 40
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
PLACEHOLDERS = ("条款", "意见", "部门", "依据")
"""What is filled in when a reason is chosen: the provision, the opinion, the drafting division, the legal basis."""
FOR_ALL = frozenset({Role.LEGAL, Role.ADMIN})
"""Who keeps the reasons that all divisions share."""
CHANGE, RETIRE = "reason.change", "reason.retire"


@dataclass(frozen=True)
class Offer:
    """A reason to choose: filled in for one opinion, with how often it was used."""

    template: ReasonTemplate
    words: str
    uses: int


def add_template(
    actor: Actor, outcome: Outcome, words: str, basis: str = "", *, shared: bool = False, at: datetime
) -> ReasonTemplate:
    """Put a reason into the library of one's division, or into that of all.

    Raises:
        TemplateRefused: it says nothing, is too long, or has a placeholder that there isn't.
        NotAllowed: reasons for all are kept by the legal staff.
    """
    require(actor, Act.KEEP_REASONS)
    division_id = None if shared else actor.division_id
    _expect_keeper(actor, division_id)
    words, basis = _checked(words, basis)
    with transaction():
        made = _stored(actor, division_id, outcome, words, basis, None, at)
        _record(actor, Act.KEEP_REASONS, made, at)
    return made


def change_template(
    actor: Actor, template: ReasonTemplate, outcome: Outcome, words: str, basis: str = "", *, at: datetime
) -> ReasonTemplate:
    """Replace a reason by a new version; decisions made with the old one keep it.

    Raises:
        TemplateRefused: it isn't in use any more, or the new one can't be stored as ``add_template`` says.
    """
    require(actor, Act.KEEP_REASONS)
    _expect_keeper(actor, template.division_id)
    words, basis = _checked(words, basis)
    with transaction():
        _end(actor, template, at)
        made = _stored(actor, template.division_id, outcome, words, basis, template.first_id, at)
        _record(actor, CHANGE, template, at)
        _record(actor, Act.KEEP_REASONS, made, at)
    return made


def retire_template(actor: Actor, template: ReasonTemplate, *, at: datetime) -> None:
    """Take a reason out of the library; it stays with the decisions made with it."""
    require(actor, Act.KEEP_REASONS)
    _expect_keeper(actor, template.division_id)
    with transaction():
        _end(actor, template, at)
        _record(actor, RETIRE, template, at)


def templates(actor: Actor) -> list[ReasonTemplate]:
    """Return the reasons that somebody can choose from: those of the own division, then those of all."""
    query = select(ReasonTemplate).where(ReasonTemplate.ended_at.is_(None), _is_for(actor))
    shared = ReasonTemplate.division_id.is_(None)
    return list(db.session.scalars(query.order_by(shared, ReasonTemplate.outcome, ReasonTemplate.id)))


def uses(known: Collection[ReasonTemplate], anchors: Collection[str] | None = None) -> dict[int, int]:
    """Return how many decisions in force have each reason, all its versions together, by its first version's id.

    Arguments:
        anchors: count only those on opinions or groups of these provisions.
    """
    first = func.coalesce(ReasonTemplate.origin_id, ReasonTemplate.id)
    query = (
        select(first, func.count())
        .join(Decision, Decision.template_id == ReasonTemplate.id)
        .where(first.in_({each.first_id for each in known}), *_in_force())
        .group_by(first)
    )
    if anchors is not None:
        query = query.outerjoin(Opinion, Opinion.id == Decision.opinion_id).outerjoin(
            OpinionGroup, OpinionGroup.id == Decision.group_id
        )
        query = query.where(or_(Opinion.anchor.in_(anchors), OpinionGroup.anchor.in_(anchors)))
    return {key: int(n) for key, n in db.session.execute(query)}


def decisions_with(template: ReasonTemplate, *, after: int = 0, limit: int = 50) -> list[Decision]:
    """Return decisions in force that have a reason, any version of it, by id."""
    versions = select(ReasonTemplate.id).where(
        func.coalesce(ReasonTemplate.origin_id, ReasonTemplate.id) == template.first_id
    )
    query = select(Decision).where(Decision.template_id.in_(versions), Decision.id > after, *_in_force())
    return list(db.session.scalars(query.order_by(Decision.id).limit(limit)))


def offers(actor: Actor, anchors: Collection[str], values: Mapping[str, str], limit: int = 12) -> list[Offer]:
    """Return reasons to choose from for what is on some provisions, those used most there first.

    Arguments:
        anchors: the provision of the opinion or group, or those of several opinions.
        values: what stands for the placeholders 条款, 意见 and 部门.
    """
    known = templates(actor)
    here, total = uses(known, anchors), uses(known)

    def rank(template: ReasonTemplate) -> tuple[int, int, int]:
        return -here.get(template.first_id, 0), -total.get(template.first_id, 0), -template.id

    best = sorted(known, key=rank)[:limit]
    return [Offer(each, fill(each, values), total.get(each.first_id, 0)) for each in best]


def offered(actor: Actor, template_id: int) -> ReasonTemplate | None:
    """Return a reason that somebody may choose, by id."""
    query = select(ReasonTemplate).where(
        ReasonTemplate.id == template_id, ReasonTemplate.ended_at.is_(None), _is_for(actor)
    )
    return db.session.scalar(query)


def fill(template: ReasonTemplate, values: Mapping[str, str]) -> str:
    """Return the words of a reason with its placeholders filled in, the basis in front where it has no place."""
    words = template.words
    if template.basis and "{依据}" not in words:
        words = f"根据{{依据}}，{words}"
    filled = {**values, "依据": template.basis}
    return PLACEHOLDER.sub(lambda match: filled.get(match[1], ""), words)


def excerpt(subject: Opinion | OpinionGroup) -> str:
    """Return what stands for 意见: the beginning of an opinion, or a group's title."""
    words = subject.title if isinstance(subject, OpinionGroup) else " ".join(subject.content.split())
    words = words.rstrip("。！？!?；;")
    return words if len(words) <= EXCERPT else f"{words[:EXCERPT]}……"


def taken_from(template_id: int | None, reason: str) -> int | None:
    """Return the id of the reason that was chosen, if the words that were written still have the longest part of it."""
    template = db.session.get(ReasonTemplate, template_id) if template_id else None
    if template is None:
        return None
    longest = max(PLACEHOLDER.sub("\n", template.words).split("\n"), key=len).strip()
    return template.id if longest and longest in reason else None


def template_digests(ids: Collection[int]) -> dict[int, str]:
    """Return the digests of reasons by their ids, for the record."""
    return digests_by_id(select(*ReasonTemplate.__table__.columns).where(ReasonTemplate.id.in_(ids)))


def may_keep(actor: Actor, division_id: int | None) -> bool:
    """Whether somebody may add, change and retire reasons of a division, or of all (``None``)."""
    return (
        actor.kind == "system"
        or actor.role in FOR_ALL
        or (division_id is not None and division_id == actor.division_id)
    )


def _expect_keeper(actor: Actor, division_id: int | None) -> None:
    if not may_keep(actor, division_id):
        raise NotAllowed("共用的理由由法规机构、管理员维护，其他处室的理由由该处室维护。")


def _is_for(actor: Actor) -> ColumnElement[bool]:
    return or_(ReasonTemplate.division_id.is_(None), ReasonTemplate.division_id == (actor.division_id or 0))


def _in_force() -> tuple[ColumnElement[bool], ...]:
    return Decision.current.is_(True), Decision.state != DecisionState.UNDONE


def _stored(
    actor: Actor, division_id: int | None, outcome: Outcome, words: str, basis: str, origin_id: int | None, at: datetime
) -> ReasonTemplate:
    made = ReasonTemplate(
        division_id=division_id,
        outcome=outcome,
        words=words,
        basis=basis,
        at=at,
        by_id=actor.id,
        origin_id=origin_id,
    )
    db.session.add(made)
    db.session.flush()
    return made


def _end(actor: Actor, template: ReasonTemplate, at: datetime) -> None:
    lock_row(template)
    if template.ended_at is not None:
        raise TemplateRefused("这条理由已经停用或者修改过，请刷新再看。")
    template.ended_at, template.ended_by_id = at, actor.id
    db.session.flush()


def _checked(words: str, basis: str) -> tuple[str, str]:
    words, basis = clean(words), " ".join(clean(basis).split())
    unknown = [name for name in PLACEHOLDER.findall(words) if name not in PLACEHOLDERS]
    if unknown:
        known = "、".join(f"{{{name}}}" for name in PLACEHOLDERS)
        raise TemplateRefused(f"没有“{{{unknown[0][:20]}}}”这一占位词，可用的有：{known}。")
    rule = rules().reason
    if not rule.says_something(PLACEHOLDER.sub("", words)):
        raise TemplateRefused(f"理由没有说明为什么。除占位词外，至少写 {rule.characters} 个字。")
    if len(words) > WORDS_CHARACTERS:
        raise TemplateRefused(f"理由有 {len(words):,} 字，最多 {WORDS_CHARACTERS:,} 字，请缩短。")
    if len(basis) > BASIS_CHARACTERS:
        raise TemplateRefused(f"依据有 {len(basis)} 字，最多 {BASIS_CHARACTERS} 字，请缩短。")
    if "{依据}" in words and not basis:
        raise TemplateRefused("理由里有“{依据}”，请填写依据。")
    return words, basis


def _record(actor: Actor, act: str, template: ReasonTemplate, at: datetime) -> None:
    detail: dict[str, Any] = {STANDS: template_digests([template.id])[template.id]}
    record(actor, act, f"reason:{template.id}", at=at, **detail)
