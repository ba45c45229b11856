"""Personal data leave what belongs to consultees: accounts of the portal, addresses of letters, callers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Select, and_, func, or_, select

from consult.accounts.permissions import Act, Actor, require
from consult.consultees.hearing_ledger import gathering_digest
from consult.consultees.hearing_models import HearingLetter
from consult.consultees.ledger_statement import invitation_digest, member_digest, response_digest
from consult.consultees.models import Attendance, Consultee, Contact, Gathering, Invitation, Member, Response
from consult.ledger.service import record
from consult.ledger.verification.subjects import STANDS
from consult.store import db, transaction

NO_NAME = "（已删除）"


def members_left(before: datetime, limit: int) -> Sequence[Member]:
    """Return accounts that were closed before a moment and still have a name, oldest first."""
    query = select(Member).where(Member.left_at < before, Member.name != NO_NAME)
    return db.session.scalars(query.order_by(Member.id).limit(limit)).all()


def erase_member(member: Member, *, at: datetime, actor: Actor) -> None:
    """Delete name, user name and password of an account that was closed."""
    require(actor, Act.DELETE_PERSONAL_DATA)
    with transaction():
        member.name, member.username, member.password_hash = NO_NAME, f"erased-{member.id}", None
        db.session.flush()
        _record(actor, "member.erase_personal", member.id, at, None, member_digest(member.id))


def contacts_over(before: datetime) -> Sequence[Contact]:
    """Return contacts that were superseded, or whose consultee was retired, before a moment, oldest first."""
    superseded = and_(Contact.current.is_(False), func.coalesce(Contact.superseded_at, Consultee.created_at) < before)
    query = (
        select(Contact)
        .join(Contact.consultee)
        .where(
            or_(superseded, Consultee.retired_at < before),
            or_(Contact.name != "", Contact.phone != "", Contact.email != ""),
        )
    )
    return db.session.scalars(query.order_by(Contact.id)).all()


def erase_contact(contact: Contact, *, at: datetime, actor: Actor) -> None:
    """Delete name, telephone and e-mail of a contact."""
    require(actor, Act.DELETE_PERSONAL_DATA)
    with transaction():
        contact.name = contact.phone = contact.email = ""
        record(
            actor,
            "consultee.erase_personal",
            f"consultee:{contact.consultee_id}",
            at=at,
            why="term",
            contact=contact.id,
        )


def erase_letters(consultation_ids: Collection[int], limit: int, *, at: datetime, actor: Actor) -> int:
    """Delete addresses of letters, and names and numbers of callers, of these consultations; return how many rows."""
    require(actor, Act.DELETE_PERSONAL_DATA)
    return (
        _invitations(consultation_ids, limit, at, actor)
        + _responses(consultation_ids, limit, at, actor)
        + _gatherings(consultation_ids, limit, at, actor)
    )


def count_letters(consultation_ids: Collection[int]) -> int:
    """Return how many invitations, responses and gatherings ``erase_letters`` would change."""
    many = len(db.session.scalars(_invitations_due(consultation_ids)).all())
    many += len(db.session.scalars(_responses_due(consultation_ids)).all())
    return many + len(db.session.scalars(_gatherings_due(consultation_ids)).all())


def _invitations_due(ids: Collection[int]) -> Select[Invitation]:
    return select(Invitation).where(Invitation.consultation_id.in_(ids), Invitation.email != "").order_by(Invitation.id)


def _responses_due(ids: Collection[int]) -> Select[Response]:
    return (
        select(Response)
        .join(Response.invitation)
        .where(Invitation.consultation_id.in_(ids), or_(Response.caller_name != "", Response.caller_phone != ""))
        .order_by(Response.id)
    )


def _gatherings_due(ids: Collection[int]) -> Select[Gathering]:
    addressed = select(Attendance.gathering_id).where(Attendance.email != "")
    written = select(Attendance.gathering_id).join(HearingLetter).where(HearingLetter.email != "")
    return (
        select(Gathering)
        .where(Gathering.consultation_id.in_(ids), or_(Gathering.id.in_(addressed), Gathering.id.in_(written)))
        .order_by(Gathering.id)
    )


def _invitations(ids: Collection[int], limit: int, at: datetime, actor: Actor) -> int:
    with transaction():
        due = db.session.scalars(_invitations_due(ids).limit(limit)).all()
        for invitation in due:
            invitation.email = ""
        db.session.flush()
        for invitation in due:
            _record(
                actor,
                "invitation.erase_personal",
                invitation.id,
                at,
                invitation.consultation_id,
                invitation_digest(invitation.id),
            )
        return len(due)


def _responses(ids: Collection[int], limit: int, at: datetime, actor: Actor) -> int:
    with transaction():
        due = db.session.scalars(_responses_due(ids).limit(limit)).all()
        for response in due:
            response.caller_name = response.caller_phone = ""
        db.session.flush()
        for response in due:
            consultation_id = response.invitation.consultation_id
            _record(actor, "response.erase_personal", response.id, at, consultation_id, response_digest(response.id))
        return len(due)


def _gatherings(ids: Collection[int], limit: int, at: datetime, actor: Actor) -> int:
    with transaction():
        due = db.session.scalars(_gatherings_due(ids).limit(limit)).all()
        for gathering in due:
            for attendance in gathering.attendances:
                attendance.email = ""
            of_gathering = [attendance.id for attendance in gathering.attendances]
            for letter in db.session.scalars(
                select(HearingLetter).where(HearingLetter.attendance_id.in_(of_gathering))
            ):
                letter.email = ""
            db.session.flush()
            _record(
                actor,
                "gathering.erase_personal",
                gathering.id,
                at,
                gathering.consultation_id,
                gathering_digest(gathering.id),
            )
        return len(due)


def _record(actor: Actor, act: str, id_: int, at: datetime, consultation_id: int | None, stands: str) -> None:
    subject = f"{act.partition('.')[0]}:{id_}"
    record(actor, act, subject, at=at, consultation_id=consultation_id, **{STANDS: stands}, why="term")
