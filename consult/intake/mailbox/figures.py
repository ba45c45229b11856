"""How many messages each mailbox brought, by what became of them; and those that no person seems to have sent."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from consult.intake.mailbox.models import MailMessage, Outcome, Sighting
from consult.store import db

PAGE = 20


def by_outcome() -> dict[int, dict[Outcome, int]]:
    """Return the counts by mailbox id. A message seen before, here or in another mailbox, is a duplicate."""
    earlier = aliased(Sighting)
    is_first = ~select(earlier.id).where(earlier.mail_id == Sighting.mail_id, earlier.id < Sighting.id).exists()
    query = (
        select(Sighting.mailbox_id, MailMessage.outcome, is_first, func.count())
        .join(MailMessage, MailMessage.id == Sighting.mail_id)
        .where(MailMessage.outcome.is_not(None))
        .group_by(Sighting.mailbox_id, MailMessage.outcome, is_first)
    )
    found: dict[int, dict[Outcome, int]] = defaultdict(dict)
    for mailbox_id, outcome, first, n in db.session.execute(query):
        counts = found[mailbox_id]
        key = outcome if first and outcome is not None else Outcome.DUPLICATE
        counts[key] = counts.get(key, 0) + n
    return dict(found)


def automatic(before: int = 0, limit: int = PAGE) -> list[MailMessage]:
    """Return messages that were taken for a program's, newest first, by key."""
    query = select(MailMessage).where(MailMessage.outcome == Outcome.AUTOMATIC)
    if before:
        query = query.where(MailMessage.id < before)
    return list(db.session.scalars(query.order_by(MailMessage.id.desc()).limit(limit)))


def count_automatic() -> int:
    """Return how many messages were taken for a program's."""
    return db.session.scalar(select(func.count()).where(MailMessage.outcome == Outcome.AUTOMATIC)) or 0
