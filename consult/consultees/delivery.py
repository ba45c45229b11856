"""Sends invitations and reminders; what is due follows from state, each is sent once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Select, and_, or_, select

from consult import outgoing_mail
from consult.accounts.permissions import SYSTEM, Act, Actor, require
from consult.app_context import rules, settings
from consult.clock import local
from consult.consultees import invitations
from consult.consultees.invitations import ANSWERABLE, token_of
from consult.consultees.models import Invitation, Method, Reminder, Response
from consult.consultees.response_kinds import ResponseStanding
from consult.drafting import questions
from consult.drafting.models import Consultation
from consult.files.mail.compose import AddressRefused, message
from consult.law.periods import in_words
from consult.law.rule_rows import ReminderRule
from consult.ledger.service import record
from consult.store import db, transaction
from consult.store.locking import lock_row

REST_BETWEEN = 20
"""Maximum days of rest between a reminder's day and the deadline, beyond weekends."""


@dataclass(frozen=True)
class Sent:
    """A mail that was sent, or why it wasn't."""

    invitation: Invitation
    rule: str = ""
    trouble: str = ""


def link_of(invitation: Invitation) -> str:
    """Return the URL of an invitation's personal link, which is a bearer token."""
    config = settings()
    base = config.public_url.rstrip("/") or f"http://{config.bind_host}:{config.port}"
    return f"{base}/portal/i/{token_of(invitation)}"


def last_day(invitation: Invitation) -> date:
    """Return the last local day to answer."""
    return local(invitation.answer_by - timedelta(microseconds=1)).date()


def first_sent(consultation: Consultation) -> Invitation | None:
    """Return the first invitation of a consultation that went out, None before that."""
    query = select(Invitation).where(Invitation.consultation_id == consultation.id, Invitation.sent_at.is_not(None))
    return db.session.scalars(query.order_by(Invitation.id).limit(1)).first()


def has_letters(consultation: Consultation) -> bool:
    """Whether there are invitations to print: by letter or by hand."""
    query = select(Invitation.id).where(
        Invitation.consultation_id == consultation.id, Invitation.method != Method.MAIL, Invitation.revoked_at.is_(None)
    )
    return db.session.scalar(query.limit(1)) is not None


def send_waiting(at: datetime, consultation: Consultation | None = None, *, limit: int | None = None) -> list[Sent]:
    """Send the prepared invitations by mail; one that the server rejects permanently is marked as bounced.

    Arguments:
        consultation: only those of this consultation.
        limit: maximum number.
    """
    waiting = (
        select(Invitation.id)
        .where(
            Invitation.method == Method.MAIL,
            Invitation.sent_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.bounced_at.is_(None),
        )
        .order_by(Invitation.id)
    )
    if consultation is not None:
        waiting = waiting.where(Invitation.consultation_id == consultation.id)
    done: list[Sent] = []
    for identifier in list(db.session.scalars(waiting.limit(limit))):
        invitation = db.session.get_one(Invitation, identifier)
        if invitation.consultation.state(at) not in ANSWERABLE:
            continue
        trouble = _send(
            invitation, f"invitation-{invitation.id}-{invitation.nonce[:8]}", _invitation_text(invitation), at
        )
        done.append(Sent(invitation, trouble=trouble))
    return done


def _send(invitation: Invitation, name: str, text: tuple[str, str], at: datetime) -> str:
    subject, body = text
    sender = settings().mail_sender
    try:
        mail = message(
            sender=sender,
            sender_name=settings().department,
            to=invitation.email,
            subject=subject,
            text=body,
            at=at,
            message_id=f"{name}@{sender.rpartition('@')[2] or 'localhost'}",
            references=(invitation.message_id,) if invitation.message_id else (),
        )
        identifier = outgoing_mail.send(mail)
    except (outgoing_mail.MailRejected, AddressRefused) as refusal:
        invitations.mark_bounced(SYSTEM, invitation, str(refusal), at=at)
        return str(refusal)
    except outgoing_mail.MailNotSent as refusal:
        return str(refusal)
    if invitation.sent_at is None:
        invitations.mark_sent(SYSTEM, invitation, at=at, message_id=identifier)
    return ""


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
    if n == 0:
        return last
    counted = rules().calendar.add_working_days(last, -n).day
    day = last
    while counted is None and n:  # the year's holidays aren't published: weekdays are counted
        day -= timedelta(days=1)
        n -= day.weekday() < 5
    return counted or day


def remind(actor: Actor, at: datetime) -> list[Sent]:
    """Send the due reminders, each once; consultees without an address are returned, to be called."""
    done: list[Sent] = []
    for invitation, rule in due_reminders(at):
        require(actor, Act.INVITE, invitation.consultation)
        if not invitation.email:
            _note(actor, invitation, rule, at)
            done.append(Sent(invitation, rule.id, "没有电子邮箱，请打电话提醒"))
            continue
        name = f"reminder-{invitation.id}-{rule.id}-{last_day(invitation):%Y%m%d}"
        trouble = _send(invitation, name, _reminder_text(invitation), at)
        if not trouble:
            _note(actor, invitation, rule, at)
        done.append(Sent(invitation, rule.id, trouble))
    return done


def _note(actor: Actor, invitation: Invitation, rule: ReminderRule, at: datetime) -> None:
    """Note a reminder that was sent, unless another process sent it at the same moment, with the same Message-ID."""
    with transaction() as session:
        lock_row(invitation)
        noted = select(Reminder.id).where(
            Reminder.invitation_id == invitation.id,
            Reminder.rule == rule.id,
            Reminder.answer_by == invitation.answer_by,
        )
        if session.scalar(noted) is not None:
            return
        session.add(Reminder(invitation_id=invitation.id, rule=rule.id, answer_by=invitation.answer_by, at=at))
        subject = f"invitation:{invitation.id}"
        record(actor, "invitation.remind", subject, at=at, consultation_id=invitation.consultation_id, rule=rule.id)


def _invitation_text(invitation: Invitation) -> tuple[str, str]:
    consultation = invitation.consultation
    lines = [
        f"{invitation.consultee.name}：",
        "",
        f"    {settings().department}起草了《{consultation.title}》，现征求贵单位意见。",
        "",
        f"    请于{in_words(last_day(invitation))}（含当日）前答复。",
        "    打开下面的链接即可逐条提出意见、上传盖章复函，或者说明“无意见”：",
        "",
        link_of(invitation),
        "",
        *_questions(consultation),
        "    这个链接只供贵单位使用，请勿转给单位以外的人。也可以直接回复本邮件，或者寄送盖章的复函。",
        *_contact(consultation),
        "",
        settings().department,
    ]
    return f"征求意见函：{consultation.title}", "\n".join(lines)


def _reminder_text(invitation: Invitation) -> tuple[str, str]:
    consultation = invitation.consultation
    lines = [
        f"{invitation.consultee.name}：",
        "",
        f"    《{consultation.title}》正在征求贵单位意见，答复期限到{in_words(last_day(invitation))}为止。",
        "    目前还没有收到贵单位的答复。",
        "",
        "    没有意见的，也请打开链接选“无意见”；需要更多时间的，可以在同一页申请延期：",
        "",
        link_of(invitation),
        *_contact(consultation),
        "",
        settings().department,
    ]
    return f"提醒：请答复征求意见函（{consultation.title}）", "\n".join(lines)


def _questions(consultation: Consultation) -> list[str]:
    asked = [f"    {n}. {question.text}" for n, question in enumerate(questions.of(consultation), 1)]
    return ["    请在链接打开的页面一并回答下列问题：", *asked, ""] if asked else []


def _contact(consultation: Consultation) -> list[str]:
    return ["", f"    联系方式：{consultation.contact}"] if consultation.contact else []
