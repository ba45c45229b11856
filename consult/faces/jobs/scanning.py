"""Files that came while the scanner was away: scanned as soon as it answers."""

from __future__ import annotations

from consult.faces.jobs import Job
from consult.intake.mailbox.scanning import scan_waiting

JOBS = (Job("scan", scan_waiting, every_minutes=5),)
