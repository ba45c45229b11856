"""The receipt of a submission by mail, to who asked for it when sending it by the web."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from email.message import EmailMessage

from sqlalchemy import select

from consult.clock import local
from consult.intake import queries, receipts
from consult.intake.models import Submission
from consult.law.periods import in_words
from consult.mail_queue import service as mail_queue
from consult.mail_queue.hooks import Pointless
from consult.mail_queue.models import MailPurpose, OutgoingMail
from consult.store import db, transaction
from consult.store.locking import advisory_lock
from consult.subscriptions.models import LetterWish
from consult.subscriptions.service import MAX_PER_DAY, base_address, compose

RECEIPTS = (MailPurpose.RECEIPT, MailPurpose.ACKNOWLEDGEMENT)


def ask(number: str, address: str, *, at: datetime) -> bool:
    """Note that a sender wants receipt and decisions at an address; return whether the receipt goes out.

    It doesn't when so many receipts went there within a day that somebody else may have typed the address.
    """
    submission = queries.by_number(number)
    if submission is None:
        return False
    with transaction() as session:
        advisory_lock(f"mail.answer {address.lower()}")
        if session.get(LetterWish, submission.id) is not None:
            return True
        if mail_queue.count_to(address, RECEIPTS, at - timedelta(days=1)) >= MAX_PER_DAY:
            return False
        token = secrets.token_urlsafe(32)
        session.add(LetterWish(submission_id=submission.id, address=address.lower(), token=token, asked_at=at))
        subject = f"submission:{submission.number}"
        mail_queue.put(MailPurpose.RECEIPT, subject, address, at=at, key=submission.number)
    return True


def wish_of(number: str) -> tuple[Submission, LetterWish]:
    """Return a submission and the wish of its sender.

    Raises:
        Pointless: the sender wants no letters any more.
    """
    submission = queries.by_number(number)
    wish = db.session.get(LetterWish, submission.id) if submission is not None else None
    if submission is None or wish is None or wish.ended_at is not None:
        raise Pointless("来件人不再要邮件")
    return submission, wish


def compose_receipt(letter: OutgoingMail, at: datetime) -> EmailMessage:
    """Return the letter with number, key and link of a receipt."""
    submission, wish = wish_of(letter.subject.partition(":")[2])
    title = submission.consultation.title if submission.consultation is not None else ""
    key = receipts.key_of(submission.number)
    lines = [
        "您好：",
        "",
        f"您对《{title}》的意见已经收到。",
        "",
        f"回执编号：{submission.number}",
        f"查询码：{key}",
        f"查询网址：{base_address()}/receipts/{submission.number}?key={key}",
        f"收到时间：{in_words(local(submission.received_at).date())} {local(submission.received_at):%H:%M}",
        "",
        "凭编号和查询码可以查看办理情况、采纳情况和理由。请妥善保存，不要转给他人。",
        "意见的采纳情况公布以后，会发邮件告诉您。",
        "如果不是您提交的意见，请不用理会。",
    ]
    return compose(letter.address, f"已收到您的意见（回执 {submission.number}）", lines, at, unsubscribe=wish.token)


def delete_address(submission: Submission, *, at: datetime) -> None:
    """Delete the address of a sender who wanted letters, which ends the wish, with the caller's act."""
    wish = db.session.get(LetterWish, submission.id)
    if wish is not None:
        wish.address, wish.ended_at = "", wish.ended_at or at
    query = select(OutgoingMail.subject).where(
        OutgoingMail.purpose == MailPurpose.EVALUATION,
        OutgoingMail.subject.endswith(f"/{submission.number}", autoescape=True),
    )
    for subject in list(db.session.scalars(query)):
        mail_queue.delete_addresses(subject)
