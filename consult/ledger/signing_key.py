"""The keys that checkpoints and tree heads are signed with: what is new by the newest generation."""

from __future__ import annotations

from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from consult import keys
from consult.keys import Purpose
from consult.ledger import key_times
from consult.ledger.models import LedgerLeaf
from consult.ledger.verification.database_view import LeastGeneration
from consult.store import db


def signing_key() -> Ed25519PrivateKey:
    """Return the newest generation of the signing key."""
    return _private(keys.current(Purpose.CHECKPOINTS).decode())


def public_key() -> str:
    """Return the platform's public key in force, in hexadecimal."""
    return public_keys()[-1]


def public_keys() -> list[str]:
    """Return the public keys of all generations in hexadecimal, the oldest first: what each signed stays valid."""
    return [_public(key.decode()) for _, key in keys.newest_first(Purpose.CHECKPOINTS)][::-1]


def least_generation() -> LeastGeneration:
    """Return what says which generation a tree, by its size in leaves, is signed with at least."""
    begun = {known.entry_id: known.number for known in key_times.recorded() if known.purpose is Purpose.CHECKPOINTS}
    query = select(LedgerLeaf.position, LedgerLeaf.entry_id).where(LedgerLeaf.entry_id.in_(begun))
    places = [(row.position, begun[row.entry_id]) for row in db.session.execute(query)]

    def of(size: int) -> int:
        return max((number for position, number in places if position < size), default=1)

    return of


@lru_cache(maxsize=32)
def _private(key: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key))


@lru_cache(maxsize=32)
def _public(key: str) -> str:
    return _private(key).public_key().public_bytes_raw().hex()
