"""The second step of signing in: a code after the password; until then a session that opens nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select

from consult.accounts import second_factor, service, sessions
from consult.accounts.audit_hook import record
from consult.accounts.errors import SignInRefused
from consult.accounts.models import AccountSession, HolderKind, SignIn, User
from consult.accounts.permissions import Actor
from consult.accounts.sessions import Device
from consult.store import db, transaction
from consult.store.locking import lock_row

LASTS = timedelta(minutes=10)
"""How long after the password the second step may be done."""
FAILURES_OF_ACCOUNT = 10
"""Wrong codes for one account, from whatever addresses, after which it has to wait: a code is one of a million."""
WAIT_OF_ACCOUNT = timedelta(hours=1)

OVER = "登录已超时，请重新输入用户名和密码。"
WRONG = "验证未通过。请输入应用中正在显示的 6 位数字，同一个口令只能用一次；也可以输入一个没有用过的备用码。"


def waiting(token: str, at: datetime) -> tuple[AccountSession, User] | None:
    """Return who has given the right password and has the second step to do; nothing where that is over."""
    session = sessions.look_up(token, (HolderKind.STEP,))
    user = db.session.get(User, session.holder_id) if session is not None else None
    if session is None or user is None or not user.active or not _stands(session, user, at):
        return None
    return session, user


def finish_by_code(token: str, code: str, device: Device, *, at: datetime) -> str:
    """Sign in with a code of the authenticator app or a recovery code; return the token of a session.

    Each counts once. Wrong ones are limited for an account from one address and for an account in all.

    Raises:
        SignInRefused: the code is wrong or was used, the first step is too long ago, or there were too many failures.
    """
    session, user = waiting_or_refused(token, at)
    known_as, address_hash = _known_as(user), service.keyed(device.address) if device.address else None
    with transaction():
        lock_row(user)  # attempts of one account take turns: each sees what those before it came to
        lock_row(session)
        if session.ended_at is not None or not user.active:
            raise SignInRefused(OVER)
        check_failures(known_as, address_hash, at)
        by = second_factor.use_code(user, code, at)
        db.session.add(SignIn(username=known_as, at=at, succeeded=by is not None, address_hash=address_hash))
        if by is not None:
            enter(session, user, address_hash, by, at)
        else:
            note_refusal(user, at)
    if by is None:
        raise SignInRefused(WRONG)
    return sessions.begin(sessions.holder_of(user), device, at=at)


def enter(session: AccountSession, user: User, address_hash: str | None, by: str, at: datetime) -> None:
    """End the second step and write the sign-in down, in the caller's transaction."""
    sessions.end(session, at=at)
    db.session.add(succeeded(user, address_hash, at))
    record(Actor.of(user), "account.sign_in", f"user:{user.username}", at=at, second_step=by)


def succeeded(user: User, address_hash: str | None, at: datetime) -> SignIn:
    """Return the note of a whole sign-in."""
    return SignIn(username=user.username, at=at, succeeded=True, address_hash=address_hash)


def note_refusal(user: User, at: datetime) -> None:
    """Write down in the caller's transaction that somebody wasn't let in."""
    record(Actor("public", None, "未登录"), "account.second_step_refused", f"user:{user.username}", at=at)


def check_failures(known_as: str, address_hash: str | None, at: datetime) -> None:
    """Refuse where codes of an account were wrong too often, from one address or in all.

    Raises:
        SignInRefused: says how long to wait.
    """
    minutes = service.minutes_to_wait(known_as, address_hash, at)
    if minutes:
        raise SignInRefused(f"验证未通过已有 {service.FAILURES} 次，请 {minutes} 分钟后再试。")
    query = select(func.count()).where(
        SignIn.username == known_as, SignIn.succeeded.is_(False), SignIn.at > at - WAIT_OF_ACCOUNT, SignIn.at <= at
    )
    if (db.session.scalar(query) or 0) >= FAILURES_OF_ACCOUNT:
        raise SignInRefused("该账号一小时内验证未通过的次数过多，请稍后再试。不是您本人操作的，请立即修改密码。")


def waiting_or_refused(token: str, at: datetime) -> tuple[AccountSession, User]:
    """Return what ``waiting`` does.

    Raises:
        SignInRefused: the first step is over.
    """
    step = waiting(token, at)
    if step is None:
        raise SignInRefused(OVER)
    return step


def _stands(session: AccountSession, user: User, at: datetime) -> bool:
    return sessions.is_for(session, sessions.step_holder_of(user)) and at < session.created_at + LASTS


def _known_as(user: User) -> str:
    """Return what attempts at the second step of an account are counted under, apart from its passwords."""
    return "#" + service.keyed(f"second step\0{user.id}")[:32]
