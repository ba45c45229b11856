"""What came in is read, so that its words and those of its attachments can be searched."""

from __future__ import annotations

from datetime import datetime

from consult.faces.jobs import Job
from consult.intake.searching import read_again, read_new


def read(at: datetime) -> int:
    """Read what came in, and anew that of which a file was held back since."""
    return read_new(at) + read_again(at)


JOBS = (Job("search", read),)
