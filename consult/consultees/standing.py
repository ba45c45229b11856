"""Where a consultee stands in one consultation, kept on its row of the list and counted by insertion.

What is kept doesn't depend on the clock; that an invitation has become silent follows from its deadline when asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import func, select

from consult.consultees.models import (
    Attendance,
    Consultee,
    ConsulteeKind,
    Gathering,
    Invitation,
    Listed,
    Response,
    Size,
)
from consult.drafting.models import Consultation
from consult.law.sufficiency import ConsulteeCounts
from consult.store import db, tally

FACET = "hearing"
UNINVITED = "none"
MOMENT = "%Y%m%dT%H%M"
SMALL = (Size.SMALL, Size.MICRO)
AT_ONCE = 400
ANY_TIME = datetime.min.replace(tzinfo=UTC)
"""For questions whose answer doesn't depend on the clock."""


class Standing(StrEnum):
    """Where an invitation stands, as the board shows it."""

    PREPARED = "prepared"
    SENT = "sent"
    OPENED = "opened"
    BOUNCED = "bounced"
    DECLINED = "declined"
    SILENT = "silent"
    NO_OPINION = "no_opinion"
    HEARD = "heard"
    REVOKED = "revoked"


HEARD = (Standing.HEARD, Standing.NO_OPINION)
"""Standings that count as heard; silence is never heard."""
WAITED_FOR = (Standing.SENT, Standing.OPENED)
"""Standings that become silent with the deadline."""


def standing(invitation: Invitation, at: datetime) -> Standing:
    """Return where an invitation stands at a moment."""
    answer = invitation.responses[-1] if invitation.responses else None
    return at_moment(_timeless(invitation, answer), invitation.answer_by, at)


def at_moment(kept: Standing, answer_by: datetime | None, at: datetime) -> Standing:
    """Return what a standing that was kept is at a moment: who hasn't answered by the deadline is silent."""
    late = answer_by is not None and at >= answer_by
    return Standing.SILENT if late and kept in WAITED_FOR else kept


def _timeless(invitation: Invitation, answer: Response | None) -> Standing:
    if answer is not None:
        return Standing.NO_OPINION if answer.no_opinion else Standing.HEARD
    if invitation.revoked_at is not None:
        return Standing.REVOKED
    if invitation.declined_at is not None:
        return Standing.DECLINED
    if invitation.bounced_at is not None:
        return Standing.BOUNCED
    if invitation.sent_at is None:
        return Standing.PREPARED
    return Standing.OPENED if invitation.opened_at is not None else Standing.SENT


def follow(consultation_id: int, consultee_ids: Iterable[int]) -> None:
    """Bring the rows of the list and the counts up to what has just changed, in the caller's transaction."""
    wanted = sorted(set(consultee_ids))
    db.session.flush()
    for start in range(0, len(wanted), AT_ONCE):
        _follow(consultation_id, wanted[start : start + AT_ONCE])


def _follow(consultation_id: int, ids: list[int]) -> None:
    rows = list(
        db.session.scalars(
            select(Listed)
            .where(Listed.consultation_id == consultation_id, Listed.consultee_id.in_(ids))
            .order_by(Listed.id)
            .with_for_update(of=Listed)  # two that change one row at once would count it twice
            .execution_options(populate_existing=True)
        )
    )
    consultees = {one.id: one for one in db.session.scalars(select(Consultee).where(Consultee.id.in_(ids)))}
    newest, answers, spoke = (
        _invited(consultation_id, ids),
        _answered(consultation_id, ids),
        _spoke(consultation_id, ids),
    )
    changes: list[tuple[str, str, int]] = []
    for row in rows:
        invitation, answer = newest.get(row.consultee_id), answers.get(row.consultee_id)
        kept = UNINVITED if invitation is None else _timeless(invitation, answer).value
        if answer is None and row.consultee_id in spoke:
            kept = Standing.HEARD.value
        row.standing, row.answer_by = kept, invitation.answer_by if invitation is not None else None
        counted = "" if row.removed_at is not None else _key(consultees[row.consultee_id], row)
        if counted != row.counted:
            changes += [(FACET, row.counted, -1)] if row.counted else []
            changes += [(FACET, counted, 1)] if counted else []
            row.counted = counted
    db.session.flush()
    tally.add(consultation_id, changes)


def _key(consultee: Consultee, row: Listed) -> str:
    waits = row.answer_by is not None and row.standing in WAITED_FOR
    until = row.answer_by.astimezone(UTC).strftime(MOMENT) if waits and row.answer_by is not None else ""
    return "/".join((consultee.kind.value, consultee.size or "", consultee.sector, row.standing, until))


def _invited(consultation_id: int, ids: list[int]) -> dict[int, Invitation]:
    """Return each one's newest invitation."""
    newest = (
        select(func.max(Invitation.id))
        .where(Invitation.consultation_id == consultation_id, Invitation.consultee_id.in_(ids))
        .group_by(Invitation.consultee_id)
    )
    return {one.consultee_id: one for one in db.session.scalars(select(Invitation).where(Invitation.id.in_(newest)))}


def _answered(consultation_id: int, ids: list[int]) -> dict[int, Response]:
    """Return each one's newest response, to whichever of its invitations."""
    newest = (
        select(func.max(Response.id))
        .join(Invitation, Invitation.id == Response.invitation_id)
        .where(Invitation.consultation_id == consultation_id, Invitation.consultee_id.in_(ids))
        .group_by(Invitation.consultee_id)
    )
    query = (
        select(Invitation.consultee_id, Response)
        .join(Invitation, Invitation.id == Response.invitation_id)
        .where(Response.id.in_(newest))
    )
    return {row.consultee_id: row.Response for row in db.session.execute(query)}


def _spoke(consultation_id: int, ids: list[int]) -> set[int]:
    """Return whose opinions, given at a gathering, are on record."""
    query = (
        select(Attendance.consultee_id)
        .join(Gathering, Gathering.id == Attendance.gathering_id)
        .where(
            Gathering.consultation_id == consultation_id,
            Attendance.consultee_id.in_(ids),
            Attendance.submission_id.is_not(None),
        )
    )
    return {one for one in db.session.scalars(query) if one is not None}


@dataclass(frozen=True)
class Cell:
    """How many on the list are of one kind, size and sector and stand alike; ``standing`` None: not invited."""

    kind: ConsulteeKind
    size: Size | None
    sector: str
    standing: Standing | None
    n: int

    @property
    def is_heard(self) -> bool:
        """Whether these were heard."""
        return self.standing in HEARD


def cells(consultation: Consultation, at: datetime) -> list[Cell]:
    """Return the counts of a list at a moment; their number doesn't grow with the list."""
    found = []
    for key, n in tally.counts(consultation.id, FACET).items():
        kind, size, sector, kept, until = key.split("/")
        answer_by = datetime.strptime(until, MOMENT).replace(tzinfo=UTC) if until else None
        stands = None if kept == UNINVITED else at_moment(Standing(kept), answer_by, at)
        found.append(Cell(ConsulteeKind(kind), Size(size) if size else None, sector, stands, n))
    return found


def counted(found: Iterable[Cell]) -> ConsulteeCounts:
    """Count by kind, as the rules of sufficiency do."""
    associations = enterprises = small = organisations = 0
    for one in found:
        associations += one.n if one.kind is ConsulteeKind.ASSOCIATION else 0
        enterprises += one.n if one.kind is ConsulteeKind.ENTERPRISE else 0
        small += one.n if one.kind is ConsulteeKind.ENTERPRISE and one.size in SMALL else 0
        organisations += one.n if one.kind is ConsulteeKind.GROUP_ORGANISATION else 0
    return ConsulteeCounts(associations, enterprises, small, organisations)


def on_list(consultation: Consultation) -> ConsulteeCounts:
    """Count who is on the list."""
    return counted(cells(consultation, ANY_TIME))


def heard(consultation: Consultation) -> ConsulteeCounts:
    """Count who was heard: gave opinions, stated to have none, or spoke at a gathering whose record is kept."""
    return counted(one for one in cells(consultation, ANY_TIME) if one.is_heard)
