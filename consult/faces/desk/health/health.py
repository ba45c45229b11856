"""The page that says in words how everything fares: what is red first."""

from __future__ import annotations

from flask import render_template

from consult import clock
from consult.accounts.permissions import Act
from consult.faces.desk.blueprint import allowed_to, desk
from consult.faces.jobs import known, progress
from consult.faces.jobs.states import job_state, job_states
from consult.health import checks

GIGABYTE = 1024**3


@desk.get("/health")
@allowed_to(Act.SEE_HEALTH)
def health() -> str:
    """Show every check, and how each periodic job last went."""
    at = clock.now()
    worst_first = sorted(
        checks.findings(job_states(), at), key=lambda finding: -list(checks.Level).index(finding.level)
    )
    jobs = [(job, progress.read(job.name), job_state(job).in_words(at)) for job in known().values()]
    free, total = checks.free_bytes()
    return render_template(
        "desk/health/health.html",
        findings=worst_first,
        jobs=jobs,
        free=f"{free / GIGABYTE:.1f} GB",
        total=f"{total / GIGABYTE:.1f} GB",
        at=at,
        ok=checks.Level.OK,
    )
