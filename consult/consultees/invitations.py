"""Invitations: made, sent, followed, extended, revoked, answered; each act is on record."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import select

from consult.accounts.permissions import Act, Actor, require
from consult.clock import local, midnight
from consult.consultees import deadlines, register
from consult.consultees.errors import EntryRefused, InvitationRefused
from consult.consultees.models import (
    Consultee,
    Invitation,
    Listed,
    Member,
    Method,
)
from consult.consultees.standing import follow
from consult.drafting.models import Consultation, State
from consult.law.periods import in_words
from consult.ledger.service import record
from consult.store import db, transaction
from consult.store.claiming import hold, take_turns
from consult.text.sentences import sentence

TOKEN_BYTES = 20
GRACE = timedelta(days=30)
"""A personal link opens so long after the deadline: a late answer is taken and marked."""
READING = timedelta(days=365)
"""So long after an answer its link opens, to read what became of it."""
ANSWERABLE = (State.OPEN, State.CLOSED, State.FEEDBACK_REVIEW)
READABLE = (*ANSWERABLE, State.FEEDBACK_PUBLISHED, State.SUBMITTED_TO_MEETING, State.PROMULGATED)


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
    """Make an invitation for a consultee on the list; mail goes out by the worker, letters by hand.

    Arguments:
        last_day: local date to answer by; by default so many working days as the rules give.

    Raises:
        InvitationRefused: the draft isn't out, the consultee isn't listed or is invited already, no address, or a
            deadline in the past or on a day of rest.
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
        hold(consultation)
        if consultation.state(at) not in ANSWERABLE:
            raise InvitationRefused("草案还没有公开征求意见，或者已经结束，现在不能发征求意见函。")
        _check_listed(consultation, consultee)
        nonce = secrets.token_hex(16)
        answer_by = midnight(day + timedelta(days=1))
        invitation = Invitation(
            consultation_id=consultation.id,
            consultee_id=consultee.id,
            method=method,
            email=address,
            nonce=nonce,
            token_hash=hash_token(token_from(nonce)),
            token_expires_at=answer_by + GRACE,
            answer_by=answer_by,
            deadline_words=words,
            created_at=at,
            replaces_id=replaces.id if replaces is not None else None,
        )
        session.add(invitation)
        session.flush()
        record_on(actor, Act.INVITE, invitation, at, method=method.value, answer_by=answer_by.isoformat())
    return invitation


def _check_listed(consultation: Consultation, consultee: Consultee) -> None:
    place = _hold_place_of(consultation.id, consultee.id)
    if place is None or place.consultee_id != consultee.id or place.removed_at is not None:
        raise InvitationRefused(f"{consultee.name}不在征求意见对象名单上，请先列入。")
    live = db.session.scalar(
        select(Invitation.id).where(
            Invitation.consultation_id == consultation.id,
            Invitation.consultee_id == consultee.id,
            Invitation.revoked_at.is_(None),
            Invitation.bounced_at.is_(None),
        )
    )
    if live is not None:
        raise InvitationRefused(f"{consultee.name}已经邀请过。需要重发的，请先撤回原来的征求意见函。")


def _address_of(consultee: Consultee) -> str:
    return next((contact.email for contact in consultee.contacts if contact.current and contact.email), "")


def token_from(nonce: str) -> str:
    """Return the token of a personal link: derived, so that a reminder can carry the same one; 160 bits."""
    secret = current_app.config["SECRET_KEY"].encode()
    mac = hmac.new(secret, b"invitation\0" + nonce.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(mac[:TOKEN_BYTES]).decode().rstrip("=")


def hash_token(token: str) -> str:
    """Return the digest of a token as the database holds it."""
    return hashlib.sha256(b"invitation-token\0" + token.encode()).hexdigest()


def open_link(token: str, *, at: datetime) -> Invitation:
    """Return the invitation that a personal link opens, and note that it was opened.

    Raises:
        EntryRefused: unknown, expired or revoked; the message and the cost are the same for all three.
    """
    invitation = db.session.scalar(select(Invitation).where(Invitation.token_hash == hash_token(token.strip()[:100])))
    if invitation is None or not is_live(invitation, at):
        raise EntryRefused(sentence("这个链接不能使用：可能已经过期、被撤回，或者没有复制完整。请联系发函的处室。"))
    if invitation.opened_at is None:
        with transaction():
            hold_place(invitation)
            if invitation.opened_at is not None:
                return invitation
            invitation.opened_at = at
            record_on(as_consultee(invitation.consultee), "invitation.open", invitation, at)
    return invitation


def is_live(invitation: Invitation, at: datetime) -> bool:
    """Whether the link of an invitation opens at a moment."""
    return invitation.revoked_at is None and at < invitation.token_expires_at


def as_consultee(consultee: Consultee, member: Member | None = None) -> Actor:
    """Return the actor that a consultee is, by link or through one of its members."""
    return Actor("consultee", consultee.id, member.name if member is not None else consultee.name[:64])


def revoke(actor: Actor, invitation: Invitation, reason: str, *, at: datetime) -> None:
    """Take an invitation back: its link opens no more; an answer that came stays."""
    require(actor, Act.INVITE, invitation.consultation)
    if not reason.strip():
        raise InvitationRefused("请写明撤回的理由。")
    with transaction():
        hold_place(invitation)
        invitation.revoked_at = at
        record_on(actor, "invitation.revoke", invitation, at, reason=reason.strip())


def send_anew(actor: Actor, invitation: Invitation, *, method: Method, email: str, at: datetime) -> Invitation:
    """Invite the same consultee anew, with a fresh link; the older link opens no more, the register learns the address.

    Raises:
        InvitationRefused, ConsulteeRefused: it was answered already, or the address can't be one.
    """
    require(actor, Act.INVITE, invitation.consultation)
    with transaction():
        take_turns(register.TURNS)
        hold(invitation.consultation)
        hold_place(invitation)
        if invitation.responses:
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
    """Take back whatever invitation of a consultee is still open and unanswered, in the caller's transaction."""
    query = select(Invitation).where(
        Invitation.consultation_id == consultation.id,
        Invitation.consultee_id == consultee.id,
        Invitation.revoked_at.is_(None),
    )
    for invitation in db.session.scalars(query):
        revoke(actor, invitation, reason, at=at)


def mark_sent(actor: Actor, invitation: Invitation, *, at: datetime, message_id: str | None = None) -> None:
    """Note that an invitation went out: by mail with the message's id, by letter or by hand; once."""
    with transaction():
        hold_place(invitation)
        if invitation.sent_at is not None:
            return
        invitation.sent_at = at
        invitation.message_id = message_id or invitation.message_id
        record_on(actor, "invitation.send", invitation, at)


def mark_delivered(actor: Actor, invitation: Invitation, *, at: datetime) -> None:
    """Note that an invitation arrived: a delivery report, a signed receipt."""
    with transaction():
        hold_place(invitation)
        invitation.delivered_at = at
        record_on(actor, "invitation.deliver", invitation, at)


def mark_bounced(actor: Actor, invitation: Invitation, why: str, *, at: datetime) -> None:
    """Note that an invitation came back undelivered."""
    with transaction():
        hold_place(invitation)
        invitation.bounced_at = at
        invitation.bounced_why = why.strip()
        record_on(actor, "invitation.bounce", invitation, at, why=why.strip()[:300])


def decline(actor: Actor, invitation: Invitation, why: str, *, at: datetime) -> None:
    """Note that a consultee doesn't want to take part; that isn't "no opinion", and doesn't count as heard."""
    with transaction():
        hold_place(invitation)
        if invitation.responses:
            raise InvitationRefused(sentence("已经答复过，不能再谢绝。"))
        invitation.declined_at = at
        invitation.declined_why = why.strip()
        record_on(actor, "invitation.decline", invitation, at, why=why.strip()[:300])


def hold_place(invitation: Invitation) -> None:
    """Hold an invitation, and before it its consultee's place on the list, which follows it; in a transaction."""
    _hold_place_of(invitation.consultation_id, invitation.consultee_id)
    hold(invitation)


def _hold_place_of(consultation_id: int, consultee_id: int) -> Listed | None:
    """Return a consultee's place on the list as it is once it is held: another's, if the two were just merged."""
    place = db.session.scalar(
        select(Listed).where(Listed.consultation_id == consultation_id, Listed.consultee_id == consultee_id)
    )
    if place is not None:
        hold(place)
    return place


def record_on(actor: Actor, act: str, invitation: Invitation, at: datetime, **detail: Any) -> None:
    """Write down an act on an invitation, and let the list follow what it changed; in the caller's transaction."""
    follow(invitation.consultation_id, [invitation.consultee_id])
    record(
        actor,
        act,
        f"invitation:{invitation.id}",
        at=at,
        consultation_id=invitation.consultation_id,
        consultee=invitation.consultee_id,
        **detail,
    )
