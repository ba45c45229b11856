"""Sending invitations that wait, and the reminders that are due."""

from __future__ import annotations

from datetime import datetime

from consult.accounts.permissions import SYSTEM
from consult.consultees import mailing
from consult.faces.jobs import Job


def send_invitations(at: datetime) -> int:
    """Send the invitations by mail that wait."""
    return sum(not sent.trouble for sent in mailing.send_waiting(at))


def remind(at: datetime) -> int:
    """Send the reminders that are due."""
    return sum(not sent.trouble for sent in mailing.remind(SYSTEM, at))


JOBS = (Job("invitations", send_invitations), Job("reminders", remind, every_minutes=30))
