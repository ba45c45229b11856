"""Attachments, and files that staff upload, are scanned soon after they came; a scanner that is away is asked again."""

from __future__ import annotations

from datetime import datetime

from consult.consultees.hearing_models import HearingPaper
from consult.consultees.letter_models import LetterTemplate, SealedFile
from consult.consultees.models import Gathering
from consult.drafting.models import DraftVersion, NoticePosting
from consult.faces.jobs import Job
from consult.intake import file_scans
from consult.intake.virus_scanning import scan_new
from consult.issuance.models import DocumentAct, MeetingResult
from consult.mailbox.virus_scanning import update_messages
from consult.meeting.models import MeetingFact, Override
from consult.review.models import ReviewPaper

HANDED_ON = (
    DraftVersion.file_digest,
    NoticePosting.picture_digest,
    Gathering.minutes_digest,
    HearingPaper.digest,
    LetterTemplate.digest,
    SealedFile.digest,
    ReviewPaper.digest,
    MeetingFact.evidence_digest,
    Override.document_digest,
    MeetingResult.minutes_digest,
    DocumentAct.paper_digest,
)
"""Where rows name files that staff upload and others download."""


def scan(at: datetime) -> int:
    """Scan new files, and continue with the messages that waited for theirs."""
    done = scan_new(at)
    update_messages(at)
    return done


def scan_files(at: datetime) -> int:
    """Scan what staff uploaded."""
    return file_scans.scan_new(HANDED_ON, at)


JOBS = (Job("scan", scan), Job("scan-files", scan_files))
