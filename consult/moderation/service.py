"""The verbs of screening: take up, accept, reject, mark as duplicate, mask, undo. None deletes anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import select

from consult.accounts.permissions import Act, Actor, require
from consult.intake.models import Submission, SubmissionPart, SubmissionState
from consult.ledger.service import digest, record
from consult.moderation.errors import ScreeningRefused
from consult.moderation.models import PublicText, Screening, ScreeningKind
from consult.settings import rules
from consult.store import db, tally, transaction
from consult.text import private

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
    """Return a part's text with everything masked that looks private, and how many pieces that was.

    What the sender gave as name and contact is private wherever it stands in the text.
    """
    sender = part.submission
    found = private.find(part.content, [known for known in (sender.name, sender.contact) if known])
    return private.mask(part.content, found), len(found)


def take_up(actor: Actor, submission: Submission, *, at: datetime) -> None:
    """Mark a waiting submission as being screened."""
    _require(actor, submission)
    with transaction():
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
        if submission.state not in WAITING:
            raise ScreeningRefused("这件来件已经审核过。需要改的，请先撤销上一步。")
        _write_public_texts(actor, submission, public_texts or {}, at)
        _change(actor, submission, ScreeningKind.ACCEPT, SubmissionState.ACCEPTED, at=at)


def reject(actor: Actor, submission: Submission, *, reason_id: str, reason: str = "", at: datetime) -> None:
    """Keep a submission out of print, with a reason of the rules and words of one's own; it stays and is counted."""
    _require(actor, submission)
    if reason_id not in {row.id for row in rules().rejection_reasons}:
        raise ScreeningRefused("请选择不予公开的理由。")
    with transaction():
        if submission.state not in WAITING:
            raise ScreeningRefused("这件来件已经审核过。需要改的，请先撤销上一步。")
        _change(
            actor,
            submission,
            ScreeningKind.REJECT,
            SubmissionState.REJECTED,
            at=at,
            reason_id=reason_id,
            reason=reason.strip(),
        )


def mark_duplicate(actor: Actor, submission: Submission, original: Submission, *, at: datetime) -> None:
    """Say that a submission says again what the same sender sent before; the first one counts."""
    _require(actor, submission)
    with transaction():
        if submission.state not in WAITING:
            raise ScreeningRefused("这件来件已经审核过。需要改的，请先撤销上一步。")
        if original.id == submission.id or original.consultation_id != submission.consultation_id:
            raise ScreeningRefused("重复的来件必须和原来的来件属于同一件征求意见，并且不是它本身。")
        if original.state is SubmissionState.DUPLICATE:
            raise ScreeningRefused(f"{original.number} 本身也是重复件，请选它所重复的那一件。")
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
        if submission.state is not SubmissionState.ACCEPTED:
            raise ScreeningRefused("只有审核通过的来件有公开文本可以修改。")
        before = {str(text.part_id): text.content for text in _public_texts(submission)}
        _write_public_texts(actor, submission, public_texts, at)
        _change(actor, submission, ScreeningKind.MASK, SubmissionState.ACCEPTED, at=at, before=before)


def undo(actor: Actor, submission: Submission, *, at: datetime) -> None:
    """Take back the newest act on a submission that isn't taken back yet; both stay on record."""
    _require(actor, submission)
    with transaction():
        last = db.session.scalar(
            select(Screening)
            .where(
                Screening.submission_id == submission.id,
                Screening.undone_by_id.is_(None),
                Screening.kind.not_in((ScreeningKind.UNDO, ScreeningKind.TAKE_UP)),
            )
            .order_by(Screening.id.desc())
            .limit(1)
        )
        if last is None:
            raise ScreeningRefused("没有可以撤销的审核。")
        if last.kind is ScreeningKind.MASK and last.before:
            texts = {int(part_id): content for part_id, content in last.before.items()}
            _write_public_texts(actor, submission, texts, at)
        if last.kind is ScreeningKind.MARK_DUPLICATE:
            submission.duplicate_of_id = None
        last.undone_by_id = _change(
            actor, submission, ScreeningKind.UNDO, last.state_before, at=at, reason=f"撤销：{last.kind.value}"
        ).id


def _require(actor: Actor, submission: Submission) -> None:
    if submission.consultation is None:
        raise ScreeningRefused("这件来件还没有归到哪一件征求意见，请先归件。")
    require(actor, Act.SCREEN, submission.consultation)


def _public_texts(submission: Submission) -> list[PublicText]:
    ids = [part.id for part in submission.parts]
    return list(db.session.scalars(select(PublicText).where(PublicText.part_id.in_(ids))))


def _write_public_texts(actor: Actor, submission: Submission, texts: Mapping[int, str], at: datetime) -> None:
    stored = {text.part_id: text for text in _public_texts(submission)}
    for part in submission.parts:
        if part.id in texts:
            content, masked = texts[part.id].strip(), int(texts[part.id].strip() != part.content)
        elif part.id in stored:
            continue
        else:
            content, masked = proposed_text(part)
        text = stored.get(part.id)
        if text is None:
            text = PublicText(part_id=part.id)
            db.session.add(text)
        text.content, text.masked, text.at, text.by_id = content, masked, at, actor.id


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
    )
    for follower in _followers:
        follower(submission, at)
    return act
