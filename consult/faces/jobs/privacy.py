"""Deleting personal data whose term is over."""

from __future__ import annotations

from consult.faces.jobs import Job
from consult.privacy import retention

JOBS = (Job("privacy", retention.run_as_system, every_minutes=60),)
