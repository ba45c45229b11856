"""Messages to the mailbox, put together as programs write them."""

from __future__ import annotations

import itertools
from email.message import EmailMessage
from email.utils import format_datetime

from consult.drafting import service as drafting
from consult.drafting.models import Consultation
from consult.intake.models import Submission
from consult.mailbox import service
from consult.mailbox.service import Ingested
from consult.store import db
from tests.world import AFTER, DURING, open_consultation

_ids = itertools.count(1)
OPINION = "建议第三条增加公示食材来源的要求，方便居民监督。"


def a_letter(
    subject: str = "意见",
    text: str = OPINION,
    *,
    to: str = "yijian@dept.example.gov.cn",
    sender: str = "王芳 <wangfang@example.cn>",
    received: object = DURING,
    message_id: str | None = "",
    files: tuple[tuple[str, bytes, str], ...] = (),
    **fields: str,
) -> bytes:
    """Return a message; ``received`` is the moment that the topmost server noted, ``None`` for none."""
    mail = EmailMessage()
    if received is not None:
        mail["Received"] = f"from a by mx.dept.example.gov.cn; {format_datetime(received)}"  # type: ignore[arg-type]
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Date"] = format_datetime(DURING)
    if message_id is not None:
        mail["Message-ID"] = message_id or f"<letter-{next(_ids)}@example.cn>"
    for name, value in fields.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text, charset="utf-8")
    for name, data, kind in files:
        main, _, sub = kind.partition("/")
        mail.add_attachment(data, maintype=main, subtype=sub, filename=name)
    return mail.as_bytes()


def ingest(raw: bytes, *, at: object = DURING, server_at: object = None) -> Ingested:
    """Return what became of a message that arrived at ``at``."""
    return service.ingest(raw, source="a.eml", at=at, server_at=server_at)  # type: ignore[arg-type]


def stored(ingested: Ingested) -> Submission:
    """Return the submission of a message."""
    return db.session.scalars(db.select(Submission).where(Submission.number == ingested.number)).one()


def canteens() -> Consultation:
    """Return the consultation on canteens, open from 10 October 2026."""
    return open_consultation()


__all__ = ["AFTER", "DURING", "OPINION", "a_letter", "canteens", "drafting", "ingest", "stored"]
