"""Files that staff upload (drafts, minutes, evidence) are scanned as attachments are, and held back as they are.

They are found by state: what a column of digests names and no row here tells of. One file is scanned once, however many
rows name it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import exists, false, select, union
from sqlalchemy.orm.attributes import InstrumentedAttribute

from consult.accounts.permissions import SYSTEM
from consult.files.clamd import Finding, Scan
from consult.intake import attempts, scanning
from consult.intake.errors import HeldBack
from consult.intake.models import FileScan, Work
from consult.intake.scanning import Waiting
from consult.ledger.checking.batches import facts
from consult.ledger.checking.view import as_stored, one_view, stream
from consult.ledger.faults import Fault, What
from consult.ledger.models import LedgerEntry
from consult.ledger.service import record
from consult.settings import blobs
from consult.store import db, transaction
from consult.store.claiming import claimed

HOLD_BACK = "file.hold_back"

Columns = Sequence[InstrumentedAttribute[str]]
"""Columns that name files by their SHA-256, empty where there is none."""


def held_back(digests: Collection[str]) -> dict[str, str]:
    """Return what was found in those of the files that are held back."""
    if not digests:
        return {}
    query = select(FileScan.digest, FileScan.signature).where(
        FileScan.digest.in_(digests), FileScan.finding == Finding.INFECTED
    )
    return {row.digest: row.signature for row in db.session.execute(query)}


def content_of(digest: str) -> bytes:
    """Return the bytes of a file, to be handed on.

    Raises:
        HeldBack: the scanner found something in it.
        BlobError: the bytes are gone.
    """
    signature = held_back([digest]).get(digest)
    if signature is not None:
        raise HeldBack(signature, "文件")
    return blobs().get(digest)


def scan_new(columns: Columns, at: datetime) -> int:
    """Scan the files that these columns name and nobody has looked at yet; return how many were. As for attachments."""
    return scanning.look_through(partial(_waiting, columns, at), partial(_write_down, at=at))


def _waiting(columns: Columns, at: datetime) -> Waiting:
    """Return key, digest and whether it is known to be clean of files: those that are new, then the unanswered."""
    named = union(*(select(column.label("digest")).where(column != "") for column in columns)).subquery()
    unseen = ~exists().where(FileScan.digest == named.c.digest)
    columns_asked = named.c.digest.label("key"), named.c.digest, false().label("found_clean")
    fresh = db.session.execute(select(*columns_asked).where(unseen).limit(scanning.BATCH)).all()
    if fresh:
        return fresh
    unanswered = select(FileScan.digest.label("key"), FileScan.digest, false().label("found_clean")).where(
        FileScan.finding == Finding.AWAY, FileScan.scanned_at <= at - scanning.ASK_AGAIN
    )
    return db.session.execute(unanswered.order_by(FileScan.digest).limit(scanning.BATCH)).all()


def _write_down(found: Mapping[str, Scan], at: datetime) -> None:
    with transaction():
        for digest, scan in sorted(found.items()):
            row = claimed(FileScan, {"digest": digest}, finding=Finding.AWAY, scanned_at=at, signature="")
            if row.finding is not Finding.AWAY:
                continue  # another worker was faster
            row.scanned_at, row.finding = at, scan.finding
            if scan.finding is Finding.INFECTED:
                row.signature = scan.words
                record(SYSTEM, HOLD_BACK, f"file:{digest}", at=at, content_digest=digest, signature=scan.words)
        attempts.ended(Work.SCAN, [digest for digest, scan in found.items() if scan.finding is not Finding.AWAY])


def faults() -> Iterator[Fault]:
    """Name every file whose holding back isn't as it was recorded."""
    noting = select(LedgerEntry.digest, as_stored(LedgerEntry.detail).label("detail"))
    holding = select(FileScan.digest, FileScan.signature).where(FileScan.finding == Finding.INFECTED)
    with one_view():
        noted = {
            (str(entry.digest), str(facts(entry).get("signature")))
            for entry in stream(noting.where(LedgerEntry.act == HOLD_BACK))
        }
        held = {(str(row.digest), str(row.signature)) for row in stream(holding)}
    for digest in sorted({digest for digest, _ in noted ^ held}):
        yield Fault("file", digest, What.CHANGED, f"文件 {digest} 的隔离情况被改动：与病毒扫描的记录不符。")
