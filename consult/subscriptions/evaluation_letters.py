"""Who spoke about a draft hears, once, that the issued document is being evaluated (条例第三十六条)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from hashlib import sha256
from typing import Final

from sqlalchemy import select

from consult.consultees.models import Invitation, Method
from consult.drafting.models import Consultation, Stage, State
from consult.intake import queries
from consult.intake.models import Submission
from consult.law.periods import in_words
from consult.mail_queue import service as mail_queue
from consult.mail_queue.hooks import Pointless
from consult.mail_queue.models import MailPurpose, OutgoingMail
from consult.mail_queue.service import Wanted
from consult.store import db
from consult.subscriptions.models import LetterWish
from consult.subscriptions.service import base_address, compose

DIGITS: Final = 20
"""Of an address' digest in a Message-ID."""
RECENT: Final = timedelta(days=3)
"""Older openings are no news: a worker that was away for long doesn't send them."""


def queue(at: datetime) -> int:
    """Put a letter into the queue for each address that spoke about the draft of what is evaluated; return how many."""
    opened = select(Consultation).where(
        Consultation.evaluates_id.is_not(None),
        Consultation.stage != Stage.WITHDRAWN,
        Consultation.opens_at > at - RECENT,
        Consultation.opens_at <= at,
    )
    calls = list(db.session.scalars(opened.order_by(Consultation.id)))
    return sum(mail_queue.put_missing(_letters(call), at=at) for call in calls)


def _letters(call: Consultation) -> Iterator[Wanted]:
    """Yield a letter for each address: senders who still want letters, and organisations that a letter reached."""
    wished = (
        select(LetterWish.address, Submission.number)
        .join(Submission, Submission.id == LetterWish.submission_id)
        .where(Submission.consultation_id == call.evaluates_id, LetterWish.ended_at.is_(None), LetterWish.address != "")
    )
    asked = select(Invitation.email).where(
        Invitation.consultation_id == call.evaluates_id,
        Invitation.method == Method.MAIL,
        Invitation.email != "",
        Invitation.sent_at.is_not(None),
        Invitation.revoked_at.is_(None),
        Invitation.bounced_at.is_(None),
    )
    numbers = dict.fromkeys(map(str.lower, db.session.scalars(asked.order_by(Invitation.id))), "")
    for address, number in db.session.execute(wished.order_by(LetterWish.submission_id)):
        numbers.setdefault(address, number)
    for address, number in numbers.items():
        key = f"{call.id}.{sha256(address.encode()).hexdigest()[:DIGITS]}"
        yield Wanted(MailPurpose.EVALUATION, f"call:{call.id}/{number}", address, key)


def compose_evaluation(letter: OutgoingMail, at: datetime) -> EmailMessage:
    """Return the letter; pointless once the evaluation has closed or its receiver wants no more letters."""
    call_id, _, number = letter.subject.removeprefix("call:").partition("/")
    call = db.session.get(Consultation, int(call_id))
    if call is None or call.evaluates is None or call.state(at) is not State.OPEN:
        raise Pointless("后评估征求意见没有公布，或者已经结束")
    submission = queries.by_number(number) if number else None
    wish = db.session.get(LetterWish, submission.id) if submission is not None else None
    if number and (wish is None or wish.ended_at is not None):
        raise Pointless("来件人不再要邮件")
    who = "您" if number else "贵单位"
    last = f"，截止{in_words(call.last_day)}" if call.last_day is not None else ""
    lines = [
        "您好：",
        "",
        f"《{call.evaluates.title}》起草时曾征求{who}的意见。文件施行以来，现就实施情况开展后评估，听取意见{last}：",
        f"{base_address()}/consultations/{call.slug}",
        "",
        "规定是否合理、是否得到执行、有什么困难，都可以提。",
    ]
    return compose(letter.address, f"后评估：{call.evaluates.title}", lines, at, unsubscribe=wish.token if wish else "")
