"""Tables that staff uploaded: checked and taken, a batch of rows at a time."""

from __future__ import annotations

from consult.faces.jobs import Job
from consult.intake.uploaded_table_worker import carry_on

NAME = "imports"

JOBS = (Job(NAME, carry_on),)
