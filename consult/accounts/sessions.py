"""Sessions: opened by signing in, looked up at every request, ended by their owner or with what they stand on.

A cookie carries a random token only; what it is good for stands here, so that what is ended is ended, whoever has kept
a copy of the cookie (docs/decisions/0029-sessions-on-the-server.md).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select, update

from consult import by_role, keys
from consult.accounts import queries, service, user_agent
from consult.accounts.audit_hook import record
from consult.accounts.models import AccountSession, HolderKind, SessionEnd, User
from consult.accounts.permissions import Actor
from consult.accounts.session_ends import end_all
from consult.app_context import settings
from consult.store import db, transaction, write_if_free
from consult.store.locking import lock_row

TOKEN_BYTES = 32
NOTED_EVERY = timedelta(minutes=1)
"""How exact the time of the last request is: noting it is a write."""
KEPT = timedelta(days=90)
"""How long a session that is over is kept; the record has sign-ins and sign-outs for good."""
SHOWN = 20
"""Sessions that a page of one's sessions lists at most."""


@dataclass(frozen=True)
class Holder:
    """Who a session is opened for: kind and id, what it stands on, and the role that its limits are named by."""

    kind: HolderKind
    id: int
    stamp: str
    role: str


@dataclass(frozen=True)
class Device:
    """Where a request comes from."""

    address: str | None
    agent: str


@dataclass(frozen=True)
class Line:
    """A session as its owner reads it."""

    session: AccountSession
    current: bool
    live: bool


@dataclass(frozen=True)
class SignedIn:
    """What a right password opens: a session, or only the second step."""

    token: str
    second_step: bool


def stamp_of(*parts: str | None) -> str:
    """Return the digest of what a session stands on, the key of sessions among it."""
    return hmac.digest(keys.of_sessions(), "\0".join(part or "" for part in parts).encode(), "sha256").hex()


def holder_of(user: User) -> Holder:
    """Return an account as the holder of a session."""
    factors = () if user.factors_changed_at is None else (user.factors_changed_at.isoformat(),)
    return Holder(HolderKind.USER, user.id, stamp_of(user.password_hash, user.role.value, *factors), user.role.value)


def step_holder_of(user: User) -> Holder:
    """Return an account as the holder of a session that opens the second step of signing in only."""
    return replace(holder_of(user), kind=HolderKind.STEP)


def begin(holder: Holder, device: Device, *, at: datetime) -> str:
    """Open a session; return its token, which is kept nowhere."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with transaction() as session:
        session.add(
            AccountSession(
                token_hash=_hashed(token),
                kind=holder.kind,
                holder_id=holder.id,
                stamp=_bound(holder, _hashed(token), at),
                created_at=at,
                seen_at=at,
                address=(device.address or "")[:64],
                agent=user_agent.words(device.agent),
            )
        )
    return token


def _bound(holder: Holder, token_hash: str, opened: datetime) -> str:
    """Return the stamp of one session: another's, copied by whoever writes to the database, opens nothing."""
    return stamp_of(holder.kind.value, str(holder.id), holder.stamp, token_hash, opened.astimezone(UTC).isoformat())


def is_for(session: AccountSession, holder: Holder) -> bool:
    """Whether a session was opened for this holder as it is now, by whoever has the key of sessions."""
    return secrets.compare_digest(session.stamp, _bound(holder, session.token_hash, session.created_at))


def look_up(token: str, kinds: tuple[HolderKind, ...]) -> AccountSession | None:
    """Return the session of a token, unless it was ended."""
    query = select(AccountSession).where(AccountSession.token_hash == _hashed(token), AccountSession.kind.in_(kinds))
    session = db.session.scalar(query)
    return session if session is not None and session.ended_at is None else None


def stands(session: AccountSession, holder: Holder, at: datetime) -> bool:
    """Say whether a session is good for its holder at a moment: same password, role and link, within its limits."""
    idle = timedelta(minutes=by_role.read(settings().session_idle_minutes).of(holder.role))
    longest = timedelta(hours=by_role.read(settings().session_hours).of(holder.role))
    return (
        session.ended_at is None
        and is_for(session, holder)
        and at < session.created_at + longest
        and at < session.seen_at + idle
    )


def note_use(session: AccountSession, at: datetime) -> None:
    """Note that a session was used, at most every NOTED_EVERY, and only where nobody has to wait for it."""
    if at - session.seen_at < NOTED_EVERY:
        return
    row = AccountSession.__table__
    write_if_free(update(AccountSession).where(row.c.id == session.id, row.c.seen_at < at).values(seen_at=at))


def behind(token: str, at: datetime) -> tuple[AccountSession, User] | None:
    """Return the session of staff behind a token with its account; nothing where either is over."""
    session = look_up(token, (HolderKind.USER,))
    user = db.session.get(User, session.holder_id) if session is not None else None
    if session is None or user is None or not user.active or not stands(session, holder_of(user), at):
        return None
    return session, user


def sign_in(username: str, password: str, device: Device, *, at: datetime) -> SignedIn:
    """Sign a member of staff in, or lead to the second step where the account has a second factor.

    Raises:
        SignInRefused: as ``service.sign_in``.
    """
    user = service.sign_in(username, password, device.address, at=at)
    second_step = queries.has_second_factor(user)
    holder = step_holder_of(user) if second_step else holder_of(user)
    return SignedIn(begin(holder, device, at=at), second_step)


def change_password(user: User, present: str, fresh: str, device: Device, *, at: datetime) -> str:
    """Give one's own account another password; all its sessions end, and the token of a new one is returned.

    Raises:
        AccountRefused: the present password is wrong, or the other can't be used.
    """
    service.change_own_password(user, present, fresh, at=at)
    return begin(holder_of(user), device, at=at)


def sign_out(session: AccountSession, user: User, *, at: datetime) -> None:
    """End a session at its user's wish."""
    with transaction():
        end(session, at=at)
        record(Actor.of(user), "account.sign_out", f"user:{user.username}", at=at)


def sign_out_everywhere(session: AccountSession, user: User, *, others_only: bool, at: datetime) -> int:
    """End all sessions of an account, or all but the present one; return how many ended."""
    with transaction():
        n = end_all(session.kind, session.holder_id, SessionEnd.ELSEWHERE, at, but=session if others_only else None)
        record(Actor.of(user), "account.end_sessions", f"user:{user.username}", at=at, sessions=n)
    return n


def end(session: AccountSession, *, at: datetime) -> None:
    """End one session in the caller's transaction."""
    lock_row(session)
    if session.ended_at is None:
        session.ended_at, session.ended_why = at, SessionEnd.SIGNED_OUT


def lines(present: AccountSession, holder: Holder, at: datetime) -> list[Line]:
    """Return the newest sessions of who has this one: those that stand first."""
    query = (
        select(AccountSession)
        .where(AccountSession.kind == holder.kind, AccountSession.holder_id == holder.id)
        .order_by(AccountSession.id.desc())
        .limit(SHOWN)
    )
    rows = [Line(row, row.id == present.id, stands(row, holder, at)) for row in db.session.scalars(query)]
    return sorted(rows, key=lambda line: (not line.current, not line.live))


def forget(at: datetime) -> int:
    """Delete sessions that were opened, and so are over, for longer than KEPT; return how many."""
    longest = timedelta(hours=by_role.read(settings().session_hours).largest)
    with transaction() as session:
        gone = session.execute(delete(AccountSession).where(AccountSession.created_at < at - KEPT - longest))
    return int(getattr(gone, "rowcount", 0))


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
