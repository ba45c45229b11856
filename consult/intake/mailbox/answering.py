"""Acknowledging what came by mail: the receipt's number, key and link, in the sender's own thread.

Each answer is written down with its Message-ID before it is sent and marked afterwards. A process killed in between
sends it again under the same Message-ID: at worst twice, never not at all.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from email.message import EmailMessage

from sqlalchemy import func, or_, select

from consult import outgoing
from consult.files.blobs import BlobError
from consult.files.mail import Mail, compose, read
from consult.intake import receipts
from consult.intake.mailbox import followers, keeping, service
from consult.intake.mailbox.models import Acknowledgement, MailMessage
from consult.intake.models import Submission
from consult.settings import settings
from consult.store import db, transaction
from consult.store.claiming import take_turns

A_DAY = 3
"""Acknowledgements to one address within 24 hours: a program that answers answers can't make us answer for ever."""
AT_ONCE = 200


def acknowledge(at: datetime) -> int:
    """Answer the messages that wait for it; return how many answers went out.

    Raises:
        MailNotSent: the mail server is away; what waits is answered later.
    """
    sent = 0
    query = select(MailMessage.id).where(MailMessage.answer_due.is_(True)).order_by(MailMessage.id).limit(AT_ONCE)
    for id_ in list(db.session.scalars(query)):
        sent += _answer(id_, at)
    return sent


def follow_assignment(submission: Submission, at: datetime) -> None:
    """Do with a mail that was given to a consultation by hand what would have been done had it fitted at once."""
    row = db.session.scalar(select(MailMessage).where(MailMessage.submission_id == submission.id))
    if row is None:
        return
    mail = read(keeping.raw_of(row), own_addresses=service.own_addresses())
    row.answer_due = mail.may_be_answered
    if submission.consultation_id is not None:
        followers.tell(submission.consultation_id, [(submission, mail)], at)


def _answer(id_: int, at: datetime) -> bool:
    row = db.session.get_one(MailMessage, id_, populate_existing=True)
    if not row.answer_due or row.submission is None or row.submission.consultation is None:
        return False
    try:
        mail = read(keeping.raw_of(row), own_addresses=service.own_addresses())
    except BlobError:
        return _settle(id_, at, skipped="原件读不出来，没有发回执")
    address = (mail.reply_to or (mail.from_address,))[0]
    answer = plan(id_, row.submission, address, at)
    if answer is None:
        return False
    try:
        message = _message(mail, row.submission, answer)
        outgoing.send(message)
    except compose.AddressRefused as refusal:
        return _settle(id_, at, skipped=str(refusal))
    except outgoing.MailNotSent as failure:
        if isinstance(failure, outgoing.MailRejected):
            return _settle(id_, at, skipped=str(failure))
        if isinstance(failure, outgoing.MailPutOff):
            return False  # its turn comes again; it holds up no other
        raise
    return _settle(id_, at)


def plan(id_: int, submission: Submission, address: str, at: datetime) -> Acknowledgement | None:
    """Write down that an answer goes out; ``None`` when it went out, or one address got enough."""
    with transaction() as session:
        take_turns(f"mail.answer {address.lower()}")  # what goes to one address is counted
        row = session.get_one(MailMessage, id_, with_for_update=True, populate_existing=True)
        if not row.answer_due:
            return None
        answer = session.get(Acknowledgement, submission.id, populate_existing=True)
        if answer is not None:
            return answer
        own = {own.lower() for own in service.own_addresses()}
        why = "" if address else "没有可以回复的地址"
        if address.lower() in own:
            why = "回复地址是平台自己的"
        elif address and _count_for(address, at) >= A_DAY:
            why = f"一天之内已经向这个地址发过 {A_DAY} 次回执"
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
    """Return how many answers went or go to an address within a day before ``at``."""
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
    """Note that an answer went out, or why it doesn't."""
    with transaction() as session:
        row = session.get_one(MailMessage, id_, with_for_update=True, populate_existing=True)
        row.answer_due = False
        answer = session.get(Acknowledgement, row.submission_id, populate_existing=True)
        if answer is not None:
            answer.skipped = skipped[:200]
            answer.sent_at = None if skipped else at
    return not skipped
