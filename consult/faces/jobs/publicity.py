"""Kits for new media are drawn soon after a text became public or was changed, or when somebody asks for one."""

from __future__ import annotations

from consult.faces.jobs import Job
from consult.publicity import service

NAME = "publicity"
JOBS = (Job(NAME, service.draw_due),)
