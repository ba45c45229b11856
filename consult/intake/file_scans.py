"""Virus scans of files uploaded by staff (drafts, minutes, evidence); infected ones are held back.

A file is due when a digest column refers to it and there is no row here. It is scanned once, however many
rows refer to it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import exists, false, select, union
from sqlalchemy.orm.attributes import InstrumentedAttribute

from consult.accounts.permissions import SYSTEM
from consult.app_context import blobs
from consult.files.clamd import Finding, Scan
from consult.intake import reading_attempts, virus_scanning
from consult.intake.errors import HeldBack
from consult.intake.models import FileScan, Work
from consult.intake.virus_scanning import Waiting
from consult.ledger.faults import Damage, Fault
from consult.ledger.models import LedgerEntry
from consult.ledger.service import record
from consult.ledger.verification.batches import detail_of
from consult.ledger.verification.database_view import snapshot_read, stored_text, stream
from consult.store import db, transaction
from consult.store.locking import get_or_create_locked

HOLD_BACK = "file.hold_back"

Columns = Sequence[InstrumentedAttribute[str]]
"""Columns with SHA-256 digests of files, empty if there is no file."""


def held_back(digests: Collection[str]) -> dict[str, str]:
    """Return the virus names of those files that are held back, by digest."""
    if not digests:
        return {}
    query = select(FileScan.digest, FileScan.signature).where(
        FileScan.digest.in_(digests), FileScan.finding == Finding.INFECTED
    )
    return {row.digest: row.signature for row in db.session.execute(query)}


def content_of(digest: str) -> bytes:
    """Return the bytes of a file for download.

    Raises:
        HeldBack: it is infected.
        BlobError: the bytes are missing or altered.
    """
    signature = held_back([digest]).get(digest)
    if signature is not None:
        raise HeldBack(signature, "文件")
    return blobs().get(digest)


def scan_new(columns: Columns, at: datetime) -> int:
    """Scan the files in these columns that weren't scanned yet; return how many were. As for attachments."""
    return virus_scanning.look_through(partial(_waiting, columns, at), partial(_write_down, at=at))


def _waiting(columns: Columns, at: datetime) -> Waiting:
    """Return key, digest and whether it is known to be clean of files to scan: new ones, then unanswered ones."""
    named = union(*(select(column.label("digest")).where(column != "") for column in columns)).subquery()
    unseen = ~exists().where(FileScan.digest == named.c.digest)
    columns_asked = named.c.digest.label("key"), named.c.digest, false().label("found_clean")
    fresh = db.session.execute(select(*columns_asked).where(unseen).limit(virus_scanning.BATCH)).all()
    if fresh:
        return fresh
    unanswered = select(FileScan.digest.label("key"), FileScan.digest, false().label("found_clean")).where(
        FileScan.finding == Finding.AWAY, FileScan.scanned_at <= at - virus_scanning.ASK_AGAIN
    )
    return db.session.execute(unanswered.order_by(FileScan.digest).limit(virus_scanning.BATCH)).all()


def _write_down(scans: Mapping[str, Scan], at: datetime) -> None:
    with transaction():
        for digest, scan in sorted(scans.items()):
            row = get_or_create_locked(FileScan, {"digest": digest}, finding=Finding.AWAY, scanned_at=at, signature="")
            if row.finding is not Finding.AWAY:
                continue  # another worker was faster
            row.scanned_at, row.finding = at, scan.finding
            if scan.finding is Finding.INFECTED:
                row.signature = scan.words
                record(SYSTEM, HOLD_BACK, f"file:{digest}", at=at, content_digest=digest, signature=scan.words)
        reading_attempts.ended(
            Work.SCAN, [digest for digest, scan in scans.items() if scan.finding is not Finding.AWAY]
        )


def faults() -> Iterator[Fault]:
    """Yield a fault for every file whose scan result differs from the ledger."""
    noting = select(LedgerEntry.digest, stored_text(LedgerEntry.detail).label("detail"))
    holding = select(FileScan.digest, FileScan.signature).where(FileScan.finding == Finding.INFECTED)
    with snapshot_read():
        noted = {
            (str(entry.digest), str(detail_of(entry).get("signature")))
            for entry in stream(noting.where(LedgerEntry.act == HOLD_BACK))
        }
        held = {(str(row.digest), str(row.signature)) for row in stream(holding)}
    for digest in sorted({digest for digest, _ in noted ^ held}):
        yield Fault("file", digest, Damage.CHANGED, f"文件 {digest} 的隔离情况被改动：与病毒扫描的记录不符。")
