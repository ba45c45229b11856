"""The verbs: record the meeting's result, issue the document."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import select

from consult.accounts.permissions import Act, Actor, require
from consult.clock import local
from consult.drafting.models import Consultation, Stage
from consult.drafting.service import set_stage
from consult.drafting.version_comparison import issued_version
from consult.files.attachments import CheckedAttachment
from consult.issuance.errors import IssueRefused
from consult.issuance.models import (
    PASSED,
    IssuedDocument,
    MeetingOutcome,
    MeetingResult,
)
from consult.law.periods import in_words
from consult.ledger.service import record
from consult.meeting import checks
from consult.store import db, transaction
from consult.store.locking import lock_row

WORDS_CHARACTERS: Final = 4000
NAME_CHARACTERS: Final = 200
SENTENCE_CHARACTERS: Final = 6
AGAIN: Final = ("legality-review", "fair-competition-review")
"""Preconditions that are checked again before the document is issued: the text may have changed since
(《公平竞争审查条例》第十八条; 国办发〔2018〕37号)."""


@dataclass(frozen=True)
class Result:
    """What a meeting decided. ``changes`` says what is to be changed, or why it was put off or refused."""

    outcome: MeetingOutcome
    held_on: date
    meeting: str
    changes: str = ""
    differing: str = ""


@dataclass(frozen=True)
class Issue:
    """The facts of the issue; see ``IssuedDocument``."""

    document_number: str
    issued_on: date
    effective_on: date
    published_in: str
    register_number: str = ""


def record_result(
    actor: Actor, consultation: Consultation, result: Result, minutes: CheckedAttachment | None, *, at: datetime
) -> MeetingResult:
    """Record what the meeting decided, with its minutes; put off or refused, the file goes back to before it.

    Raises:
        IssueRefused: it isn't before the meeting, no minutes, or what has to be said isn't.
    """
    require(actor, Act.RECORD_MEETING_RESULT, consultation)
    with transaction() as session:
        lock_row(consultation)
        if consultation.stage is not Stage.SUBMITTED_TO_MEETING:
            raise IssueRefused("提请审议以后才能登记会议结果。")
        if minutes is None:
            raise IssueRefused("请上传会议纪要。会议结果以会议纪要为准。")
        check_day(result.held_on, at, "会议日期")
        submitted = checks.snapshot(consultation)
        if submitted is not None and result.held_on < local(submitted.at).date():
            raise IssueRefused(f"会议日期早于提请审议的日期（{in_words(local(submitted.at).date())}），请核对。")
        meeting = short(result.meeting, "会议名称")
        changes, differing = full_words(result.changes), full_words(result.differing)
        if result.outcome is not MeetingOutcome.PASSED and len(changes) < SENTENCE_CHARACTERS:
            wanted = "会议要求修改的内容" if result.outcome in PASSED else "理由"
            raise IssueRefused(f"请写明{wanted}，写成完整的一句话。")
        made = MeetingResult(
            consultation_id=consultation.id,
            outcome=result.outcome,
            held_on=result.held_on,
            meeting=meeting,
            changes=changes,
            differing=differing,
            minutes_name=minutes.name,
            minutes_digest=minutes.digest,
            at=at,
            by_id=actor.id,
        )
        session.add(made)
        session.flush()
        record_on(actor, Act.RECORD_MEETING_RESULT, consultation, at, result=made.id, outcome=result.outcome.value)
        if result.outcome not in PASSED:
            set_stage(actor, Act.RECORD_MEETING_RESULT, consultation, Stage.FEEDBACK_PUBLISHED, at=at)
    return made


def last_result(consultation: Consultation) -> MeetingResult | None:
    """Return the result of the last deliberation."""
    query = select(MeetingResult).where(MeetingResult.consultation_id == consultation.id)
    return db.session.scalars(query.order_by(MeetingResult.id.desc()).limit(1)).first()


def results(consultation: Consultation) -> list[MeetingResult]:
    """Return the results of all deliberations, oldest first."""
    query = select(MeetingResult).where(MeetingResult.consultation_id == consultation.id)
    return list(db.session.scalars(query.order_by(MeetingResult.id)))


def missing(consultation: Consultation, at: datetime) -> list[str]:
    """Return what stands between the meeting and the issue, in Chinese; nothing where it may be issued."""
    if consultation.stage is not Stage.SUBMITTED_TO_MEETING:
        return ["提请审议以后才能登记印发"]
    why = []
    result = last_result(consultation)
    submitted = checks.snapshot(consultation)
    if result is None or (submitted is not None and result.at < submitted.at):
        why.append("尚未登记会议结果")
    elif result.outcome not in PASSED:
        why.append(f"会议结果是“{result.outcome.label.words}”")
    version = issued_version(consultation)
    if version is None:
        why.append("尚未上传发布稿")
    if submitted is not None and submitted.checks is not None:  # else it was submitted under earlier rules
        now = {item.id: item for item in checks.evaluate_now(consultation, at=at)}
        why += [f"{now[id_].title}（{now[id_].why}）" for id_ in AGAIN if id_ in now and not now[id_].passes]
    return why


def issue(actor: Actor, consultation: Consultation, facts: Issue, *, at: datetime) -> IssuedDocument:
    """Issue the document: the text that was uploaded as the issued one, with its number, days and places.

    A text that differs from the reviewed one in substance needs both reviews again (``AGAIN``).

    Raises:
        IssueRefused: what ``missing`` names, or a number or day that can't be.
    """
    require(actor, Act.PROMULGATE, consultation)
    with transaction():
        lock_row(consultation)
        lacking = missing(consultation, at)
        if lacking:
            raise IssueRefused(f"不能登记印发：{'；'.join(lacking)}。")
        result = last_result(consultation)
        assert result is not None
        if facts.issued_on < result.held_on:
            raise IssueRefused(f"印发日期早于会议日期（{in_words(result.held_on)}），请核对。")
        made = _issued(actor, consultation, facts, at)
        set_stage(actor, Act.PROMULGATE, consultation, Stage.PROMULGATED, at=at)
    return made


def complete(actor: Actor, consultation: Consultation, facts: Issue, *, at: datetime) -> IssuedDocument:
    """Add the facts of the issue to a document that was promulgated before they were asked for.

    Raises:
        IssueRefused: it isn't promulgated, has them already, or its text isn't there.
    """
    require(actor, Act.PROMULGATE, consultation)
    with transaction():
        lock_row(consultation)
        if consultation.stage is not Stage.PROMULGATED:
            raise IssueRefused("公布施行以后才能补登印发情况。")
        if document_of(consultation) is not None:
            raise IssueRefused("印发情况已经登记，不能更改。")
        if issued_version(consultation) is None:
            raise IssueRefused("请先上传发布稿。")
        return _issued(actor, consultation, facts, at)


def _issued(actor: Actor, consultation: Consultation, facts: Issue, at: datetime) -> IssuedDocument:
    version = issued_version(consultation)
    assert version is not None
    number = short(facts.document_number, "发文字号", 80)
    check_day(facts.issued_on, at, "印发日期")
    if facts.effective_on < facts.issued_on:
        raise IssueRefused("施行日期早于印发日期，请核对。")
    where = full_words(facts.published_in)
    if not where:
        raise IssueRefused("请写明在何处公布：政府公报的期号、网址。")
    same = select(IssuedDocument.consultation_id).where(IssuedDocument.document_number == number)
    if db.session.scalar(same) is not None:
        raise IssueRefused(f"发文字号“{number}”已经用于另一件文件，请核对。")
    made = IssuedDocument(
        consultation_id=consultation.id,
        version_id=version.id,
        document_number=number,
        register_number=facts.register_number.strip()[:80],
        issued_on=facts.issued_on,
        effective_on=facts.effective_on,
        published_in=where,
        at=at,
        by_id=actor.id,
    )
    db.session.add(made)
    db.session.flush()
    record_on(
        actor, "document.issue", consultation, at, number=number, version=version.number, file=version.file_digest
    )
    return made


def without_document() -> list[Consultation]:
    """Return what was promulgated before the facts of its issue were asked for, by id."""
    query = (
        select(Consultation)
        .outerjoin(IssuedDocument, IssuedDocument.consultation_id == Consultation.id)
        .where(Consultation.stage == Stage.PROMULGATED, IssuedDocument.consultation_id.is_(None))
    )
    return list(db.session.scalars(query.order_by(Consultation.id)))


def document_of(consultation: Consultation) -> IssuedDocument | None:
    """Return the issued document of a consultation; None before the issue, and where its facts were never asked for."""
    return db.session.get(IssuedDocument, consultation.id)


def check_day(day: date, at: datetime, words: str) -> None:
    """Refuse a day that is to come."""
    if day > local(at).date():
        raise IssueRefused(f"{words} {in_words(day)} 尚未到来，请核对。")


def short(words: str, name: str, limit: int = NAME_CHARACTERS) -> str:
    """Return a name without surplus blanks; refuse none, and one that is too long."""
    plain = " ".join(words.split())
    if not plain:
        raise IssueRefused(f"请写明{name}。")
    if len(plain) > limit:
        raise IssueRefused(f"{name}最多 {limit} 字，请缩短。")
    return plain


def full_words(words: str) -> str:
    """Return what was written; refuse what is too long."""
    plain = words.strip()
    if len(plain) > WORDS_CHARACTERS:
        raise IssueRefused(f"文字有 {len(plain):,} 字，最多 {WORDS_CHARACTERS:,} 字，请缩短。")
    return plain


def record_on(actor: Actor, act: str, consultation: Consultation, at: datetime, **detail: Any) -> None:
    """Record an act on a consultation, with its facts."""
    record(
        actor,
        act,
        f"consultation:{consultation.slug}",
        at=at,
        consultation_id=consultation.id,
        **detail,
    )
