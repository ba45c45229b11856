"""Passwords: what is asked of one, and its argon2 hash."""

from __future__ import annotations

import functools
import re
import secrets
import unicodedata
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from consult.accounts.errors import AccountRefused
from consult.text.sentences import sentence

SHORTEST = 10
LONGEST = 200
GENERATED_BYTES = 12
COMMON = Path(__file__).with_name("common_passwords") / "passwords.txt"
"""The 10,000 most common passwords, and those of the next 20,000 that are long enough to be chosen here."""
FEWEST_DIFFERENT = 5
"""Different characters that a password needs."""
SHORTEST_NAME = 2
LEAST_OWN = 4
"""Letters that a password with a name in it must have beside the name."""
AROUND = re.compile(r"^[\W\d_]+|[\W\d_]+$")
AROUND_ANYWHERE = re.compile(r"[\W\d_]+")
NAME_PARTS = re.compile(r"[\W_]+")
DEMONSTRATION = "yanshi-2026-mima"
"""Opens an account only where the site listens on this machine alone."""

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""OWASP's parameters for argon2id: 19 MiB, so that several sign-ins at once don't outgrow a web worker."""


def check(password: str, *names: str) -> None:
    """Refuse a password that is too short, too long, common, or made of names.

    Arguments:
        names: the holder's username, name and division.

    Raises:
        AccountRefused: says what to change.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise AccountRefused(
            sentence(
                "密码要有 %(shortest)s 到 %(longest)s 个字符，现在是 %(n)s 个。",
                shortest=SHORTEST,
                longest=LONGEST,
                n=len(password),
            )
        )
    if is_common(password):
        raise AccountRefused(sentence("这个密码太常见，容易被猜到，请换一个。"))
    if is_made_of(password, names):
        raise AccountRefused(sentence("密码不能由用户名、姓名或者单位名称组成，请换一个。"))


def is_common(password: str) -> bool:
    """Say whether a password is on the list, such a word between digits and signs, or no word at all."""
    plain = unicodedata.normalize("NFKC", password).casefold()
    return len(set(plain)) < FEWEST_DIFFERENT or not {plain, AROUND.sub("", plain)}.isdisjoint(_common() | {""})


def is_made_of(password: str, names: tuple[str, ...]) -> bool:
    """Say whether less than LEAST_OWN letters are left of a password once names, digits and signs are taken out."""
    rest = plain = unicodedata.normalize("NFKC", password).casefold()
    words = {word for name in names for word in (name.casefold(), *NAME_PARTS.split(name.casefold()))}
    for word in sorted(words, key=len, reverse=True):
        if len(word) >= SHORTEST_NAME:
            rest = rest.replace(word, "")
    return rest != plain and len(AROUND_ANYWHERE.sub("", rest)) < LEAST_OWN


@functools.cache
def _common() -> frozenset[str]:
    return frozenset(COMMON.read_text("utf-8").split("\n")) - {""}


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
