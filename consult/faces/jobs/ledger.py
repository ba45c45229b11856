"""Sealing the record, and signing a checkpoint every hour."""

from __future__ import annotations

from datetime import datetime

from consult.faces.jobs import Job
from consult.ledger import checkpoints, tree


def seal(at: datetime) -> int:
    """Append what was written down since to the tree."""
    return tree.seal(at)


def checkpoint(at: datetime) -> int:
    """Sign the tree as it is; return whether that was a new checkpoint."""
    before = checkpoints.newest()
    signed = checkpoints.checkpoint(at)
    return int(signed is not None and signed != before)


JOBS = (Job("seal", seal), Job("checkpoint", checkpoint, every_minutes=60))
