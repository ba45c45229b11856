"""Acknowledges submissions by mail: the receipt's number, key and link, in the sender's thread.

Each is stored with its Message-ID and put into the queue of letters (``consult.mail_queue``), where it has
its own fate.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from email.message import EmailMessage

from sqlalchemy import ColumnElement, func, or_, select

from consult.app_context import settings
from consult.files.blobs import BlobError
from consult.files.mail import Mail, compose
from consult.files.sandbox import ReaderDied
from consult.intake import receipts
from consult.intake.models import Submission, SubmissionState
from consult.mail_queue import service as letters
from consult.mail_queue.hooks import Pointless
from consult.mail_queue.models import MailPurpose, MailState, OutgoingMail
from consult.mailbox import hook_calls, message_store, service
from consult.mailbox.bounded_reading import Reader
from consult.mailbox.models import Acknowledgement, MailMessage
from consult.store import db, transaction
from consult.store.locking import advisory_lock

MAX_PER_DAY = 3
"""Maximum acknowledgements to one address within 24 hours, against loops with autoresponders."""
BATCH = 200
UNREADABLE = "原件读不出来，没有发回执"


def acknowledge(at: datetime) -> int:
    """Put the acknowledgements that are due into the queue, and send them; return how many were sent.

    Raises:
        MailNotSent: no mail server answers; they are sent later.
    """
    accepted = MailMessage.submission.has(Submission.state == SubmissionState.ACCEPTED)
    due = MailMessage.answer_due.is_(True), or_(MailMessage.answer_held.is_(False), accepted)
    for id_ in list(db.session.scalars(select(MailMessage.id).where(*due).order_by(MailMessage.id).limit(BATCH))):
        _queue(id_, at)
    waiting = select(Acknowledgement.address).where(*_waits()).distinct().limit(BATCH)
    for address in list(db.session.scalars(waiting)):
        _collect(address, at)
    return letters.deliver(at, purposes=[MailPurpose.ACKNOWLEDGEMENT, MailPurpose.COLLECTED])


def report_assignment(submission: Submission, at: datetime) -> None:
    """Process a mail that was assigned to a consultation by hand like one that was routed to it."""
    row = db.session.scalar(select(MailMessage).where(MailMessage.submission_id == submission.id))
    if row is None:
        return
    with Reader() as reader:
        mail = reader.message(message_store.raw_of(row), service.own_addresses())
    row.answer_due, row.answer_held = mail.may_be_answered, False
    if submission.consultation_id is not None:
        hook_calls.call_hooks(submission.consultation_id, [(submission, mail)], at)


def _queue(id_: int, at: datetime) -> None:
    row = db.session.get_one(MailMessage, id_, populate_existing=True)
    if not row.answer_due or row.submission is None or row.submission.consultation is None:
        return
    mail = _mail_of(row)
    address = mail.answer_address if mail is not None else ""
    plan(id_, row.submission, address, at, why="" if mail is not None else UNREADABLE)


def _mail_of(row: MailMessage) -> Mail | None:
    """Return a stored message; None where it can't be read."""
    try:
        with Reader() as reader:
            return reader.message(message_store.raw_of(row), service.own_addresses())
    except (BlobError, ReaderDied):
        return None


def plan(id_: int, submission: Submission, address: str, at: datetime, *, why: str = "") -> None:
    """Store an acknowledgement and put it into the queue, unless there is one or ``why`` says that none is sent."""
    with transaction() as session:
        advisory_lock(f"mail.answer {address.lower()}")  # for the limit per address
        row = session.get_one(MailMessage, id_, with_for_update=True, populate_existing=True)
        if not row.answer_due:
            return
        row.answer_due = False
        answer = session.get(Acknowledgement, submission.id, populate_existing=True)
        if answer is None:
            answer = Acknowledgement(
                submission_id=submission.id,
                address=address.lower()[:320],
                message_id=compose.new_message_id(settings().mail_sender),
                due_at=at,
                skipped=why or _why_not(address),
            )
            answer.over_limit = not answer.skipped and _count_for(address, at) >= MAX_PER_DAY
            session.add(answer)
        if not answer.skipped and not answer.over_limit and answer.sent_at is None:
            letters.put(
                MailPurpose.ACKNOWLEDGEMENT,
                f"submission:{submission.number}",
                answer.address,
                at=at,
                message_id=answer.message_id,
            )


def _waits() -> tuple[ColumnElement[bool], ...]:
    """Conditions of acknowledgements over the limit that no collecting one names yet."""
    return (
        Acknowledgement.over_limit.is_(True),
        Acknowledgement.collected_in.is_(None),
        Acknowledgement.sent_at.is_(None),
        Acknowledgement.skipped == "",
    )


def _collect(address: str, at: datetime) -> None:
    """Put one letter into the queue that names all submissions of an address over the limit; at most one a day."""
    with transaction() as session:
        advisory_lock(f"mail.answer {address}")
        if letters.count_to(address, [MailPurpose.COLLECTED], at - timedelta(days=1)):
            return
        query = select(Acknowledgement).where(*_waits(), Acknowledgement.address == address)
        answers = list(session.scalars(query.order_by(Acknowledgement.submission_id).limit(BATCH)))
        if answers:
            first = answers[0].submission.number
            letter = letters.put(MailPurpose.COLLECTED, f"collected:{first}", address, at=at)
            if letter is not None:
                for answer in answers:
                    answer.collected_in = letter.message_id


def compose_collected(letter: OutgoingMail, at: datetime) -> EmailMessage:
    """Return the message that names the submissions of an address over the limit of a day.

    Raises:
        Pointless: none of them is in a consultation any more.
        AddressRefused: it can't be answered.
    """
    config = settings()
    answers = [answer for answer in _collected(letter) if answer.address and answer.submission.consultation is not None]
    if not answers:
        raise Pointless("来件不再归入任何征求意见")
    named = [
        compose.Acknowledged(
            title=answer.submission.consultation.title if answer.submission.consultation is not None else "",
            number=answer.submission.number,
            key=receipts.key_of(answer.submission.number),
            link=_link(answer.submission.number),
            at=answer.submission.received_at,
            late=answer.submission.late,
        )
        for answer in answers
    ]
    return compose.collected_acknowledgement(
        named, to=letter.address, sender=config.mail_sender, sender_name=config.department, at=at
    )


def note_collected_end(letter: OutgoingMail, at: datetime) -> None:
    """Note how a collecting acknowledgement ended, in the transaction in which it did."""
    for answer in _collected(letter):
        answer.skipped = letter.answer[:200]
        answer.sent_at = at if letter.state is MailState.SENT else None


def _collected(letter: OutgoingMail) -> list[Acknowledgement]:
    query = select(Acknowledgement).where(Acknowledgement.collected_in == letter.message_id)
    return list(db.session.scalars(query.order_by(Acknowledgement.submission_id)))


def _link(number: str) -> str:
    config = settings()
    base = (config.public_url or f"http://{config.bind_host}:{config.port}").rstrip("/")
    return f"{base}/receipts/{number}?key={receipts.key_of(number)}"


def _why_not(address: str) -> str:
    """Return why an address gets no acknowledgement; empty if it does."""
    if not address:
        return "没有可以回复的地址"
    if address.lower() in {own_address.lower() for own_address in service.own_addresses()}:
        return "回复地址是平台自己的"
    return ""


def _count_for(address: str, at: datetime) -> int:
    """Return how many acknowledgements of their own were sent or are due to an address within a day before ``at``."""
    query = select(func.count()).where(
        Acknowledgement.over_limit.is_(False),
        Acknowledgement.address == address.lower()[:320],
        Acknowledgement.due_at > at - timedelta(days=1),
        or_(Acknowledgement.sent_at.is_not(None), Acknowledgement.skipped == ""),
    )
    return db.session.scalar(query) or 0


def compose_acknowledgement(letter: OutgoingMail, _at: datetime) -> EmailMessage:
    """Return the message of an acknowledgement in the queue.

    Raises:
        Pointless: its message can't be read, or its submission is in no consultation any more.
        AddressRefused: it can't be answered.
    """
    answer = _of(letter)
    row = db.session.scalar(select(MailMessage).where(MailMessage.submission_id == answer.submission_id))
    mail = _mail_of(row) if row is not None else None
    if mail is None:
        raise Pointless(UNREADABLE)
    submission, config = answer.submission, settings()
    if submission.consultation is None:
        raise Pointless("来件不再归入任何征求意见")
    return compose.acknowledgement(
        mail,
        sender=config.mail_sender,
        sender_name=config.department,
        title=submission.consultation.title,
        number=submission.number,
        key=receipts.key_of(submission.number),
        link=_link(submission.number),
        at=submission.received_at,
        late=submission.late,
    )


def note_end(letter: OutgoingMail, at: datetime) -> None:
    """Note how an acknowledgement ended, in the transaction in which it did."""
    answer = _of(letter)
    answer.skipped = letter.answer[:200]
    answer.sent_at = at if letter.state is MailState.SENT else None


def _of(letter: OutgoingMail) -> Acknowledgement:
    return db.session.scalars(select(Acknowledgement).where(Acknowledgement.message_id == letter.message_id)).one()
