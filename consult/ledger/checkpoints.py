"""Signed checkpoints: made hourly, published, and kept in files, so that a rewritten database is noticed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from consult.app_context import settings
from consult.ledger import continuation, tree, tree_heads
from consult.ledger.errors import RecordBroken
from consult.ledger.models import LedgerCheckpoint
from consult.ledger.proofs import Checkpoint, is_signature_valid, sign_checkpoint, signed_time
from consult.ledger.signing_key import public_key as public_key
from consult.ledger.signing_key import public_keys as public_keys
from consult.ledger.signing_key import signing_key
from consult.store import db, transaction


def checkpoint(at: datetime) -> Checkpoint | None:
    """Seal all entries and sign the tree; return the newest checkpoint, ``None`` while the record is empty.

    Raises:
        RecordBroken: the tree contradicts a checkpoint signed earlier; nothing is signed.
    """
    tree.seal(at, everything=True)
    signed = _sign(at)
    if signed is not None:
        _write_missing_files()
        tree_heads.add(signed)
    return signed


def _sign(at: datetime) -> Checkpoint | None:
    with transaction() as session:
        if not tree.try_lock():
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
        return False  # a node is missing


def from_row(row: LedgerCheckpoint) -> Checkpoint:
    """Return the published form of a row."""
    return with_key(row.size, row.root, signed_time(row.at), row.signature)


def with_key(size: int, root: str, at: str, signature: str) -> Checkpoint:
    """Return a stored checkpoint with the public key that it was signed with, the newest if it wasn't with any."""
    tried = [Checkpoint(size, root, at, key, signature) for key in reversed(public_keys())]
    return next(filter(is_signature_valid, tried), tried[0])


def newest() -> Checkpoint | None:
    """Return the newest checkpoint of the database."""
    row = db.session.scalar(select(LedgerCheckpoint).order_by(LedgerCheckpoint.size.desc()).limit(1))
    return from_row(row) if row is not None else None


def by_size(size: int) -> Checkpoint | None:
    """Return the checkpoint of this size in leaves, if one was signed."""
    row = db.session.get(LedgerCheckpoint, size)
    return from_row(row) if row is not None else None


def page(before: int | None = None, limit: int = 50) -> list[Checkpoint]:
    """Return checkpoints of a size below ``before``, newest first."""
    query = select(LedgerCheckpoint).order_by(LedgerCheckpoint.size.desc()).limit(limit)
    if before is not None:
        query = query.where(LedgerCheckpoint.size < before)
    return [from_row(row) for row in db.session.scalars(query)]


def folder() -> Path:
    """Return the folder of the checkpoint files."""
    return settings().data_dir / "checkpoints"


def file_path(size: int) -> Path:
    """Return the path of the file of the checkpoint of this size."""
    return folder() / f"{size:012d}.json"


def files() -> Iterator[Path]:
    """Yield the checkpoint files by size."""
    yield from sorted(folder().glob("[0-9]*.json"))


def read_file(path: Path) -> Checkpoint | None:
    """Return the checkpoint in a file, or ``None`` when it wasn't signed with this platform's key."""
    try:
        stored = json.loads(path.read_bytes())
        read = Checkpoint(**{name: stored[name] for name in ("size", "root", "at", "public_key", "signature")})
        is_ours = file_path(read.size) == path and read.public_key in public_keys() and is_signature_valid(read)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return read if is_ours else None


def _newest_file() -> Checkpoint | None:
    """Return the newest checkpoint in a file that a restore hasn't ended, ``None`` for a file that was altered."""
    known = continuation.known()
    for path in reversed(list(files())):
        read = read_file(path)
        if read is None or not continuation.is_superseded(known, read.size, read.at):
            return read
    return None


def _write_missing_files() -> None:
    """Write the files of the two newest checkpoints: a process killed between commit and file left one out."""
    folder().mkdir(parents=True, exist_ok=True)
    for signed in page(limit=2):
        path = file_path(signed.size)
        if path.exists():
            continue
        temporary = path.with_suffix(f".{os.getpid()}")
        with temporary.open("w", encoding="utf-8") as file:
            json.dump(signed.as_document(), file)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o400)
        temporary.replace(path)
