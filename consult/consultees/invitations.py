"""Acts on one invitation: its personal link, its delivery, its row of the list."""

from __future__ import annotations

import base64
import hashlib
import hmac
import unicodedata
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
ADDRESS_CHARACTERS = 6
CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_CHARACTERS = 10
LOOKS_LIKE = str.maketrans("OIL", "011")
NO_LINK = sentence("这个链接不能使用：可能已经过期、被撤回，或者没有复制完整。请联系发函处室。")
NO_ENTRY = sentence("这个答复码不能使用：请核对函件上的答复码。函件可能已经过期或者被撤回，请联系发函处室。")
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
    return f"{site()}/portal/i/{token_of(invitation)}"


def last_day(invitation: Invitation) -> date:
    """Return the last local day to answer."""
    return local(invitation.answer_by - timedelta(microseconds=1)).date()


def code_of(invitation: Invitation) -> str:
    """Return the code that is typed instead of the link: the invitation's number and 50 bits that only we can make."""
    tokens = ((key, _token(key, invitation.nonce)) for _, key in keys.newest_first(keys.Purpose.LINKS))
    key = next((key for key, token in tokens if hash_token(token) == invitation.token_hash), None)
    mac = hmac.new(key or keys.current(keys.Purpose.LINKS), f"code\0{invitation.nonce}".encode(), hashlib.sha256)
    secret = _in_letters(int.from_bytes(mac.digest()[:8]) >> (64 - 5 * CODE_CHARACTERS), CODE_CHARACTERS)
    half = CODE_CHARACTERS // 2
    return f"{_in_letters(invitation.id)}-{secret[:half]}-{secret[half:]}"


def _in_letters(number: int, length: int = 1) -> str:
    """Return a number in Crockford's base 32, which has no letters that look like digits."""
    letters = ""
    while number or len(letters) < length:
        number, last = divmod(number, 32)
        letters = CODE_ALPHABET[last] + letters
    return letters


def by_code(code: str) -> Invitation:
    """Return the invitation of a typed code, in whatever case, width and grouping.

    Raises:
        EntryRefused: there is none; as ``open_link``.
    """
    typed = unicodedata.normalize("NFKC", code[:100]).upper().translate(LOOKS_LIKE)
    compact = "".join(character for character in typed if character.isalnum())
    head = compact[:-CODE_CHARACTERS]
    if not head or len(head) > 13 or any(character not in CODE_ALPHABET for character in compact):
        raise EntryRefused(NO_ENTRY)
    number = 0
    for character in head:
        number = number * 32 + CODE_ALPHABET.index(character)
    invitation = db.session.get(Invitation, number) if number < 2**63 else None
    expected = code_of(invitation).replace("-", "") if invitation is not None else "0" * len(compact)
    if invitation is None or not hmac.compare_digest(expected, compact):
        raise EntryRefused(NO_ENTRY)
    return invitation


def short_address() -> str:
    """Return the address at which a code is typed."""
    return f"{site()}/portal/c"


def site() -> str:
    """Return the address of the platform, without a slash at its end."""
    config = settings()
    return config.public_url.rstrip("/") or f"http://{config.bind_host}:{config.port}"


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
        raise EntryRefused(NO_LINK)
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


def mark_sent(
    actor: Actor, invitation: Invitation, *, at: datetime, message_id: str | None = None, digest: str = ""
) -> None:
    """Mark an invitation as sent, once: by mail with the Message-ID, by letter or by hand.

    Arguments:
        digest: SHA-256 of the sealed file that went out, empty where there was none.
    """
    require(actor, Act.INVITE, invitation.consultation)
    with transaction():
        lock_place(invitation)
        if invitation.sent_at is not None:
            return
        invitation.sent_at = at
        invitation.bounced_at, invitation.bounced_why = None, ""  # a letter that was refused before went out after all
        invitation.message_id = message_id or invitation.message_id
        invitation.sent_digest = digest
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


def ask_for_paper(actor: Actor, invitation: Invitation, address: str, *, at: datetime) -> None:
    """Record that a consultee asks for the letter on paper, and where to.

    Raises:
        InvitationRefused: no address, or another actor.
    """
    require_consultee(actor, invitation)
    words = " ".join(address.split())
    if len(words) < ADDRESS_CHARACTERS:
        raise InvitationRefused(sentence("请填写收件人和完整的通信地址。"))
    with transaction():
        lock_place(invitation)
        invitation.paper_asked_at, invitation.paper_address, invitation.paper_sent_at = at, words[:300], None
        record_on(actor, "invitation.ask_paper", invitation, at)


def mark_paper_sent(actor: Actor, invitation: Invitation, *, at: datetime) -> None:
    """Note that the letter on paper was posted to a consultee that asked for it."""
    require(actor, Act.INVITE, invitation.consultation)
    with transaction():
        lock_place(invitation)
        if invitation.paper_asked_at is None or invitation.paper_sent_at is not None:
            raise InvitationRefused("该单位没有待寄的纸质函件。")
        invitation.paper_sent_at = at
        record_on(actor, "invitation.paper_sent", invitation, at)


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
