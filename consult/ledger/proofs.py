"""The documents by which anybody can check a receipt: their format is in docs/transparency.md.

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
    """A signed statement: at this moment the tree had this size and this root. All but `size` is text as published."""

    size: int
    root: str
    at: str
    public_key: str
    signature: str

    def as_document(self) -> dict[str, Any]:
        """Return what is published."""
        return asdict(self)


def salted_digest(salt: bytes, content: bytes) -> str:
    """Return what a leaf says of a content: SHA-256 over the salt (16 random bytes or more) and the content, in hex.

    Without the salt nobody can try out which short text it stands for. Raises ValueError for a salt that is too short.
    """
    if len(salt) < 16:
        raise ValueError("a salt of fewer than 16 bytes can be guessed")
    return sha256(salt + content).hexdigest()


def signed_text(size: int, root: str, at: str) -> bytes:
    """Return the bytes that a checkpoint's signature covers: four lines."""
    return f"{_PURPOSE}\n{size}\n{root}\n{at}\n".encode()


def sign_checkpoint(key: Ed25519PrivateKey, size: int, root: bytes, at: datetime) -> Checkpoint:
    """Sign the tree's `size` and `root` as they were at `at` (aware)."""
    moment = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    signature = key.sign(signed_text(size, root.hex(), moment))
    public = key.public_key().public_bytes_raw()
    return Checkpoint(size, root.hex(), moment, public.hex(), signature.hex())


def checkpoint_holds(checkpoint: Checkpoint) -> bool:
    """Say whether the checkpoint's signature was made over it with its key."""
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
    """Return the proof that `leaf` is in the tree of `checkpoint`; with `content` the reader checks that as well."""
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
    """Return the proof that nothing of the `old` checkpoint's tree was changed in the `new` one's."""
    return {
        "kind": "consistency",
        "old": old.as_document(),
        "new": new.as_document(),
        "path": [node.hex() for node in path],
    }
