"""What came in is read, so that its words and those of its attachments can be searched."""

from __future__ import annotations

from datetime import datetime

from consult.faces.jobs import Job
from consult.intake.search import read_again, read_new


def read(at: datetime) -> int:
    """Index new submissions, and again those of which a file was quarantined since."""
    return read_new(at) + read_again(at)


JOBS = (Job("search", read),)
