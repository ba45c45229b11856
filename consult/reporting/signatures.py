"""The signature of a published report: over the digests of its files, checked offline by ``verify.py``.

``report.sig.json`` has the signed statement as text, the key and the signature (Ed25519), and the proof that the act of
signing is in the public record; its format is in docs/transparency.md.
"""

from __future__ import annotations

import json
import secrets
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from consult.accounts.permissions import SYSTEM
from consult.ledger import publication
from consult.ledger.proofs import salted_digest, signed_time
from consult.ledger.service import canonical, record
from consult.ledger.signing_key import public_key, signing_key
from consult.reporting.models import FeedbackReport, ReportState
from consult.reporting.publication_check import SIGN, SIGNED, subject_of
from consult.store import db, transaction
from consult.store.locking import lock_row

KIND: Final = "consult-report/1"
EXTENSION: Final = "sig.json"
SALT_BYTES: Final = 32


def sign(report: FeedbackReport, *, at: datetime) -> bool:
    """Sign a published report over the files that it has; return whether it wasn't signed before."""
    with transaction():
        lock_row(report.consultation)
        lock_row(report)
        if report.state is not ReportState.PUBLISHED or report.signature or not report.files:
            return False
        statement = canonical(_statement(report, at)).decode()
        signed = {
            "kind": KIND,
            "statement": statement,
            "public_key": public_key(),
            "signature": signing_key().sign(f"{KIND}\n{statement}".encode()).hex(),
            "salt": secrets.token_bytes(SALT_BYTES).hex(),
        }
        report.signature = canonical(signed).decode()
        record(
            SYSTEM,
            SIGN,
            subject_of(report),
            at=at,
            consultation_id=report.consultation_id,
            content_digest=salted_digest(bytes.fromhex(signed["salt"]), statement.encode()),
            version=report.version,
            state=report.state.value,
            **{SIGNED: report.signature},
        )
    return True


def _statement(report: FeedbackReport, at: datetime) -> dict[str, Any]:
    assert report.published_at is not None
    return {
        "consultation": report.consultation.slug,
        "content": report.digest,
        "files": dict(report.files),
        "published_at": signed_time(report.published_at),
        "signed_at": signed_time(at),
        "title": report.snapshot["title"],
        "version": report.version,
    }


def document(report: FeedbackReport) -> dict[str, Any]:
    """Return what is published as ``report.sig.json``; its proof is null until a checkpoint covers the act.

    Raises:
        LookupError: the report isn't signed.
    """
    if not report.signature:
        raise LookupError("the report isn't signed")
    signed: dict[str, Any] = json.loads(report.signature)
    salt, statement = bytes.fromhex(signed.pop("salt")), signed["statement"]
    try:
        proof = publication.prove(SIGN, subject_of(report), salt, statement)
    except publication.NotProvable:
        proof = None
    return {**signed, "proof": proof}


def with_file(digest: str) -> FeedbackReport | None:
    """Return the published report that has a file of this digest (SHA-256, hexadecimal)."""
    query = select(FeedbackReport).where(FeedbackReport.state == ReportState.PUBLISHED).order_by(FeedbackReport.id)
    return next((report for report in db.session.scalars(query) if digest in report.files.values()), None)


def has_published() -> bool:
    """Whether anything was published here: without that there is no record to hold a file against."""
    query = select(FeedbackReport.id).where(FeedbackReport.state == ReportState.PUBLISHED).limit(1)
    return db.session.scalar(query) is not None
