"""The preconditions of the deliberation meeting: rows of data, each with a test over the facts.

A row of the rule file gives title, legal basis, next step and evidence; its `test` names a function of `conditions`.
What is not known is unmet, never met: neither that a precondition is fulfilled nor that it does not apply is assumed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from consult.law.conditions import CONDITIONS, Finding, State
from consult.law.facts import Facts, Override
from consult.law.rows import PreconditionRule
from consult.law.rules import CONFIRMED, Rules

__all__ = ["Check", "CheckState", "Facts", "Override", "evaluate", "unmet"]


class CheckState(StrEnum):
    """Where a precondition stands."""

    MET = "met"
    UNMET = "unmet"
    NOT_APPLICABLE = "not_applicable"
    OVERRIDDEN = "overridden"


@dataclass(frozen=True, slots=True)
class Check:
    """One precondition of one consultation, evaluated.

    `why` says in Chinese what the state rests on; `next_step` what to do, empty unless it is unmet; `evidence` are
    keys under which the stages link what proves it.
    """

    id: str
    title: str
    state: CheckState
    why: str
    basis: str
    next_step: str
    evidence: tuple[str, ...]

    @property
    def passes(self) -> bool:
        """Whether this precondition lets the document go to the meeting."""
        return self.state is not CheckState.UNMET


def evaluate(facts: Facts, rules: Rules) -> tuple[Check, ...]:
    """Evaluate every precondition of the rules over the facts, in the order of the rules."""
    return tuple(_check(row, facts, rules) for row in rules.preconditions)


def unmet(checks: tuple[Check, ...]) -> tuple[Check, ...]:
    """Give the checks that keep the document from the meeting."""
    return tuple(check for check in checks if not check.passes)


def _check(row: PreconditionRule, facts: Facts, rules: Rules) -> Check:
    finding = _find(row, facts, rules)
    state, why = CheckState(finding.state.value), finding.why
    override = facts.overrides.get(row.id)
    if state is CheckState.UNMET and override is not None and _counts(row, override):
        told = f"{override.by}于{override.on}决定放行，理由：{override.reason.strip()}"
        if override.found in ("", finding.why):
            state, why = CheckState.OVERRIDDEN, f"{why}；{told}"
        else:
            why = f"{why}。此前放行的是“{override.found}”（{told}），情况已经变化，需要重新决定"
    return Check(
        id=row.id,
        title=row.title,
        state=state,
        why=why,
        basis=row.cited,
        next_step=row.next_step if state is CheckState.UNMET else "",
        evidence=row.evidence,
    )


def _counts(row: PreconditionRule, override: Override) -> bool:
    """Say whether an override counts: the row allows it, and it has an author and a reason."""
    return row.overridable and bool(override.by.strip()) and any(c.isalnum() for c in override.reason)


def _find(row: PreconditionRule, facts: Facts, rules: Rules) -> Finding:
    if row.test == CONFIRMED:
        return _confirmed(row, facts)
    return CONDITIONS[row.test](facts, rules)


def _confirmed(row: PreconditionRule, facts: Facts) -> Finding:
    reason = facts.not_applicable.get(row.id, "").strip()
    if reason:
        return Finding(State.NOT_APPLICABLE, f"不适用：{reason}")
    confirmed = facts.confirmed.get(row.id)
    if confirmed is None:
        return Finding(State.UNMET, "尚未确认")
    return Finding(State.MET, "已确认完成") if confirmed else Finding(State.UNMET, "经确认尚未完成")
