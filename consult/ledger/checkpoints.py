"""Signed checkpoints: made hourly, published, and kept in files beside the database, so that a rewritten one shows."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from consult.ledger import journal, tree
from consult.ledger.errors import RecordBroken
from consult.ledger.models import LedgerCheckpoint
from consult.ledger.proofs import Checkpoint, checkpoint_holds, sign_checkpoint
from consult.settings import settings
from consult.store import db, transaction

KEY_BYTES = 32


def signing_key() -> Ed25519PrivateKey:
    """Return the platform's key, made on first use and kept in ``data_dir/ledger_key``, readable by its owner only."""
    path = settings().data_dir / "ledger_key"
    if not path.exists():
        _keep_new_key(path)
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text(encoding="ascii").strip()))


def _keep_new_key(path: Path) -> None:
    fresh = path.with_name(f"ledger_key.{os.getpid()}.{os.urandom(4).hex()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(Ed25519PrivateKey.generate().private_bytes_raw().hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(fresh)
    except FileExistsError:
        pass  # another process was first; its key is the key
    finally:
        fresh.unlink()


def public_key() -> str:
    """Return the platform's public key, in hexadecimal."""
    return signing_key().public_key().public_bytes_raw().hex()


def checkpoint(at: datetime) -> Checkpoint | None:
    """Seal what waits and sign the tree as it then is; without anything new, return the newest checkpoint again.

    Returns:
        ``None`` while the record is empty.

    Raises:
        RecordBroken: the tree contradicts a checkpoint signed earlier; nothing is signed over it.
    """
    tree.seal(at, everything=True)
    journal.turn()
    signed = _sign(at)
    if signed is not None:
        _write_missing_files()
        journal.clear(signed.size)
    return signed


def _sign(at: datetime) -> Checkpoint | None:
    with transaction() as session:
        if not tree.hold_lock():
            return newest()
        size = tree.size()
        before = newest()
        _check_history(size, before)
        if size == 0 or (before is not None and before.size == size):
            return before
        signed = sign_checkpoint(signing_key(), size, tree.root(size), at)
        moment = datetime.fromisoformat(signed.at)
        session.add(LedgerCheckpoint(size=size, root=signed.root, at=moment, signature=signed.signature))
    return signed


def _check_history(size: int, before: Checkpoint | None) -> None:
    for earlier in (before, _newest_file()):
        if earlier is not None and not _begins_with(earlier, size):
            raise RecordBroken(
                f"记录与 {earlier.at} 签发的检查点（{earlier.size} 条）不符，没有签发新的检查点。"
                "请用 flask ledger verify 查明哪里被改动。"
            )


def _begins_with(earlier: Checkpoint, size: int) -> bool:
    try:
        return earlier.size <= size and tree.root(earlier.size).hex() == earlier.root
    except LookupError:
        return False  # a node is gone


def shown_moment(at: datetime) -> str:
    """Return a checkpoint's moment as it is signed and published."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def document(row: LedgerCheckpoint) -> Checkpoint:
    """Return a stored checkpoint as it is published."""
    return Checkpoint(row.size, row.root, shown_moment(row.at), public_key(), row.signature)


def newest() -> Checkpoint | None:
    """Return the newest checkpoint of the database."""
    row = db.session.scalar(select(LedgerCheckpoint).order_by(LedgerCheckpoint.size.desc()).limit(1))
    return document(row) if row is not None else None


def of_size(size: int) -> Checkpoint | None:
    """Return the checkpoint over so many leaves, if one was signed."""
    row = db.session.get(LedgerCheckpoint, size)
    return document(row) if row is not None else None


def listed(before: int | None = None, limit: int = 50) -> list[Checkpoint]:
    """Return the newest checkpoints, those smaller than ``before``, newest first."""
    query = select(LedgerCheckpoint).order_by(LedgerCheckpoint.size.desc()).limit(limit)
    if before is not None:
        query = query.where(LedgerCheckpoint.size < before)
    return [document(row) for row in db.session.scalars(query)]


def folder() -> Path:
    """Return where the files lie."""
    return settings().data_dir / "checkpoints"


def file_of(size: int) -> Path:
    """Return the file of the checkpoint over so many leaves."""
    return folder() / f"{size:012d}.json"


def files() -> Iterator[Path]:
    """Return the files there are, the smallest checkpoint first."""
    yield from sorted(folder().glob("[0-9]*.json"))


def read_file(path: Path) -> Checkpoint | None:
    """Return what a checkpoint file says, or ``None`` when it isn't one that was signed here."""
    try:
        stored = json.loads(path.read_bytes())
        found = Checkpoint(**{name: stored[name] for name in ("size", "root", "at", "public_key", "signature")})
        right = file_of(found.size) == path and found.public_key == public_key() and checkpoint_holds(found)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return found if right else None


def _newest_file() -> Checkpoint | None:
    paths = list(files())
    return read_file(paths[-1]) if paths else None


def _write_missing_files() -> None:
    """Write the files of the newest checkpoints: a process that was killed between row and file left one out."""
    folder().mkdir(parents=True, exist_ok=True)
    for signed in listed(limit=2):
        path = file_of(signed.size)
        if path.exists():
            continue
        fresh = path.with_suffix(f".{os.getpid()}")
        with fresh.open("w", encoding="utf-8") as file:
            json.dump(signed.as_document(), file)
            file.flush()
            os.fsync(file.fileno())
        fresh.chmod(0o444)
        fresh.replace(path)
