"""How many opinions of several consultations wait for a decision, or for somebody to confirm one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, or_

from consult.adoption.models import DecisionState, Opinion
from consult.adoption.queries import holds, with_decision
from consult.store import db


@dataclass
class Waiting:
    """Opinions of one consultation that somebody has to do something about."""

    undecided: int = 0
    returned: int = 0
    to_confirm: int = 0


def waiting(consultation_ids: Collection[int], reviewer_id: int | None) -> dict[int, Waiting]:
    """Return what waits in each consultation; a decision that ``reviewer_id`` wrote isn't theirs to confirm."""
    state = holds("state")
    query = (
        with_decision(Opinion.consultation_id, state, func.count())
        .where(
            Opinion.consultation_id.in_(consultation_ids),
            or_(
                state.is_(None),
                state == DecisionState.RETURNED,
                (state == DecisionState.PROPOSED)
                & or_(holds("author_id").is_(None), holds("author_id") != (reviewer_id or 0)),
            ),
        )
        .group_by(Opinion.consultation_id, state)
    )
    found = {key: Waiting() for key in consultation_ids}
    for key, held, n in db.session.execute(query):
        if held is None:
            found[key].undecided = int(n)
        elif held == DecisionState.RETURNED:
            found[key].returned = int(n)
        else:
            found[key].to_confirm = int(n)
    return found
