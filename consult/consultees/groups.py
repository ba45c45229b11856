"""The verbs of saved groups of consultees: save the present list, or chosen ones, under a name; use it; retire it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import or_, select

from consult.accounts.models import Role
from consult.accounts.permissions import Act, Actor, require
from consult.consultees.errors import ConsulteeRefused
from consult.consultees.group_models import ConsulteeGroup, GroupMember
from consult.consultees.models import Consultee, Listed
from consult.drafting.models import Consultation
from consult.ledger.service import record
from consult.store import db, transaction
from consult.store.locking import lock_row

NAME_CHARACTERS = 80


def save(actor: Actor, name: str, consultees: Iterable[Consultee], *, at: datetime) -> ConsulteeGroup:
    """Save consultees as a group of the actor's division; one of the same name is retired and replaced.

    Raises:
        ConsulteeRefused: no name, or nobody in it.
    """
    require(actor, Act.INVITE)
    members = {consultee.id: consultee for consultee in consultees}
    words = " ".join(name.split())
    if not words or len(words) > NAME_CHARACTERS:
        raise ConsulteeRefused(f"请填写常用名单的名称，{NAME_CHARACTERS} 字以内。")
    if not members:
        raise ConsulteeRefused("常用名单中至少要有一家单位。")
    with transaction() as session:
        for earlier in offered(actor):
            if earlier.name == words and earlier.division_id == actor.division_id:
                lock_row(earlier)
                earlier.retired_at = at
        group = ConsulteeGroup(division_id=actor.division_id, name=words, at=at, by_id=actor.id)
        session.add(group)
        session.flush()
        session.add_all(GroupMember(group_id=group.id, consultee_id=id_) for id_ in sorted(members))
        record(actor, "consultee.save_group", f"consultee_group:{group.id}", at=at, name=words, members=len(members))
    return group


def retire(actor: Actor, group: ConsulteeGroup, *, at: datetime) -> None:
    """Retire a group of one's division."""
    require(actor, Act.INVITE)
    if actor.role is Role.DRAFTER and group.division_id != actor.division_id:
        raise ConsulteeRefused("只能停用本处室的常用名单。")
    with transaction():
        lock_row(group)
        group.retired_at = group.retired_at or at
        record(actor, "consultee.retire_group", f"consultee_group:{group.id}", at=at, name=group.name)


def offered(actor: Actor) -> Sequence[ConsulteeGroup]:
    """Return the groups that somebody can use: of their division and everybody's; an administrator's are all."""
    query = select(ConsulteeGroup).where(ConsulteeGroup.retired_at.is_(None))
    if actor.role is Role.DRAFTER:
        mine = or_(ConsulteeGroup.division_id.is_(None), ConsulteeGroup.division_id == actor.division_id)
        query = query.where(mine)
    return list(db.session.scalars(query.order_by(ConsulteeGroup.name, ConsulteeGroup.id)))


def named(actor: Actor, name: str) -> ConsulteeGroup:
    """Return the group of a name, or of an id.

    Raises:
        ConsulteeRefused: there is none.
    """
    words = name.strip()
    chosen = [group for group in offered(actor) if words in (group.name, str(group.id))]
    if not chosen:
        raise ConsulteeRefused(f"没有常用名单“{words[:NAME_CHARACTERS]}”。")
    return chosen[-1]


def members(group: ConsulteeGroup) -> list[Consultee]:
    """Return the consultees of a group that are still on the register; one that was merged is the other now."""
    living: dict[int, Consultee] = {}
    for member in group.members:
        consultee = member.consultee
        while consultee.merged_into_id is not None:
            consultee = db.session.get_one(Consultee, consultee.merged_into_id)
        if consultee.retired_at is None:
            living[consultee.id] = consultee
    return list(living.values())


def listed(consultation: Consultation) -> list[Consultee]:
    """Return the consultees on the list of a consultation."""
    query = (
        select(Consultee)
        .join(Listed, Listed.consultee_id == Consultee.id)
        .where(Listed.consultation_id == consultation.id, Listed.removed_at.is_(None))
    )
    return list(db.session.scalars(query.order_by(Listed.id)))
