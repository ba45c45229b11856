"""Checkpoints and the JSON documents that prove a receipt; their format is in docs/transparency.md.

`static/transparency/verify.py` reads them and imports nothing from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_PURPOSE = "consult-checkpoint/1"


@dataclass(frozen=True)
class Checkpoint:
    """A signed statement of the tree's size and root; `root`, `public_key` and `signature` in hexadecimal."""

    size: int
    root: str
    at: str
    public_key: str
    signature: str

    def as_document(self) -> dict[str, Any]:
        """Return what is published."""
        return asdict(self)


def salted_digest(salt: bytes, content: bytes) -> str:
    """Return the SHA-256 over the salt (at least 16 random bytes) and the content, in hexadecimal.

    The salt keeps short contents from being guessed. Raises ValueError for a shorter one.
    """
    if len(salt) < 16:
        raise ValueError("a salt of fewer than 16 bytes can be guessed")
    return sha256(salt + content).hexdigest()


def signed_text(size: int, root: str, at: str) -> bytes:
    """Return the bytes that a checkpoint's signature covers: four lines."""
    return f"{_PURPOSE}\n{size}\n{root}\n{at}\n".encode()


def signed_time(at: datetime) -> str:
    """Return a checkpoint's time as it is signed and published: UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def sign_checkpoint(key: Ed25519PrivateKey, size: int, root: bytes, at: datetime) -> Checkpoint:
    """Sign the tree's `size` and `root` with the time `at` (aware)."""
    moment = signed_time(at)
    signature = key.sign(signed_text(size, root.hex(), moment))
    public = key.public_key().public_bytes_raw()
    return Checkpoint(size, root.hex(), moment, public.hex(), signature.hex())


def is_signature_valid(checkpoint: Checkpoint) -> bool:
    """Say whether the checkpoint's signature is that of its public key."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(checkpoint.public_key))
        signature = bytes.fromhex(checkpoint.signature)
        key.verify(signature, signed_text(checkpoint.size, checkpoint.root, checkpoint.at))
    except (InvalidSignature, ValueError):
        return False
    return True


def inclusion_document(
    leaf: str, salt: bytes, index: int, path: Sequence[bytes], checkpoint: Checkpoint, content: str | None = None
) -> dict[str, Any]:
    """Return the inclusion proof of `leaf` in `checkpoint`'s tree; with `content` its digest can be checked too."""
    document: dict[str, Any] = {"kind": "inclusion", "leaf": leaf, "salt": salt.hex()}
    if content is not None:
        document["content"] = content
    return document | {
        "index": index,
        "size": checkpoint.size,
        "path": [node.hex() for node in path],
        "checkpoint": checkpoint.as_document(),
    }


def consistency_document(old: Checkpoint, new: Checkpoint, path: Sequence[bytes]) -> dict[str, Any]:
    """Return the proof that the `old` checkpoint's tree is a prefix of the `new` one's."""
    return {
        "kind": "consistency",
        "old": old.as_document(),
        "new": new.as_document(),
        "path": [node.hex() for node in path],
    }
