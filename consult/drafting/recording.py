"""How drafting writes an act down."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from consult.accounts.permissions import Act, Actor
from consult.drafting.models import Consultation
from consult.ledger.service import record


def record_act(actor: Actor, act: Act, consultation: Consultation, at: datetime, **detail: Any) -> None:
    """Write an act on a consultation into the ledger, in the caller's transaction."""
    record(actor, act, f"consultation:{consultation.slug}", at=at, consultation_id=consultation.id, **detail)
