"""Sending invitations and letters on meetings that wait, and the reminders that are due."""

from __future__ import annotations

from datetime import datetime

from consult.accounts.permissions import SYSTEM
from consult.consultees import delivery, hearing_letters, reminders
from consult.faces.jobs import Job


def send_invitations(at: datetime) -> int:
    """Send the invitations by mail that wait."""
    return sum(not sent.trouble for sent in delivery.send_waiting(at))


def remind(at: datetime) -> int:
    """Send the reminders that are due."""
    return sum(not sent.trouble for sent in reminders.remind(SYSTEM, at))


def send_hearing_letters(at: datetime) -> int:
    """Send the letters on meetings that wait."""
    return sum(not sent.trouble for sent in hearing_letters.send_waiting(at))


def remind_of_hearings(at: datetime) -> int:
    """Prepare the reminders of meetings that are due; they are sent with the letters."""
    return hearing_letters.remind(SYSTEM, at)


JOBS = (
    Job("invitations", send_invitations),
    Job("reminders", remind, every_minutes=30),
    Job("hearing-letters", send_hearing_letters),
    Job("hearing-reminders", remind_of_hearings, every_minutes=30),
)
