"""The verbs of two-step sign-in: an authenticator app, recovery codes, giving factors up, taking lost ones away."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from datetime import datetime

import pyotp
from sqlalchemy import delete, select

from consult.accounts import passwords, queries
from consult.accounts.audit_hook import record
from consult.accounts.errors import AccountRefused
from consult.accounts.holder_mail import write_to_holder
from consult.accounts.models import HolderKind, Passkey, RecoveryCode, SessionEnd, Totp, User
from consult.accounts.permissions import Act, Actor, require
from consult.accounts.session_ends import end_all
from consult.app_context import settings
from consult.files.mail.compose import AddressRefused, message
from consult.store import db, transaction
from consult.store.locking import lock_row
from consult.stored_secrets import decrypt, encrypt

STEP_SECONDS = 30
STEPS_AROUND = 1
"""Time steps before and after the present one whose codes count (RFC 6238, section 5.2)."""
DIGITS = 6
RECOVERY_CODES = 10
RECOVERY_BYTES = 10
"""80 bits: too many to try offline, so that a plain digest is enough."""
OFFER = "totp-offer"

WRONG_CODE = "动态口令不对。请核对手机和电脑的时间，输入应用中正在显示的 6 位数字。"
STALE_OFFER = "二维码已失效，请重新扫描本页的二维码。"
NEEDED = "您的角色必须使用两步验证，不能停用。更换设备的，请直接重新设置。"


def is_due(user: User) -> bool:
    """Say whether an account has to set up a second factor before anything else."""
    return user.role in settings().roles_with_second_factor() and not queries.has_second_factor(user)


def offer(user: User) -> str:
    """Return a fresh secret for an authenticator app, encrypted, for the form that confirms it; stored nowhere yet."""
    return encrypt(f"{OFFER} {user.id} {pyotp.random_base32()}")


def offered_secret(user: User, sealed: str) -> str:
    """Return the secret in an offer, in base32.

    Raises:
        AccountRefused: it wasn't made for this account.
    """
    opening, _, secret = (decrypt(sealed) or "").rpartition(" ")
    if opening != f"{OFFER} {user.id}":
        raise AccountRefused(STALE_OFFER)
    return secret


def address_of(user: User, secret: str) -> str:
    """Return the ``otpauth:`` address that an authenticator app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.username, issuer_name=settings().site_name)


def set_up_totp(user: User, password: str, sealed: str, code: str, *, at: datetime) -> list[str]:
    """Have an account ask for codes of an authenticator app from now on; return recovery codes, kept as digests only.

    All its sessions end.

    Raises:
        AccountRefused: the password or the code is wrong, or the offer is another account's.
    """
    secret = offered_secret(user, sealed)
    check_password(user, password)
    step = matching_step(secret, code, at)
    if step is None:
        raise AccountRefused(WRONG_CODE)
    with transaction() as session:
        lock_row(user)
        factor = queries.totp_of(user)
        if factor is None:
            session.add(Totp(user_id=user.id, secret_sealed=encrypt(secret), last_step=step, created_at=at))
        else:
            factor.secret_sealed, factor.last_step, factor.created_at = encrypt(secret), step, at
        codes = fresh_codes(user, at)
        note_change(user, at)
        record(Actor.of(user), "account.set_up_totp", f"user:{user.username}", at=at)
    return codes


def renew_recovery_codes(user: User, password: str, *, at: datetime) -> list[str]:
    """Give an account other recovery codes; those of before are worth nothing.

    Raises:
        AccountRefused: the password is wrong, or there is no second factor that they would stand in for.
    """
    check_password(user, password)
    with transaction():
        lock_row(user)
        if not queries.has_second_factor(user):
            raise AccountRefused("尚未设置两步验证，不需要备用码。")
        codes = fresh_codes(user, at)
        record(Actor.of(user), "account.renew_recovery_codes", f"user:{user.username}", at=at)
    return codes


def give_up(user: User, password: str, *, at: datetime) -> None:
    """Let an account do without its second factor again, where its role may; all its sessions end.

    Raises:
        AccountRefused: the password is wrong, or the role needs a second factor.
    """
    check_password(user, password)
    if user.role in settings().roles_with_second_factor():
        raise AccountRefused(NEEDED)
    with transaction():
        lock_row(user)
        if _forget_factors(user, at):
            record(Actor.of(user), "account.give_up_factor", f"user:{user.username}", at=at)


def take_away(actor: Actor, user: User, *, at: datetime) -> bool:
    """Take a lost second factor away from an account; its sessions end, and its holder gets notice by mail.

    Returns:
        Whether a mail went out: only where the holder left an address.

    Raises:
        AccountRefused: it is the actor's own, or there is none.
    """
    require(actor, Act.MANAGE_ACCOUNTS)
    if actor.kind == "user" and actor.id == user.id:
        raise AccountRefused("不能解除自己的两步验证。请在“两步验证”页面更换，或者由另一位管理员解除。")
    with transaction():
        lock_row(user)
        if not _forget_factors(user, at):
            raise AccountRefused("该账号没有设置两步验证。")
        record(actor, "account.take_factor", f"user:{user.username}", at=at)
    return write_to_holder(
        user,
        by=actor.name,
        title="两步验证已解除",
        did=f"解除了您账号“{user.username}”的两步验证",
        advice="此后登录只需密码。",
        at=at,
    )


def set_email(user: User, email: str, *, at: datetime) -> None:
    """Note the address for notices of what others do to an account; empty for none.

    Raises:
        AccountRefused: it is no address.
    """
    email = unicodedata.normalize("NFKC", email).strip()
    if email:
        try:
            message(sender=email, to=email, subject="", text="", at=at)
        except AddressRefused:
            raise AccountRefused("邮箱地址不对，请核对。") from None
    with transaction():
        lock_row(user)
        if (user.email or "") != email:
            user.email = email or None
            record(Actor.of(user), "account.set_email", f"user:{user.username}", at=at)


def note_change(user: User, at: datetime) -> None:
    """End all sessions of an account whose factors change, in the caller's transaction."""
    user.factors_changed_at = at
    end_all(HolderKind.USER, user.id, SessionEnd.FACTOR, at)
    end_all(HolderKind.STEP, user.id, SessionEnd.FACTOR, at)


def matching_step(secret: str, code: str, at: datetime, *, after: int = -1) -> int | None:
    """Return the time step whose code this is, among those around a moment and later than ``after``."""
    plain = plain_code(code)
    present, totp = int(at.timestamp()) // STEP_SECONDS, pyotp.TOTP(secret, interval=STEP_SECONDS, digits=DIGITS)
    steps = range(present - STEPS_AROUND, present + STEPS_AROUND + 1)
    matching = [step for step in steps if secrets.compare_digest(totp.generate_otp(step), plain)]
    return next((step for step in matching if step > after), None)


def plain_code(text: str) -> str:
    """Return a code without the blanks and hyphens that it was typed with; empty where it can't be one."""
    plain = unicodedata.normalize("NFKC", text[:200]).casefold()
    plain = "".join(char for char in plain if not char.isspace() and char != "-")
    return plain if plain.isascii() else ""


def use_code(user: User, code: str, at: datetime) -> str | None:
    """Use a code up in the caller's transaction, which holds the account's row; return what it was of.

    Returns:
        ``totp`` or ``recovery``; ``None`` where it doesn't count, or counted before.
    """
    plain = plain_code(code)
    if plain.isdecimal() and len(plain) == DIGITS:
        return "totp" if _use_totp(user, plain, at) else None
    query = select(RecoveryCode).where(
        RecoveryCode.user_id == user.id, RecoveryCode.code_hash == _hashed(user, plain), RecoveryCode.used_at.is_(None)
    )
    unused = db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if unused is None:
        return None
    unused.used_at = at
    return "recovery"


def encrypt_again() -> None:
    """Encrypt every secret with the newest key, in the caller's transaction; one that can't be read stays."""
    for factor in db.session.scalars(select(Totp).order_by(Totp.user_id).with_for_update()):
        secret = decrypt(factor.secret_sealed)
        if secret is not None:
            factor.secret_sealed = encrypt(secret)


def _use_totp(user: User, code: str, at: datetime) -> bool:
    factor = queries.totp_of(user)
    if factor is None:
        return False
    lock_row(factor)
    secret = decrypt(factor.secret_sealed)
    if secret is None:
        raise AccountRefused("动态口令无法核对：密钥已更换。请使用备用码，或者联系管理员。")
    step = matching_step(secret, code, at, after=factor.last_step)
    if step is None:
        return False
    factor.last_step = step
    return True


def fresh_codes(user: User, at: datetime) -> list[str]:
    """Exchange an account's recovery codes in the caller's transaction; return them."""
    forget_codes(user)
    codes = [_fresh_code() for _ in range(RECOVERY_CODES)]
    hashes = [_hashed(user, plain_code(code)) for code in codes]
    db.session.add_all([RecoveryCode(user_id=user.id, code_hash=digest, created_at=at) for digest in hashes])
    return codes


def forget_codes(user: User) -> None:
    """Delete an account's recovery codes in the caller's transaction."""
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))


def _fresh_code() -> str:
    """Return sixteen letters and digits of base32, in fours."""
    letters = pyotp.random_base32(32)[: RECOVERY_BYTES * 8 // 5].lower()
    return "-".join(letters[i : i + 4] for i in range(0, len(letters), 4))


def _hashed(user: User, code: str) -> str:
    return hashlib.sha256(f"recovery code\0{user.id}\0{code}".encode()).hexdigest()


def check_password(user: User, password: str) -> None:
    """Refuse to change a factor for who doesn't know the password.

    Raises:
        AccountRefused: it is wrong.
    """
    if not passwords.matches(user.password_hash, password):
        raise AccountRefused("密码不对，请核对。")


def _forget_factors(user: User, at: datetime) -> bool:
    """Delete an account's factors and recovery codes in the caller's transaction; say whether there were any."""
    had = queries.has_second_factor(user)
    for kept in (Totp, Passkey, RecoveryCode):
        db.session.execute(delete(kept).where(kept.user_id == user.id))
    if had:
        note_change(user, at)
    return had
