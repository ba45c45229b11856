"""Decisions: proposed by one person, confirmed or returned by another, never overwritten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from consult.accounts.permissions import Act, Actor, require
from consult.adoption.errors import DecisionRefused, SameReviewer
from consult.adoption.models import Decision, DecisionState, Opinion, OpinionGroup, Outcome
from consult.adoption.opinions import DECIDING, expect_standing
from consult.drafting.models import Consultation
from consult.intake.arrival import clean
from consult.ledger.service import digest, record
from consult.store import db, transaction
from consult.store.claiming import hold, hold_still

REASON_CHARACTERS = 4000

OUTCOME_NAMES = {
    Outcome.ADOPTED: "采纳",
    Outcome.PARTLY_ADOPTED: "部分采纳",
    Outcome.NOT_ADOPTED: "未采纳",
    Outcome.EXPLAINED: "解释说明",
    Outcome.OUT_OF_SCOPE: "不属于本次征求意见范围",
}


def decide(actor: Actor, subject: Opinion | OpinionGroup, outcome: Outcome, reason: str, *, at: datetime) -> Decision:
    """Propose what becomes of an opinion, or of all opinions of a group that have no decision of their own.

    The same decision again changes nothing: what was proposed or reviewed stays so.

    Arguments:
        reason: words that the sender reads, at most ``REASON_CHARACTERS`` characters; a plain adoption goes without.

    Raises:
        DecisionRefused: no reason, or the report is published already.
    """
    consultation = db.session.get_one(Consultation, subject.consultation_id)
    require(actor, Act.DECIDE, consultation)
    reason = _checked_reason(outcome, reason)
    with transaction():
        _hold(consultation, subject)
        before = current(subject)
        if before is not None:
            same = (before.outcome, before.reason) == (outcome, reason)
            if same and before.state is not DecisionState.RETURNED:
                return before
            before.current = False
            db.session.flush()
        decision = Decision(
            consultation_id=consultation.id,
            opinion_id=subject.id if isinstance(subject, Opinion) else None,
            group_id=subject.id if isinstance(subject, OpinionGroup) else None,
            outcome=outcome,
            reason=reason,
            state=DecisionState.PROPOSED,
            author_id=actor.id,
            proposed_at=at,
            replaces_id=before.id if before is not None else None,
            current=True,
        )
        db.session.add(decision)
        db.session.flush()
        _record(actor, Act.DECIDE, decision, at)
    return decision


def decide_many(
    actor: Actor, opinions: Sequence[Opinion], outcome: Outcome, reason: str, *, at: datetime
) -> list[Decision]:
    """Propose the same for several opinions, for all of them or, when one is refused, for none."""
    if not opinions:
        raise DecisionRefused("还没有选意见。请先勾选要一起处理的意见。")
    with transaction():
        in_order = sorted(opinions, key=lambda one: one.id)  # in which everybody holds them
        return [decide(actor, opinion, outcome, reason, at=at) for opinion in in_order]


def review(actor: Actor, decision: Decision, *, at: datetime) -> None:
    """Confirm a proposed decision.

    Raises:
        SameReviewer: the reviewer wrote it.
        DecisionRefused: it isn't waiting for review.
    """
    _require_review(actor, decision)
    with transaction():
        _expect_proposed(decision)
        if decision.author_id == actor.id:
            raise SameReviewer("复核人不能是作出这条处理的人，请由另一位同事复核。")
        decision.state = DecisionState.REVIEWED
        decision.reviewer_id = actor.id
        decision.reviewed_at = at
        _record(actor, Act.REVIEW_DECISION, decision, at)


def review_many(actor: Actor, decisions: Sequence[Decision], *, at: datetime) -> int:
    """Confirm several proposed decisions; return how many, those passed over that meanwhile changed.

    Raises:
        SameReviewer: one of them is the reviewer's own; none is confirmed.
    """
    done = 0
    with transaction():
        for decision in sorted(decisions, key=lambda one: one.id):
            try:
                review(actor, decision, at=at)
            except DecisionRefused:
                continue
            done += 1
    return done


def return_decision(actor: Actor, decision: Decision, reason: str, *, at: datetime) -> None:
    """Give a proposed decision back to its author with a reason.

    Raises:
        SameReviewer: the reviewer wrote it and can simply change it.
        DecisionRefused: no reason, or it isn't waiting for review.
    """
    _require_review(actor, decision)
    reason = clean(reason)
    if not reason:
        raise DecisionRefused("请写明退回的理由，起草人要据此修改。")
    if len(reason) > REASON_CHARACTERS:
        raise DecisionRefused(f"退回的理由有 {len(reason):,} 字，最多 {REASON_CHARACTERS:,} 字，请缩短。")
    with transaction():
        _expect_proposed(decision)
        if decision.author_id == actor.id:
            raise SameReviewer("这条处理是您自己作出的，直接改就可以，不用退回。")
        decision.state = DecisionState.RETURNED
        decision.reviewer_id = actor.id
        decision.reviewed_at = at
        decision.returned_reason = reason
        _record(actor, "opinion.return", decision, at)


def current(subject: Opinion | OpinionGroup) -> Decision | None:
    """Return the decision on this opinion or group itself that holds now."""
    of = Decision.opinion_id if isinstance(subject, Opinion) else Decision.group_id
    return db.session.scalar(select(Decision).where(of == subject.id, Decision.current.is_(True)))


def _checked_reason(outcome: Outcome, reason: str) -> str:
    reason = clean(reason)
    if not reason and outcome is not Outcome.ADOPTED:
        raise DecisionRefused(f"请写明理由：“{OUTCOME_NAMES[outcome]}”必须说明为什么，来件人会看到。")
    if len(reason) > REASON_CHARACTERS:
        raise DecisionRefused(f"理由有 {len(reason):,} 字，最多 {REASON_CHARACTERS:,} 字，请缩短。")
    return reason


def _hold(consultation: Consultation, subject: Opinion | OpinionGroup) -> None:
    if isinstance(subject, Opinion):
        expect_standing(consultation, subject)
        return
    hold_still(consultation)
    hold(subject)
    if consultation.stage not in DECIDING:
        raise DecisionRefused("这件征求意见还没有公开、已经上会或者已经撤回，现在不能改采纳情况。")


def _require_review(actor: Actor, decision: Decision) -> None:
    require(actor, Act.REVIEW_DECISION, db.session.get_one(Consultation, decision.consultation_id))


def _expect_proposed(decision: Decision) -> None:
    hold_still(db.session.get_one(Consultation, decision.consultation_id))
    hold(decision)
    if not decision.current or decision.state is not DecisionState.PROPOSED:
        raise DecisionRefused("这条处理不在待复核状态，可能已经有人复核或者改过，请刷新再看。")


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
        returned_digest=digest({"reason": decision.returned_reason}),
    )
