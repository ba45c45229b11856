"""Mail of the demonstration, read by the mailbox as any other."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from email.utils import formataddr

from sqlalchemy import select

from consult.drafting.models import Consultation
from consult.intake.models import Submission
from consult.intake.receipts import Receipt
from consult.mailbox import service as mailbox
from consult.store import db

ADDRESS = "zhengji@example.com"


def receive_mail(
    consultation: Consultation,
    sender: tuple[str, str],
    text: str,
    *,
    subject: str = "",
    message_id: str,
    in_reply_to: str | None = None,
    at: datetime,
) -> Receipt:
    """Let the mailbox read a message; return the receipt of what it became.

    Arguments:
        sender: name and address.
    """
    mail = EmailMessage()
    mail["From"] = formataddr(sender)
    mail["To"] = ADDRESS
    mail["Subject"] = subject or consultation.mail_phrase
    mail["Date"] = at
    mail["Message-ID"] = message_id
    if in_reply_to:
        mail["In-Reply-To"] = in_reply_to
    mail.set_content(text)
    number = mailbox.ingest(mail.as_bytes(), source="演示邮件.eml", at=at, server_at=at).number
    assert number is not None
    return Receipt(number, db.session.scalars(select(Submission.id).where(Submission.number == number)).one())
