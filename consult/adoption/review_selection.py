"""Decisions that wait for a reviewer, by filter: listed, counted, and confirmed together as they were shown."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from consult.accounts.models import User
from consult.accounts.permissions import Act, Actor, require
from consult.adoption.errors import SameReviewer, SelectionChanged
from consult.adoption.models import Decision, DecisionState, Opinion, OpinionGroup, Outcome
from consult.adoption.queries import OwnDecision
from consult.adoption.service import review_many
from consult.adoption.versions import content_digest
from consult.drafting.models import Consultation
from consult.ledger.two_persons import NOT_TWO, are_one
from consult.store import db

GROUPS, SINGLE = "groups", "single"
"""Values of ``Selection.group``: decisions on groups, on single opinions."""
Member, Group = aliased(Opinion), aliased(OpinionGroup)
BATCH = 500
"""Decisions confirmed in one transaction."""


@dataclass(frozen=True)
class Selection:
    """Which of the waiting decisions are meant; all conditions together.

    Arguments:
        author_id: those that this account proposed.
        anchors: those on these provisions.
        group: ``GROUPS``, ``SINGLE``, or the id of a group: those on it and on its members.
    """

    author_id: int | None = None
    anchors: tuple[str, ...] | None = None
    outcome: Outcome | None = None
    group: str = ""

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """The conditions on ``Decision``."""
        asked: list[ColumnElement[bool]] = []
        if self.author_id is not None:
            asked.append(Decision.author_id == self.author_id)
        if self.outcome is not None:
            asked.append(Decision.outcome == self.outcome)
        if self.anchors is not None:
            asked.append(
                or_(
                    exists().where(Member.id == Decision.opinion_id, Member.anchor.in_(self.anchors)),
                    exists().where(Group.id == Decision.group_id, Group.anchor.in_(self.anchors)),
                )
            )
        if self.group in (GROUPS, SINGLE):
            asked.append(Decision.group_id.is_not(None) if self.group == GROUPS else Decision.group_id.is_(None))
        elif self.group:
            group_id = int(self.group)
            is_member = exists().where(Member.id == Decision.opinion_id, Member.group_id == group_id)
            asked.append(or_(Decision.group_id == group_id, is_member))
        return asked


ALL = Selection()


@dataclass(frozen=True)
class Shown:
    """What of a consultation waits for a reviewer and meets a selection.

    Arguments:
        by_place: number of decisions by the anchor that they are on.
        version: digest of the decisions with what they say: another one, when anything was added, changed or left.
    """

    ids: tuple[int, ...]
    authors: frozenset[int]
    groups: int
    by_outcome: dict[Outcome, int]
    by_place: dict[str, int]
    version: str


def reviewable_decisions(
    reviewer_id: int | None, consultation_id: int, selection: Selection = ALL, *, after: int = 0, limit: int = 50
) -> list[Decision]:
    """Return the proposed decisions that a reviewer may confirm, by id: all but the reviewer's own.

    A group's decision is among them as long as a member has none of its own.
    """
    loaded = (joinedload(Decision.author), joinedload(Decision.opinion), joinedload(Decision.group))
    query = select(Decision).where(Decision.id > after, *_waiting(reviewer_id, consultation_id, selection))
    query = query.options(*loaded).order_by(Decision.id).limit(limit)
    return list(db.session.scalars(query))


def authors(reviewer_id: int | None, consultation_id: int) -> dict[int, str]:
    """Return the names of those whose decisions wait for a reviewer, by their ids."""
    query = select(User.id, User.name).join(Decision, Decision.author_id == User.id).distinct().order_by(User.name)
    rows = db.session.execute(query.where(*_waiting(reviewer_id, consultation_id, ALL)))
    return dict(rows.all())


def shown(reviewer_id: int | None, consultation_id: int, selection: Selection) -> Shown:
    """Return what of a consultation waits for a reviewer and meets a selection."""
    anchor = func.coalesce(Opinion.anchor, OpinionGroup.anchor)
    what = (Decision.outcome, Decision.reason, Decision.proposed_text)
    query = select(Decision.id, Decision.group_id, Decision.author_id, *what, anchor).outerjoin(
        Opinion, Opinion.id == Decision.opinion_id
    )
    query = query.outerjoin(OpinionGroup, OpinionGroup.id == Decision.group_id)
    query = query.where(*_waiting(reviewer_id, consultation_id, selection)).order_by(Decision.id)
    outcomes, places, hasher = Counter[Outcome](), Counter[str](), hashlib.sha256()
    ids: list[int] = []
    proposed_by: set[int] = set()
    groups = 0
    for id_, group_id, author_id, outcome, reason, proposed_text, place in db.session.execute(query):
        ids.append(id_)
        groups += group_id is not None
        if author_id is not None:
            proposed_by.add(author_id)
        outcomes[outcome] += 1
        places[place] += 1
        hasher.update(f"{id_}-{content_digest(outcome, reason, proposed_text)}\n".encode())
    return Shown(tuple(ids), frozenset(proposed_by), groups, dict(outcomes), dict(places), hasher.hexdigest())


def review_selection(
    actor: Actor, consultation: Consultation, selection: Selection, version: str, *, at: datetime
) -> tuple[int, int]:
    """Confirm all decisions that wait for the actor and meet a selection, some in each transaction.

    A decision is never overwritten, so what changes meanwhile isn't confirmed. Return how many were, and how many not.

    Arguments:
        version: ``Shown.version`` of what the actor was shown.

    Raises:
        SelectionChanged: it isn't what would be shown now; none was confirmed.
        SameReviewer: an author is the same person as the actor; none was confirmed.
    """
    require(actor, Act.REVIEW_DECISION, consultation)
    waiting = shown(actor.id, consultation.id, selection)
    if waiting.version != version:
        raise SelectionChanged("您打开之后，符合条件的处理有变动，尚未同意。请核对重新列出的内容后再提交。")
    if waiting.ids and are_one(actor, sorted(waiting.authors), consultation.created_at):
        raise SameReviewer(NOT_TWO)
    done = 0
    for start in range(0, len(waiting.ids), BATCH):
        done += review_many(actor, _decisions(waiting.ids[start : start + BATCH]), at=at)
    return done, len(waiting.ids) - done


def _decisions(ids: Sequence[int]) -> list[Decision]:
    return list(db.session.scalars(select(Decision).where(Decision.id.in_(ids)).order_by(Decision.id)))


def _waiting(reviewer_id: int | None, consultation_id: int, selection: Selection) -> list[ColumnElement[bool]]:
    """Return the conditions on ``Decision`` that it waits for a reviewer and meets a selection."""
    in_force = Member.withdrawn.is_(False)
    has_own = exists().where(OwnDecision.opinion_id == Member.id, OwnDecision.current.is_(True))
    is_followed = or_(
        exists().where(Member.id == Decision.opinion_id, in_force),
        exists().where(Member.group_id == Decision.group_id, in_force, ~has_own),
    )
    by_others = or_(Decision.author_id.is_(None), Decision.author_id != reviewer_id)
    return [
        Decision.consultation_id == consultation_id,
        Decision.current.is_(True),
        Decision.state == DecisionState.PROPOSED,
        is_followed,
        *([by_others] if reviewer_id is not None else []),
        *selection.conditions,
    ]
