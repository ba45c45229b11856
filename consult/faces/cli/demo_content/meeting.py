"""The file for the meeting in the demonstration: the facts that people state, then the submission."""

from __future__ import annotations

from datetime import datetime, timedelta

from consult.accounts.permissions import Actor
from consult.clock import local
from consult.drafting.models import Consultation
from consult.law.preconditions import unmet
from consult.meeting import service as meeting
from consult.meeting.service import promulgate

__all__ = ["promulgate", "state_facts", "submit"]

STATED = {
    "market_activity": False,
    "special_group": False,
    "public_interest": False,
    "risk_applies": False,
    "experts_apply": False,
    "notice_channels": ["website", "new_media", "press"],
    "legality": "lawful",
    "interpretation_plan": True,
    "interpretation_material": True,
    "disclosure": "public",
}


def state_facts(actor: Actor, consultation: Consultation, *, sent: int, now: datetime) -> None:
    """State what no stage can compute; the legality review went out ``sent`` days before today and took 12 days."""
    at = now - timedelta(days=sent - 14)
    for name, value in STATED.items():
        meeting.state_fact(actor, consultation, name, value, at=at, note="演示")
    day = local(now).date()
    for name, days in (("legality_sent_on", sent), ("legality_returned_on", sent - 12)):
        meeting.state_fact(actor, consultation, name, (day - timedelta(days=days)).isoformat(), at=at, note="演示")


def submit(actor: Actor, consultation: Consultation, *, at: datetime) -> None:
    """Submit to the meeting; where a year's holidays aren't announced yet, its working days are let pass."""
    for item in unmet(meeting.check(consultation, at=at)):
        reason = f"演示：{item.why}按自然日计算，审查已经超过十日。"
        meeting.override(actor, consultation, item.id, reason, at=at)
    meeting.submit(actor, consultation, at=at)
