"""How each job fares, for those who look at the platform's health."""

from __future__ import annotations

from consult.faces.jobs import Job, known, progress
from consult.health.checks import JobState


def job_state(job: Job) -> JobState:
    """Return how a job fares by the worker's notes."""
    note = progress.read(job.name)
    return JobState(job.name, note.ran_at if note else None, job.every_minutes, note.error if note else "")


def job_states() -> list[JobState]:
    """Return how every job fares."""
    return [job_state(job) for job in known().values()]
