"""Who else has the same opinion or group open: a hint against doing the same twice, in no record."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import joinedload

from consult.accounts.permissions import Actor
from consult.adoption.models import OpinionPresence
from consult.drafting.models import Consultation
from consult.store import db, write_if_free

NOTED_EVERY = timedelta(minutes=1)
SHOWN_FOR = timedelta(minutes=3)


def note(actor: Actor, consultation: Consultation, subject: str, at: datetime) -> None:
    """Note what an account has open (``o12``, ``g3``): at once when it is another, else at most every NOTED_EVERY.

    Not noted where it would have to wait for another writer.
    """
    if actor.id is None:
        return
    query = select(OpinionPresence.seen_at, OpinionPresence.subject).where(OpinionPresence.user_id == actor.id)
    noted = db.session.execute(query).first()
    if noted is not None and noted.subject == subject and at - noted.seen_at < NOTED_EVERY:
        return
    is_due = or_(OpinionPresence.seen_at <= at - NOTED_EVERY, OpinionPresence.subject != subject)
    values: dict[str, Any] = {"consultation_id": consultation.id, "subject": subject, "seen_at": at}
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    statement = insert(OpinionPresence).values(user_id=actor.id, **values)
    write_if_free(statement.on_conflict_do_update(index_elements=["user_id"], set_=values, where=is_due))


def others(actor: Actor, consultation: Consultation, subject: str, at: datetime) -> list[str]:
    """Return the names of colleagues who had the same open within SHOWN_FOR."""
    query = select(OpinionPresence).where(
        OpinionPresence.consultation_id == consultation.id,
        OpinionPresence.subject == subject,
        OpinionPresence.seen_at > at - SHOWN_FOR,
        OpinionPresence.user_id != (actor.id or 0),
    )
    rows = db.session.scalars(query.options(joinedload(OpinionPresence.user)).order_by(OpinionPresence.user_id))
    return [row.user.name for row in rows]
