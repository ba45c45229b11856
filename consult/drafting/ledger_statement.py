"""Digests of a consultation and its versions for the ledger: they cover every column."""

from __future__ import annotations

from sqlalchemy import select

from consult.drafting.models import (
    Consultation,
    DraftVersion,
    Grant,
    PeriodExtension,
    ProvisionRow,
    Question,
    WorkGrant,
)
from consult.ledger.row_digests import digest_of, rows_of
from consult.store import db

CONSULTATION_DIGEST = "stands_digest"
"""Name of the fact in ledger entries on a consultation: its digest after the act."""
TEXT = "text_digest"
"""Name of the fact in the entry that stored a version: the digest of its text and provisions."""
VERSION = "version"
"""Name of the fact with the number of that version."""


def consultation_digest(consultation_id: int) -> str:
    """Return the digest (SHA-256, hexadecimal) of a consultation: notice, period, stage, access, questions."""
    queries = [
        rows_of(Consultation, "id", consultation_id),
        rows_of(PeriodExtension, "consultation_id", consultation_id),
        rows_of(Grant, "consultation_id", consultation_id),
    ]
    for model in (Question, WorkGrant):  # earlier digests don't cover them
        if db.session.scalar(select(model.id).where(model.consultation_id == consultation_id).limit(1)) is not None:
            queries.append(rows_of(model, "consultation_id", consultation_id))
    return digest_of(*queries)


def version_digest(version_id: int) -> str:
    """Return the digest (SHA-256, hexadecimal) of a stored version: its file's digest, text, warnings, provisions."""
    return digest_of(rows_of(DraftVersion, "id", version_id), rows_of(ProvisionRow, "version_id", version_id))
