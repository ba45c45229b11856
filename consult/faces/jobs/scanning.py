"""Attachments, and files that staff upload, are scanned soon after they came; a scanner that is away is asked again."""

from __future__ import annotations

from datetime import datetime

from consult.consultees.models import Gathering
from consult.drafting.models import DraftVersion
from consult.faces.jobs import Job
from consult.intake import file_scans
from consult.intake.mailbox.scanning import tell_messages
from consult.intake.scanning import scan_new
from consult.meeting.models import MeetingFact

HANDED_ON = (DraftVersion.file_digest, Gathering.minutes_digest, MeetingFact.evidence_digest)
"""Where rows name files that staff upload and others download."""


def scan(at: datetime) -> int:
    """Scan what came in, and tell the messages whose files had to wait."""
    done = scan_new(at)
    tell_messages(at)
    return done


def scan_files(at: datetime) -> int:
    """Scan what staff uploaded."""
    return file_scans.scan_new(HANDED_ON, at)


JOBS = (Job("scan", scan), Job("scan-files", scan_files))
