"""Receipts: a number that identifies a submission, and a key that only its sender has.

The key is derived from the number with the platform's secret, so that a repeated request and the acknowledgement by
mail can show the same one; the database stores only its digest.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import select

from consult import keys
from consult.clock import local
from consult.intake.errors import ReceiptNotFound
from consult.intake.models import Submission
from consult.store import db
from consult.text.sentences import sentence

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Characters that aren't confused when read aloud or copied by hand."""
NUMBER_CHARACTERS = 8
_LETTERS = bytes(ord(ALPHABET[n % len(ALPHABET)]) for n in range(256))
_UNFAIR = bytes(range(256 - 256 % len(ALPHABET), 256))
"""Bytes to discard, because they would bias the first letters of the alphabet."""


@dataclass(frozen=True)
class Receipt:
    """The receipt of a sender; ``replayed`` if the same request was stored before."""

    number: str
    submission_id: int
    replayed: bool = False

    @property
    def key(self) -> str:
        """The key that only its sender has."""
        return key_of(self.number)

    @property
    def submission(self) -> Submission:
        """The submission of this receipt."""
        return db.session.get_one(Submission, self.submission_id)


def new_number(at: datetime) -> str:
    """Return a new receipt number: local date and random characters."""
    drawn = b""
    while len(drawn) < NUMBER_CHARACTERS:
        drawn += secrets.token_bytes(2 * NUMBER_CHARACTERS).translate(_LETTERS, _UNFAIR)
    return f"{_day(at)}-{drawn[:NUMBER_CHARACTERS].decode()}"


@lru_cache(maxsize=64)
def _day(at: datetime) -> str:
    return f"{local(at):%Y%m%d}"


def new_key(number: str) -> str:
    """Return the key of a new receipt: four groups of four characters, 80 bits."""
    return _derived(keys.current(keys.Purpose.RECEIPTS), number)


def key_of(number: str) -> str:
    """Return the key of a receipt that was given, whatever generation of the platform's key made it."""
    if keys.newest(keys.Purpose.RECEIPTS) == 1:
        return new_key(number)
    stored = db.session.scalar(select(Submission.key_hash).where(Submission.number == number))
    made_with = keys.generation(keys.Purpose.RECEIPTS, generation_of(number, stored or ""))
    return _derived(made_with, number) if made_with is not None else new_key(number)


def generation_of(number: str, key_hash: str) -> int:
    """Return the generation of the platform's key that made a receipt's key; 0 for none."""
    every = keys.newest_first(keys.Purpose.RECEIPTS)
    return next((generation for generation, key in every if hash_key(_derived(key, number)) == key_hash), 0)


def _derived(key: bytes, number: str) -> str:
    mac = hmac.digest(key, b"receipt\0" + number.encode(), "sha256")
    return _grouped(base64.b32encode(mac[:10]).decode())


def _grouped(letters: str) -> str:
    return "-".join([letters[i : i + 4] for i in range(0, len(letters), 4)])


def normal_key(key: str) -> str:
    """Normalise a typed key: capital letters, no spaces, groups joined by hyphens."""
    letters = "".join(c for c in key.upper() if c.isascii() and c.isalnum()).replace("0", "O").replace("1", "I")
    return _grouped(letters)


def hash_key(key: str) -> str:
    """Return the digest of a key as stored in the database."""
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
