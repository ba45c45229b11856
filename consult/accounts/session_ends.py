"""Ending all sessions of somebody in the transaction of the verb that takes away what they stand on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update

from consult.accounts.models import AccountSession, HolderKind, SessionEnd
from consult.store import db


def end_all(
    kind: HolderKind, holder_id: int, why: SessionEnd, at: datetime, *, but: AccountSession | None = None
) -> int:
    """End every session of somebody, except ``but``; return how many ended."""
    running = update(AccountSession).where(
        AccountSession.kind == kind, AccountSession.holder_id == holder_id, AccountSession.ended_at.is_(None)
    )
    if but is not None:
        running = running.where(AccountSession.id != but.id)
    ended = db.session.execute(
        running.values(ended_at=at, ended_why=why).execution_options(synchronize_session="fetch")
    )
    return int(getattr(ended, "rowcount", 0))


def end_everybodys(why: SessionEnd, at: datetime) -> int:
    """End every session of everybody; return how many ended."""
    running = update(AccountSession).where(AccountSession.ended_at.is_(None))
    ended = db.session.execute(
        running.values(ended_at=at, ended_why=why).execution_options(synchronize_session="fetch")
    )
    return int(getattr(ended, "rowcount", 0))
