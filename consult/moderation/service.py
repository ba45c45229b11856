"""The verbs of screening: take up, accept, reject, mark as duplicate, mask, undo. None deletes anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select

from consult.accounts.permissions import Act, Actor, require
from consult.intake.arrival import clean
from consult.intake.models import Submission, SubmissionPart, SubmissionState
from consult.law.rows import Effect, RejectionRule
from consult.ledger.proofs import salted_digest
from consult.ledger.service import canonical, digest, record
from consult.moderation.errors import ScreeningRefused
from consult.moderation.models import PublicText, Screening, ScreeningKind
from consult.settings import rules
from consult.store import db, tally, transaction
from consult.store.claiming import hold, hold_still
from consult.text import private

REASON_CHARACTERS = 1000
TEXT_CHARACTERS = 100_000
ALREADY_SCREENED = "这件来件已经审核过，可能是别的同事刚刚处理的。需要改的，请先撤销上一步。"

KIND_NAMES = {
    ScreeningKind.TAKE_UP: "留下细看",
    ScreeningKind.ACCEPT: "通过",
    ScreeningKind.REJECT: "不予公开",
    ScreeningKind.MARK_DUPLICATE: "标为重复",
    ScreeningKind.MASK: "修改公开文本",
    ScreeningKind.UNDO: "撤销",
}

WAITING = (SubmissionState.RECEIVED, SubmissionState.SCREENING)
SCREENED = (SubmissionState.ACCEPTED, SubmissionState.REJECTED, SubmissionState.DUPLICATE)

Follower = Callable[[Submission, datetime], None]
_followers: list[Follower] = []


def follow(follower: Follower) -> None:
    """Have ``follower`` called in the same transaction after every act that may change a submission's state.

    A later stage that follows from screening (opinions out of what was accepted) hangs itself on here at start-up,
    so that this stage needs to know nothing of it.
    """
    if follower not in _followers:
        _followers.append(follower)


def proposed_text(part: SubmissionPart) -> tuple[str, int]:
    """Return a part's text with everything masked that looks private, and how many pieces that was."""
    found = private_data(part)
    return private.mask(part.content, found), len(found)


def private_data(part: SubmissionPart) -> tuple[private.PrivateDatum, ...]:
    """Return what looks private in a part, the sender's own contact and unreleased name among it, in order."""
    sender = part.submission
    known = (sender.contact,) if sender.publish_name else (sender.contact, sender.name)
    return private.find(part.content, known)


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
    """Let a submission pass: its parts become printable, masked as proposed or as the moderator wrote.

    Arguments:
        public_texts: text to print by part id; a part without one is masked as proposed.
    """
    _require(actor, submission)
    with transaction():
        _lock(submission)
        _expect_waiting(submission)
        _write_public_texts(actor, submission, public_texts or {}, at)
        _change(actor, submission, ScreeningKind.ACCEPT, SubmissionState.ACCEPTED, at=at)


def reject(actor: Actor, submission: Submission, *, reason_id: str, reason: str = "", at: datetime) -> None:
    """Keep a submission out of print, with a reason of the rules and words of one's own; it stays and is counted."""
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
    """Return the reasons that a submission may be kept out of print for; a duplicate has an act of its own."""
    return [rule for rule in rules().rejection_reasons if rule.effect is not Effect.DUPLICATE]


def accept_many(actor: Actor, submissions: Sequence[Submission], *, at: datetime) -> list[Submission]:
    """Let several submissions pass at once, masked as proposed; return those that another moderator was faster with.

    Each stands in a transaction of its own, so that a long page doesn't keep senders from being taken in.
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


def mark_duplicate(actor: Actor, submission: Submission, original: Submission, *, at: datetime) -> None:
    """Say that a submission says again what the same sender sent before; the first one counts."""
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
            reason=f"与 {original.number} 重复",
        )


def mask(actor: Actor, submission: Submission, public_texts: Mapping[int, str], *, at: datetime) -> None:
    """Rewrite what may be printed of an accepted submission; the original stays untouched."""
    _require(actor, submission)
    with transaction():
        _lock(submission)
        if submission.state is not SubmissionState.ACCEPTED:
            raise ScreeningRefused("只有审核通过的来件有公开文本可以修改。")
        before = {str(text.part_id): text.content for text in _public_texts(submission)}
        _write_public_texts(actor, submission, public_texts, at)
        _change(actor, submission, ScreeningKind.MASK, SubmissionState.ACCEPTED, at=at, before=before)


def undo(actor: Actor, submission: Submission, *, at: datetime) -> None:
    """Take back the newest act on a submission that isn't taken back yet; both stay on record."""
    _require(actor, submission)
    with transaction():
        _lock(submission)
        last = to_undo(submission)
        if last is None:
            raise ScreeningRefused("没有可以撤销的审核。")
        if last.kind is ScreeningKind.MASK and last.before:
            texts = {int(part_id): content for part_id, content in last.before.items()}
            _write_public_texts(actor, submission, texts, at)
        if last.kind is ScreeningKind.MARK_DUPLICATE:
            submission.duplicate_of_id = None
        last.undone_by_id = _change(
            actor, submission, ScreeningKind.UNDO, last.state_before, at=at, reason=f"撤销：{KIND_NAMES[last.kind]}"
        ).id


def to_undo(submission: Submission) -> Screening | None:
    """Return the act that ``undo`` would take back."""
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
    """Return the salted digest of the public texts of a submission by part id: nobody can guess them back from it."""
    stated = canonical({"texts": [[part_id, texts[part_id]] for part_id in sorted(texts)]})
    return salted_digest(bytes.fromhex(salt), stated)


def _require(actor: Actor, submission: Submission) -> None:
    if submission.consultation is None:
        raise ScreeningRefused("这件来件还没有归到哪一件征求意见，请先归件。")
    require(actor, Act.SCREEN, submission.consultation)


def _lock(*submissions: Submission) -> None:
    """Read submissions anew and keep others from changing them until the end: two moderators, one decision.

    Their consultation is held still: nobody compiles a report or groups opinions out of what is being screened.
    """
    in_order = sorted(submissions, key=lambda one: one.id)
    for consultation in dict.fromkeys(one.consultation for one in in_order):
        if consultation is not None:
            hold_still(consultation)
    for one in in_order:
        hold(one)


def _expect_waiting(submission: Submission) -> None:
    if submission.state not in WAITING:
        raise ScreeningRefused(ALREADY_SCREENED)


def _public_texts(submission: Submission) -> list[PublicText]:
    ids = [part.id for part in submission.parts]
    return list(db.session.scalars(select(PublicText).where(PublicText.part_id.in_(ids))))


def _write_public_texts(actor: Actor, submission: Submission, texts: Mapping[int, str], at: datetime) -> None:
    stored = {text.part_id: text for text in _public_texts(submission)}
    for part in submission.parts:
        if part.id in texts:
            content = _checked_text(texts[part.id])
            masked = int(content != part.content)
        elif part.id in stored:
            continue
        else:
            content, masked = proposed_text(part)
        text = stored.get(part.id)
        if text is None:
            text = PublicText(part_id=part.id)
            db.session.add(text)
        text.content, text.masked, text.at, text.by_id = content, masked, at, actor.id


def _checked_text(text: str) -> str:
    """Return a text to print as it is stored.

    Raises:
        ScreeningRefused: nothing is left of it, or it is longer than anything that can have been sent.
    """
    text = clean(text)
    if not text:
        raise ScreeningRefused("公开文本是空的。整件都不能公开的，请用“不予公开”并选理由。")
    if len(text) > TEXT_CHARACTERS:
        raise ScreeningRefused(f"公开文本有 {len(text):,} 字，最多 {TEXT_CHARACTERS:,} 字。")
    return text


def _change(
    actor: Actor,
    submission: Submission,
    kind: ScreeningKind,
    state: SubmissionState,
    *,
    at: datetime,
    reason_id: str = "",
    reason: str = "",
    before: dict[str, str] | None = None,
) -> Screening:
    act = Screening(
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
    db.session.add(act)
    if submission.state is not state and submission.consultation_id is not None:
        tally.add(submission.consultation_id, [("state", submission.state.value, -1), ("state", state.value, 1)])
    submission.state = state
    db.session.flush()
    record(
        actor,
        f"submission.{kind.value}",
        f"submission:{submission.number}",
        at=at,
        consultation_id=submission.consultation_id,
        state=state.value,
        reason_id=reason_id,
        reason_digest=digest({"reason": reason}),
        before_state=act.state_before.value,
        before_digest=digest({"before": before}),
        texts_digest=texts_digest(submission.salt, {text.part_id: text.content for text in _public_texts(submission)}),
    )
    for follower in _followers:
        follower(submission, at)
    return act
