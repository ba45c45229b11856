"""Stores the state of each consultation's preconditions, so that a page can show what changed."""

from __future__ import annotations

from consult.faces.jobs import Job
from consult.meeting import gate_states

JOBS = (Job("gate-states", gate_states.update_all, every_minutes=60),)
