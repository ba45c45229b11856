"""The verbs of the list and invitations: add, remove, invite, revoke, send again."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import select

from consult.accounts.permissions import Act, Actor, require
from consult.clock import local, midnight
from consult.consultees import deadlines, delivery, doubles, letters, register
from consult.consultees.doubles import REGISTER_LOCK
from consult.consultees.errors import ConsulteeRefused, InvitationRefused
from consult.consultees.invitations import (
    ANSWERABLE,
    GRACE,
    hash_token,
    lock_place,
    locked_place,
    new_token,
    record_on,
)
from consult.consultees.models import (
    Consultee,
    Invitation,
    Listed,
    Method,
)
from consult.consultees.place_records import record_place, record_places
from consult.consultees.response_chain import of_consultee
from consult.consultees.status import HEARD, UNINVITED, update_standings
from consult.drafting.models import Consultation
from consult.law.periods import in_words
from consult.store import db, transaction
from consult.store.locking import advisory_lock, lock_row

AT_ONCE = 400


def add(actor: Actor, consultation: Consultation, chosen: Iterable[tuple[Consultee, str]], *, at: datetime) -> int:
    """Add consultees to the list, each with its reason, also ones removed before; return how many are new."""
    require(actor, Act.INVITE, consultation)
    wanted = {consultee.id: (consultee, why) for consultee, why in chosen}
    with transaction():
        advisory_lock(REGISTER_LOCK)  # no concurrent retirement or merge
        lock_row(consultation)
        added = 0
        for start in range(0, len(wanted), AT_ONCE):
            added += _add(actor, consultation, dict(list(wanted.items())[start : start + AT_ONCE]), at)
    return added


def _add(actor: Actor, consultation: Consultation, chosen: dict[int, tuple[Consultee, str]], at: datetime) -> int:
    # One query reloads all objects that the transaction expired, instead of one query each.
    db.session.scalars(select(Consultee).where(Consultee.id.in_(chosen))).all()
    known = {
        row.consultee_id: row
        for row in db.session.scalars(
            select(Listed).where(
                Listed.consultation_id == consultation.id,
                Listed.consultee_id.in_(chosen),
            )
        )
    }
    added: list[Listed] = []
    for consultee, why in chosen.values():
        if consultee.retired_at is not None:
            raise ConsulteeRefused(f"{consultee.name}已经停用，不能列入。")
        row = known.get(consultee.id)
        if row is not None and row.removed_at is None:
            continue
        if row is None:
            row = Listed(consultation_id=consultation.id, consultee_id=consultee.id, standing=UNINVITED, counted="")
            db.session.add(row)
        row.why, row.at, row.by_id = why.strip() or "起草处室指定", at, actor.id
        row.removed_at, row.removed_reason = None, ""
        added.append(row)
    record_places(actor, "consultee.list", added, at)
    update_standings(consultation.id, [row.consultee_id for row in added])
    return len(added)


def remove(actor: Actor, consultation: Consultation, consultee: Consultee, reason: str, *, at: datetime) -> None:
    """Remove a consultee from the list with a reason, and revoke its invitation.

    Raises:
        ConsulteeRefused: no reason, it isn't on the list, or it was heard.
    """
    require(actor, Act.INVITE, consultation)
    if not reason.strip():
        raise ConsulteeRefused("请写明从名单中移出的理由。")
    with transaction():
        lock_row(consultation)
        row = _row(consultation, consultee)
        if row is not None:
            lock_row(row)
        if row is None or row.removed_at is not None:
            raise ConsulteeRefused(f"名单上没有{consultee.name}。")
        if row.standing in HEARD:
            raise ConsulteeRefused(f"{consultee.name}已经答复，不能从名单中移出。")
        if any(response.is_answer for response in of_consultee(consultation.id, consultee.id)):
            raise ConsulteeRefused(f"{consultee.name}有待确认或者未采信的答复，不能从名单中移出。")
        row.removed_at, row.removed_reason = at, reason.strip()
        take_back(actor, consultation, consultee, reason.strip(), at=at)
        update_standings(consultation.id, [consultee.id])
        record_place(actor, "consultee.unlist", row, at, why=reason.strip())


def invite(
    actor: Actor,
    consultation: Consultation,
    consultee: Consultee,
    *,
    method: Method,
    at: datetime,
    email: str = "",
    last_day: date | None = None,
    replaces: Invitation | None = None,
) -> Invitation:
    """Create an invitation for a consultee on the list; the worker sends mail, letters are sent by hand.

    Arguments:
        last_day: local date to answer by; by default from the rule, in working days.

    Raises:
        InvitationRefused: the draft isn't public, the consultee isn't listed or is invited already, no address, or
            a deadline in the past or on a day of rest.
    """
    require(actor, Act.INVITE, consultation)
    address = email.strip().lower() or _address_of(consultee)
    if method is Method.MAIL and not address:
        raise InvitationRefused(f"{consultee.name}没有电子邮箱，请补上邮箱，或者改用信函。")
    today = local(at).date()
    day, words = deadlines.deadline(today) if last_day is None else (last_day, f"至{in_words(last_day)}")
    if day < today:
        raise InvitationRefused(f"答复期限 {day.isoformat()} 已经过去，请选以后的日期。")
    if last_day is not None:
        deadlines.check_working_day(last_day, "答复期限 ")
    with transaction() as session:
        lock_row(consultation)
        if consultation.state(at) not in ANSWERABLE:
            raise InvitationRefused("草案还没有公开征求意见，或者已经结束，现在不能发征求意见函。")
        letter = letters.current(consultation)
        _check_listed(consultation, consultee, letter.round if letter is not None else 1)
        nonce = secrets.token_hex(16)
        answer_by = midnight(day + timedelta(days=1))
        invitation = Invitation(
            consultation_id=consultation.id,
            consultee_id=consultee.id,
            method=method,
            email=address,
            nonce=nonce,
            token_hash=hash_token(new_token(nonce)),
            token_expires_at=answer_by + GRACE,
            answer_by=answer_by,
            deadline_words=words,
            created_at=at,
            replaces_id=replaces.id if replaces is not None else None,
            letter_id=letter.id if letter is not None else None,
            round=letter.round if letter is not None else 1,
        )
        session.add(invitation)
        session.flush()
        detail = {"letter": letter.number, "round": letter.round} if letter is not None else {}
        record_on(actor, Act.INVITE, invitation, at, method=method.value, answer_by=answer_by.isoformat(), **detail)
        delivery.queue(invitation, at=at)
    return invitation


def _check_listed(consultation: Consultation, consultee: Consultee, in_round: int) -> None:
    place = locked_place(consultation.id, consultee.id)
    if place is None or place.consultee_id != consultee.id or place.removed_at is not None:
        raise InvitationRefused(f"{consultee.name}不在征求意见对象名单上，请先列入。")
    live = db.session.scalar(
        select(Invitation.id).where(
            Invitation.consultation_id == consultation.id,
            Invitation.consultee_id == consultee.id,
            Invitation.revoked_at.is_(None),
            Invitation.bounced_at.is_(None),
            Invitation.round == in_round,
        )
    )
    if live is not None:
        raise InvitationRefused(f"{consultee.name}已经邀请过。需要重发的，请先撤回原来的征求意见函。")


def _address_of(consultee: Consultee) -> str:
    return next((contact.email for contact in consultee.contacts if contact.current and contact.email), "")


def revoke(actor: Actor, invitation: Invitation, reason: str, *, at: datetime) -> None:
    """Revoke an invitation: its link becomes invalid; an answer stays."""
    require(actor, Act.INVITE, invitation.consultation)
    if not reason.strip():
        raise InvitationRefused("请写明撤回的理由。")
    with transaction():
        lock_place(invitation)
        invitation.revoked_at = at
        record_on(actor, "invitation.revoke", invitation, at, reason=reason.strip())


def send_again(actor: Actor, invitation: Invitation, *, method: Method, email: str, at: datetime) -> Invitation:
    """Invite the same consultee again with a new link; the old link becomes invalid, the address is stored.

    Raises:
        InvitationRefused, ConsulteeRefused: it was answered already, or the address is invalid.
    """
    require(actor, Act.INVITE, invitation.consultation)
    with transaction():
        advisory_lock(doubles.REGISTER_LOCK)
        lock_row(invitation.consultation)
        lock_place(invitation)
        if invitation.is_answered:
            raise InvitationRefused(f"{invitation.consultee.name}已经答复，不用重发。")
        if email.strip():
            entry = replace(register.entry_of(invitation.consultee), email=email.strip())
            register.change(actor, invitation.consultee, entry, at=at)
        if invitation.revoked_at is None:
            revoke(actor, invitation, "重新发函", at=at)
        return invite(
            actor,
            invitation.consultation,
            invitation.consultee,
            method=method,
            email=email,
            at=at,
            replaces=invitation,
        )


def take_back(actor: Actor, consultation: Consultation, consultee: Consultee, reason: str, *, at: datetime) -> None:
    """Revoke the unanswered invitations of a consultee, in the caller's transaction."""
    query = select(Invitation).where(
        Invitation.consultation_id == consultation.id,
        Invitation.consultee_id == consultee.id,
        Invitation.revoked_at.is_(None),
    )
    for invitation in db.session.scalars(query):
        revoke(actor, invitation, reason, at=at)


def _row(consultation: Consultation, consultee: Consultee) -> Listed | None:
    return db.session.scalar(
        select(Listed).where(Listed.consultation_id == consultation.id, Listed.consultee_id == consultee.id)
    )
