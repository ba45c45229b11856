"""Withdrawal of the consent to publish a name, as easy as giving it (个人信息保护法第十五条)."""

from __future__ import annotations

from datetime import datetime

from consult.accounts.permissions import PUBLIC
from consult.intake.models import Submission
from consult.ledger.service import record
from consult.store import transaction
from consult.store.locking import lock_row


def withdraw_consent(submission: Submission, *, at: datetime) -> None:
    """Withdraw the consent to publish the sender's name from ``at`` on; earlier publication stays lawful."""
    with transaction():
        lock_row(submission)
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
