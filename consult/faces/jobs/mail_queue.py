"""Letters on their way out are sent."""

from __future__ import annotations

from datetime import datetime

from consult.faces.jobs import Job
from consult.mail_queue import service


def send(at: datetime) -> int:
    """Send the letters that are due."""
    return service.deliver(at)


JOBS = (Job("mail", send),)
