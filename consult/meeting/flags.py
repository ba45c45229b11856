"""Facts about a document that people state: what applies to it, its papers, its disclosure attribute."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from consult.accounts.permissions import Act, Actor, require
from consult.app_context import rules
from consult.drafting.models import Consultation, Stage
from consult.files.attachments import CheckedAttachment
from consult.law.conditions.document import disclosure_error
from consult.law.facts import Disclosure
from consult.ledger.service import record
from consult.ledger.two_persons import NOT_TWO, are_one
from consult.meeting.errors import MeetingRefused
from consult.meeting.models import MeetingFact
from consult.store import db, transaction
from consult.store.locking import lock_row

FLAGS = frozenset({"market_activity", "special_group", "public_interest", "enterprise_unrelated"})
"""Whether something applies to the document; that it doesn't needs a reason."""
PAPERS = frozenset({"interpretation_plan", "interpretation_material"})
"""Papers that are prepared with the document."""
DISCLOSURE = "disclosure"
CONFIRMED = "confirmed."
NOT_APPLICABLE = "not_applicable."
REASON_CHARACTERS = 10
ENDED = (Stage.SUBMITTED_TO_MEETING, Stage.PROMULGATED, Stage.WITHDRAWN)


def known_names() -> frozenset[str]:
    """Return the names of all facts that people can state, including the department's preconditions."""
    of_department = {
        f"{prefix}{row.id}"
        for row in rules().preconditions
        if row.test == "confirmed"
        for prefix in (CONFIRMED, NOT_APPLICABLE)
    }
    return frozenset({*FLAGS, *PAPERS, DISCLOSURE, *of_department})


def latest_statements(consultation: Consultation) -> dict[str, MeetingFact]:
    """Return the newest statement of each fact."""
    newest = (
        select(func.max(MeetingFact.id))
        .where(MeetingFact.consultation_id == consultation.id)
        .group_by(MeetingFact.name)
    )
    return {fact.name: fact for fact in db.session.scalars(select(MeetingFact).where(MeetingFact.id.in_(newest)))}


def statement_by_id(consultation: Consultation, identifier: int) -> MeetingFact | None:
    """Return one statement of a fact about a consultation by its id."""
    return db.session.scalar(
        select(MeetingFact).where(MeetingFact.id == identifier, MeetingFact.consultation_id == consultation.id)
    )


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
    """State a fact that isn't computed; the newest statement counts, older ones are kept.

    Raises:
        MeetingRefused: no such fact, an invalid value, or its reason or paper is missing.
    """
    require(actor, Act.STATE_MEETING_FACT, consultation)
    _check(consultation, name, value, note.strip(), evidence)
    with transaction() as session:
        lock_row(consultation)
        if consultation.stage in ENDED:
            raise MeetingRefused("这件征求意见已经提请审议或者结束，上会事项不能再改。")
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
        session.flush()
        _record(actor, Act.STATE_MEETING_FACT, consultation, fact, at)
    return fact


def state_facts(
    actor: Actor,
    consultation: Consultation,
    values: Mapping[str, Any],
    *,
    at: datetime,
    note: str = "",
    evidence: CheckedAttachment | None = None,
) -> list[MeetingFact]:
    """State several facts by name, in one transaction.

    Of more than one, those that would repeat the newest statement without adding a note or evidence are left out.

    Raises:
        MeetingRefused: none is given, or one can't be stated; then none is.
    """
    require(actor, Act.STATE_MEETING_FACT, consultation)
    if not values:
        raise MeetingRefused("无登记内容，请重新打开本页。")
    with transaction():
        before = latest_statements(consultation)
        return [
            state_fact(actor, consultation, name, value, at=at, note=note, evidence=evidence)
            for name, value in values.items()
            if len(values) == 1 or note or evidence is not None or not _repeats(before.get(name), value)
        ]


def _repeats(before: MeetingFact | None, value: Any) -> bool:
    """Whether a value repeats the last statement, or is empty where there is none."""
    return value is None if before is None else before.value == value


def needs_confirmation(fact: MeetingFact) -> bool:
    """Whether a statement still needs another person: one that something doesn't apply to the document."""
    return (
        fact.confirmed_by_id is None
        and fact.name in FLAGS
        and (fact.value is True if fact.name == "enterprise_unrelated" else fact.value is False)
    )


def confirm_fact(actor: Actor, fact: MeetingFact, *, at: datetime) -> None:
    """Confirm a statement of another person.

    Raises:
        MeetingRefused: the actor stated it or drafted the document, it is confirmed, or the consultation has ended.
    """
    consultation = db.session.get_one(Consultation, fact.consultation_id)
    require(actor, Act.CONFIRM_MEETING_FACT, consultation)
    with transaction():
        lock_row(consultation)
        lock_row(fact)
        if actor.id is None or actor.id == fact.by_id or actor.id == consultation.author_id:
            raise MeetingRefused("须由登记人、起草人以外的另一人确认。")
        if are_one(actor, [fact.by_id, consultation.author_id], consultation.created_at):
            raise MeetingRefused(NOT_TWO)
        if fact.confirmed_by_id is not None:
            raise MeetingRefused("这一项已经确认。")
        if consultation.stage in ENDED:
            raise MeetingRefused("这件征求意见已经提请审议或者结束，上会事项不能再改。")
        fact.confirmed_by_id, fact.confirmed_at = actor.id, at
        db.session.flush()
        _record(actor, Act.CONFIRM_MEETING_FACT, consultation, fact, at)


def _check(consultation: Consultation, name: str, value: Any, note: str, evidence: CheckedAttachment | None) -> None:
    if name not in known_names():
        raise MeetingRefused(f"没有“{name}”这一项，或者它由系统根据办理记录认定，不能登记。")
    if value is None:
        return
    if name == DISCLOSURE:
        if value not in list(Disclosure):
            raise MeetingRefused(f"公开属性没有“{value}”这一种。")
        wrong = disclosure_error(consultation.kind, Disclosure(value), note)
        if wrong:
            raise MeetingRefused(f"{wrong}。")
        return
    if name.startswith(NOT_APPLICABLE):
        if not isinstance(value, str):
            raise MeetingRefused("请写明不适用的理由。")
        _check_reason(value)
        return
    if not isinstance(value, bool):
        raise MeetingRefused(f"“{name}”只能填是或者否。")
    if name in FLAGS and (value is False or name == "enterprise_unrelated"):
        _check_reason(note)
    if name in PAPERS and value and evidence is None:
        raise MeetingRefused("请上传这份材料，不能只登记已经完成。")


def _check_reason(reason: str) -> None:
    if sum(character.isalnum() for character in reason) < REASON_CHARACTERS:
        raise MeetingRefused(f"登记为不适用的，请写明理由，不少于{REASON_CHARACTERS}字。")


def _record(actor: Actor, act: str, consultation: Consultation, fact: MeetingFact, at: datetime) -> None:
    record(
        actor,
        act,
        f"consultation:{consultation.slug}",
        at=at,
        consultation_id=consultation.id,
        fact=fact.name,
        fact_id=fact.id,
        value=fact.value,
        note=fact.note,
        evidence=fact.evidence_digest,
    )
