"""Sign-in by the department's own identity provider: which of its users an account belongs to, and letting them in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select

from consult.accounts import queries, second_step, service, sessions
from consult.accounts.audit_hook import record
from consult.accounts.errors import AccountRefused, SignInRefused
from consult.accounts.models import Identity, User
from consult.accounts.permissions import Act, Actor, require
from consult.accounts.sessions import Device, SignedIn
from consult.app_context import settings
from consult.store import db, transaction
from consult.store.locking import advisory_lock, lock_row

SUBJECT_CHARACTERS = 255
LINKING = "account.identity"
"""Lock for linking, so that no user of the provider is linked twice."""
VISITOR = Actor("public", None, "未登录")


def link(actor: Actor, user: User, subject: str, *, at: datetime) -> None:
    """Note which user of the identity provider an account belongs to; nothing for none. The provider opens no account.

    Raises:
        AccountRefused: it is the actor's own account, no provider is set, or the user is another account's.
    """
    require(actor, Act.MANAGE_ACCOUNTS)
    issuer, subject = settings().oidc_issuer, service.plain(subject)
    if not issuer:
        raise AccountRefused("没有设置统一身份认证（OIDC_ISSUER）。")
    if len(subject) > SUBJECT_CHARACTERS or not subject.isprintable():
        raise AccountRefused(f"用户标识最多 {SUBJECT_CHARACTERS} 个字符，不能有不能显示的字符。")
    with transaction() as session:
        advisory_lock(LINKING)
        lock_row(user)
        before = queries.identity_of(user, issuer)
        if (before.subject if before is not None else "") == subject:
            return
        if subject and _behind(issuer, subject) is not None:
            raise AccountRefused("统一身份认证的这个用户已经关联其他账号。")
        session.execute(delete(Identity).where(Identity.user_id == user.id, Identity.issuer == issuer))
        if subject:
            session.add(Identity(user_id=user.id, issuer=issuer, subject=subject, created_at=at))
        act = "account.link_identity" if subject else "account.unlink_identity"
        record(actor, act, f"user:{user.username}", at=at, identity=subject)


def sign_in(subject: str, second_factor: bool, device: Device, *, at: datetime) -> SignedIn:
    """Sign in whom the identity provider named, or lead to the second step where the account has a second factor.

    Arguments:
        subject: the value of the claim ``OIDC_CLAIM``; everything about the answer was checked.
        second_factor: whether the provider asked for a second factor, as settings say.

    Raises:
        SignInRefused: no account is linked to that user, or it is closed.
    """
    identity = _behind(settings().oidc_issuer, subject)
    user = db.session.get(User, identity.user_id) if identity is not None else None
    if user is None or not user.active:
        with transaction():
            known_as = f"user:{user.username}" if user is not None else f"identity:{service.keyed(subject)[:32]}"
            record(VISITOR, "account.sign_in_refused", known_as, at=at, by="identity")
        if user is None:
            raise SignInRefused("您在统一身份认证中的用户没有关联本平台的账号。请联系本单位的管理员。")
        raise SignInRefused("这个账号已经停用。需要使用的，请联系管理员。")
    step = queries.has_second_factor(user) and not second_factor
    with transaction() as session:
        if step:
            record(Actor.of(user), "account.first_step", f"user:{user.username}", at=at, by="identity")
        else:
            session.add(second_step.succeeded(user, service.keyed(device.address) if device.address else None, at))
            record(Actor.of(user), "account.sign_in", f"user:{user.username}", at=at, by="identity")
    holder = sessions.step_holder_of(user) if step else sessions.holder_of(user)
    return SignedIn(sessions.begin(holder, device, at=at), step)


def _behind(issuer: str, subject: str) -> Identity | None:
    query = select(Identity).where(Identity.issuer == issuer, Identity.subject == subject)
    return db.session.scalar(query) if subject else None
