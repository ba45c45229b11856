"""Records acts of drafting in the ledger."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from consult.accounts.permissions import Act, Actor
from consult.drafting.ledger_statement import CONSULTATION_DIGEST, TEXT, VERSION, consultation_digest, version_digest
from consult.drafting.models import Consultation, DraftVersion
from consult.ledger.service import record
from consult.store import db


def record_act(
    actor: Actor,
    act: Act | str,
    consultation: Consultation,
    at: datetime,
    *,
    stored: DraftVersion | None = None,
    content_digest: str | None = None,
    **detail: Any,
) -> None:
    """Record an act on a consultation in the ledger, in the caller's transaction, with the digest of the new state.

    Call it after everything that the act changes has been changed.

    Arguments:
        stored: the version that the act stored, if it did.
        content_digest, detail: passed to ``record``.
    """
    db.session.flush()
    detail[CONSULTATION_DIGEST] = consultation_digest(consultation.id)
    if stored is not None:
        detail |= {VERSION: stored.number, TEXT: version_digest(stored.id)}
    record(
        actor,
        act,
        f"consultation:{consultation.slug}",
        at=at,
        consultation_id=consultation.id,
        content_digest=content_digest,
        **detail,
    )
