"""How drafting writes an act down."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from consult.accounts.permissions import Act, Actor
from consult.drafting.evidence import STANDS, TEXT, VERSION, stands, text_of
from consult.drafting.models import Consultation, DraftVersion
from consult.ledger.service import record
from consult.store import db


def record_act(
    actor: Actor,
    act: Act,
    consultation: Consultation,
    at: datetime,
    *,
    stored: DraftVersion | None = None,
    content_digest: str | None = None,
    **detail: Any,
) -> None:
    """Write an act on a consultation into the ledger, in the caller's transaction, with how it leaves it.

    Called when all that the act changes is changed.

    Arguments:
        stored: the version that the act stored, if it did.
        content_digest, detail: as ``record`` takes them.
    """
    db.session.flush()
    detail[STANDS] = stands(consultation.id)
    if stored is not None:
        detail |= {VERSION: stored.number, TEXT: text_of(stored.id)}
    record(
        actor,
        act,
        f"consultation:{consultation.slug}",
        at=at,
        consultation_id=consultation.id,
        content_digest=content_digest,
        **detail,
    )
