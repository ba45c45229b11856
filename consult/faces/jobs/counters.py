"""Keeping counts short."""

from __future__ import annotations

from datetime import datetime

from consult.faces.jobs import Job
from consult.store import counters


def fold_counts(_at: datetime) -> int:
    """Fold counts of many rows into one row each."""
    return counters.compact()


JOBS = (Job("counts", fold_counts, every_minutes=10),)
