"""Acknowledges submissions by mail: the receipt's number, key and link, in the sender's thread.

Each acknowledgement is stored with its Message-ID before it is sent and marked afterwards. If the process is killed in
between, it is sent again under the same Message-ID: at least once, at most twice.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from email.message import EmailMessage

from sqlalchemy import func, or_, select

from consult import outgoing_mail
from consult.app_context import settings
from consult.files.blobs import BlobError
from consult.files.mail import Mail, compose
from consult.files.sandbox import ReaderDied
from consult.intake import receipts
from consult.intake.models import Submission
from consult.mailbox import hook_calls, message_store, service
from consult.mailbox.bounded_reading import Reader
from consult.mailbox.models import Acknowledgement, MailMessage
from consult.store import db, transaction
from consult.store.locking import advisory_lock

MAX_PER_DAY = 3
"""Maximum acknowledgements to one address within 24 hours, against loops with autoresponders."""
BATCH = 200


def acknowledge(at: datetime) -> int:
    """Send the acknowledgements that are due; return how many were sent.

    Raises:
        MailNotSent: the mail server is unavailable; the rest is sent later.
    """
    sent = 0
    query = select(MailMessage.id).where(MailMessage.answer_due.is_(True)).order_by(MailMessage.id).limit(BATCH)
    for id_ in list(db.session.scalars(query)):
        sent += _answer(id_, at)
    return sent


def report_assignment(submission: Submission, at: datetime) -> None:
    """Process a mail that was assigned to a consultation by hand like one that was routed to it."""
    row = db.session.scalar(select(MailMessage).where(MailMessage.submission_id == submission.id))
    if row is None:
        return
    with Reader() as reader:
        mail = reader.message(message_store.raw_of(row), service.own_addresses())
    row.answer_due = mail.may_be_answered
    if submission.consultation_id is not None:
        hook_calls.call_hooks(submission.consultation_id, [(submission, mail)], at)


def _answer(id_: int, at: datetime) -> bool:
    row = db.session.get_one(MailMessage, id_, populate_existing=True)
    if not row.answer_due or row.submission is None or row.submission.consultation is None:
        return False
    try:
        with Reader() as reader:
            mail = reader.message(message_store.raw_of(row), service.own_addresses())
    except (BlobError, ReaderDied):
        return _settle(id_, at, skipped="原件读不出来，没有发回执")
    address = (mail.reply_to or (mail.from_address,))[0]
    answer = plan(id_, row.submission, address, at)
    if answer is None:
        return False
    try:
        message = _message(mail, row.submission, answer)
        outgoing_mail.send(message)
    except compose.AddressRefused as refusal:
        return _settle(id_, at, skipped=str(refusal))
    except outgoing_mail.MailNotSent as failure:
        if isinstance(failure, outgoing_mail.MailRejected):
            return _settle(id_, at, skipped=str(failure))
        if isinstance(failure, outgoing_mail.MailPutOff):
            return False  # it is retried later and doesn't block the others
        raise
    return _settle(id_, at)


def plan(id_: int, submission: Submission, address: str, at: datetime) -> Acknowledgement | None:
    """Store the acknowledgement to send; ``None`` if it was sent already or the address has reached its limit."""
    with transaction() as session:
        advisory_lock(f"mail.answer {address.lower()}")  # for the limit per address
        row = session.get_one(MailMessage, id_, with_for_update=True, populate_existing=True)
        if not row.answer_due:
            return None
        answer = session.get(Acknowledgement, submission.id, populate_existing=True)
        if answer is not None:
            return answer
        own_addresses = {own_address.lower() for own_address in service.own_addresses()}
        why = "" if address else "没有可以回复的地址"
        if address.lower() in own_addresses:
            why = "回复地址是平台自己的"
        elif address and _count_for(address, at) >= MAX_PER_DAY:
            why = f"一天之内已经向这个地址发过 {MAX_PER_DAY} 次回执"
        answer = Acknowledgement(
            submission_id=submission.id,
            address=address.lower()[:320],
            message_id=compose.new_message_id(settings().mail_sender),
            due_at=at,
            skipped=why,
        )
        session.add(answer)
        row.answer_due = not why
    return None if why else answer


def _count_for(address: str, at: datetime) -> int:
    """Return how many acknowledgements were sent or are due to an address within a day before ``at``."""
    query = select(func.count()).where(
        Acknowledgement.address == address.lower()[:320],
        Acknowledgement.due_at > at - timedelta(days=1),
        or_(Acknowledgement.sent_at.is_not(None), Acknowledgement.skipped == ""),
    )
    return db.session.scalar(query) or 0


def _message(mail: Mail, submission: Submission, answer: Acknowledgement) -> EmailMessage:
    assert submission.consultation is not None
    config = settings()
    base = (config.public_url or f"http://{config.bind_host}:{config.port}").rstrip("/")
    key = receipts.key_of(submission.number)
    message = compose.acknowledgement(
        mail,
        sender=config.mail_sender,
        sender_name=config.department,
        title=submission.consultation.title,
        number=submission.number,
        key=key,
        link=f"{base}/receipts/{submission.number}?key={key}",
        at=submission.received_at,
        late=submission.late,
    )
    message.replace_header("Message-ID", f"<{answer.message_id}>")
    return message


def _settle(id_: int, at: datetime, *, skipped: str = "") -> bool:
    """Mark an acknowledgement as sent, or skipped with the reason."""
    with transaction() as session:
        row = session.get_one(MailMessage, id_, with_for_update=True, populate_existing=True)
        row.answer_due = False
        answer = session.get(Acknowledgement, row.submission_id, populate_existing=True)
        if answer is not None:
            answer.skipped = skipped[:200]
            answer.sent_at = None if skipped else at
    return not skipped
