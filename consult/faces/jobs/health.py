"""A look at how everything fares, every minute; the operator is written to about what stays red."""

from __future__ import annotations

from datetime import datetime

from consult.faces.jobs import Job
from consult.health import checks, operator_mail


def look(at: datetime) -> int:
    """Check everything, and write to the operator where it is time to."""
    from consult.faces.jobs.states import job_states  # which asks for the jobs that this is one of

    return operator_mail.look(checks.findings(job_states(), at), at)


JOBS = (Job("health", look),)
