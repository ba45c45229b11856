"""Attachments are scanned soon after they came; a scanner that is away is asked again."""

from __future__ import annotations

from datetime import datetime

from consult.faces.jobs import Job
from consult.intake.mailbox.scanning import tell_messages
from consult.intake.scanning import scan_new


def scan(at: datetime) -> int:
    """Scan what came in, and tell the messages whose files had to wait."""
    done = scan_new(at)
    tell_messages(at)
    return done


JOBS = (Job("scan", scan),)
