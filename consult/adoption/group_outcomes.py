"""What became of a group, read from its members, whichever way each was decided: the group's own decision is one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func

from consult.adoption.models import DecisionState, Opinion, Outcome
from consult.adoption.queries import effective, with_decision
from consult.store import db


@dataclass(frozen=True)
class Part:
    """The members of a group that share outcome, reason and state; no outcome where nothing is decided yet."""

    outcome: Outcome | None
    reason: str
    state: DecisionState | None
    n: int


@dataclass(frozen=True)
class Answer:
    """What some members of a group are answered, whether or not it is reviewed."""

    outcome: Outcome | None
    reason: str
    n: int


@dataclass(frozen=True)
class GroupOutcome:
    """The parts of a group, largest first: what most of it got, then the exceptions."""

    parts: tuple[Part, ...] = ()

    @property
    def n(self) -> int:
        """The number of members in force."""
        return sum(part.n for part in self.parts)

    @property
    def answers(self) -> tuple[Answer, ...]:
        """What is printed of the group, largest first: the parts without their states."""
        counts: Counter[tuple[Outcome | None, str]] = Counter()
        for part in self.parts:
            counts[(part.outcome, part.reason)] += part.n
        return tuple(Answer(outcome, reason, n) for (outcome, reason), n in counts.most_common())

    @property
    def open(self) -> int:
        """How many members have no decision, or one that was returned."""
        return sum(part.n for part in self.parts if part.state in (None, DecisionState.RETURNED))


def group_outcomes(group_ids: Collection[int]) -> dict[int, GroupOutcome]:
    """Return what became of groups, by id; those without members in force are left out."""
    columns = [Opinion.group_id, effective("outcome"), effective("reason"), effective("state")]
    n = func.count().label("n")
    query = (
        with_decision(*columns, n)
        .where(Opinion.group_id.in_(group_ids))
        .group_by(*columns)
        # of parts of one size the older comes first: the page, the paper and the sheet say the same
        .order_by(n.desc(), func.min(Opinion.id))
    )
    parts: dict[int, list[Part]] = {}
    for group_id, outcome, reason, state, count in db.session.execute(query):
        parts.setdefault(group_id, []).append(
            Part(Outcome(outcome) if outcome else None, reason or "", DecisionState(state) if state else None, count)
        )
    return {group_id: GroupOutcome(tuple(rows)) for group_id, rows in parts.items()}
