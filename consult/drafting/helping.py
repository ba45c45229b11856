"""Which drafters elsewhere and which other divisions help with a consultation (协办): those given opinions of it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from consult.accounts.models import Division, User
from consult.accounts.permissions import Actor
from consult.drafting.audit import record_act
from consult.drafting.models import Consultation, WorkGrant
from consult.store import db

HELP = "consultation.help"


def set_helpers(
    actor: Actor, consultation: Consultation, users: Collection[int], divisions: Collection[int], *, at: datetime
) -> None:
    """Give access to these users and divisions and to no other; for a verb that gives opinions or takes them back.

    The verb has checked the permission, and locked the consultation.
    """
    wanted: set[tuple[int | None, int | None]] = {(id_, None) for id_ in users} | {(None, id_) for id_ in divisions}
    standing = {(grant.user_id, grant.division_id): grant for grant in consultation.work_grants}
    if wanted == standing.keys():
        return
    for holder, grant in standing.items():
        if holder not in wanted:
            db.session.delete(grant)
    db.session.flush()
    for user_id, division_id in sorted(wanted - standing.keys(), key=str):
        db.session.add(WorkGrant(consultation_id=consultation.id, user_id=user_id, division_id=division_id, at=at))
    db.session.flush()
    db.session.expire(consultation, ["work_grants"])
    record_act(actor, HELP, consultation, at, helpers=_names(users, divisions))


def _names(users: Collection[int], divisions: Collection[int]) -> list[str]:
    people = select(User.name, User.username).where(User.id.in_(users)).order_by(User.username)
    names = [f"{name}（{username}）" for name, username in db.session.execute(people)]
    return [
        *names,
        *db.session.scalars(select(Division.name).where(Division.id.in_(divisions)).order_by(Division.name)),
    ]
