"""Decisions: proposed by one person, confirmed or returned by another, never overwritten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from consult.accounts.permissions import Act, Actor, require
from consult.adoption.errors import DecisionRefused, OpinionRefused, SameReviewer
from consult.adoption.groups import DECIDING
from consult.adoption.holdings import expect_given
from consult.adoption.models import MADE, Decision, DecisionState, Opinion, OpinionGroup, Outcome
from consult.adoption.opinions import expect_in_force
from consult.adoption.queries import GroupDecision, OwnDecision, with_decision
from consult.adoption.reason_library import taken_from
from consult.adoption.versions import expect_seen
from consult.app_context import rules
from consult.drafting.models import Consultation
from consult.intake.arrival import clean
from consult.ledger.service import BulkAct, digest, record_many
from consult.ledger.two_persons import NOT_TWO, are_one
from consult.store import db, transaction
from consult.store.locking import LOCKED_AT_ONCE, lock_row, lock_row_shared, lock_rows

REASON_CHARACTERS = 4000
NOT_WAITING = "这条处理不在待复核状态，可能已经有人复核或者改过，请刷新再看。"
NOT_DECIDING = "这件征求意见还没有公开、已经上会或者已经撤回，现在不能修改采纳情况。"


@dataclass(frozen=True)
class Proposal:
    """What an author proposes on an opinion or a group.

    Arguments:
        reason: text for the sender, at most ``REASON_CHARACTERS`` characters; optional for an adoption.
        proposed_text: what the draft will say instead (拟修改为), only where it is adopted, wholly or partly.
        seen: version of the effective decision that the author was shown (``versions.version_of``).
    """

    subject: Opinion | OpinionGroup
    outcome: Outcome
    reason: str
    proposed_text: str = ""
    seen: str | None = None
    template_id: int | None = None
    """The reason of the library that was chosen."""

    def checked(self) -> Proposal:
        """Return the proposal with its texts cleaned.

        Raises:
            DecisionRefused: no reason, one that says nothing, or a text that is too long or out of place.
        """
        return replace(
            self,
            reason=_checked_reason(self.outcome, self.reason),
            proposed_text=_checked_proposal(self.outcome, self.proposed_text),
        )

    def is_made_by(self, decision: Decision) -> bool:
        """Whether a decision in force says the same already."""
        same = (decision.outcome, decision.reason, decision.proposed_text)
        return same == (self.outcome, self.reason, self.proposed_text) and decision.state is not DecisionState.RETURNED


def decide(
    actor: Actor,
    subject: Opinion | OpinionGroup,
    outcome: Outcome,
    reason: str,
    *,
    at: datetime,
    proposed_text: str = "",
    seen: str | None = None,
    template_id: int | None = None,
) -> Decision:
    """Propose a decision on an opinion, or on all opinions of a group that have no decision of their own.

    The same decision again changes nothing. For arguments and errors see ``Proposal`` and ``propose_many``.
    """
    return propose_many(actor, [Proposal(subject, outcome, reason, proposed_text, seen, template_id)], at=at)[0]


def decide_many(
    actor: Actor,
    opinions: Sequence[Opinion],
    outcome: Outcome,
    reason: str,
    *,
    at: datetime,
    proposed_text: str = "",
    seen: Mapping[int, str] | None = None,
    template_id: int | None = None,
) -> list[Decision]:
    """Propose the same decision on several opinions: on all or, when one is refused, on none.

    Arguments:
        seen: by opinion, the version of the decision that the author was shown.
    """
    if not opinions:
        raise DecisionRefused("还没有选意见。请先勾选要批量处理的意见。")
    shown = seen or {}
    return propose_many(
        actor,
        [Proposal(opinion, outcome, reason, proposed_text, shown.get(opinion.id), template_id) for opinion in opinions],
        at=at,
    )


def propose_many(actor: Actor, proposals: Sequence[Proposal], *, at: datetime) -> list[Decision]:
    """Propose decisions on opinions and groups of one consultation: all of them or, when one is refused, none.

    Raises:
        DecisionRefused: no reason or one that says nothing, or the consultation's stage doesn't allow decisions.
        DecisionChanged: somebody else decided since.
    """
    consultation = db.session.get_one(Consultation, proposals[0].subject.consultation_id)
    require(actor, Act.DECIDE, consultation)
    wanted = [proposal.checked() for proposal in proposals]
    with transaction() as session:
        lock_to_decide(actor, consultation, [proposal.subject for proposal in wanted])
        opinions = [proposal.subject for proposal in wanted if isinstance(proposal.subject, Opinion)]
        in_force = effective_decisions(opinions)
        decisions: list[Decision] = []
        made: list[Decision] = []
        for proposal in wanted:
            subject = proposal.subject
            standing = in_force[subject.id] if isinstance(subject, Opinion) else current(subject)
            expect_seen(proposal.seen, standing)
            before = standing if standing is not None and _is_on(standing, subject) else None
            if before is not None and proposal.is_made_by(before):
                decisions.append(before)
                continue
            if before is not None:
                before.current = False
            decision = _decision(actor, proposal, before, at)
            decisions.append(decision)
            made.append(decision)
        session.flush()  # what is replaced first
        session.add_all(made)
        session.flush()
        _record_many(actor, Act.DECIDE, made, at)
    return decisions


def _is_on(decision: Decision, subject: Opinion | OpinionGroup) -> bool:
    """Whether a decision is on this opinion or group itself, not on the group that an opinion is in."""
    return isinstance(subject, OpinionGroup) or decision.opinion_id is not None


def _decision(actor: Actor, proposal: Proposal, before: Decision | None, at: datetime) -> Decision:
    subject = proposal.subject
    return Decision(
        consultation_id=subject.consultation_id,
        opinion_id=subject.id if isinstance(subject, Opinion) else None,
        group_id=subject.id if isinstance(subject, OpinionGroup) else None,
        outcome=proposal.outcome,
        reason=proposal.reason,
        proposed_text=proposal.proposed_text,
        state=DecisionState.PROPOSED,
        author_id=actor.id,
        proposed_at=at,
        replaces_id=before.id if before is not None else None,
        current=True,
        returned_reason="",
        template_id=taken_from(proposal.template_id, proposal.reason),
    )


def review(actor: Actor, decision: Decision, *, at: datetime) -> None:
    """Confirm a proposed decision.

    Raises:
        SameReviewer: the reviewer wrote it.
        DecisionRefused: it isn't waiting for review.
    """
    if not review_many(actor, [decision], at=at):
        raise DecisionRefused(NOT_WAITING)


def review_many(actor: Actor, decisions: Sequence[Decision], *, at: datetime) -> int:
    """Confirm several proposed decisions of one consultation, except those that changed meanwhile; return how many.

    Raises:
        SameReviewer: one of them is the reviewer's own; none is confirmed.
    """
    if not decisions:
        return 0
    consultation = db.session.get_one(Consultation, decisions[0].consultation_id)
    require(actor, Act.REVIEW_DECISION, consultation)
    ids = sorted({decision.id for decision in decisions if decision.consultation_id == consultation.id})
    with transaction() as session:
        lock_row_shared(consultation)
        locked = lock_rows(Decision, ids)
        waiting = [each for each in locked if each.current and each.state is DecisionState.PROPOSED]
        if any(decision.author_id == actor.id for decision in waiting):
            raise SameReviewer("复核人不能是作出这条处理的人，请由另一位同事复核。")
        if waiting and are_one(actor, sorted({each.author_id or 0 for each in waiting}), consultation.created_at):
            raise SameReviewer(NOT_TWO)
        for decision in waiting:
            decision.state = DecisionState.REVIEWED
            decision.reviewer_id = actor.id
            decision.reviewed_at = at
        session.flush()
        _record_many(actor, Act.REVIEW_DECISION, waiting, at)
    return len(waiting)


def return_decision(actor: Actor, decision: Decision, reason: str, *, at: datetime) -> None:
    """Return a proposed decision to its author with a reason.

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
        record_decision(actor, "opinion.return", decision, at)


def current(subject: Opinion | OpinionGroup) -> Decision | None:
    """Return the current decision on this opinion or group itself."""
    of = Decision.opinion_id if isinstance(subject, Opinion) else Decision.group_id
    return db.session.scalar(select(Decision).where(of == subject.id, Decision.current.is_(True)))


def effective(subject: Opinion | OpinionGroup) -> Decision | None:
    """Return the decision in force: the opinion's own, else its group's."""
    in_group = subject.group if isinstance(subject, Opinion) else None
    return current(subject) or (current(in_group) if in_group is not None else None)


def effective_decisions(opinions: Sequence[Opinion]) -> dict[int, Decision | None]:
    """Return the decision in force on each of many opinions, by id, as ``effective`` does for one."""
    in_force: dict[int, Decision | None] = dict.fromkeys(opinion.id for opinion in opinions)
    ids = sorted(in_force)
    for start in range(0, len(ids), LOCKED_AT_ONCE):
        some = ids[start : start + LOCKED_AT_ONCE]
        query = with_decision(Opinion.id, OwnDecision, GroupDecision).where(Opinion.id.in_(some))
        in_force.update({key: individual or of_group for key, individual, of_group in db.session.execute(query)})
    return in_force


def _checked_reason(outcome: Outcome, reason: str) -> str:
    reason = clean(reason)
    if not reason and outcome is not Outcome.ADOPTED:
        raise DecisionRefused(f"请写明理由：“{outcome.label.words}”必须说明为什么，来件人会看到。")
    if len(reason) > REASON_CHARACTERS:
        raise DecisionRefused(f"理由有 {len(reason):,} 字，最多 {REASON_CHARACTERS:,} 字，请缩短。")
    rule = rules().reason
    if outcome is not Outcome.ADOPTED and not rule.says_something(reason):
        raise DecisionRefused(
            f"理由“{reason[:20]}”没有说明为什么。请写明依据或者原因，至少 {rule.characters} 个字，来件人会看到。"
        )
    return reason


def _checked_proposal(outcome: Outcome, proposed_text: str) -> str:
    proposed_text = clean(proposed_text)
    if proposed_text and outcome not in MADE:
        raise DecisionRefused(f"“{outcome.label.words}”的不填“拟修改为”；草案要作修改的，请选采纳或者部分采纳。")
    if len(proposed_text) > REASON_CHARACTERS:
        raise DecisionRefused(f"“拟修改为”有 {len(proposed_text):,} 字，最多 {REASON_CHARACTERS:,} 字，请缩短。")
    return proposed_text


def lock_to_decide(actor: Actor, consultation: Consultation, subjects: Sequence[Opinion | OpinionGroup]) -> None:
    """Lock opinions and groups that something is decided on, in lock order.

    Raises:
        OpinionRefused: an opinion is withdrawn, or the consultation's stage allows no decisions.
        DecisionRefused: one is of another consultation, or the stage allows none on a group.
        NotGiven: one wasn't given to this drafter of another division.
    """
    lock_row_shared(consultation)
    if any(subject.consultation_id != consultation.id for subject in subjects):
        raise DecisionRefused("一次只能处理同一件征求意见的意见。")
    ids = sorted({subject.id for subject in subjects if isinstance(subject, Opinion)})
    for opinion in lock_rows(Opinion, ids):
        expect_in_force(opinion)
    for group in sorted(
        {subject for subject in subjects if isinstance(subject, OpinionGroup)}, key=lambda each: each.id
    ):
        lock_row(group)
    if consultation.stage not in DECIDING:
        raise (OpinionRefused if ids else DecisionRefused)(NOT_DECIDING)
    expect_given(actor, consultation, subjects)


def _require_review(actor: Actor, decision: Decision) -> None:
    require(actor, Act.REVIEW_DECISION, db.session.get_one(Consultation, decision.consultation_id))


def _expect_proposed(decision: Decision) -> Consultation:
    consultation = db.session.get_one(Consultation, decision.consultation_id)
    lock_row_shared(consultation)
    lock_row(decision)
    if not decision.current or decision.state is not DecisionState.PROPOSED:
        raise DecisionRefused(NOT_WAITING)
    return consultation


def record_decision(actor: Actor, act: str, decision: Decision, at: datetime) -> None:
    """Write the entry of an act on a decision, with digests of what it says."""
    _record_many(actor, act, [decision], at)


def _record_many(actor: Actor, act: str, decisions: Sequence[Decision], at: datetime) -> None:
    if decisions:
        acts = [BulkAct(_subject(each), digest(_facts(each)), _facts(each)) for each in decisions]
        record_many(actor, act, acts, at=at, consultation_id=decisions[0].consultation_id)


def _subject(decision: Decision) -> str:
    return f"opinion:{decision.opinion_id}" if decision.opinion_id else f"group:{decision.group_id}"


def _facts(decision: Decision) -> dict[str, Any]:
    return {
        "decision": decision.id,
        "outcome": decision.outcome.value,
        "state": decision.state.value,
        "reason_digest": digest({"reason": decision.reason}),
        "returned_digest": digest({"reason": decision.returned_reason}),
        **({"proposed_digest": digest({"text": decision.proposed_text})} if decision.proposed_text else {}),
    }
