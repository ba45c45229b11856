"""Forgetting sessions that were over long ago."""

from __future__ import annotations

from consult.accounts import sessions
from consult.faces.jobs import Job

JOBS = (Job("sessions", sessions.forget, every_minutes=1440),)
