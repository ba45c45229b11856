"""Consent to printing a name: withdrawn by its sender as easily as it was given (个人信息保护法第十五条)."""

from __future__ import annotations

from datetime import datetime

from consult.accounts.permissions import PUBLIC
from consult.intake.models import Submission
from consult.ledger.service import record
from consult.store import transaction
from consult.store.claiming import hold


def withdraw_consent(submission: Submission, *, at: datetime) -> None:
    """Take back the consent to printing the sender's name, from ``at`` on; what was published before stays lawful."""
    with transaction():
        hold(submission)
        if not submission.publish_name:
            return
        submission.publish_name = False
        record(
            PUBLIC,
            "submission.withdraw_consent",
            f"submission:{submission.number}",
            at=at,
            consultation_id=submission.consultation_id,
        )
