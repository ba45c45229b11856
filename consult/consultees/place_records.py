"""Records acts on rows of a list with their digests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from consult.accounts.permissions import Actor
from consult.consultees.ledger_statement import place_digests
from consult.consultees.models import Consultee, Listed
from consult.ledger.service import record
from consult.store import db


def record_place(actor: Actor, act: str, row: Listed, at: datetime, *, why: str = "") -> None:
    """Record an act on a row of a list, in the caller's transaction."""
    record_places(actor, act, [row], at, why=why)


def record_places(actor: Actor, act: str, rows: Sequence[Listed], at: datetime, *, why: str = "") -> None:
    """Record an act on each of several rows, in the caller's transaction."""
    db.session.flush()
    digests = place_digests([row.id for row in rows])
    for row in rows:
        record(
            actor,
            act,
            f"consultee:{row.consultee_id}",
            at=at,
            consultation_id=row.consultation_id,
            consultee=db.session.get_one(Consultee, row.consultee_id).name,
            why=why or row.why,
            place=row.id,
            stands=digests[row.id],
        )
