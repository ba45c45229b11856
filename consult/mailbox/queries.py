"""Counts of messages by mailbox and outcome, and the list of automatic messages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from consult.drafting.models import Consultation
from consult.files.mail import Way
from consult.files.mail.message_reader import ELSEWHERE
from consult.intake.models import Submission
from consult.mailbox.models import HookFailure, Mailbox, MailMessage, Outcome, Sighting
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
    by_mailbox: dict[int, dict[Outcome, int]] = defaultdict(dict)
    for mailbox_id, outcome, first, n in db.session.execute(query):
        counts = by_mailbox[mailbox_id]
        key = outcome if first and outcome is not None else Outcome.DUPLICATE
        counts[key] = counts.get(key, 0) + n
    return dict(by_mailbox)


def automatic(before: int = 0, limit: int = PAGE) -> list[MailMessage]:
    """Return messages classified as automatic, newest first, from below the id ``before``."""
    query = select(MailMessage).where(MailMessage.outcome == Outcome.AUTOMATIC)
    if before:
        query = query.where(MailMessage.id < before)
    return list(db.session.scalars(query.order_by(MailMessage.id.desc()).limit(limit)))


def count_automatic() -> int:
    """Return how many messages were classified as automatic."""
    return db.session.scalar(select(func.count()).where(MailMessage.outcome == Outcome.AUTOMATIC)) or 0


def by_submission(submission_ids: Collection[int]) -> dict[int, MailMessage]:
    """Return the messages that these submissions came in, by the id of the submission."""
    messages = db.session.scalars(select(MailMessage).where(MailMessage.submission_id.in_(submission_ids)))
    return {message.submission_id: message for message in messages if message.submission_id is not None}


def remarks(submission_ids: Collection[int]) -> dict[int, list[str]]:
    """Return in Chinese what staff should know about how submissions came by mail, by the id of the submission."""
    messages = by_submission(submission_ids)
    outer_ids = [message.enclosed_in for message in messages.values() if message.enclosed_in is not None]
    outer = {row.id: row for row in db.session.scalars(select(MailMessage).where(MailMessage.id.in_(outer_ids)))}
    remarked: dict[int, list[str]] = {}
    for id_, message in messages.items():
        facts, words = message.facts or {}, []
        sent_by = outer[message.enclosed_in].sender if message.enclosed_in in outer else message.sender
        if "way" in facts and sent_by:
            words.append(
                f"{Way(facts['way']).label.words}，发信地址 {sent_by}；姓名和联系方式按来信人登记，回执不发给转送方"
            )
        if "spam" in facts:
            words.append(f"本单位邮件网关判为垃圾邮件（{facts['spam']}），受理后再发回执")
        if ELSEWHERE in facts.get("defects", []):
            words.append(ELSEWHERE)
        if words:
            remarked[id_] = words
    return remarked


def worked_during(consultation: Consultation) -> bool:
    """Say whether a consultation ran on a working mailbox: mail for it was read, or a mailbox was read while it ran.

    A mailbox that was connected after the period proves nothing, nor does what staff typed in as mail. A failure counts
    unless the mailbox was read after the period.
    """
    opens, closes = consultation.opens_at, consultation.closes_at
    if opens is None:
        return False
    read = select(Mailbox.id).where(Mailbox.active.is_(True), Mailbox.fetched_at >= opens)
    if closes is None:
        read = read.where(Mailbox.error == "")
    else:
        read = read.where(Mailbox.created_at < closes, or_(Mailbox.error == "", Mailbox.fetched_at >= closes))
    came = (
        select(Submission.id)
        .join(MailMessage, MailMessage.submission_id == Submission.id)
        .where(Submission.consultation_id == consultation.id)
    )
    return any(db.session.scalar(query.limit(1)) is not None for query in (read, came))


@dataclass(frozen=True)
class Failure:
    """A submission by mail that a later stage failed to process: its number, and why."""

    number: str
    why: str


def hook_failures(consultation_id: int) -> list[Failure]:
    """Return the submissions of a consultation that a later stage failed to process, oldest first."""
    query = (
        select(Submission.number, HookFailure.why)
        .join(Submission, Submission.id == HookFailure.submission_id)
        .where(Submission.consultation_id == consultation_id)
        .order_by(HookFailure.id)
    )
    return [Failure(number, why) for number, why in db.session.execute(query)]


@dataclass(frozen=True)
class MailboxState:
    """How an open mailbox fares: when it was last read whole, and what was wrong the last time."""

    id: int
    user: str
    created_at: datetime
    fetched_at: datetime | None
    error: str


def states() -> list[MailboxState]:
    """Return how every open mailbox fares."""
    columns = Mailbox.id, Mailbox.user, Mailbox.created_at, Mailbox.fetched_at, Mailbox.error
    rows = db.session.execute(select(*columns).where(Mailbox.active.is_(True)).order_by(Mailbox.id))
    return [MailboxState(*row) for row in rows]


def count_unfinished() -> int:
    """Return how many messages were stored and aren't classified yet."""
    return db.session.scalar(select(func.count()).where(MailMessage.outcome.is_(None))) or 0
