"""Private data of what came in is detected before a moderator opens it."""

from __future__ import annotations

from consult.faces.jobs import Job
from consult.moderation.private_data import detect_new

JOBS = (Job("private_data", detect_new),)
