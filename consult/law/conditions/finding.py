"""The result of a condition, and the registry of conditions by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from consult.law.facts import Facts
from consult.law.rules import Rules


class State(StrEnum):
    """The state that a condition returns."""

    MET = "met"
    UNMET = "unmet"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a condition, with the reason in Chinese."""

    state: State
    why: str


Condition = Callable[[Facts, Rules], Finding]
CONDITIONS: dict[str, Condition] = {}


def condition(name: str) -> Callable[[Condition], Condition]:
    """Register a function as the condition that rows of the rule file name by `test`."""

    def register(function: Condition) -> Condition:
        CONDITIONS[name] = function
        return function

    return register


def met(why: str) -> Finding:
    """Return that it is met."""
    return Finding(State.MET, why)


def unmet(why: str) -> Finding:
    """Return that it is unmet."""
    return Finding(State.UNMET, why)


def not_applicable(why: str) -> Finding:
    """Return that it does not apply."""
    return Finding(State.NOT_APPLICABLE, why)


def met_if_true(fact: bool | None, done: str, missing: str, unknown: str) -> Finding:
    """Return met for a true fact, else unmet, with the text `missing` for false and `unknown` for None."""
    if fact is None:
        return unmet(unknown)
    return met(done) if fact else unmet(missing)


def met_if_zero(count: int | None, done: str, left: str, unknown: str) -> Finding:
    """Return met for a count of zero, else unmet; `left` is a format string for the count."""
    if count is None:
        return unmet(unknown)
    return met(done) if count == 0 else unmet(left.format(count))
