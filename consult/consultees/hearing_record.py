"""Shared steps of acts on a gathering: lock, record, update the list."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from consult.accounts.permissions import Actor
from consult.consultees.errors import ConsulteeRefused
from consult.consultees.hearing_ledger import gathering_digest
from consult.consultees.models import Gathering
from consult.consultees.status import update_standings
from consult.ledger.service import record
from consult.store import db
from consult.store.locking import lock_row


def begin(gathering: Gathering) -> None:
    """Lock a gathering, in the caller's transaction.

    Raises:
        ConsulteeRefused: it was cancelled.
    """
    lock_row(gathering)
    db.session.expire(gathering, ["attendances"])
    if gathering.cancelled_at is not None:
        raise ConsulteeRefused(f"会议已取消（{gathering.cancelled_reason}），不能再登记。")


def record_on(actor: Actor, act: str, gathering: Gathering, at: datetime, **detail: Any) -> None:
    """Record an act on a gathering and update the list, in the caller's transaction."""
    db.session.flush()
    db.session.expire(gathering, ["attendances"])
    spoke = [row.consultee_id for row in gathering.attendances if row.submission_id is not None and row.consultee_id]
    if spoke:
        update_standings(gathering.consultation_id, spoke)
    record(
        actor,
        act,
        f"gathering:{gathering.id}",
        at=at,
        consultation_id=gathering.consultation_id,
        stands=gathering_digest(gathering.id),
        **detail,
    )


def require_begun(gathering: Gathering, at: datetime, then: str) -> None:
    """Refuse an act before the gathering is held.

    Raises:
        ConsulteeRefused: its time is to come.
    """
    if at < gathering.held_at:
        raise ConsulteeRefused(f"会议还没有召开，{then}。")
