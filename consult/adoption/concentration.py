"""Which groups are concentrated (较为集中): by how many senders they have, or what share of those on the provision."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import case, func, select

from consult.adoption.models import ConcentrationStandard, Opinion, OpinionGroup
from consult.app_context import rules
from consult.intake.models import Submission
from consult.law.rule_rows import ConcentrationRule
from consult.store import db

AT_ONCE = 500
SENDER = case(
    (Submission.contact != "", Submission.contact),
    else_="no-contact:" + Submission.number,
)
"""Identifies a sender: by the contact; without one, each submission has a sender of its own."""


def newest(consultation_id: int | None) -> ConcentrationStandard | None:
    """Return the standard last set for a consultation, or for all (``None``)."""
    of = ConcentrationStandard.consultation_id
    query = select(ConcentrationStandard).where(of.is_(None) if consultation_id is None else of == consultation_id)
    return db.session.scalar(query.order_by(ConcentrationStandard.id.desc()).limit(1))


def own_standard(consultation_id: int) -> ConcentrationStandard | None:
    """Return the standard that a consultation has of its own, if any."""
    standard = newest(consultation_id)
    return standard if standard is not None and standard.senders is not None else None


def in_force(consultation_id: int | None) -> ConcentrationRule:
    """Return the rule in force: the consultation's own, else the department's, else that of the rule file."""
    standard = (own_standard(consultation_id) if consultation_id is not None else None) or newest(None)
    rule = rules().concentration
    if standard is None or standard.senders is None:
        return rule
    return replace(rule, senders=standard.senders, share=standard.share, share_senders=standard.share_senders)


def update_concentration(consultation_id: int, group_ids: Iterable[int], anchors: Iterable[str] = ()) -> None:
    """Update ``concentrated`` of groups from the numbers of senders.

    Arguments:
        group_ids: groups whose members changed.
        anchors: provisions on which opinions came or went; where a share counts, all groups there are updated.
    """
    rule, ids = in_force(consultation_id), set(group_ids)
    changed = set(anchors) if rule.share else set()
    if changed:
        there = (OpinionGroup.consultation_id == consultation_id) & OpinionGroup.anchor.in_(changed)
        ids |= set(db.session.scalars(select(OpinionGroup.id).where(there)))
    _update(consultation_id, rule, sorted(ids))


def update_all(consultation_id: int) -> None:
    """Update ``concentrated`` of all groups of a consultation."""
    query = select(OpinionGroup.id).where(OpinionGroup.consultation_id == consultation_id)
    _update(consultation_id, in_force(consultation_id), sorted(db.session.scalars(query)))


def _update(consultation_id: int, rule: ConcentrationRule, ids: Sequence[int]) -> None:
    totals: dict[str, int] = {}
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        locked = _lock_groups(some)  # before counting: members may be leaving concurrently
        if rule.share:
            anchors = {group.anchor for group in locked} - totals.keys()
            totals |= dict.fromkeys(anchors, 0) | _senders(consultation_id, anchors)
        senders = _members_senders(some)
        for group in locked:
            group.concentrated = rule.holds(senders.get(group.id, 0), totals.get(group.anchor, 0))


def _members_senders(group_ids: Sequence[int]) -> dict[int, int]:
    """Return how many senders each group has."""
    query = (
        select(Opinion.group_id, func.count(SENDER.distinct()))
        .join(Submission, Submission.id == Opinion.submission_id)
        .where(Opinion.group_id.in_(group_ids), Opinion.withdrawn.is_(False))
        .group_by(Opinion.group_id)
    )
    return {key: int(n) for key, n in db.session.execute(query) if key is not None}


def _senders(consultation_id: int, anchors: Iterable[str]) -> dict[str, int]:
    """Return how many senders said something on each provision."""
    query = (
        select(Opinion.anchor, func.count(SENDER.distinct()))
        .join(Submission, Submission.id == Opinion.submission_id)
        .where(
            Opinion.consultation_id == consultation_id, Opinion.anchor.in_(list(anchors)), Opinion.withdrawn.is_(False)
        )
        .group_by(Opinion.anchor)
    )
    return {anchor: int(n) for anchor, n in db.session.execute(query)}


def _lock_groups(ids: Sequence[int]) -> list[OpinionGroup]:
    """Return the groups, locked until the transaction ends."""
    query = select(OpinionGroup).where(OpinionGroup.id.in_(ids)).order_by(OpinionGroup.id)
    query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return list(db.session.scalars(query))
