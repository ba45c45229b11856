"""Reminders of invitations that aren't answered: by the rules, each once for a deadline, through the queue."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from email.message import EmailMessage

from sqlalchemy import Select, and_, or_, select

from consult.accounts.permissions import SYSTEM, Act, Actor, require
from consult.app_context import rules
from consult.calendars.in_force import calendar
from consult.clock import local
from consult.consultees.delivery import (
    Sent,
    invitation_of,
    mail_to,
    note_failure,
    require_open,
)
from consult.consultees.invitation_wording import reminder_text
from consult.consultees.invitations import ANSWERABLE, last_day
from consult.consultees.models import Invitation, Reminder, Response
from consult.consultees.response_kinds import ResponseStanding
from consult.law.rule_rows import ReminderRule
from consult.ledger.service import record
from consult.mail_queue import service as mail_queue
from consult.mail_queue.hooks import Pointless
from consult.mail_queue.models import MailPurpose, MailState, OutgoingMail
from consult.mail_queue.service import Wanted
from consult.store import db, transaction
from consult.store.locking import lock_row

REST_BETWEEN = 20
"""Maximum days of rest between a reminder's day and the deadline, beyond weekends."""
CALL = "没有电子邮箱，请打电话提醒"


def due_reminders(at: datetime) -> Iterator[tuple[Invitation, ReminderRule]]:
    """Yield the due reminders: by the latest rule whose day has come, unless it was sent for this deadline."""
    wanted = sorted(rules().reminders, key=lambda rule: rule.working_days_before)
    if not wanted:
        return
    reach = timedelta(days=2 * wanted[-1].working_days_before + REST_BETWEEN)
    query = (
        select(Invitation.id)
        .where(
            Invitation.sent_at.is_not(None),
            Invitation.answer_by > at,
            Invitation.answer_by <= at + reach,
            Invitation.revoked_at.is_(None),
            Invitation.bounced_at.is_(None),
            Invitation.declined_at.is_(None),
            ~_answered().exists(),
        )
        .order_by(Invitation.id)
    )
    for identifier in list(db.session.scalars(query)):
        invitation = db.session.get_one(Invitation, identifier)
        rule = _due_rule(invitation, wanted, at)
        if rule is not None and invitation.consultation.state(at) in ANSWERABLE:
            yield invitation, rule


def _answered() -> Select[int]:
    """Subquery: answers to the invitation of the outer query, confirmed or not."""
    proposed = and_(
        Response.standing == ResponseStanding.PROPOSED, Response.proposed_as != ResponseStanding.NOT_AN_ANSWER
    )
    confirmed = Response.standing.not_in((ResponseStanding.PROPOSED, ResponseStanding.NOT_AN_ANSWER))
    return select(Response.id).where(Response.invitation_id == Invitation.id, or_(proposed, confirmed))


def _due_rule(invitation: Invitation, wanted: list[ReminderRule], at: datetime) -> ReminderRule | None:
    today, last, sent = local(at).date(), last_day(invitation), invitation.sent_at
    for rule in wanted:
        day = working_days_before(last, rule.working_days_before)
        if today >= day:
            gone = any(done.rule == rule.id and done.answer_by == invitation.answer_by for done in invitation.reminders)
            return None if gone or sent is None or local(sent).date() >= day else rule
    return None


def working_days_before(last: date, n: int) -> date:
    """Return the day ``n`` working days before another."""
    return calendar().add_working_days(last, -n).presumed


def remind(actor: Actor, at: datetime, *, insist: bool = False) -> list[Sent]:
    """Send the due reminders, each once; consultees without an address are returned, to be called.

    Arguments:
        insist: a person asks for it: those that were put off are tried before their time.
    """
    due = list(due_reminders(at))
    for invitation, _ in due:
        require(actor, Act.INVITE, invitation.consultation)
    by_mail = [(invitation, rule) for invitation, rule in due if invitation.email]
    fates = iter(mail_queue.deliver_now([_wanted(*each) for each in by_mail], at=at, insist=insist))
    done: list[Sent] = []
    for invitation, rule in due:
        if not invitation.email:
            _note(actor, invitation, rule.id, at)
            done.append(Sent(invitation, rule.id, CALL))
            continue
        fate = next(fates)
        if fate is not None:
            done.append(Sent(invitation, rule.id, fate.trouble))
    return done


def _wanted(invitation: Invitation, rule: ReminderRule) -> Wanted:
    day = f"{last_day(invitation):%Y%m%d}"
    subject = f"reminder:{invitation.id}:{rule.id}:{day}"
    return Wanted(MailPurpose.REMINDER, subject, invitation.email, f"{invitation.id}-{rule.id}-{day}")


def compose(letter: OutgoingMail, at: datetime) -> EmailMessage:
    """Return a reminder as mail.

    Raises:
        Pointless: it was answered or declined since, has another deadline, or nobody can answer it any more.
    """
    invitation = invitation_of(letter)
    _kind, _id, _rule, day = letter.subject.split(":")
    require_open(invitation, at)
    if invitation.is_answered or invitation.declined_at is not None:
        raise Pointless("已经答复")
    if invitation.bounced_at is not None or day != f"{last_day(invitation):%Y%m%d}" or at >= invitation.answer_by:
        raise Pointless("征求意见函已被退回，或者答复期限已变更、届满")
    return mail_to(invitation, reminder_text(invitation), at)


def note_end(letter: OutgoingMail, at: datetime) -> None:
    """Note on the invitation how its reminder ended, in the transaction in which it ends."""
    invitation = invitation_of(letter)
    if letter.state is MailState.SENT:
        _note(SYSTEM, invitation, letter.subject.split(":")[2], at)
    elif letter.state is MailState.REFUSED:
        note_failure(letter, invitation, at)


def _note(actor: Actor, invitation: Invitation, rule: str, at: datetime) -> None:
    """Note a reminder that was sent, once."""
    with transaction() as session:
        lock_row(invitation)
        noted = select(Reminder.id).where(
            Reminder.invitation_id == invitation.id,
            Reminder.rule == rule,
            Reminder.answer_by == invitation.answer_by,
        )
        if session.scalar(noted) is not None:
            return
        session.add(Reminder(invitation_id=invitation.id, rule=rule, answer_by=invitation.answer_by, at=at))
        subject = f"invitation:{invitation.id}"
        record(actor, "invitation.remind", subject, at=at, consultation_id=invitation.consultation_id, rule=rule)
