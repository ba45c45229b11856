"""Kinds of opinions from before kinds were read are proposed."""

from __future__ import annotations

from consult.adoption.kinds import read_new
from consult.faces.jobs import Job

JOBS = (Job("opinion_kinds", read_new),)
