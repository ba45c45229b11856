"""Acts on one invitation: its personal link, its delivery, its row of the list."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from consult import keys
from consult.accounts.permissions import Act, Actor, require
from consult.app_context import settings
from consult.clock import local
from consult.consultees.errors import EntryRefused, InvitationRefused
from consult.consultees.ledger_statement import invitation_digest
from consult.consultees.models import (
    Consultee,
    Invitation,
    Listed,
    Member,
)
from consult.consultees.status import update_standings
from consult.drafting.models import State
from consult.ledger.service import record
from consult.store import db, transaction
from consult.store.locking import lock_row
from consult.text.sentences import sentence

TOKEN_BYTES = 20
GRACE = timedelta(days=30)
"""Time after the deadline in which a personal link is valid: a late answer is accepted and marked."""
READING = timedelta(days=365)
"""Time after an answer in which the link is valid, to read the outcome."""
ANSWERABLE = (State.OPEN, State.CLOSED, State.FEEDBACK_REVIEW)
READABLE = (*ANSWERABLE, State.FEEDBACK_PUBLISHED, State.SUBMITTED_TO_MEETING, State.PROMULGATED)


def new_token(nonce: str) -> str:
    """Return the token of a new personal link: derived, so that a reminder can carry the same one; 160 bits."""
    return _token(keys.current(keys.Purpose.LINKS), nonce)


def token_of(invitation: Invitation) -> str:
    """Return the token of an invitation's personal link, whatever generation of the key made it."""
    tokens = [_token(key, invitation.nonce) for _, key in keys.newest_first(keys.Purpose.LINKS)]
    return next((token for token in tokens if hash_token(token) == invitation.token_hash), tokens[0])


def _token(key: bytes, nonce: str) -> str:
    mac = hmac.new(key, b"invitation\0" + nonce.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(mac[:TOKEN_BYTES]).decode().rstrip("=")


def link_of(invitation: Invitation) -> str:
    """Return the URL of an invitation's personal link, which is a bearer token."""
    config = settings()
    base = config.public_url.rstrip("/") or f"http://{config.bind_host}:{config.port}"
    return f"{base}/portal/i/{token_of(invitation)}"


def last_day(invitation: Invitation) -> date:
    """Return the last local day to answer."""
    return local(invitation.answer_by - timedelta(microseconds=1)).date()


def hash_token(token: str) -> str:
    """Return the stored digest of a token."""
    return hashlib.sha256(b"invitation-token\0" + token.encode()).hexdigest()


def open_link(token: str, *, at: datetime) -> Invitation:
    """Return the invitation of a personal link, and record that it was opened.

    Raises:
        EntryRefused: unknown, expired or revoked; the message and the cost are the same for all three.
    """
    invitation = db.session.scalar(select(Invitation).where(Invitation.token_hash == hash_token(token.strip()[:100])))
    if invitation is None or not is_live(invitation, at):
        raise EntryRefused(sentence("这个链接不能使用：可能已经过期、被撤回，或者没有复制完整。请联系发函处室。"))
    if invitation.opened_at is None:
        with transaction():
            lock_place(invitation)
            if invitation.opened_at is not None:
                return invitation
            invitation.opened_at = at
            record_on(as_consultee(invitation.consultee), "invitation.open", invitation, at)
    return invitation


def is_live(invitation: Invitation, at: datetime) -> bool:
    """Whether the link of an invitation is valid at ``at``."""
    return invitation.revoked_at is None and at < invitation.token_expires_at


def as_consultee(consultee: Consultee, member: Member | None = None) -> Actor:
    """Return the actor of a consultee, by link or through one of its members."""
    return Actor("consultee", consultee.id, member.name if member is not None else consultee.name[:64])


def require_consultee(actor: Actor, invitation: Invitation) -> None:
    """Refuse every actor but the consultee that was invited.

    Raises:
        InvitationRefused: it is another actor.
    """
    if actor.kind != "consultee" or actor.id != invitation.consultee_id:
        raise InvitationRefused(sentence("只能答复发给本单位的征求意见函。"))


def mark_sent(actor: Actor, invitation: Invitation, *, at: datetime, message_id: str | None = None) -> None:
    """Mark an invitation as sent, once: by mail with the Message-ID, by letter or by hand."""
    require(actor, Act.INVITE, invitation.consultation)
    with transaction():
        lock_place(invitation)
        if invitation.sent_at is not None:
            return
        invitation.sent_at = at
        invitation.bounced_at, invitation.bounced_why = None, ""  # a letter that was refused before went out after all
        invitation.message_id = message_id or invitation.message_id
        record_on(actor, "invitation.send", invitation, at)


def mark_delivered(actor: Actor, invitation: Invitation, *, at: datetime) -> None:
    """Mark an invitation as delivered: a delivery report, a signed receipt."""
    require(actor, Act.INVITE, invitation.consultation)
    with transaction():
        lock_place(invitation)
        invitation.delivered_at = at
        record_on(actor, "invitation.deliver", invitation, at)


def mark_bounced(actor: Actor, invitation: Invitation, why: str, *, at: datetime) -> None:
    """Mark an invitation as returned undelivered."""
    require(actor, Act.INVITE, invitation.consultation)
    with transaction():
        lock_place(invitation)
        invitation.bounced_at = at
        invitation.bounced_why = why.strip()
        record_on(actor, "invitation.bounce", invitation, at, why=why.strip()[:300])


def decline(actor: Actor, invitation: Invitation, why: str, *, at: datetime) -> None:
    """Record that a consultee declines; that isn't "no opinion", and doesn't count as heard."""
    require_consultee(actor, invitation)
    with transaction():
        lock_place(invitation)
        if invitation.is_answered:
            raise InvitationRefused(sentence("已经答复过，不能再谢绝。"))
        invitation.declined_at = at
        invitation.declined_why = why.strip()
        record_on(actor, "invitation.decline", invitation, at, why=why.strip()[:300])


def lock_place(invitation: Invitation) -> None:
    """Lock an invitation, and before it its consultee's row of the list, in the caller's transaction."""
    locked_place(invitation.consultation_id, invitation.consultee_id)
    lock_row(invitation)


def locked_place(consultation_id: int, consultee_id: int) -> Listed | None:
    """Lock and return a consultee's row of the list; the other's, if the two were just merged."""
    place = db.session.scalar(
        select(Listed).where(Listed.consultation_id == consultation_id, Listed.consultee_id == consultee_id)
    )
    if place is not None:
        lock_row(place)
    return place


def record_on(actor: Actor, act: str, invitation: Invitation, at: datetime, **detail: Any) -> None:
    """Record an act on an invitation and update the list, in the caller's transaction."""
    update_standings(invitation.consultation_id, [invitation.consultee_id])
    record(
        actor,
        act,
        f"invitation:{invitation.id}",
        at=at,
        consultation_id=invitation.consultation_id,
        consultee=invitation.consultee_id,
        **detail,
        stands=invitation_digest(invitation.id),
    )
