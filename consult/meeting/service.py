"""The verb of the meeting stage: submit to the meeting."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from consult.accounts.permissions import Act, Actor, require
from consult.drafting.models import Consultation, Stage
from consult.drafting.service import set_stage
from consult.law.preconditions import unmet
from consult.ledger.service import digest, record
from consult.meeting import checks
from consult.meeting.errors import MeetingRefused
from consult.meeting.models import MeetingFact
from consult.store import db, transaction
from consult.store.locking import lock_row


def submit(actor: Actor, consultation: Consultation, *, at: datetime) -> None:
    """Submit a consultation to the meeting, and store a snapshot of the gate.

    Raises:
        MeetingRefused: preconditions are unmet; the message names them.
    """
    require(actor, Act.SUBMIT_TO_MEETING, consultation)
    with transaction():
        lock_row(consultation)
        if consultation.stage is not Stage.FEEDBACK_PUBLISHED:
            raise MeetingRefused("意见采纳情况公布以后才能提请审议。")
        if consultation.evaluates_id is not None:
            raise MeetingRefused("后评估征求意见不提请审议：公布采纳情况以后，在原件的印发情况中登记后评估。")
        checked = checks.check(consultation, at=at)
        open_ = unmet(checked)
        if open_:
            names = "；".join(f"{item.title}（{item.why}）" for item in open_)
            raise MeetingRefused(f"还有 {len(open_)} 项前置条件没有满足：{names}。")
        set_stage(actor, Act.SUBMIT_TO_MEETING, consultation, Stage.SUBMITTED_TO_MEETING, at=at)
        stored = checks.store_snapshot(consultation, checked, at=at)
        record(
            actor,
            "meeting.keep_checks",
            f"gate:{consultation.slug}",
            at=at,
            consultation_id=consultation.id,
            checks=digest({"checks": stored.checks}),
        )


def facts_stated(consultation: Consultation) -> list[MeetingFact]:
    """Return all statements of facts, newest first."""
    query = select(MeetingFact).where(MeetingFact.consultation_id == consultation.id).order_by(MeetingFact.id.desc())
    return list(db.session.scalars(query))
