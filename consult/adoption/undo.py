"""Undoes decisions that nobody has reviewed yet: one, or all that their author made at one stroke."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from sqlalchemy import select

from consult.accounts.permissions import Act, Actor, require
from consult.adoption.errors import DecisionRefused
from consult.adoption.groups import DECIDING
from consult.adoption.holdings import expect_given
from consult.adoption.models import Decision, DecisionState
from consult.adoption.service import record_decision
from consult.drafting.models import Consultation
from consult.store import db, transaction
from consult.store.locking import lock_row, lock_row_shared

UNDO = "opinion.undo"
LOOKED_AT = (1, 50, 1_000, 100_000)
"""How many of an author's newest decisions are looked at, until they are of another stroke."""


def last_stroke(author_id: int | None, consultation_id: int) -> list[Decision]:
    """Return the decisions of an author's last stroke (one form, one sheet) that can still be undone, by id.

    Only the author's newest decisions are looked at, so that it costs the same at any size.
    """
    stroke: list[Decision] = []
    for looked_at in LOOKED_AT:
        query = select(Decision).where(Decision.author_id == author_id).order_by(Decision.id.desc()).limit(looked_at)
        newest = list(db.session.scalars(query))
        stroke = next((list(alike) for _, alike in groupby(newest, attrgetter("proposed_at"))), [])
        if len(stroke) < looked_at:
            break
    standing = (each for each in reversed(stroke) if each.current and each.state is DecisionState.PROPOSED)
    return [decision for decision in standing if decision.consultation_id == consultation_id]


def undo_many(actor: Actor, decisions: Sequence[Decision], *, at: datetime) -> int:
    """Undo decisions: on each subject the decision before is in force again, or none. Return how many.

    Raises:
        DecisionRefused: one isn't the actor's own, or was reviewed, returned or replaced, or the consultation's stage
            allows no decisions; none is undone.
    """
    if not decisions:
        raise DecisionRefused("没有可以撤回的处理：可能已经复核，或者已经变更。")
    with transaction():
        for decision in sorted(decisions, key=lambda decision: decision.id):
            _undo(actor, decision, at)
    return len(decisions)


def _undo(actor: Actor, decision: Decision, at: datetime) -> None:
    consultation = db.session.get_one(Consultation, decision.consultation_id)
    require(actor, Act.DECIDE, consultation)
    lock_row_shared(consultation)
    lock_row(decision)
    subject = decision.opinion or decision.group
    expect_given(actor, consultation, [subject] if subject is not None else [])
    if consultation.stage not in DECIDING:
        raise DecisionRefused("这件征求意见已经上会或者已经撤回，现在不能修改采纳情况。")
    if decision.author_id != actor.id:
        raise DecisionRefused("只能撤回本人作出的处理。")
    if not decision.current or decision.state is not DecisionState.PROPOSED:
        raise DecisionRefused("这条处理已经复核、退回或者变更，不能撤回；需要变更的，重新作出处理。")
    decision.current = False
    decision.state = DecisionState.UNDONE
    db.session.flush()
    if decision.replaces_id is not None:
        db.session.get_one(Decision, decision.replaces_id).current = True
    record_decision(actor, UNDO, decision, at)
