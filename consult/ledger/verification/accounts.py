"""Verification of accounts and divisions: those that were made are there.

Role, password, division and the rest of an account are covered row by row.
"""

from __future__ import annotations

from collections.abc import Iterator

from consult.accounts.models import Division, User
from consult.ledger.faults import Fault
from consult.ledger.verification import subjects
from consult.ledger.verification.subjects import Subject

SUBJECTS = (
    Subject("user", User, "账号", key=User.username, acts=("account.create",), recorded=False),
    Subject("division", Division, "处室", recorded=False),
)


def faults() -> Iterator[Fault]:
    """Name every account and division that was made and isn't there."""
    for subject in SUBJECTS:
        yield from subjects.faults(subject)
