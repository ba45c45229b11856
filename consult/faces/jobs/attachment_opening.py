"""Attachments of the public form are opened after their receipt."""

from __future__ import annotations

from consult.faces.jobs import Job
from consult.intake.attachment_opening import open_new

JOBS = (Job("open-attachments", open_new),)
