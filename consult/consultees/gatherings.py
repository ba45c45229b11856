"""Symposium, public hearing, expert argument: arranged, held, with who came and what was said there."""

from __future__ import annotations

import json
from datetime import date, datetime

from sqlalchemy import select

from consult.accounts.permissions import Act, Actor, require
from consult.clock import local, midnight
from consult.consultees.errors import ConsulteeRefused
from consult.consultees.invitations import ANSWERABLE
from consult.consultees.models import Attendance, Consultee, Gathering, GatheringKind
from consult.consultees.responses import SENDER_KINDS
from consult.consultees.standing import follow
from consult.drafting.models import Consultation
from consult.files.attachments import CheckedAttachment
from consult.intake import service as intake
from consult.intake.arrival import Arrival, Said
from consult.intake.models import Channel, SenderKind
from consult.intake.receipts import Receipt
from consult.law import clocks
from consult.ledger.service import record
from consult.settings import rules
from consult.store import db, transaction
from consult.store.claiming import hold, hold_still

MATERIAL_CLOCK = "hearing-material"


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
    """Arrange a gathering; ``others`` are names of people who stand on no register (experts, citizens).

    Raises:
        ConsulteeRefused: no title, or nobody is invited.
    """
    require(actor, Act.INVITE, consultation)
    names = [name.strip()[:200] for name in others if name.strip()]
    if not title.strip():
        raise ConsulteeRefused("请写明会议的名称。")
    if not invited and not names:
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
        for consultee in invited:
            session.add(Attendance(gathering_id=gathering.id, consultee_id=consultee.id, name=consultee.name))
        for name in names:
            session.add(Attendance(gathering_id=gathering.id, name=name))
        _record(actor, "gathering.arrange", gathering, at, kind=kind.value, invited=len(invited) + len(names))
    return gathering


def materials_due(gathering: Gathering) -> str:
    """Say by when the materials of a hearing must have arrived; empty for other gatherings."""
    if gathering.kind is not GatheringKind.HEARING or MATERIAL_CLOCK not in rules().clocks:
        return ""
    return clocks.run(rules().clocks[MATERIAL_CLOCK], local(gathering.held_at).date()).arithmetic


def send_materials(
    actor: Actor, consultation: Consultation, gathering: Gathering, *, day: date | None = None, at: datetime
) -> None:
    """Note that the materials have reached the participants: on ``day`` (local), by default today.

    Raises:
        ConsulteeRefused: the day is to come.
    """
    require(actor, Act.INVITE, consultation)
    arrived = midnight(day) if day is not None and day != local(at).date() else at
    if arrived > at:
        raise ConsulteeRefused(f"送达的日期 {day} 还没有到，请核对。")
    with transaction():
        gathering.materials_sent_at = arrived
        _record(actor, "gathering.materials", gathering, at, arrived=arrived.isoformat())


def keep_minutes(
    actor: Actor,
    consultation: Consultation,
    gathering: Gathering,
    *,
    came: set[int],
    minutes: CheckedAttachment | None,
    at: datetime,
) -> None:
    """Note who came, by the id of the attendance, and keep the minutes.

    Raises:
        ConsulteeRefused: the gathering hasn't been held yet.
    """
    require(actor, Act.INVITE, consultation)
    if at < gathering.held_at:
        raise ConsulteeRefused("会议还没有召开，开完再登记到会情况和笔录。")
    with transaction():
        hold(gathering)
        for attendance in gathering.attendances:
            attendance.came = attendance.id in came
        if minutes is not None:
            gathering.minutes_name, gathering.minutes_digest = minutes.name, minutes.digest
        _record(actor, "gathering.minutes", gathering, at, came=len(came))


def said(
    actor: Actor, consultation: Consultation, attendance: Attendance, parts: list[Said], *, at: datetime
) -> Receipt:
    """Take what somebody said at a gathering through the one way in.

    Raises:
        ConsulteeRefused: it is noted already, or the consultation takes no answers.
    """
    require(actor, Act.RECEIVE_FOR_SENDER, consultation)
    gathering = db.session.get_one(Gathering, attendance.gathering_id)
    consultee = db.session.get(Consultee, attendance.consultee_id) if attendance.consultee_id else None
    raw = {"gathering": gathering.id, "name": attendance.name, "parts": [[one.anchor, one.content] for one in parts]}
    arrival = Arrival(
        channel=Channel.MEETING,
        parts=tuple(parts),
        raw=json.dumps(raw, ensure_ascii=False).encode(),
        raw_media_type="application/json",
        subject=gathering.title,
        name=attendance.name,
        received_at=min(at, gathering.held_at),
        idempotency_key=f"gathering:{attendance.id}",
        sender_kind=SENDER_KINDS[consultee.kind] if consultee is not None else SenderKind.PERSON,
    )
    with transaction():
        hold_still(consultation)
        hold(attendance)
        if attendance.submission_id is not None:
            raise ConsulteeRefused("这一位的发言已经登记过。")
        if consultation.state(at) not in ANSWERABLE:
            raise ConsulteeRefused("这件征求意见现在不再接收意见。")
        receipt = intake.receive(consultation, arrival, at=at, actor=actor)
        attendance.submission_id, attendance.came = receipt.submission.id, True
        if attendance.consultee_id is not None:
            follow(consultation.id, [attendance.consultee_id])
        _record(actor, "gathering.said", gathering, at, submission=receipt.number)
    return receipt


def of(consultation: Consultation) -> list[Gathering]:
    """Return the gatherings of a consultation, newest first."""
    query = select(Gathering).where(Gathering.consultation_id == consultation.id).order_by(Gathering.held_at.desc())
    return list(db.session.scalars(query))


def _record(actor: Actor, act: str, gathering: Gathering, at: datetime, **detail: str | int) -> None:
    facts: dict[str, object] = dict(detail)
    subject = f"gathering:{gathering.id}"
    record(actor, act, subject, at=at, consultation_id=gathering.consultation_id, **facts)  # type: ignore[arg-type]
