"""The verbs of the meeting's file: check, state a fact with its evidence, override, submit, record promulgation."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from consult.accounts.permissions import Act, Actor, require
from consult.drafting.models import Consultation, Stage
from consult.drafting.service import move
from consult.files.attachments import CheckedAttachment
from consult.law.preconditions import Check, evaluate, unmet
from consult.ledger.service import record
from consult.meeting import facts
from consult.meeting.errors import MeetingRefused
from consult.meeting.models import MeetingFact, Override
from consult.settings import rules
from consult.store import db, transaction
from consult.store.claiming import hold


def check(consultation: Consultation, *, at: datetime) -> tuple[Check, ...]:
    """Evaluate every precondition of the deliberation meeting over the facts as they are now."""
    return evaluate(facts.collect(consultation, at), rules())


def state_fact(
    actor: Actor,
    consultation: Consultation,
    name: str,
    value: Any,
    *,
    at: datetime,
    note: str = "",
    evidence: CheckedAttachment | None = None,
) -> MeetingFact:
    """State a fact that no stage computes; the newest statement holds, the older ones stay.

    Raises:
        MeetingRefused: no such fact, or not a value of its kind.
    """
    require(actor, Act.STATE_MEETING_FACT, consultation)
    if name not in facts.known_names():
        raise MeetingRefused(f"没有“{name}”这一项事实。")
    facts.read_value(name, value)
    with transaction() as session:
        fact = MeetingFact(
            consultation_id=consultation.id,
            name=name,
            value=value,
            note=note.strip(),
            evidence_name=evidence.name if evidence is not None else "",
            evidence_digest=evidence.digest if evidence is not None else "",
            at=at,
            by_id=actor.id,
        )
        session.add(fact)
        _record(actor, Act.STATE_MEETING_FACT, consultation, at, fact=name, value=value, note=note.strip())
    return fact


def override(actor: Actor, consultation: Consultation, precondition: str, reason: str, *, at: datetime) -> Override:
    """Let one unmet precondition pass: by the legal division, with a reason that stands in the file and the ledger.

    It holds for what is found unmet now: when the facts change to something else that is unmet, it is red again.

    Raises:
        MeetingRefused: no reason, or the precondition isn't unmet, or may not be let pass.
    """
    require(actor, Act.OVERRIDE_PRECONDITION, consultation)
    if not any(c.isalnum() for c in reason):
        raise MeetingRefused("请写明放行的理由，理由会写进上会材料。")
    row = next((row for row in rules().preconditions if row.id == precondition), None)
    if row is None or not row.overridable:
        raise MeetingRefused("没有这一项前置条件，或者这一项不能放行。")
    if actor.id is None:
        raise MeetingRefused("放行必须由法规处的具体人员作出。")
    with transaction() as session:
        hold(consultation)
        found = next(one for one in check(consultation, at=at) if one.id == precondition)
        if found.passes:
            raise MeetingRefused(f"“{found.title}”现在没有不满足的地方，不用放行。")
        withdrawn = _withdraw(consultation, precondition, at)
        if withdrawn:  # what it finds is told without the words on the older override
            found = next(one for one in check(consultation, at=at) if one.id == precondition)
        made = Override(
            consultation_id=consultation.id,
            precondition=precondition,
            reason=reason.strip(),
            found=found.why,
            at=at,
            by_id=actor.id,
        )
        session.add(made)
        detail = {"precondition": precondition, "reason": reason.strip(), "found": found.why}
        _record(actor, Act.OVERRIDE_PRECONDITION, consultation, at, **detail)
    return made


def withdraw_override(actor: Actor, consultation: Consultation, precondition: str, *, at: datetime) -> None:
    """Take an override back; the precondition stands on its facts again."""
    require(actor, Act.OVERRIDE_PRECONDITION, consultation)
    with transaction():
        hold(consultation)
        _withdraw(consultation, precondition, at)
        _record(actor, "meeting.withdraw_override", consultation, at, precondition=precondition)


def _withdraw(consultation: Consultation, precondition: str, at: datetime) -> int:
    """End the overrides of a precondition that still stand; return how many."""
    query = select(Override).where(
        Override.consultation_id == consultation.id,
        Override.precondition == precondition,
        Override.withdrawn_at.is_(None),
    )
    standing = list(db.session.scalars(query))
    for made in standing:
        made.withdrawn_at = at
    db.session.flush()
    return len(standing)


def submit(actor: Actor, consultation: Consultation, *, at: datetime) -> None:
    """Mark a consultation as submitted to the meeting.

    Raises:
        MeetingRefused: a precondition is unmet; each is named.
    """
    require(actor, Act.SUBMIT_TO_MEETING, consultation)
    with transaction():
        hold(consultation)
        if consultation.stage is not Stage.FEEDBACK_PUBLISHED:
            raise MeetingRefused("意见采纳情况公布以后才能上会。")
        open_ = unmet(check(consultation, at=at))
        if open_:
            names = "；".join(f"{item.title}（{item.why}）" for item in open_)
            raise MeetingRefused(f"还有 {len(open_)} 项前置条件没有满足：{names}。")
        move(actor, Act.SUBMIT_TO_MEETING, consultation, Stage.SUBMITTED_TO_MEETING, at=at)


def promulgate(actor: Actor, consultation: Consultation, *, at: datetime) -> None:
    """Note that the document was promulgated after the meeting."""
    require(actor, Act.PROMULGATE, consultation)
    with transaction():
        hold(consultation)
        if consultation.stage is not Stage.SUBMITTED_TO_MEETING:
            raise MeetingRefused("上会以后才能登记印发。")
        move(actor, Act.PROMULGATE, consultation, Stage.PROMULGATED, at=at)


def facts_stated(consultation: Consultation) -> list[MeetingFact]:
    """Return every statement of a fact, newest first."""
    query = select(MeetingFact).where(MeetingFact.consultation_id == consultation.id).order_by(MeetingFact.id.desc())
    return list(db.session.scalars(query))


def _record(actor: Actor, act: str, consultation: Consultation, at: datetime, **detail: Any) -> None:
    subject = f"consultation:{consultation.slug}"
    record(actor, act, subject, at=at, consultation_id=consultation.id, **detail)
