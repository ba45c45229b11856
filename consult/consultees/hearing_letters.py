"""Letters to those invited to a gathering: the invitation, reminders, and that it was moved or cancelled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.message import EmailMessage

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from consult.accounts.permissions import SYSTEM, Act, Actor, require
from consult.app_context import rules, settings
from consult.clock import local
from consult.consultees.errors import ConsulteeRefused
from consult.consultees.hearing_models import HearingChange, HearingLetter, LetterKind
from consult.consultees.hearing_record import begin, record_on
from consult.consultees.hearing_wording import text_of
from consult.consultees.models import Attendance, Gathering, Method
from consult.consultees.reminders import REST_BETWEEN, working_days_before
from consult.drafting.models import Consultation
from consult.files.mail.compose import message
from consult.mail_queue import service as mail_queue
from consult.mail_queue.hooks import Pointless
from consult.mail_queue.models import MailPurpose, MailState, OutgoingMail
from consult.mail_queue.service import Wanted
from consult.store import db, transaction
from consult.store.locking import lock_row

CALLING = (LetterKind.INVITATION, LetterKind.REMINDER, LetterKind.MOVED)
"""Letters that are pointless once the gathering was held."""


@dataclass(frozen=True)
class SentLetter:
    """A letter that was sent, or why it wasn't."""

    letter: HearingLetter
    trouble: str = ""


def of(gathering: Gathering) -> list[HearingLetter]:
    """Return the letters of a gathering, oldest first."""
    query = (
        select(HearingLetter)
        .join(Attendance, Attendance.id == HearingLetter.attendance_id)
        .where(Attendance.gathering_id == gathering.id)
        .order_by(HearingLetter.id)
        .options(joinedload(HearingLetter.attendance))
    )
    return list(db.session.scalars(query))


def write(actor: Actor, consultation: Consultation, gathering: Gathering, *, at: datetime) -> int:
    """Prepare an invitation for everybody who has none yet: by mail where there is an address, else to print.

    Raises:
        ConsulteeRefused: everybody has one, or the gathering was held or cancelled.
    """
    require(actor, Act.INVITE, consultation)
    with transaction():
        begin(gathering)
        if at >= gathering.held_at:
            raise ConsulteeRefused("会议的时间已到，不再发通知。")
        done = {letter.attendance_id for letter in of(gathering) if letter.lapsed_at is None}
        waiting = [attendance for attendance in gathering.attendances if attendance.id not in done]
        if not waiting:
            raise ConsulteeRefused("参加人的通知都已经准备好。")
        for attendance in waiting:
            _add(attendance, LetterKind.INVITATION, gathering, at)
        record_on(actor, "gathering.letters", gathering, at, letters=len(waiting))
    return len(waiting)


def say_moved(gathering: Gathering, change: HearingChange, at: datetime) -> None:
    """Prepare letters on a gathering that was moved, in the caller's transaction.

    Who hasn't been written to yet gets an invitation to the new time instead.
    """
    for attendance_id, written_to in _lapse(gathering, at).items():
        attendance = db.session.get_one(Attendance, attendance_id)
        kind = LetterKind.MOVED if written_to else LetterKind.INVITATION
        _add(attendance, kind, gathering, at, rule="" if kind is LetterKind.INVITATION else f"{at:%Y%m%d%H%M%S}")


def say_cancelled(gathering: Gathering, at: datetime) -> None:
    """Prepare letters on a gathering that was cancelled, to those who were written to; in the caller's transaction."""
    for attendance_id, written_to in _lapse(gathering, at).items():
        if written_to:
            _add(db.session.get_one(Attendance, attendance_id), LetterKind.CANCELLED, gathering, at)


def _lapse(gathering: Gathering, at: datetime) -> dict[int, bool]:
    """Withdraw what wasn't sent; return who has a letter, and whether one was sent to them."""
    written_to: dict[int, bool] = {}
    for letter in of(gathering):
        sent = letter.sent_at is not None
        written_to[letter.attendance_id] = written_to.get(letter.attendance_id, False) or sent
        if not sent and letter.lapsed_at is None:
            letter.lapsed_at = at
    return written_to


def _add(attendance: Attendance, kind: LetterKind, gathering: Gathering, at: datetime, rule: str = "") -> HearingLetter:
    same = select(HearingLetter).filter_by(attendance_id=attendance.id, kind=kind, rule=rule, held_at=gathering.held_at)
    letter = db.session.scalar(same)
    if letter is None:
        letter = HearingLetter(attendance_id=attendance.id, kind=kind, rule=rule, held_at=gathering.held_at)
        db.session.add(letter)
    letter.method, letter.email = Method.MAIL if attendance.email else Method.LETTER, attendance.email
    letter.created_at, letter.lapsed_at, letter.sent_at = at, None, None
    letter.bounced_at, letter.bounced_why = None, ""
    db.session.flush()
    if letter.method is Method.MAIL:
        mail_queue.put_missing([_wanted(letter)], at=at)
    return letter


def mark_sent(actor: Actor, consultation: Consultation, letter: HearingLetter, *, at: datetime) -> None:
    """Note that a letter on paper was handed over or posted, or that its addressee was called."""
    require(actor, Act.INVITE, consultation)
    with transaction():
        _note_sent(actor, letter, at)


def _note_sent(actor: Actor, letter: HearingLetter, at: datetime, message_id: str | None = None) -> None:
    gathering = db.session.get_one(Gathering, letter.attendance.gathering_id)
    lock_row(gathering)
    lock_row(letter)
    if letter.sent_at is None and letter.lapsed_at is None:
        letter.sent_at, letter.message_id = at, message_id
        letter.bounced_at, letter.bounced_why = None, ""
        record_on(actor, "gathering.letter_sent", gathering, at, letter=letter.id, kind=letter.kind.value)


def to_print(gathering: Gathering) -> list[HearingLetter]:
    """Return the letters on paper that are still to be handed over."""
    return [
        letter
        for letter in of(gathering)
        if letter.method is not Method.MAIL and letter.sent_at is None and letter.lapsed_at is None
    ]


def _wanted(letter: HearingLetter) -> Wanted:
    written = f"{letter.created_at:%Y%m%d%H%M%S}"  # a letter that was withdrawn may be written once more
    return Wanted(MailPurpose.MEETING, f"meeting:{letter.id}:{written}", letter.email, f"{letter.id}-{written}")


def send_waiting(at: datetime, gathering: Gathering | None = None) -> list[SentLetter]:
    """Send every letter by mail that waits; one that the server refuses for ever is marked bounced."""
    query = (
        select(HearingLetter)
        .where(
            HearingLetter.method == Method.MAIL,
            HearingLetter.sent_at.is_(None),
            HearingLetter.lapsed_at.is_(None),
            HearingLetter.bounced_at.is_(None),
        )
        .order_by(HearingLetter.id)
    )
    if gathering is not None:
        query = query.join(Attendance).where(Attendance.gathering_id == gathering.id)
    waiting = [letter for letter in db.session.scalars(query) if letter.kind not in CALLING or letter.held_at > at]
    tried = mail_queue.deliver_now([_wanted(letter) for letter in waiting], at=at)
    return [SentLetter(letter, fate.trouble) for letter, fate in zip(waiting, tried, strict=True) if fate is not None]


def compose(mail: OutgoingMail, at: datetime) -> EmailMessage:
    """Return a letter as mail.

    Raises:
        Pointless: it was withdrawn, sent otherwise, or the gathering was held.
    """
    letter = _letter_of(mail)
    if letter.lapsed_at is not None or letter.sent_at is not None or mail.subject != _wanted(letter).subject:
        raise Pointless("通知已经另行发出，或者会议有变更")
    if letter.kind in CALLING and letter.held_at <= at:
        raise Pointless("会议的时间已到")
    subject, body = text_of(letter)
    config = settings()
    return message(
        sender=config.mail_sender, sender_name=config.department, to=letter.email, subject=subject, text=body, at=at
    )


def note_end(mail: OutgoingMail, at: datetime) -> None:
    """Note on a letter how it ended, in the transaction in which it ends."""
    letter = _letter_of(mail)
    if mail.subject != _wanted(letter).subject:
        return
    if mail.state is MailState.SENT:
        _note_sent(SYSTEM, letter, at, mail.message_id)
    elif mail.state in (MailState.REFUSED, MailState.GIVEN_UP) and letter.bounced_at is None:
        _note_bounced(letter, mail.answer, at)


def _letter_of(mail: OutgoingMail) -> HearingLetter:
    return db.session.get_one(HearingLetter, int(mail.subject.split(":")[1]))


def _note_bounced(letter: HearingLetter, why: str, at: datetime) -> None:
    with transaction():
        gathering = db.session.get_one(Gathering, letter.attendance.gathering_id)
        lock_row(gathering)
        letter.bounced_at, letter.bounced_why = at, why
        record_on(SYSTEM, "gathering.letter_bounced", gathering, at, letter=letter.id, why=why[:300])


def remind(actor: Actor, at: datetime) -> int:
    """Prepare the reminders that are due, each rule's once for a time; return how many."""
    require(actor, Act.INVITE)
    done = 0
    for gathering_id, rule, day in _due(at):
        with transaction():
            gathering = db.session.get_one(Gathering, gathering_id)
            lock_row(gathering)
            letters = of(gathering)
            waiting = _to_remind(gathering, letters, rule, day)
            for attendance in waiting:
                _add(attendance, LetterKind.REMINDER, gathering, at, rule)
            if waiting:
                record_on(actor, "gathering.letters", gathering, at, letters=len(waiting), rule=rule)
        done += len(waiting)
    return done


def _due(at: datetime) -> Iterator[tuple[int, str, date]]:
    """Yield the gatherings that are to come with the nearest rule whose day has come, and that day."""
    wanted = sorted(rules().reminders, key=lambda rule: rule.working_days_before)
    if not wanted:
        return
    reach = timedelta(days=2 * wanted[-1].working_days_before + REST_BETWEEN)
    query = select(Gathering).where(
        Gathering.held_at > at, Gathering.held_at <= at + reach, Gathering.cancelled_at.is_(None)
    )
    for gathering in list(db.session.scalars(query.order_by(Gathering.id))):
        held_on = local(gathering.held_at).date()
        for rule in wanted:
            day = working_days_before(held_on, rule.working_days_before)
            if local(at).date() >= day:
                yield gathering.id, rule.id, day
                break


def _to_remind(gathering: Gathering, letters: list[HearingLetter], rule: str, day: date) -> list[Attendance]:
    """Return who was written to before the day of a rule and wasn't reminded by it of the present time."""
    reminded = {
        letter.attendance_id
        for letter in letters
        if letter.kind is LetterKind.REMINDER and letter.rule == rule and letter.held_at == gathering.held_at
    }
    written_to = {
        letter.attendance_id: letter.attendance
        for letter in letters
        if letter.sent_at is not None and letter.held_at == gathering.held_at and local(letter.sent_at).date() < day
    }
    return [attendance for id_, attendance in written_to.items() if id_ not in reminded]
