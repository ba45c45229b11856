"""The verbs of screening: take up, accept, reject, mark as duplicate, mask, undo. None deletes anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from consult.accounts.permissions import Act, Actor, require
from consult.app_context import rules
from consult.intake.arrival import clean
from consult.intake.models import Answer, Submission, SubmissionPart, SubmissionState
from consult.law.rule_rows import Effect, RejectionRule
from consult.ledger.proofs import salted_digest
from consult.ledger.service import BulkAct, canonical, digest, record_many
from consult.moderation import private_data
from consult.moderation.errors import ScreeningRefused
from consult.moderation.hooks import after_screening, before_screening
from consult.moderation.models import PublicText, Screening, ScreeningKind
from consult.moderation.private_data import Detected
from consult.store import counters, db, transaction
from consult.store.locking import lock_row_shared, lock_rows
from consult.text.privacy import detection

REASON_CHARACTERS = 1000
TEXT_CHARACTERS = 100_000
ALREADY_SCREENED = "这件来件已经审核过，可能是别的同事刚刚处理的。需要改的，请先撤销上一步。"

WAITING = (SubmissionState.RECEIVED, SubmissionState.SCREENING)
SCREENED = (SubmissionState.ACCEPTED, SubmissionState.REJECTED, SubmissionState.DUPLICATE)


def refresh(submission: Submission, at: datetime) -> None:
    """Call the hooks of a submission that means something else now, though its state is the same."""
    _refresh([submission], at)


def _refresh(submissions: Sequence[Submission], at: datetime) -> None:
    for hook in after_screening.all():
        hook(submissions, at)


def proposed_text(part: SubmissionPart, detected: Detected) -> tuple[str, int]:
    """Return a part's text with private data masked, and the number of masked pieces."""
    private = detected.in_part(part)
    return detection.mask(part.content, private), len(private)


def masked_answer(answer: Answer, detected: Detected) -> str:
    """Return an answer to a question with private data masked, as it may be printed."""
    return detection.mask(answer.content, detected.in_answer(answer))


def take_up(actor: Actor, submission: Submission, *, at: datetime) -> None:
    """Mark a waiting submission as being screened."""
    _require(actor, submission)
    with transaction():
        _lock(submission)
        if submission.state is not SubmissionState.RECEIVED:
            return
        _change(actor, submission, ScreeningKind.TAKE_UP, SubmissionState.SCREENING, at=at)


def accept(
    actor: Actor,
    submission: Submission,
    *,
    at: datetime,
    public_texts: Mapping[int, str] | None = None,
) -> None:
    """Accept a submission: its parts get public texts, masked as proposed or written by the moderator.

    Arguments:
        public_texts: public text by part id; a part without one is masked as proposed.
    """
    accept_together(actor, [submission], at=at, public_texts=public_texts)


def accept_together(
    actor: Actor, submissions: Sequence[Submission], *, at: datetime, public_texts: Mapping[int, str] | None = None
) -> None:
    """Accept submissions in one transaction: all of them or, when one is refused, none. See ``accept``.

    Raises:
        ScreeningRefused: one was screened meanwhile.
    """
    _require(actor, *submissions)
    with transaction():
        _lock(*submissions)
        for submission in submissions:
            _expect_waiting(submission)
        _write_public_texts(actor, submissions, public_texts or {}, at)
        _change_many(actor, submissions, ScreeningKind.ACCEPT, SubmissionState.ACCEPTED, at=at)


def reject(actor: Actor, submission: Submission, *, reason_id: str, reason: str = "", at: datetime) -> None:
    """Reject a submission with a reason from the rules and a note; it is kept and counted, but not published."""
    _require(actor, submission)
    rule = next((rule for rule in rejection_reasons() if rule.id == reason_id), None)
    if rule is None:
        raise ScreeningRefused("请选择不予公开的理由。")
    reason = reason.strip()
    if rule.needs_note and not reason:
        raise ScreeningRefused(f"选“{rule.name}”的，请在说明里写清楚是什么理由。")
    if len(reason) > REASON_CHARACTERS:
        raise ScreeningRefused(f"说明有 {len(reason):,} 字，最多 {REASON_CHARACTERS:,} 字，请缩短。")
    with transaction():
        _lock(submission)
        _expect_waiting(submission)
        _change(
            actor,
            submission,
            ScreeningKind.REJECT,
            SubmissionState.REJECTED,
            at=at,
            reason_id=reason_id,
            reason=reason,
        )


def rejection_reasons() -> list[RejectionRule]:
    """Return the reasons for rejection; duplicates have a separate act."""
    return [rule for rule in rules().rejection_reasons if rule.effect is not Effect.DUPLICATE]


def accept_many(actor: Actor, submissions: Sequence[Submission], *, at: datetime) -> list[Submission]:
    """Accept several submissions, masked as proposed; return those already screened by another moderator.

    Each has a separate transaction, so that a long page doesn't block new submissions.
    """
    late: list[Submission] = []
    for submission in submissions:
        _require(actor, submission)
    for submission in submissions:
        try:
            accept(actor, submission, at=at)
        except ScreeningRefused:
            late.append(submission)
    return late


def duplicate_words(number: str) -> str:
    """Return the reason of an act that marks a duplicate of the submission of this number."""
    return f"与 {number} 重复"


def mark_duplicate(actor: Actor, submission: Submission, original: Submission, *, at: datetime) -> None:
    """Mark a submission as a duplicate of an earlier one by the same sender, which counts."""
    _require(actor, submission)
    with transaction():
        _lock(submission, original)
        _expect_waiting(submission)
        if original.id == submission.id or original.consultation_id != submission.consultation_id:
            raise ScreeningRefused("重复的来件必须和原来的来件属于同一件征求意见，并且不是它本身。")
        if original.state is SubmissionState.DUPLICATE:
            raise ScreeningRefused(f"{original.number} 本身也是重复件，请选它所重复的那一件。")
        if original.state is SubmissionState.REJECTED:
            raise ScreeningRefused(f"{original.number} 已经不予公开；合并到它，这件来件也就看不到了。请单独审核。")
        repeated = select(Submission.number).where(Submission.duplicate_of_id == submission.id).limit(1)
        if (other := db.session.scalar(repeated)) is not None:
            raise ScreeningRefused(f"{other} 已经标为本件的重复件，请先撤销那一件，再把本件标为重复。")
        submission.duplicate_of_id = original.id
        _change(
            actor,
            submission,
            ScreeningKind.MARK_DUPLICATE,
            SubmissionState.DUPLICATE,
            at=at,
            reason=duplicate_words(original.number),
        )


def mask(actor: Actor, submission: Submission, public_texts: Mapping[int, str], *, at: datetime) -> None:
    """Rewrite the public texts of an accepted submission; the original stays unchanged."""
    _require(actor, submission)
    with transaction():
        _lock(submission)
        if submission.state is not SubmissionState.ACCEPTED:
            raise ScreeningRefused("只有审核通过的来件有公开文本可以修改。")
        _mask(actor, submission, public_texts, at)


def mask_piece(
    actor: Actor,
    submission: Submission,
    part: SubmissionPart,
    typed: str,
    *,
    place: tuple[int, int],
    seen: str,
    at: datetime,
) -> None:
    """Rewrite a piece of a part's public text, also before the submission is accepted.

    Arguments:
        place: from where to where the piece stands in the public text.
        seen: ``seen_digest`` of the public text in which that place was shown.
    """
    _require(actor, submission)
    with transaction():
        _lock(submission)
        if submission.state not in (*WAITING, SubmissionState.ACCEPTED):
            raise ScreeningRefused("不予公开和重复的来件没有公开文本可以修改。")
        text = public_text(part)
        start, end = place
        if seen != seen_digest(text) or not 0 <= start <= end <= len(text):
            raise ScreeningRefused("公开文本刚刚被修改过，这一段没有保存。请重新打开这一段再改。")
        rewritten = clean(text[:start] + typed.replace("\r\n", "\n") + text[end:])
        if rewritten != text:
            _mask(actor, submission, {part.id: rewritten}, at)


def public_text(part: SubmissionPart) -> str:
    """Return a part's public text as it is stored, or as it is proposed."""
    stored = db.session.get(PublicText, part.id, populate_existing=True)
    return stored.content if stored is not None else proposed_text(part, private_data.of(part.submission))[0]


def seen_digest(text: str) -> str:
    """Return what tells one wording of a public text from another."""
    return digest({"text": text})


def _mask(actor: Actor, submission: Submission, public_texts: Mapping[int, str], at: datetime) -> None:
    before = {str(text.part_id): text.content for text in _public_texts([submission])}
    _write_public_texts(actor, [submission], public_texts, at)
    _change(actor, submission, ScreeningKind.MASK, submission.state, at=at, before=before)


def undo(actor: Actor, submission: Submission, *, at: datetime) -> None:
    """Undo the newest act on a submission that isn't undone yet; both stay on record."""
    _require(actor, submission)
    with transaction():
        _lock(submission)
        last = to_undo(submission)
        if last is None:
            raise ScreeningRefused("没有可以撤销的审核。")
        if last.kind is ScreeningKind.MASK:
            _write_public_texts(actor, [submission], _texts_before(submission, last), at)
        if last.kind is ScreeningKind.MARK_DUPLICATE:
            submission.duplicate_of_id = None
        last.undone_by_id = _change(
            actor, submission, ScreeningKind.UNDO, last.state_before, at=at, reason=f"撤销：{last.kind.label.words}"
        ).id


def _texts_before(submission: Submission, masking: Screening) -> dict[int, str]:
    """Return the public texts before a masking; a text that there wasn't is as it is proposed."""
    before = masking.before or {}
    detected = private_data.of(submission) if len(before) < len(submission.parts) else Detected({}, {})
    return {
        part.id: before[str(part.id)] if str(part.id) in before else proposed_text(part, detected)[0]
        for part in submission.parts
    }


def to_undo(submission: Submission) -> Screening | None:
    """Return the act that ``undo`` would undo."""
    return db.session.scalar(
        select(Screening)
        .where(
            Screening.submission_id == submission.id,
            Screening.undone_by_id.is_(None),
            Screening.kind.not_in((ScreeningKind.UNDO, ScreeningKind.TAKE_UP)),
        )
        .order_by(Screening.id.desc())
        .limit(1)
    )


def texts_digest(salt: str, texts: Mapping[int, str]) -> str:
    """Return the salted digest of the public texts by part id; the salt prevents guessing short texts."""
    stated = canonical({"texts": [[part_id, texts[part_id]] for part_id in sorted(texts)]})
    return salted_digest(bytes.fromhex(salt), stated)


def _require(actor: Actor, *submissions: Submission) -> None:
    for consultation in dict.fromkeys(submission.consultation for submission in submissions):
        if consultation is None:
            raise ScreeningRefused("这件来件还没有归入的征求意见，请先归件。")
        require(actor, Act.SCREEN, consultation)


def _lock(*submissions: Submission) -> None:
    """Lock and refresh submissions until the end of the transaction, so that two moderators make one decision.

    Their consultation is locked, too: no report is compiled and no opinions are grouped in the meantime.
    """
    in_order = sorted(submissions, key=lambda submission: submission.id)
    for consultation in dict.fromkeys(submission.consultation for submission in in_order):
        if consultation is not None:
            lock_row_shared(consultation)
    for hook in before_screening.all():
        hook(in_order)
    ids = [submission.id for submission in in_order]
    lock_rows(Submission, ids, selectinload(Submission.parts), selectinload(Submission.answers))


def _expect_waiting(submission: Submission) -> None:
    if submission.state not in WAITING:
        raise ScreeningRefused(ALREADY_SCREENED)


def _public_texts(submissions: Sequence[Submission]) -> list[PublicText]:
    ids = [part.id for submission in submissions for part in submission.parts]
    return list(db.session.scalars(select(PublicText).where(PublicText.part_id.in_(ids))))


def _write_public_texts(
    actor: Actor, submissions: Sequence[Submission], texts: Mapping[int, str], at: datetime
) -> None:
    stored = {text.part_id: text for text in _public_texts(submissions)}
    given = texts.keys() | stored.keys()
    detected = private_data.of_many(each for each in submissions if any(part.id not in given for part in each.parts))
    for submission in submissions:
        for part in submission.parts:
            if part.id in texts:
                content = _checked_text(texts[part.id])
                masked = int(content != part.content)
            elif part.id in stored:
                continue
            else:
                content, masked = proposed_text(part, detected[submission.id])
            text = stored.get(part.id)
            if text is None:
                text = PublicText(part_id=part.id)
                db.session.add(text)
            text.content, text.masked, text.at, text.by_id = content, masked, at, actor.id


def _checked_text(text: str) -> str:
    """Return a public text in the form that is stored.

    Raises:
        ScreeningRefused: it is empty, or too long.
    """
    text = clean(text)
    if not text:
        raise ScreeningRefused("公开文本是空的。整件都不能公开的，请用“不予公开”并选理由。")
    if len(text) > TEXT_CHARACTERS:
        raise ScreeningRefused(f"公开文本有 {len(text):,} 字，最多 {TEXT_CHARACTERS:,} 字。")
    return text


def _change(
    actor: Actor, submission: Submission, kind: ScreeningKind, state: SubmissionState, **more: Any
) -> Screening:
    return _change_many(actor, [submission], kind, state, **more)[0]


def _change_many(
    actor: Actor,
    submissions: Sequence[Submission],
    kind: ScreeningKind,
    state: SubmissionState,
    *,
    at: datetime,
    reason_id: str = "",
    reason: str = "",
    before: dict[str, str] | None = None,
) -> list[Screening]:
    """Bring submissions into a state: the acts, the counts, the record, and what later stages make of it."""
    acts = [
        Screening(
            submission_id=submission.id,
            at=at,
            by_id=actor.id,
            kind=kind,
            state_before=submission.state,
            state_after=state,
            reason_id=reason_id,
            reason=reason,
            before=before,
        )
        for submission in submissions
    ]
    db.session.add_all(acts)
    moved = [each for each in submissions if each.state is not state and each.consultation_id is not None]
    for consultation_id in sorted({submission.consultation_id or 0 for submission in moved}):
        left = (submission.state.value for submission in moved if submission.consultation_id == consultation_id)
        counters.add(
            consultation_id, [each for value in left for each in (("state", value, -1), ("state", state.value, 1))]
        )
    for submission in submissions:
        submission.state = state
    db.session.flush()
    texts: dict[int, str] = {text.part_id: text.content for text in _public_texts(submissions)}
    by_consultation: dict[int | None, list[BulkAct]] = {}
    for act, submission in zip(acts, submissions, strict=True):
        facts = {
            "state": state.value,
            "reason_id": reason_id,
            "reason_digest": digest({"reason": reason}),
            "before_state": act.state_before.value,
            "before_digest": digest({"before": before}),
            "texts_digest": texts_digest(
                submission.salt, {part.id: texts[part.id] for part in submission.parts if part.id in texts}
            ),
        }
        done = BulkAct(f"submission:{submission.number}", digest(facts), facts)
        by_consultation.setdefault(submission.consultation_id, []).append(done)
    for key, some in by_consultation.items():
        record_many(actor, f"submission.{kind.value}", some, at=at, consultation_id=key)
    _refresh(submissions, at)
    return acts
