"""Clearing away files that were never finished."""

from __future__ import annotations

from datetime import datetime

from consult.app_context import blobs
from consult.faces.jobs import Job


def sweep(_at: datetime) -> int:
    """Remove what processes that were killed while they stored a file have left in the blob storage."""
    return blobs().sweep()


JOBS = (Job("blobs", sweep, every_minutes=1440),)
