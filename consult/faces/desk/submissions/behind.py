"""What stands behind an opinion where it is read and decided: the organisation that sent it, and its papers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from consult.consultees import respondents
from consult.intake import attachment_opening, virus_scanning
from consult.intake.models import Submission


def behind(submissions: Iterable[Submission]) -> dict[str, Any]:
    """Return what ``desk/submissions/_behind.html`` shows: names by submission, attachments that are held back."""
    shown = list(submissions)
    files = [file for submission in shown for file in submission.attachments]
    return {
        "respondents": respondents.names([submission.id for submission in shown]),
        "held_back": virus_scanning.held_back(files),
        "unfit": attachment_opening.unfit(files),
    }
