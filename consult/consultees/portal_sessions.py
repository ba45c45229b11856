"""Sessions of the portal: opened by a member's password or by an invitation's link, ended with either."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from consult import by_role
from consult.accounts import sessions
from consult.accounts.models import AccountSession, HolderKind, SessionEnd
from consult.accounts.permissions import Actor
from consult.accounts.session_ends import end_all
from consult.accounts.sessions import Device, Holder
from consult.consultees import invitations, members
from consult.consultees.models import Invitation, Member
from consult.ledger.service import record
from consult.store import db, transaction


@dataclass(frozen=True)
class Entered:
    """A session of the portal with what it was opened by."""

    session: AccountSession
    invitation: Invitation | None = None
    member: Member | None = None


def holder_of(member: Member) -> Holder:
    """Return a member as the holder of a session."""
    stamp = sessions.stamp_of(member.password_hash, member.role.value)
    return Holder(HolderKind.MEMBER, member.id, stamp, by_role.PORTAL)


def sign_in(username: str, password: str, device: Device, *, at: datetime) -> str:
    """Sign a member in; return the token of a new session.

    Raises:
        SignInRefused: as ``members.sign_in``.
    """
    member = members.sign_in(username, password, device.address, at=at)
    return sessions.begin(holder_of(member), device, at=at)


def enter_by_link(link: str, device: Device, *, at: datetime) -> tuple[Invitation, str]:
    """Return the invitation that a personal link opens, and the token of a new session.

    Raises:
        EntryRefused: as ``invitations.open_link``.
    """
    invitation = invitations.open_link(link, at=at)
    return invitation, sessions.begin(_by_link(invitation), device, at=at)


def enter_by_code(code: str, device: Device, *, at: datetime) -> tuple[Invitation, str]:
    """Return the same for a code that was typed.

    Raises:
        EntryRefused: as ``invitations.by_code`` and ``open_link``.
    """
    return enter_by_link(invitations.token_of(invitations.by_code(code)), device, at=at)


def behind(token: str, at: datetime) -> Entered | None:
    """Return the session behind a token, unless it, its member or its link is over."""
    session = sessions.look_up(token, (HolderKind.MEMBER, HolderKind.LINK))
    if session is None:
        return None
    if session.kind is HolderKind.LINK:
        invitation = db.session.get(Invitation, session.holder_id)
        if invitation is None or not invitations.is_live(invitation, at):
            return None
        return Entered(session, invitation) if sessions.stands(session, _by_link(invitation), at) else None
    member = db.session.get(Member, session.holder_id)
    if member is None or member.left_at is not None or not sessions.stands(session, holder_of(member), at):
        return None
    return Entered(session, member=member)


def change_password(member: Member, present: str, fresh: str, device: Device, *, at: datetime) -> str:
    """Give one's own account another password; all its sessions end, and the token of a new one is returned.

    Raises:
        Refused: as ``members.change_password``.
    """
    members.change_password(member, present, fresh, at=at)
    return sessions.begin(holder_of(member), device, at=at)


def sign_out(entered: Entered, *, at: datetime) -> None:
    """End a session at its owner's wish."""
    with transaction():
        sessions.end(entered.session, at=at)
        if entered.member is not None:
            record(_actor(entered.member), "member.sign_out", f"member:{entered.member.id}", at=at)


def sign_out_everywhere(entered: Entered, *, others_only: bool, at: datetime) -> int:
    """End all sessions of the same member or link, or all but the present one; return how many ended."""
    session = entered.session
    with transaction():
        n = end_all(session.kind, session.holder_id, SessionEnd.ELSEWHERE, at, but=session if others_only else None)
        if entered.member is not None:
            subject = f"member:{entered.member.id}"
            record(_actor(entered.member), "member.end_sessions", subject, at=at, sessions=n)
    return n


def _by_link(invitation: Invitation) -> Holder:
    return Holder(HolderKind.LINK, invitation.id, sessions.stamp_of(invitation.token_hash), by_role.LINK)


def _actor(member: Member) -> Actor:
    return invitations.as_consultee(member.consultee, member)
