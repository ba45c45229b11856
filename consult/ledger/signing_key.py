"""The key that checkpoints and tree heads are signed with."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consult.app_context import settings
from consult.files.key_file import read_or_make


def signing_key() -> Ed25519PrivateKey:
    """Return the signing key: made on first use, in ``data_dir/ledger_key`` with mode 0600."""
    key = read_or_make(
        settings().data_dir / "ledger_key", lambda: Ed25519PrivateKey.generate().private_bytes_raw().hex()
    )
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key))


def public_key() -> str:
    """Return the platform's public key, in hexadecimal."""
    return signing_key().public_key().public_bytes_raw().hex()
