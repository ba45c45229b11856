"""Sealing the record, signing a checkpoint every hour, and mailing a tree head once a day."""

from __future__ import annotations

from datetime import datetime

from consult.faces.jobs import Job
from consult.ledger import checkpoints, head_mail, tree


def seal(at: datetime) -> int:
    """Append what was written down since to the tree."""
    return tree.seal(at)


def checkpoint(at: datetime) -> int:
    """Sign the tree as it is; return whether that was a new checkpoint."""
    before = checkpoints.newest()
    signed = checkpoints.checkpoint(at)
    return int(signed is not None and signed != before)


JOBS = (
    Job("seal", seal),
    Job("checkpoint", checkpoint, every_minutes=60),
    Job("tree-head-mail", head_mail.send_daily, every_minutes=60),
)
