"""Passwords: what is asked of one, and its argon2 hash."""

from __future__ import annotations

import functools
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from consult.accounts.errors import AccountRefused

SHORTEST = 8
LONGEST = 200
GENERATED_BYTES = 12

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""OWASP's parameters for argon2id: 19 MiB, so that several sign-ins at once don't outgrow a web worker."""


def check(password: str, username: str) -> None:
    """Refuse a password that is too short, too long or the username itself.

    Raises:
        AccountRefused: says what to change.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise AccountRefused(f"密码要有 {SHORTEST} 到 {LONGEST} 个字符，现在是 {len(password)} 个。")
    if password.casefold() == username.casefold():
        raise AccountRefused("密码不能和用户名一样。")


def generate() -> str:
    """Return a fresh password of 16 characters (96 bits)."""
    return secrets.token_urlsafe(GENERATED_BYTES)


def make_hash(password: str) -> str:
    """Return the argon2id hash of a password."""
    return _hasher.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Say whether a password is the one behind the hash; without a hash it costs the same and is never right."""
    try:
        right = _hasher.verify(password_hash or _nobody(), password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return right and password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Say whether a hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


@functools.cache
def _nobody() -> str:
    return _hasher.hash(secrets.token_hex())
