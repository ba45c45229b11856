"""The verbs of gatherings (座谈会、听证会、论证会): arrange, move, cancel, keep minutes and papers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select

from consult.accounts.permissions import Act, Actor, require
from consult.app_context import rules
from consult.calendars.in_force import calendar
from consult.clock import local, midnight
from consult.consultees import hearing_letters
from consult.consultees.errors import ConsulteeRefused
from consult.consultees.hearing_models import HearingChange, HearingPaper, HearingPaperRole
from consult.consultees.hearing_papers import PUBLISHED
from consult.consultees.hearing_proof import why_not_held
from consult.consultees.hearing_record import begin, record_on, require_begun
from consult.consultees.hearing_speech import no_opinion, record_statement
from consult.consultees.models import Attendance, Consultee, Gathering, GatheringKind, Interest
from consult.consultees.register import entry_of
from consult.drafting.models import Consultation
from consult.files.attachments import CheckedAttachment
from consult.law import clocks
from consult.store import db, transaction

__all__ = [
    "arrange",
    "ask_interest",
    "cancel",
    "keep_minutes",
    "keep_paper",
    "materials_due",
    "move",
    "no_opinion",
    "of",
    "record_statement",
    "send_materials",
    "why_not_held",
]
MATERIAL_CLOCK = "hearing-material"
REASON_CHARACTERS = 4


def arrange(
    actor: Actor,
    consultation: Consultation,
    *,
    kind: GatheringKind,
    title: str,
    place: str,
    held_at: datetime,
    invited: list[Consultee],
    others: list[str],
    at: datetime,
) -> Gathering:
    """Arrange a gathering; ``others`` are people not on the register: a name, or a name and a mail address.

    Raises:
        ConsulteeRefused: no title, a public hearing without a place, or nobody is invited.
    """
    require(actor, Act.INVITE, consultation)
    people = [_person(line) for line in others if line.strip()]
    if not title.strip():
        raise ConsulteeRefused("请写明会议的名称。")
    if kind is GatheringKind.HEARING and not place.strip():
        raise ConsulteeRefused("请写明听证会的地点。")
    if not invited and not people:
        raise ConsulteeRefused("请至少写明一位参加人。")
    with transaction() as session:
        gathering = Gathering(
            consultation_id=consultation.id,
            kind=kind,
            title=title.strip()[:200],
            place=place.strip()[:200],
            held_at=held_at,
            created_at=at,
            by_id=actor.id,
        )
        session.add(gathering)
        session.flush()
        people = [(consultee.name, entry_of(consultee).email, consultee.id) for consultee in invited] + people
        for name, email, consultee_id in people:
            session.add(Attendance(gathering_id=gathering.id, consultee_id=consultee_id, name=name, email=email))
        record_on(actor, "gathering.arrange", gathering, at, kind=kind.value, invited=len(people))
    return gathering


def _person(line: str) -> tuple[str, str, int | None]:
    """Return the name and the address of a line such as “张某 zhang@example.cn”."""
    words = line.split()
    email = words.pop() if len(words) > 1 and "@" in words[-1] else ""
    return " ".join(words)[:200], email[:254], None


def move(
    actor: Actor,
    consultation: Consultation,
    gathering: Gathering,
    *,
    held_at: datetime,
    place: str,
    reason: str,
    at: datetime,
) -> HearingChange:
    """Move a gathering that wasn't held yet to another time or place, and prepare letters about it.

    Raises:
        ConsulteeRefused: it was held or cancelled, nothing changes, the time is past, or no reason is given.
    """
    require(actor, Act.INVITE, consultation)
    place = place.strip()[:200] or gathering.place
    with transaction() as session:
        begin(gathering)
        _require_not_held(gathering, "改期")
        if (held_at, place) == (gathering.held_at, gathering.place):
            raise ConsulteeRefused("时间和地点都没有变。")
        if held_at <= at:
            raise ConsulteeRefused("改定的时间已经过去，请核对。")
        change = HearingChange(
            gathering_id=gathering.id,
            from_held_at=gathering.held_at,
            from_place=gathering.place,
            to_held_at=held_at,
            to_place=place,
            reason=_reason(reason, "改期"),
            at=at,
            by_id=actor.id,
        )
        session.add(change)
        gathering.held_at, gathering.place = held_at, place
        hearing_letters.say_moved(gathering, change, at)
        before, after = change.from_held_at.isoformat(), held_at.isoformat()
        record_on(actor, "gathering.move", gathering, at, before=before, after=after, place=place, reason=change.reason)
    return change


def cancel(actor: Actor, consultation: Consultation, gathering: Gathering, reason: str, *, at: datetime) -> None:
    """Cancel a gathering that wasn't held, and prepare letters about it.

    Raises:
        ConsulteeRefused: it was held or cancelled before, or no reason is given.
    """
    require(actor, Act.INVITE, consultation)
    with transaction():
        begin(gathering)
        _require_not_held(gathering, "取消")
        gathering.cancelled_at, gathering.cancelled_reason = at, _reason(reason, "取消")
        hearing_letters.say_cancelled(gathering, at)
        held_at = gathering.held_at.isoformat()
        record_on(actor, "gathering.cancel", gathering, at, held_at=held_at, reason=gathering.cancelled_reason)


def _require_not_held(gathering: Gathering, what: str) -> None:
    recorded = any(row.came is not None or row.submission_id is not None for row in gathering.attendances)
    if gathering.minutes_digest or recorded:
        raise ConsulteeRefused(f"会议已经召开并登记，不能{what}。")


def _reason(words: str, what: str) -> str:
    if sum(character.isalnum() for character in words) < REASON_CHARACTERS:
        raise ConsulteeRefused(f"请写明{what}的原因，原因会通知参加人并写进上会材料。")
    return words.strip()


def materials_due(gathering: Gathering) -> str:
    """Return in Chinese by when the materials of a public hearing must arrive; empty for other gatherings."""
    if gathering.kind is not GatheringKind.HEARING or MATERIAL_CLOCK not in rules().clocks:
        return ""
    return clocks.compute(rules().clocks[MATERIAL_CLOCK], local(gathering.held_at).date(), calendar()).arithmetic


def send_materials(
    actor: Actor, consultation: Consultation, gathering: Gathering, *, day: date | None = None, at: datetime
) -> None:
    """Record that the materials reached the participants on ``day`` (local; by default today).

    Raises:
        ConsulteeRefused: the day is in the future, or the gathering was cancelled.
    """
    require(actor, Act.INVITE, consultation)
    arrived = midnight(day) if day is not None and day != local(at).date() else at
    if arrived > at:
        raise ConsulteeRefused(f"送达的日期 {day} 还没有到，请核对。")
    with transaction():
        begin(gathering)
        gathering.materials_sent_at = arrived
        record_on(actor, "gathering.materials", gathering, at, arrived=arrived.isoformat())


def keep_minutes(
    actor: Actor,
    consultation: Consultation,
    gathering: Gathering,
    *,
    came: set[int],
    minutes: CheckedAttachment | None,
    at: datetime,
) -> None:
    """Record who came, by id of the attendance, and store the minutes; earlier minutes become a paper.

    Raises:
        ConsulteeRefused: the gathering hasn't been held yet, or was cancelled.
    """
    require(actor, Act.INVITE, consultation)
    with transaction():
        begin(gathering)
        require_begun(gathering, at, "开完再登记到会情况和笔录")
        for attendance in gathering.attendances:
            attendance.came = attendance.id in came or attendance.submission_id is not None
        if minutes is not None:
            gathering.minutes_name, gathering.minutes_digest = minutes.name, minutes.digest
            _add(actor, gathering, HearingPaperRole.MINUTES, at, minutes)
        record_on(actor, "gathering.minutes", gathering, at, came=len(came))


def keep_paper(
    actor: Actor,
    consultation: Consultation,
    gathering: Gathering,
    role: HearingPaperRole,
    *,
    paper: CheckedAttachment | None = None,
    address: str = "",
    published_on: date | None = None,
    unnecessary: str = "",
    at: datetime,
) -> HearingPaper:
    """Store a paper of a public hearing: a publication with its day, or the signed record.

    Arguments:
        address: where it was published.
        unnecessary: why there was no selection (everybody who applied took part); only for the rule of selection.

    Raises:
        ConsulteeRefused: no file, day or address, a day in the future, or it isn't a public hearing.
    """
    require(actor, Act.INVITE, consultation)
    if gathering.kind is not GatheringKind.HEARING:
        raise ConsulteeRefused("只有听证会需要登记这一项。")
    with transaction():
        begin(gathering)
        if role in PUBLISHED:
            _require_published(role, paper, address.strip(), published_on, unnecessary, at)
        elif role is HearingPaperRole.SIGNED_RECORD and paper is not None:
            require_begun(gathering, at, "开完再登记经签字的记录")
        else:
            raise ConsulteeRefused(f"请选择{role.label.words}的文件。")
        kept = _add(actor, gathering, role, at, paper, address.strip()[:500], published_on, unnecessary.strip())
        day = published_on.isoformat() if published_on is not None else ""
        record_on(actor, "gathering.paper", gathering, at, role=role.value, published_on=day)
    return kept


def _require_published(
    role: HearingPaperRole,
    paper: CheckedAttachment | None,
    address: str,
    published_on: date | None,
    unnecessary: str,
    at: datetime,
) -> None:
    words = role.label.words
    if unnecessary.strip():
        if role is not HearingPaperRole.SELECTION_RULE:
            raise ConsulteeRefused(f"{words}必须公布。")
        _reason(unnecessary, "不需要遴选")
        return
    if published_on is None:
        raise ConsulteeRefused(f"请写明{words}公布的日期。")
    if published_on > local(at).date():
        raise ConsulteeRefused(f"公布的日期 {published_on} 还没有到，请核对。")
    if paper is None and not address.startswith(("https://", "http://")):
        raise ConsulteeRefused(f"请写明{words}公布的网址（https://…），或者上传公布的文件。")


def _add(
    actor: Actor,
    gathering: Gathering,
    role: HearingPaperRole,
    at: datetime,
    paper: CheckedAttachment | None,
    address: str = "",
    published_on: date | None = None,
    unnecessary: str = "",
) -> HearingPaper:
    kept = HearingPaper(
        gathering_id=gathering.id,
        role=role,
        name=paper.name if paper is not None else "",
        digest=paper.digest if paper is not None else "",
        address=address,
        published_on=published_on,
        held_at=gathering.held_at,
        place=gathering.place,
        unnecessary=unnecessary,
        at=at,
        by_id=actor.id,
    )
    db.session.add(kept)
    return kept


def ask_interest(
    actor: Actor, consultation: Consultation, attendance: Attendance, interest: Interest, words: str, *, at: datetime
) -> None:
    """Record an expert's answer about an interest in the matter (第二十条).

    Raises:
        ConsulteeRefused: an interest without explanation, not an expert argument, or it was cancelled.
    """
    require(actor, Act.INVITE, consultation)
    gathering = db.session.get_one(Gathering, attendance.gathering_id)
    if gathering.kind is not GatheringKind.EXPERT_ARGUMENT:
        raise ConsulteeRefused("只有专家论证会需要登记利害关系。")
    if interest is not Interest.NONE and not words.strip():
        raise ConsulteeRefused("请写明是什么利害关系。")
    with transaction():
        begin(gathering)
        attendance.interest, attendance.interest_words = interest, words.strip()
        attendance.interest_asked_at = at
        detail = {"attendance": attendance.id, "interest": interest.value, "words": words.strip()}
        record_on(actor, "gathering.interest", gathering, at, **detail)


def of(consultation: Consultation) -> Sequence[Gathering]:
    """Return the gatherings of a consultation, newest first."""
    query = select(Gathering).where(Gathering.consultation_id == consultation.id).order_by(Gathering.held_at.desc())
    return list(db.session.scalars(query))
