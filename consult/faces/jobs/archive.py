"""Archive packages that somebody asked for on the desk are built, and removed again after their term."""

from __future__ import annotations

from datetime import datetime

from consult.archive import packages
from consult.faces.audit_wording import act_and_facts
from consult.faces.jobs import Job

NAME = "archive"


def build(at: datetime) -> int:
    """Build what was asked for."""
    return packages.build_due(at, act_and_facts)


JOBS = (Job(NAME, build), Job("archive-removal", packages.remove_due, every_minutes=60))
