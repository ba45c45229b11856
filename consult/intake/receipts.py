"""Receipts: a number that names a submission and a key that only its sender has.

The key is derived from the number with the platform's secret, so that a repeated request and the acknowledgement by
mail can show the same one; the database holds only its digest.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from flask import current_app
from sqlalchemy import select

from consult.clock import local
from consult.intake.errors import ReceiptNotFound
from consult.intake.models import Submission
from consult.store import db
from consult.text.sentences import sentence

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Characters that nobody confuses when reading aloud or copying by hand."""
NUMBER_CHARACTERS = 8
KEY_CHARACTERS = 16
_LETTERS = bytes(ord(ALPHABET[n % len(ALPHABET)]) for n in range(256))
_UNFAIR = bytes(range(256 - 256 % len(ALPHABET), 256))
"""Bytes that would give the first letters of the alphabet a better chance."""


@dataclass(frozen=True)
class Receipt:
    """What a sender gets; ``replayed`` when the same sending was stored before."""

    number: str
    submission_id: int
    replayed: bool = False

    @property
    def key(self) -> str:
        """The key that only its sender has."""
        return key_of(self.number)

    @property
    def submission(self) -> Submission:
        """The submission that it is the receipt of."""
        return db.session.get_one(Submission, self.submission_id)


def new_number(at: datetime) -> str:
    """Return a fresh receipt number: local date and random characters."""
    drawn = b""
    while len(drawn) < NUMBER_CHARACTERS:
        drawn += secrets.token_bytes(2 * NUMBER_CHARACTERS).translate(_LETTERS, _UNFAIR)
    return f"{_day(at)}-{drawn[:NUMBER_CHARACTERS].decode()}"


@lru_cache(maxsize=64)
def _day(at: datetime) -> str:
    return f"{local(at):%Y%m%d}"


def key_of(number: str) -> str:
    """Return the key of a receipt number: four groups of four characters, 80 bits."""
    secret = current_app.config["SECRET_KEY"].encode()
    mac = hmac.digest(secret, b"receipt\0" + number.encode(), "sha256")
    return _grouped(base64.b32encode(mac[:10]).decode())


def _grouped(letters: str) -> str:
    return "-".join([letters[i : i + 4] for i in range(0, len(letters), 4)])


def normal_key(key: str) -> str:
    """Return a typed key in its normal form: capital letters, no spaces, groups joined by hyphens."""
    letters = "".join(c for c in key.upper() if c.isascii() and c.isalnum()).replace("0", "O").replace("1", "I")
    return _grouped(letters)


def hash_key(key: str) -> str:
    """Return the digest of a key as the database holds it."""
    return hashlib.sha256(b"receipt-key\0" + key.encode()).hexdigest()


def find(number: str, key: str) -> Submission:
    """Return the submission of a receipt.

    Raises:
        ReceiptNotFound: number or key is wrong; the answer and its cost are the same for both.
    """
    submission = db.session.scalar(select(Submission).where(Submission.number == number.strip().upper()))
    expected = submission.key_hash if submission is not None else hash_key("")
    same = hmac.compare_digest(expected, hash_key(normal_key(key)))
    if submission is None or not same:
        raise ReceiptNotFound(sentence("没有查到这张回执。请核对回执编号和查询码，注意字母和数字不要混淆。"))
    return submission
