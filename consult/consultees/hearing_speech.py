"""Statements made at a gathering, received as submissions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from consult.accounts.permissions import Act, Actor, require
from consult.consultees.errors import ConsulteeRefused
from consult.consultees.hearing_record import begin, record_on, require_begun
from consult.consultees.invitations import ANSWERABLE
from consult.consultees.models import Attendance, Consultee, Gathering
from consult.consultees.register_history import snapshot
from consult.consultees.responses import NO_OPINION, SENDER_KINDS
from consult.drafting.models import Consultation
from consult.intake import service as intake
from consult.intake.arrival import Arrival, ArrivalPart
from consult.intake.models import Channel, SenderKind
from consult.intake.receipts import Receipt
from consult.store import db, transaction
from consult.store.locking import lock_row, lock_row_shared


def record_statement(
    actor: Actor, consultation: Consultation, attendance: Attendance, parts: Sequence[ArrivalPart], *, at: datetime
) -> Receipt:
    """Record what somebody said at a gathering, as a submission.

    Raises:
        ConsulteeRefused: it wasn't held yet or was cancelled, there is a statement already, or the consultation accepts
            no answers.
    """
    return _receive(actor, consultation, attendance, parts, at=at, no_opinion=False)


def no_opinion(actor: Actor, consultation: Consultation, attendance: Attendance, *, at: datetime) -> Receipt:
    """Record that somebody who came has no opinion.

    Raises:
        ConsulteeRefused: as ``record_statement``.
    """
    return _receive(actor, consultation, attendance, (ArrivalPart(NO_OPINION),), at=at, no_opinion=True)


def _receive(
    actor: Actor,
    consultation: Consultation,
    attendance: Attendance,
    parts: Sequence[ArrivalPart],
    *,
    at: datetime,
    no_opinion: bool,
) -> Receipt:
    require(actor, Act.RECEIVE_FOR_SENDER, consultation)
    gathering = db.session.get_one(Gathering, attendance.gathering_id)
    with transaction():
        lock_row_shared(consultation)
        begin(gathering)
        lock_row(attendance)
        require_begun(gathering, at, "开完再登记发言")
        if attendance.submission_id is not None:
            raise ConsulteeRefused("这一位的发言已经登记过。")
        if consultation.state(at) not in ANSWERABLE:
            raise ConsulteeRefused("这件征求意见现在不再接收意见。")
        arrival = _arrival(gathering, attendance, parts, at, no_opinion=no_opinion)
        receipt = intake.receive(consultation, arrival, at=at, actor=actor)
        attendance.submission_id, attendance.came = receipt.submission.id, True
        attendance.no_opinion = no_opinion
        consultee = db.session.get(Consultee, attendance.consultee_id) if attendance.consultee_id else None
        attendance.heard_as = snapshot(consultee, at) if consultee is not None else None
        record_on(
            actor,
            "gathering.said",
            gathering,
            at,
            submission=receipt.number,
            name=attendance.name,
            no_opinion=no_opinion,
        )
    return receipt


def _arrival(
    gathering: Gathering, attendance: Attendance, parts: Sequence[ArrivalPart], at: datetime, *, no_opinion: bool
) -> Arrival:
    consultee = db.session.get(Consultee, attendance.consultee_id) if attendance.consultee_id else None
    raw = {"gathering": gathering.id, "name": attendance.name, "parts": [[part.anchor, part.content] for part in parts]}
    return Arrival(
        channel=Channel.MEETING,
        parts=tuple(parts),
        raw=json.dumps({**raw, "no_opinion": no_opinion}, ensure_ascii=False).encode(),
        raw_media_type="application/json",
        subject=gathering.title,
        name=attendance.name,
        received_at=min(at, gathering.held_at),
        idempotency_key=f"gathering:{attendance.id}",
        sender_kind=SENDER_KINDS[consultee.kind] if consultee is not None else SenderKind.PERSON,
    )
