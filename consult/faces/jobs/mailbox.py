"""The mailboxes: fetching what is new, finishing what was cut off, acknowledging."""

from __future__ import annotations

from datetime import datetime

import structlog

from consult.faces.jobs import Job, JobTrouble
from consult.mailbox import acknowledgement, fetching, service, settings
from consult.mailbox.errors import MailboxRefused
from consult.mailbox.models import Mailbox
from consult.store import db

log = structlog.get_logger()


def fetch(at: datetime) -> int:
    """Read every mailbox; one that is away is noted and doesn't hold up the others."""
    done = len(service.resume(at=at))
    trouble = []
    for id_ in [mailbox.id for mailbox in settings.active_mailboxes()]:
        mailbox = db.session.get_one(Mailbox, id_)
        try:
            done += sum(1 for _ in fetching.fetch(mailbox, at=at))
        except MailboxRefused as refusal:
            log.warning("mailbox_not_fetched", mailbox=id_, why=str(refusal))
            trouble.append(f"信箱 {id_} 没有读到：{refusal}")
    if trouble:
        raise JobTrouble("；".join(trouble), done)
    return done


JOBS = (Job("mailbox", fetch), Job("acknowledge", acknowledgement.acknowledge))
