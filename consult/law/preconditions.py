"""The preconditions of the deliberation meeting: rows of data, each with a test over the facts.

A row of the rule file gives title, legal basis, next step and evidence; its `test` names a function of `conditions`.
An unknown fact leaves a precondition unmet.
"""

from __future__ import annotations

from dataclasses import dataclass

from consult.labels import Label, LabelledEnum
from consult.law.conditions import CONDITIONS, Finding, State
from consult.law.facts import Facts, Override
from consult.law.periods import in_words
from consult.law.rule_rows import PreconditionRule
from consult.law.rules import CONFIRMED, Rules

__all__ = ["Check", "CheckState", "Facts", "Override", "evaluate", "unmet"]


REASON_CHARACTERS = 10
"""Minimum length of the reason for an override."""


class CheckState(LabelledEnum):
    """The state of a precondition."""

    MET = "met", Label("已满足", "green")
    UNMET = "unmet", Label("未满足", "seal")
    NOT_APPLICABLE = "not_applicable", Label("不适用", "plain")
    OVERRIDDEN = "overridden", Label("经批准例外处理", "amber")


@dataclass(frozen=True, slots=True)
class Check:
    """One precondition of one consultation, evaluated.

    `why` explains the state in Chinese; `next_step` is what to do, empty unless it is unmet; `evidence` are keys by
    which the stages link the evidence.
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
        """Whether this precondition doesn't block the meeting."""
        return self.state is not CheckState.UNMET


def evaluate(facts: Facts, rules: Rules) -> tuple[Check, ...]:
    """Evaluate every precondition of the rules over the facts, in the order of the rules."""
    return tuple(_check(row, facts, rules) for row in rules.preconditions if not row.kinds or facts.kind in row.kinds)


def unmet(checks: tuple[Check, ...]) -> tuple[Check, ...]:
    """Return the checks that block the meeting."""
    return tuple(check for check in checks if not check.passes)


def _check(row: PreconditionRule, facts: Facts, rules: Rules) -> Check:
    finding = _evaluate(row, facts, rules)
    state, why = CheckState(finding.state.value), finding.why
    override = facts.overrides.get(row.id)
    if state is CheckState.UNMET and override is not None:
        lacking = override_defect(row, override, finding.why)
        asked = (
            f"{override.by}于{in_words(override.on)}报批，理由：{override.reason.strip()}，材料：{override.document}"
        )
        if lacking:
            why = f"{why}。例外情形（{asked}）不能计入：{lacking}"
        else:
            state, why = CheckState.OVERRIDDEN, f"{why}；{asked}；{override.approved_by}批准"
    return Check(
        id=row.id,
        title=row.title,
        state=state,
        why=why,
        basis=row.cited,
        next_step=row.next_step if state is CheckState.UNMET else "",
        evidence=row.evidence,
    )


def override_defect(row: PreconditionRule, override: Override, finding: str) -> str:
    """Return in Chinese why an override doesn't apply; empty when it does."""
    if not row.overridable:
        return "法律规定这一项不得例外处理"
    if not override.document:
        return "没有证明材料"
    if not override.approved_by:
        return "尚未经另一人批准"
    if sum(character.isalnum() for character in override.reason) < REASON_CHARACTERS:
        return f"理由不足{REASON_CHARACTERS}字"
    return "" if override.finding == finding else f"批准时的情形是“{override.finding}”，现已变化，须重新报批"


def _evaluate(row: PreconditionRule, facts: Facts, rules: Rules) -> Finding:
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
