"""Passkeys (WebAuthn): registered with a name, a second step, or the only one if the user was verified.

The browser keeps the challenge in Flask's signed session. Which challenge counted last is kept with the passkey, by its
moment: none of that moment or before counts again, so that an answer that somebody copied is worth nothing.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import webauthn
from sqlalchemy import delete, select
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import bytes_to_base64url, parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from consult.accounts import queries, second_factor, second_step, service, sessions
from consult.accounts.audit_hook import record
from consult.accounts.errors import AccountRefused, SignInRefused
from consult.accounts.models import Passkey, User
from consult.accounts.permissions import Actor
from consult.accounts.sessions import Device
from consult.app_context import settings
from consult.store import db, transaction
from consult.store.locking import lock_row

CHALLENGE_BYTES = 32
CHALLENGE_LASTS = timedelta(minutes=5)
MILLISECONDS = 60_000
"""How long a browser asks for the passkey."""
NAME_CHARACTERS = 40
MOST = 20
"""Passkeys of one account."""
ANSWER_CHARACTERS = 20_000

MALFORMED = (WebAuthnException, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What the library raises over an answer that is none."""
NOT_REGISTERED = "通行密钥未登记，请重试。"
NOT_RECOGNISED = "通行密钥未通过验证，请重试，或者用其他方式登录。"
NOT_VERIFIED = "这个通行密钥没有核验使用者（指纹、人脸或者 PIN 码），只能用作第二步。请先输入用户名和密码。"


@dataclass(frozen=True)
class Site:
    """What a passkey is for: the domain that it is bound to, and the address of the pages that may ask for it."""

    rp_id: str
    origin: str


@dataclass(frozen=True)
class Challenge:
    """What an answer has to sign, and when it was made."""

    value: bytes
    made_at: datetime

    def stands(self, at: datetime) -> bool:
        """Say whether it is still good."""
        return self.made_at <= at < self.made_at + CHALLENGE_LASTS


def new_challenge(at: datetime) -> Challenge:
    """Return a fresh challenge."""
    return Challenge(secrets.token_bytes(CHALLENGE_BYTES), at)


def options_to_register(user: User, site: Site, challenge: Challenge) -> str:
    """Return as JSON what a browser needs to make a passkey (PublicKeyCredentialCreationOptionsJSON)."""
    options = webauthn.generate_registration_options(
        rp_id=site.rp_id,
        rp_name=settings().site_name,
        user_id=_handle(user),
        user_name=user.username,
        user_display_name=user.name,
        challenge=challenge.value,
        timeout=MILLISECONDS,
        attestation=AttestationConveyancePreference.NONE,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
        ),
        exclude_credentials=_descriptors(user),
    )
    return webauthn.options_to_json(options)


def options_to_use(user: User | None, site: Site, challenge: Challenge) -> str:
    """Return as JSON what a browser needs to use a passkey: those of one account, or any that knows its user."""
    options = webauthn.generate_authentication_options(
        rp_id=site.rp_id,
        challenge=challenge.value,
        timeout=MILLISECONDS,
        allow_credentials=_descriptors(user) if user is not None else [],
        user_verification=UserVerificationRequirement.PREFERRED if user else UserVerificationRequirement.REQUIRED,
    )
    return webauthn.options_to_json(options)


def register(
    user: User, password: str, name: str, answer: str, challenge: Challenge, site: Site, *, at: datetime
) -> list[str]:
    """Add a passkey to an account; all its sessions end.

    Returns:
        Recovery codes, where it is the account's first second factor; else nothing.

    Raises:
        AccountRefused: the password is wrong, the name is missing or taken, or the answer doesn't fit the challenge.
    """
    second_factor.check_password(user, password)
    name = _name(name)
    if not challenge.stands(at):
        raise AccountRefused(NOT_REGISTERED)
    try:
        made = webauthn.verify_registration_response(
            credential=answer[:ANSWER_CHARACTERS],
            expected_challenge=challenge.value,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
        )
    except MALFORMED:
        raise AccountRefused(NOT_REGISTERED) from None
    credential = bytes_to_base64url(made.credential_id)
    with transaction() as session:
        lock_row(user)
        there = queries.passkeys_of(user)
        if len(there) >= MOST:
            raise AccountRefused(f"最多登记 {MOST} 个通行密钥。请先移除不用的。")
        if any(passkey.name == name for passkey in there):
            raise AccountRefused("已经有这个名称的通行密钥，请换一个名称。")
        if _by_credential(credential) is not None:
            raise AccountRefused("这个通行密钥已经登记过。")
        first = not queries.has_second_factor(user)
        passkey = Passkey(
            user_id=user.id,
            name=name,
            credential_id=credential,
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            created_at=at,
            counted_at=challenge.made_at,
        )
        session.add(passkey)
        session.flush()
        codes = second_factor.fresh_codes(user, at) if first else []
        second_factor.note_change(user, at)
        record(Actor.of(user), "account.add_passkey", f"user:{user.username}", at=at, name=name)
    return codes


def remove(user: User, passkey: Passkey, password: str, *, at: datetime) -> None:
    """Remove one of an account's passkeys; all its sessions end, and recovery codes go with the last factor.

    Raises:
        AccountRefused: the password is wrong, it is another's, or the role needs a second factor and this is the last.
    """
    second_factor.check_password(user, password)
    with transaction():
        lock_row(user)
        there = queries.passkeys_of(user)
        if passkey not in there:
            raise AccountRefused("没有这个通行密钥。")
        last = len(there) == 1 and queries.totp_of(user) is None
        if last and user.role in settings().roles_with_second_factor():
            raise AccountRefused(second_factor.NEEDED)
        name = passkey.name
        db.session.execute(delete(Passkey).where(Passkey.id == passkey.id))
        if last:
            second_factor.forget_codes(user)
        second_factor.note_change(user, at)
        record(Actor.of(user), "account.remove_passkey", f"user:{user.username}", at=at, name=name)


def finish(token: str, answer: str, challenge: Challenge, site: Site, device: Device, *, at: datetime) -> str:
    """Do the second step of signing in with a passkey; return the token of a session.

    Raises:
        SignInRefused: the first step is too long ago, or the answer is no passkey's of this account.
    """
    step, user = second_step.waiting_or_refused(token, at)
    passkey = _by_credential(_credential_of(answer))
    fits = passkey is not None and passkey.user_id == user.id
    with transaction():
        lock_row(user)
        lock_row(step)
        if step.ended_at is not None or not user.active:
            raise SignInRefused(second_step.OVER)
        counted = _count(passkey, user, answer, challenge, site, at) if passkey is not None and fits else None
        if counted is not None:
            second_step.enter(step, user, _hashed(device), "passkey", at)
        else:
            second_step.note_refusal(user, at)
    if counted is None:
        raise SignInRefused(NOT_RECOGNISED)
    return sessions.begin(sessions.holder_of(user), device, at=at)


def sign_in(answer: str, challenge: Challenge, site: Site, device: Device, *, at: datetime) -> str:
    """Sign in with a passkey alone, whose authenticator has verified its user; return the token of a session.

    Raises:
        SignInRefused: it is no passkey of an open account, or only shows that somebody touched it.
    """
    passkey = _by_credential(_credential_of(answer))
    user = db.session.get(User, passkey.user_id) if passkey is not None else None
    if passkey is None or user is None:
        raise SignInRefused(NOT_RECOGNISED)
    with transaction() as session:
        lock_row(user)
        counted = _count(passkey, user, answer, challenge, site, at) if user.active else None
        if counted is not None and counted.user_verified:
            session.add(second_step.succeeded(user, _hashed(device), at))
            record(Actor.of(user), "account.sign_in", f"user:{user.username}", at=at, second_step="passkey_alone")
        else:
            second_step.note_refusal(user, at)
    if counted is None:
        raise SignInRefused(NOT_RECOGNISED)
    if not counted.user_verified:
        raise SignInRefused(NOT_VERIFIED)
    return sessions.begin(sessions.holder_of(user), device, at=at)


def _count(
    passkey: Passkey, user: User, answer: str, challenge: Challenge, site: Site, at: datetime
) -> VerifiedAuthentication | None:
    """Let an answer count in the caller's transaction, which holds the account's row; ``None`` where it doesn't."""
    db.session.refresh(passkey)
    if not challenge.stands(at) or challenge.made_at <= passkey.counted_at:
        return None
    try:
        handle = parse_authentication_credential_json(answer).response.user_handle
        verified = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge.value,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
        )
    except MALFORMED:
        return None
    if handle is not None and not secrets.compare_digest(handle, _handle(user)):
        return None
    passkey.sign_count, passkey.counted_at, passkey.used_at = verified.new_sign_count, challenge.made_at, at
    return verified


def _credential_of(answer: str) -> str:
    """Return the id of the passkey that an answer names; empty where it is no answer."""
    try:
        return bytes_to_base64url(parse_authentication_credential_json(answer[:ANSWER_CHARACTERS]).raw_id)
    except MALFORMED:
        return ""


def _by_credential(credential: str) -> Passkey | None:
    return db.session.scalar(select(Passkey).where(Passkey.credential_id == credential)) if credential else None


def _descriptors(user: User) -> list[PublicKeyCredentialDescriptor]:
    ids = [webauthn.base64url_to_bytes(passkey.credential_id) for passkey in queries.passkeys_of(user)]
    return [PublicKeyCredentialDescriptor(id=id_) for id_ in ids]


def _handle(user: User) -> bytes:
    """Return what an authenticator knows the account by: no name, and the same for all of its passkeys."""
    return hashlib.sha256(f"passkey\0{user.id}\0{user.created_at.isoformat()}".encode()).digest()


def _name(name: str) -> str:
    name = service.plain(name)
    if not name or len(name) > NAME_CHARACTERS or not name.isprintable():
        raise AccountRefused(f"请填写通行密钥的名称，最多 {NAME_CHARACTERS} 字，例如：办公室电脑。")
    return name


def _hashed(device: Device) -> str | None:
    return service.keyed(device.address) if device.address else None
