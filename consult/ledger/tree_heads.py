"""Signed tree heads: size and root of the tree after every act, in append-only files outside the database.

A head also has the end of every journal at the time. Each line of ``heads-HOST.log`` is chained to the one before and
signed; copies lie in the shared folder and, where ``tree_heads_folder`` says so, in a second place.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consult.app_context import settings
from consult.ledger import continuation, tree
from consult.ledger.errors import RecordBroken
from consult.ledger.journal import files, shipping
from consult.ledger.journal.lines import End
from consult.ledger.proofs import Checkpoint, is_signature_valid, sign_checkpoint
from consult.ledger.service import canonical
from consult.ledger.signing_key import public_keys, signing_key

TAIL = 16 * 1024
_PURPOSE = b"consult-tree-head/1\n"


@dataclass(frozen=True)
class TreeHead:
    """A signed statement of the tree's size and root, and of where each host's shipped journal ended."""

    checkpoint: Checkpoint
    journals: dict[str, End]
    before: str
    """Digest of the line before; of nothing in the first line."""
    line: bytes
    generation: int
    """Of the key that the line is signed with; a checkpoint in it may have an older one."""

    @property
    def digest(self) -> str:
        """What the next line is chained to."""
        return sha256(self.line).hexdigest()


def path() -> Path:
    """Return the path of this host's tree heads."""
    return files.folder() / f"heads-{files.host()}.log"


def places() -> list[Path]:
    """Return the folders that have tree heads: this host's, the shared one, and the second place."""
    second = settings().tree_heads_folder
    return [files.folder(), files.shared_folder(), *([second] if second is not None else [])]


def sign(at: datetime) -> TreeHead | None:
    """Sign the tree, if it has grown since this host's last head, and append the head to the file.

    Raises:
        RecordBroken: the tree contradicts the last head; nothing is signed.
    """
    size, last = tree.size(), _in_force()
    if size == (0 if last is None else last.checkpoint.size):
        return None
    if last is not None:
        _check(last.checkpoint, size)
    return _append(sign_checkpoint(signing_key(), size, tree.root(size), at))


def add(signed: Checkpoint) -> None:
    """Append a checkpoint that was signed for publication, unless the newest head is of its size."""
    last = _in_force()
    if last is None or last.checkpoint.size < signed.size:
        _append(signed)


def _in_force() -> TreeHead | None:
    """Return this host's newest head, unless a restore has ended what it was signed over."""
    last = newest()
    if last is None or not last.checkpoint.size:
        return last
    ended = continuation.is_superseded(continuation.known(), last.checkpoint.size, last.checkpoint.at)
    return None if ended else last


def copy_out() -> None:
    """Bring the copies of the tree heads up to date.

    Raises:
        OSError: a folder can't be reached.
    """
    here, *others = places()
    for kept in sorted(here.glob("heads-*.log")):
        for folder in others:
            shipping.copy(kept, folder / kept.name)


def _check(last: Checkpoint, size: int) -> None:
    try:
        is_same = last.size <= size and tree.root(last.size).hex() == last.root
    except LookupError:
        is_same = False  # a node is missing
    if not is_same:
        raise RecordBroken(
            f"记录与 {last.at} 签名的树头（{last.size} 条）不符，没有再签名。请用 flask ledger verify 查明哪里被改动。"
        )


def _append(signed: Checkpoint) -> TreeHead:
    descriptor = files.open_to_append(path())
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        last, is_torn = _end_of(descriptor)
        head = _signed_head(signed, "" if last is None else last.digest)
        files.write_whole(descriptor, (b"\n" if is_torn else b"") + head.line + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return head


def _signed_head(signed: Checkpoint, before: str) -> TreeHead:
    ends = shipped_ends()
    statement: dict[str, Any] = {
        "before": before,
        "checkpoint": signed.as_document(),
        "journals": {host: [end.number, end.chain] for host, end in ends.items()},
    }
    signature = signing_key().sign(_PURPOSE + canonical(statement)).hex()
    return TreeHead(signed, ends, before, canonical({**statement, "signature": signature}), len(public_keys()))


def _generation_of(signature: bytes, text: bytes, known: list[str]) -> int | None:
    """Return the generation that a text was signed with, None if with none; the newest are tried first."""
    for number in range(len(known), 0, -1):
        with suppress(InvalidSignature):
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(known[number - 1])).verify(signature, text)
            return number
    return None


def shipped_ends() -> dict[str, End]:
    """Return where each host's shipped journal ends."""
    ends: dict[str, End] = {}
    for host, shipped in files.shipped().items():
        if files.ASIDE in host:
            continue
        descriptor = os.open(shipped, os.O_RDONLY)
        try:
            end, _ = files.end_of(descriptor, host)
        finally:
            os.close(descriptor)
        if end.number:
            ends[host] = end
    return ends


def newest() -> TreeHead | None:
    """Return this host's newest tree head."""
    try:
        descriptor = os.open(path(), os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        return _end_of(descriptor)[0]
    finally:
        os.close(descriptor)


def _end_of(descriptor: int) -> tuple[TreeHead | None, bool]:
    size = os.fstat(descriptor).st_size
    length = TAIL
    while size:
        tail = os.pread(descriptor, min(length, size), max(0, size - length))
        for raw in reversed(tail.split(b"\n")[:-1]):
            head = parse(raw)
            if head is not None:
                return head, not tail.endswith(b"\n")
        if length >= size:
            return None, not tail.endswith(b"\n")
        length *= 16
    return None, False


def read(file: Path, size: int) -> Iterator[tuple[int, TreeHead | None]]:
    """Yield the lines of a file's first ``size`` bytes with their numbers; ``None`` without a valid signature.

    A torn line, which a killed process left, is passed over.
    """
    with file.open("rb") as opened:
        number = 0
        while opened.tell() < size and (raw := opened.readline()).endswith(b"\n"):
            if raw.rstrip().endswith(b"}"):
                number += 1
                yield number, parse(raw[:-1])


def parse(raw: bytes) -> TreeHead | None:
    """Return the tree head of a line, or ``None`` when it wasn't signed with this platform's key."""
    try:
        stored = json.loads(raw)
        signature = bytes.fromhex(stored.pop("signature"))
        signed = Checkpoint(**stored["checkpoint"])
        ends = {str(host): End(int(number), str(chain)) for host, (number, chain) in stored["journals"].items()}
        known = public_keys()
        if signed.public_key not in known or not is_signature_valid(signed):
            return None
        generation = _generation_of(signature, _PURPOSE + canonical(stored), known)
        return None if generation is None else TreeHead(signed, ends, str(stored["before"]), raw, generation)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
