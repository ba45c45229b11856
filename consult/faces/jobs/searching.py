"""What came in is read, so that its words and those of its attachments can be searched."""

from __future__ import annotations

from consult.faces.jobs import Job
from consult.intake.searching import read_new

JOBS = (Job("search", read_new),)
