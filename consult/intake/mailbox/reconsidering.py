"""Taking back what the platform took a message for: one that a program seemed to send, and a person did."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from consult.accounts.permissions import Act, Actor, require
from consult.files.mail import Auto, read
from consult.intake.mailbox import becoming, enclosed, keeping, routing, service
from consult.intake.mailbox.errors import MailboxRefused
from consult.intake.mailbox.models import MailMessage, Outcome
from consult.intake.models import Submission
from consult.ledger.service import record
from consult.store import transaction
from consult.store.claiming import hold


def is_from_a_person(actor: Actor, row: MailMessage, *, at: datetime) -> str:
    """Make a submission of a message that was taken for a program's; return its number. It waits unassigned.

    Raises:
        MailboxRefused: it is none of those, or somebody was faster.
    """
    require(actor, Act.ASSIGN_SUBMISSION)
    raw = keeping.raw_of(row)
    mail = read(raw, own_addresses=service.own_addresses(), trusted_hosts=service.trusted_hosts())
    files = enclosed.take(mail)
    one = becoming.Understood(row.id, raw, row.digest, row.server_at, replace(mail, auto=Auto.NONE), files)
    with transaction() as session:
        hold(row)
        if row.outcome is not Outcome.AUTOMATIC:
            raise MailboxRefused("这封邮件已经不在自动邮件里，请刷新页面。")
        row.automatic = ""
        way = routing.Route(None, "人工确认是公众来信，请归类", ())
        becoming.write_down([becoming.Sorted(row, one, way)], at)
        session.flush()
        number = session.get_one(Submission, row.submission_id).number
        record(actor, "mail.reconsider", f"submission:{number}", at=at)
        return number
