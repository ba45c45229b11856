"""What a sender may ask about personal data: a copy at once; correction and deletion, which staff decide with a reason.

《个人信息保护法》第四十五条 (look up, copy), 第四十六条 (correct), 第四十七条 (delete). Consent is withdrawn at
once, too (``intake.consent``). A deletion before its term can't be undone and takes evidence away, so that a second
person confirms it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from consult.accounts.permissions import PUBLIC, Act, Actor, may, require
from consult.app_context import rules
from consult.calendars.in_force import calendar
from consult.clock import local
from consult.intake import restatement
from consult.intake.arrival import CONTACT_CHARACTERS, NAME_CHARACTERS, clean
from consult.intake.models import Submission
from consult.intake.restatement import Personal
from consult.law import clocks
from consult.ledger.service import digest, record
from consult.ledger.two_persons import NOT_TWO, are_one
from consult.mailbox import erasure as mail
from consult.moderation import private_data
from consult.privacy import holds
from consult.privacy.errors import RequestRefused
from consult.privacy.models import CLOCK, PrivacyRequest, RequestKind, RequestState
from consult.privacy.retention import leave_stub, remove_files
from consult.privacy.terms import RAW, SENDER
from consult.store import db, transaction
from consult.store.locking import lock_row
from consult.subscriptions import receipt_letters
from consult.text.sentences import sentence

WORDS_CHARACTERS = 1000
OPEN = (RequestState.WAITING, RequestState.PROPOSED)


def copy_of(submission: Submission, *, at: datetime) -> dict[str, Any]:
    """Return the personal data that are kept of a submission's sender, for the sender; the record notes the copy."""
    with transaction():
        _record(PUBLIC, "privacy.copy", submission, at)
    return {
        "number": submission.number,
        "received_at": local(submission.received_at).isoformat(timespec="seconds"),
        "channel": submission.channel.value,
        "sender_kind": submission.sender_kind.value,
        "name": submission.name,
        "contact": submission.contact,
        "publish_name": submission.publish_name,
        "keep_private": submission.keep_private,
        "texts": [{"place": part.anchor, "quote": part.quote, "text": part.content} for part in submission.parts],
        "answers": [{"question": answer.question.text, "text": answer.content} for answer in submission.answers],
        "attachments": [{"name": file.file_name, "sha256": file.digest} for file in submission.attachments],
    }


def ask(
    submission: Submission, kind: RequestKind, words: str, *, at: datetime, name: str = "", contact: str = ""
) -> PrivacyRequest:
    """Store what the holder of a receipt asks for, with the day by which it is decided.

    Raises:
        RequestRefused: there is nothing to delete or correct, or the same is asked already.
    """
    name, contact = clean(name)[:NAME_CHARACTERS], clean(contact)[:CONTACT_CHARACTERS]
    with transaction():
        lock_row(submission)
        if any(request.kind is kind and request.state in OPEN for request in of(submission)):
            raise RequestRefused(sentence("同样的申请已经收到，正在办理。"))
        if submission.raw.erased_digest is not None and not (submission.name or submission.contact):
            raise RequestRefused(sentence("您的姓名、联系方式和原始表单已经删除。"))
        if kind is RequestKind.CORRECT and (name, contact) == (submission.name, submission.contact):
            raise RequestRefused(sentence("请填写要更正的姓名或者联系方式。"))
        request = PrivacyRequest(
            submission=submission,
            kind=kind,
            words=clean(words)[:WORDS_CHARACTERS],
            new_name=name if kind is RequestKind.CORRECT else "",
            new_contact=contact if kind is RequestKind.CORRECT else "",
            asked_at=at,
            due_on=_due_on(at),
            state=RequestState.WAITING,
        )
        db.session.add(request)
        _record(PUBLIC, "privacy.ask", submission, at, kind=kind.value)
    return request


def take_back(submission: Submission, request: PrivacyRequest, *, at: datetime) -> None:
    """Take back what the holder of a receipt asked for, while it isn't decided.

    Raises:
        RequestRefused: it is decided, or isn't about this submission.
    """
    with transaction():
        lock_row(request)
        if request.submission_id != submission.id or request.state not in OPEN:
            raise RequestRefused(sentence("这项申请已经办结。"))
        _close(request, RequestState.TAKEN_BACK)
        _record(PUBLIC, "privacy.take_back", submission, at, kind=request.kind.value)


def grant(actor: Actor, request: PrivacyRequest, reason: str, *, at: datetime) -> None:
    """Agree: a correction is done at once, a deletion waits for a second person.

    Raises:
        RequestRefused: it is decided already, lacks a reason, or the consultation is on hold.
    """
    submission = request.submission
    require(actor, Act.DECIDE_PRIVACY_REQUEST, submission.consultation)
    with transaction():
        _decide(actor, request, reason, (RequestState.WAITING,), at)
        if request.kind is RequestKind.CORRECT:
            why = f"request:{request.id}"
            restatement.correct(submission, request.new_name, request.new_contact, at=at, actor=actor, why=why)
            private_data.forget(submission.id)
            _close(request, RequestState.GRANTED)
        else:
            _check_no_hold(submission)
            request.state = RequestState.PROPOSED
        _record(actor, "privacy.grant", submission, at, kind=request.kind.value)


def confirm(actor: Actor, request: PrivacyRequest, *, at: datetime) -> None:
    """Confirm, as another person, that name, contact and raw form are deleted, and delete them.

    Raises:
        RequestRefused: nobody agreed yet, the same person did, or the consultation is on hold.
    """
    submission = request.submission
    require(actor, Act.DECIDE_PRIVACY_REQUEST, submission.consultation)
    with transaction():
        lock_row(request)
        if request.state is not RequestState.PROPOSED:
            raise RequestRefused("这项申请还没有人同意，或者已经办结。")
        if actor.id == request.decided_by_id:
            raise RequestRefused("删除个人信息由两人办理：同意的人不能自己复核。")
        if are_one(actor, [request.decided_by_id]):
            raise RequestRefused(NOT_TWO)
        _check_no_hold(submission)
        _erase(actor, submission, f"request:{request.id}", at)
        request.confirmed_at, request.confirmed_by_id = at, actor.id
        _close(request, RequestState.GRANTED)
        _record(actor, "privacy.confirm", submission, at, kind=request.kind.value)
    remove_files(at)


def erase(actor: Actor, submission: Submission, reason: str, *, at: datetime) -> None:
    """Delete name, contact and raw form of a submission whose sender asked for it by letter or in person.

    For the console, whose user has the database in hand anyway; on the desk two persons decide. What the sender asked
    for online is closed with it.

    Raises:
        RequestRefused: there is nothing left to delete, no reason is given, or the consultation is on hold.
    """
    require(actor, Act.DECIDE_PRIVACY_REQUEST, submission.consultation)
    reason = clean(reason)[:WORDS_CHARACTERS]
    if not reason:
        raise RequestRefused("请写明理由：申请人何时、以何种方式提出。")
    with transaction():
        lock_row(submission)
        _check_no_hold(submission)
        if submission.raw.erased_digest is not None and not (submission.name or submission.contact):
            raise RequestRefused(f"来件 {submission.number} 的姓名、联系方式和原始表单已经删除。")
        _erase(actor, submission, "letter", at)
        for request in of(submission):
            if request.kind is RequestKind.ERASE and request.state in OPEN:
                request.reason, request.decided_at, request.decided_by_id = reason, at, actor.id
                _close(request, RequestState.GRANTED)
        _record(actor, "privacy.erase", submission, at, reason_digest=digest({"reason": reason}))
    remove_files(at)


def _erase(actor: Actor, submission: Submission, why: str, at: datetime) -> None:
    file = restatement.erase(submission, set(Personal), at=at, actor=actor, why=why)
    envelope = mail.erase_sender(submission, at=at)
    receipt_letters.delete_address(submission, at=at)
    subject = f"submission:{submission.number}"
    leave_stub(SENDER, subject, submission.consultation_id, at)
    leave_stub(RAW, subject, submission.consultation_id, at, file)
    if envelope:
        leave_stub(RAW, f"envelope:{submission.number}", submission.consultation_id, at, envelope)


def refuse(actor: Actor, request: PrivacyRequest, reason: str, *, at: datetime) -> None:
    """Refuse, with the reason that the sender reads (《个人信息保护法》第五十条).

    Raises:
        RequestRefused: it is decided already, or lacks a reason.
    """
    require(actor, Act.DECIDE_PRIVACY_REQUEST, request.submission.consultation)
    with transaction():
        _decide(actor, request, reason, OPEN, at)
        _close(request, RequestState.REFUSED)
        _record(actor, "privacy.refuse", request.submission, at, kind=request.kind.value)


def of(submission: Submission) -> Sequence[PrivacyRequest]:
    """Return what was asked about a submission, the newest first."""
    query = select(PrivacyRequest).where(PrivacyRequest.submission_id == submission.id)
    return db.session.scalars(query.order_by(PrivacyRequest.id.desc())).all()


def undecided(actor: Actor) -> list[PrivacyRequest]:
    """Return what waits for somebody, as far as this actor decides it, the most urgent first."""
    query = select(PrivacyRequest).where(PrivacyRequest.state.in_(OPEN)).options(joinedload(PrivacyRequest.submission))
    requests = db.session.scalars(query.order_by(PrivacyRequest.asked_at, PrivacyRequest.id))
    return [request for request in requests if may(actor, Act.DECIDE_PRIVACY_REQUEST, request.submission.consultation)]


def decided(actor: Actor, limit: int) -> Sequence[PrivacyRequest]:
    """Return what was decided last."""
    require(actor, Act.DECIDE_PRIVACY_REQUEST)
    query = (
        select(PrivacyRequest).where(PrivacyRequest.state.not_in(OPEN)).options(joinedload(PrivacyRequest.submission))
    )
    return db.session.scalars(query.order_by(PrivacyRequest.id.desc()).limit(limit)).all()


def by_id(id_: int) -> PrivacyRequest | None:
    """Return a request."""
    return db.session.get(PrivacyRequest, id_)


def _due_on(at: datetime) -> date | None:
    """Return the last day for the decision, or nothing while the year's calendar isn't out."""
    return clocks.compute(rules().clocks[CLOCK], local(at).date(), calendar()).day


def _decide(actor: Actor, request: PrivacyRequest, reason: str, states: Sequence[RequestState], at: datetime) -> None:
    lock_row(request)
    if request.state not in states:
        raise RequestRefused("这项申请已经办理，请刷新页面。")
    reason = clean(reason)[:WORDS_CHARACTERS]
    if not reason:
        raise RequestRefused("请写明理由，申请人凭回执可以看到。")
    request.reason, request.decided_at, request.decided_by_id = reason, at, actor.id


def _close(request: PrivacyRequest, state: RequestState) -> None:
    """End a request: what it asked to write is in the submission now, or isn't needed any more."""
    request.state = state
    request.words = request.new_name = request.new_contact = ""


def _check_no_hold(submission: Submission) -> None:
    if submission.consultation is not None and holds.in_force(submission.consultation) is not None:
        raise RequestRefused("这件征求意见有复议、诉讼或者投诉，暂停删除个人信息。请向申请人说明，办结以后再办理。")


def _record(actor: Actor, act: str, submission: Submission, at: datetime, **detail: Any) -> None:
    record(actor, act, f"submission:{submission.number}", at=at, consultation_id=submission.consultation_id, **detail)
