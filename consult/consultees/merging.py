"""Merging a double of the register: its data is transferred to the consultee kept."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from consult.accounts.permissions import Actor
from consult.consultees import invitations, members
from consult.consultees.hearing_ledger import gathering_digest
from consult.consultees.models import Attendance, Consultee, Gathering, Invitation, Listed, Member
from consult.consultees.place_records import record_places
from consult.consultees.status import update_all_lists
from consult.ledger.service import record
from consult.store import db


def transfer(actor: Actor, kept: Consultee, double: Consultee, *, at: datetime) -> None:
    """Transfer members, list rows, invitations and attendances of a double, in the caller's transaction."""
    for member in db.session.scalars(select(Member).where(Member.consultee_id == double.id).order_by(Member.id)):
        member.consultee_id = kept.id
        members.record_move(actor, member, at=at)
    _move_attendances(actor, kept, double, at)
    places = _held_places((kept.id, double.id))
    moved = list(
        db.session.scalars(select(Invitation).where(Invitation.consultee_id == double.id).order_by(Invitation.id))
    )
    for invitation in moved:
        invitation.consultee_id = kept.id
    _merge_lists(actor, kept, double, places, at)
    for invitation in moved:
        invitations.record_on(actor, "invitation.move", invitation, at, merged=double.id)
    update_all_lists([kept.id, double.id])


def _move_attendances(actor: Actor, kept: Consultee, double: Consultee, at: datetime) -> None:
    attended = list(db.session.scalars(select(Attendance).where(Attendance.consultee_id == double.id)))
    for attendance in attended:
        attendance.consultee_id = kept.id
    db.session.flush()
    for gathering_id in sorted({attendance.gathering_id for attendance in attended}):
        gathering = db.session.get_one(Gathering, gathering_id)
        record(
            actor,
            "gathering.merge",
            f"gathering:{gathering_id}",
            at=at,
            consultation_id=gathering.consultation_id,
            merged=double.id,
            stands=gathering_digest(gathering_id),
        )


def _held_places(consultee_ids: tuple[int, int]) -> list[Listed]:
    """Return the rows of all lists, locked."""
    query = select(Listed).where(Listed.consultee_id.in_(consultee_ids)).order_by(Listed.id)
    query = query.with_for_update(of=Listed, key_share=True).execution_options(populate_existing=True)
    return list(db.session.scalars(query))


def _merge_lists(actor: Actor, kept: Consultee, double: Consultee, listed: list[Listed], at: datetime) -> None:
    """Put the consultee kept on each list once; where both were on it, the double's row is removed."""
    places = {row.consultation_id: row for row in listed if row.consultee_id == kept.id}
    changed: list[Listed] = []
    for row in [row for row in listed if row.consultee_id == double.id]:
        there = places.get(row.consultation_id)
        if there is None:
            row.consultee_id = kept.id
            changed.append(row)
        elif row.removed_at is None:
            row.removed_at, row.removed_reason = at, f"并入 {kept.name}"
            there.removed_at, there.removed_reason = None, ""
            changed += [row, there]
    record_places(actor, "consultee.merge_place", changed, at, why=f"{double.name}并入{kept.name}")
