"""The gate (docs/decisions/0028-the-gate-derives.md): all preconditions, evaluated now or as of the submission."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from consult.calendars.in_force import rules_in_force
from consult.drafting.models import Consultation, Stage
from consult.law.preconditions import Check, CheckState, evaluate
from consult.meeting import facts
from consult.meeting.models import GateSnapshot
from consult.store import db

SUBMITTED = (Stage.SUBMITTED_TO_MEETING, Stage.PROMULGATED)


def check(consultation: Consultation, *, at: datetime) -> tuple[Check, ...]:
    """Return all preconditions of the meeting: as of the submission if there was one, else evaluated now."""
    stored = snapshot(consultation)
    if stored is not None and stored.checks is not None:
        return tuple(_check(item) for item in stored.checks)
    return evaluate(facts.collect(consultation, at), rules_in_force())


def evaluate_now(consultation: Consultation, *, at: datetime) -> tuple[Check, ...]:
    """Return all preconditions evaluated now."""
    return evaluate(facts.collect(consultation, at), rules_in_force())


def snapshot(consultation: Consultation) -> GateSnapshot | None:
    """Return the snapshot of the submission, or None."""
    if consultation.stage not in SUBMITTED:
        return None
    return db.session.get(GateSnapshot, consultation.id)


def store_snapshot(consultation: Consultation, checks: tuple[Check, ...], *, at: datetime) -> GateSnapshot:
    """Store the checks at the submission, in the caller's transaction."""
    kept = [asdict(item) for item in checks]
    stored = db.session.get(GateSnapshot, consultation.id)
    if stored is None:  # else it was put off, and comes before the meeting again
        stored = GateSnapshot(consultation_id=consultation.id)
        db.session.add(stored)
    stored.at, stored.checks = at, kept
    return stored


def _check(item: dict[str, object]) -> Check:
    fields = {**item, "state": CheckState(str(item["state"])), "evidence": tuple(item["evidence"])}  # type: ignore[arg-type]
    return Check(**fields)  # type: ignore[arg-type]
