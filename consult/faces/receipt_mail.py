"""A receipt by mail for who asked for it: the submission is safe whatever becomes of the letter."""

from __future__ import annotations

from datetime import datetime

import structlog

from consult.faces import jobs
from consult.store import DATABASE_ERRORS, db
from consult.subscriptions import receipt_letters

log = structlog.get_logger()


def mail_receipt(number: str, address: str, now: datetime) -> bool:
    """Have a receipt mailed; return whether it goes out."""
    try:
        goes_out = receipt_letters.ask(number, address, at=now)
    except DATABASE_ERRORS:
        db.session.rollback()
        log.exception("receipt_not_mailed", number=number)
        return False
    if goes_out:
        jobs.ask("mail")
    return goes_out
