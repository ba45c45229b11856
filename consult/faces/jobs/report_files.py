"""The files of reports are made soon after these are compiled or published; published ones are signed."""

from __future__ import annotations

from datetime import datetime

from consult.faces.jobs import Job
from consult.reporting import report_files

NAME = "report-files"


def make(at: datetime) -> int:
    """Make what is missing."""
    return sum(report_files.finish(report, at=at) for report in report_files.unfinished())


JOBS = (Job(NAME, make),)
