"""The last state of each precondition and since when: for the list of preconditions that turned red."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select

from consult.drafting.models import Consultation, Stage
from consult.law.preconditions import Check, CheckState
from consult.meeting import checks
from consult.meeting.models import GateState
from consult.store import db, transaction
from consult.store.locking import lock_row

WATCHED = (Stage.RELEASED, Stage.FEEDBACK_REVIEW, Stage.FEEDBACK_PUBLISHED)
RED = CheckState.UNMET.value


def update_states(consultation: Consultation, checked: Sequence[Check], *, at: datetime) -> int:
    """Store the states of evaluated preconditions; return how many changed. Derived data: not in the ledger."""
    if consultation.stage not in WATCHED or not _differs(consultation, checked):
        return 0
    changed = 0
    with transaction() as session:
        lock_row(consultation)
        kept = _kept(consultation)
        for check in checked:
            state = kept.get(check.id)
            if state is None:
                session.add(
                    GateState(
                        consultation_id=consultation.id,
                        precondition=check.id,
                        state=check.state.value,
                        before="",
                        since=at,
                    )
                )
            elif state.state != check.state.value:
                state.before, state.state, state.since = state.state, check.state.value, at
                changed += 1
    return changed


def update_all(at: datetime) -> int:
    """Update the states of all consultations between publication and submission; return how many changed."""
    ids = list(db.session.scalars(select(Consultation.id).where(Consultation.stage.in_(WATCHED))))
    changed = 0
    for id_ in ids:
        consultation = db.session.get(Consultation, id_)
        if consultation is not None:
            changed += update_states(consultation, checks.check(consultation, at=at), at=at)
        db.session.rollback()
    return changed


def turned_red(consultation_ids: Collection[int], since: datetime) -> list[GateState]:
    """Return the preconditions that passed and have been unmet since ``since`` or later, newest first."""
    query = select(GateState).where(
        GateState.consultation_id.in_(consultation_ids),
        GateState.state == RED,
        GateState.before.not_in(("", RED)),
        GateState.since >= since,
    )
    return list(db.session.scalars(query.order_by(GateState.since.desc(), GateState.precondition)))


def _differs(consultation: Consultation, checked: Sequence[Check]) -> bool:
    kept = {id_: state.state for id_, state in _kept(consultation).items()}
    return any(kept.get(check.id) != check.state.value for check in checked)


def _kept(consultation: Consultation) -> dict[str, GateState]:
    query = select(GateState).where(GateState.consultation_id == consultation.id)
    return {state.precondition: state for state in db.session.scalars(query)}
