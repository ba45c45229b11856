"""The verbs of adoption: draw opinions out of what was accepted, place, split, decide, return, review."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from consult.accounts.permissions import Act, Actor, require
from consult.adoption.errors import DecisionRefused, SameReviewer
from consult.adoption.models import Decision, DecisionState, Opinion, OpinionGroup, Outcome
from consult.drafting.models import Consultation, ProvisionRow, Stage
from consult.intake.models import Submission, SubmissionState
from consult.ledger.service import digest, record
from consult.moderation.models import PublicText
from consult.store import db, transaction

REASON_CHARACTERS = 4000
DECIDING = (Stage.RELEASED, Stage.FEEDBACK_REVIEW, Stage.FEEDBACK_PUBLISHED)
"""Stages in which decisions change; after publication only on the way to a corrected report."""

OUTCOME_NAMES = {
    Outcome.ADOPTED: "采纳",
    Outcome.PARTLY_ADOPTED: "部分采纳",
    Outcome.NOT_ADOPTED: "未采纳",
    Outcome.EXPLAINED: "解释说明",
    Outcome.OUT_OF_SCOPE: "不属于本次征求意见范围",
}


def follow_screening(submission: Submission, at: datetime) -> None:
    """Keep opinions in step with screening: one for each part of an accepted submission, none that stands of another.

    A part that a drafter has split keeps its pieces.
    """
    opinions = list(db.session.scalars(select(Opinion).where(Opinion.submission_id == submission.id)))
    if submission.state is not SubmissionState.ACCEPTED:
        for opinion in opinions:
            opinion.withdrawn = True
        return
    if submission.consultation_id is None:
        return
    by_part: dict[int, list[Opinion]] = {}
    for opinion in opinions:
        by_part.setdefault(opinion.part_id, []).append(opinion)
    printed = _printed(submission)
    for part in submission.parts:
        text = printed.get(part.id, "")
        drawn = by_part.get(part.id, [])
        if not drawn:
            db.session.add(
                Opinion(
                    consultation_id=submission.consultation_id,
                    submission_id=submission.id,
                    part_id=part.id,
                    anchor=part.anchor,
                    content=text,
                    created_at=at,
                )
            )
        elif len(drawn) == 1:
            drawn[0].withdrawn = False
            drawn[0].content = text
        else:
            _revive_pieces(drawn, text)
    db.session.flush()


def _printed(submission: Submission) -> dict[int, str]:
    ids = [part.id for part in submission.parts]
    query = select(PublicText.part_id, PublicText.content).where(PublicText.part_id.in_(ids))
    return {row.part_id: row.content for row in db.session.execute(query)}


def _revive_pieces(drawn: list[Opinion], text: str) -> None:
    """Let the pieces of a split part stand again; the whole, its oldest, comes back where a piece no longer fits."""
    whole, pieces = drawn[0], drawn[1:]
    fits = all(piece.content in text for piece in pieces)
    whole.content = text
    whole.withdrawn = fits
    for piece in pieces:
        piece.withdrawn = not fits


def place(actor: Actor, opinion: Opinion, anchor: str, *, at: datetime) -> None:
    """Say on which provision of the public version an opinion really is; an empty anchor means the whole."""
    consultation = _consultation(opinion.consultation_id)
    require(actor, Act.DECIDE, consultation)
    with transaction():
        if anchor and not _has_provision(consultation, anchor):
            raise DecisionRefused("草案里没有这一处条文，请从条文列表里选。")
        opinion.anchor = anchor
        record(
            actor,
            "opinion.place",
            f"opinion:{opinion.id}",
            at=at,
            consultation_id=consultation.id,
            anchor=anchor,
        )


def split(actor: Actor, opinion: Opinion, pieces: Sequence[str], *, at: datetime) -> list[Opinion]:
    """Set the points of one opinion apart; each piece must stand word for word in its text.

    Raises:
        DecisionRefused: fewer than two pieces, a piece that isn't in the text, or a decision stands already.
    """
    consultation = _consultation(opinion.consultation_id)
    require(actor, Act.DECIDE, consultation)
    wanted = [piece.strip() for piece in pieces if piece.strip()]
    with transaction() as session:
        if len(wanted) < 2:
            raise DecisionRefused("拆分至少要有两段。每段另起一行空行隔开。")
        for piece in wanted:
            if piece not in opinion.content:
                raise DecisionRefused(f"“{piece[:20]}…”不是原文里的话，拆分不能改字。")
        if _current(opinion_id=opinion.id) is not None:
            raise DecisionRefused("这条意见已经有采纳情况，请先退回再拆分。")
        opinion.withdrawn = True
        made = [
            Opinion(
                consultation_id=opinion.consultation_id,
                submission_id=opinion.submission_id,
                part_id=opinion.part_id,
                anchor=opinion.anchor,
                content=piece,
                created_at=at,
            )
            for piece in wanted
        ]
        session.add_all(made)
        session.flush()
        record(
            actor,
            "opinion.split",
            f"opinion:{opinion.id}",
            at=at,
            consultation_id=consultation.id,
            into=[piece.id for piece in made],
        )
    return made


def decide(actor: Actor, subject: Opinion | OpinionGroup, outcome: Outcome, reason: str, *, at: datetime) -> Decision:
    """Propose what becomes of an opinion, or of all opinions of a group that have no decision of their own.

    Raises:
        DecisionRefused: no reason (only a plain adoption goes without), or the report is published already.
    """
    consultation = _consultation(subject.consultation_id)
    require(actor, Act.DECIDE, consultation)
    reason = reason.strip()
    if not reason and outcome is not Outcome.ADOPTED:
        raise DecisionRefused(f"请写明理由：“{OUTCOME_NAMES[outcome]}”必须说明为什么，来件人会看到。")
    if len(reason) > REASON_CHARACTERS:
        raise DecisionRefused(f"理由有 {len(reason):,} 字，最多 {REASON_CHARACTERS:,} 字，请缩短。")
    with transaction() as session:
        if consultation.stage not in DECIDING:
            raise DecisionRefused("这件征求意见还没有公开、已经上会或者已经撤回，现在不能改采纳情况。")
        opinion_id = subject.id if isinstance(subject, Opinion) else None
        group_id = subject.id if isinstance(subject, OpinionGroup) else None
        before = _current(opinion_id=opinion_id, group_id=group_id)
        if before is not None:
            before.current = False
        decision = Decision(
            consultation_id=consultation.id,
            opinion_id=opinion_id,
            group_id=group_id,
            outcome=outcome,
            reason=reason,
            state=DecisionState.PROPOSED,
            author_id=actor.id,
            proposed_at=at,
            replaces_id=before.id if before is not None else None,
            current=True,
        )
        session.add(decision)
        session.flush()
        _record(actor, Act.DECIDE, decision, at)
    return decision


def review(actor: Actor, decision: Decision, *, at: datetime) -> None:
    """Confirm a proposed decision.

    Raises:
        SameReviewer: the reviewer wrote it.
        DecisionRefused: it isn't waiting for review.
    """
    require(actor, Act.REVIEW_DECISION, _consultation(decision.consultation_id))
    with transaction():
        _expect_proposed(decision)
        if decision.author_id is not None and decision.author_id == actor.id:
            raise SameReviewer("复核人不能是作出这条处理的人，请由另一位同事复核。")
        decision.state = DecisionState.REVIEWED
        decision.reviewer_id = actor.id
        decision.reviewed_at = at
        _record(actor, Act.REVIEW_DECISION, decision, at)


def return_decision(actor: Actor, decision: Decision, reason: str, *, at: datetime) -> None:
    """Give a proposed decision back to its author with a reason."""
    require(actor, Act.REVIEW_DECISION, _consultation(decision.consultation_id))
    if not reason.strip():
        raise DecisionRefused("请写明退回的理由。")
    with transaction():
        _expect_proposed(decision)
        decision.state = DecisionState.RETURNED
        decision.reviewer_id = actor.id
        decision.reviewed_at = at
        decision.returned_reason = reason.strip()
        _record(actor, "opinion.return", decision, at)


def _expect_proposed(decision: Decision) -> None:
    if not decision.current or decision.state is not DecisionState.PROPOSED:
        raise DecisionRefused("这条处理不在待复核状态，可能已经有人复核或者改过，请刷新再看。")


def _current(*, opinion_id: int | None = None, group_id: int | None = None) -> Decision | None:
    of = Decision.opinion_id == opinion_id if opinion_id is not None else Decision.group_id == group_id
    return db.session.scalar(select(Decision).where(of, Decision.current.is_(True)))


def _consultation(consultation_id: int) -> Consultation:
    return db.session.get_one(Consultation, consultation_id)


def _has_provision(consultation: Consultation, anchor: str) -> bool:
    query = select(ProvisionRow.id).where(
        ProvisionRow.version_id == consultation.public_version_id, ProvisionRow.anchor == anchor
    )
    return db.session.scalar(query) is not None


def _record(actor: Actor, act: str, decision: Decision, at: datetime) -> None:
    subject = f"opinion:{decision.opinion_id}" if decision.opinion_id else f"group:{decision.group_id}"
    record(
        actor,
        act,
        subject,
        at=at,
        consultation_id=decision.consultation_id,
        decision=decision.id,
        outcome=decision.outcome.value,
        state=decision.state.value,
        reason_digest=digest({"reason": decision.reason}),
    )
