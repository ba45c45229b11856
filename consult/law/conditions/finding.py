"""What a condition finds, and the register of conditions by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from consult.law.facts import Facts
from consult.law.rules import Rules


class State(StrEnum):
    """What a condition alone can find."""

    MET = "met"
    UNMET = "unmet"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a condition found, and why (Chinese)."""

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
    """Find it met."""
    return Finding(State.MET, why)


def unmet(why: str) -> Finding:
    """Find it unmet."""
    return Finding(State.UNMET, why)


def not_applicable(why: str) -> Finding:
    """Find that it does not apply."""
    return Finding(State.NOT_APPLICABLE, why)


def yes(fact: bool | None, done: str, missing: str, unknown: str) -> Finding:
    """Find a fact met when true; false and not known are unmet, each in its own words."""
    if fact is None:
        return unmet(unknown)
    return met(done) if fact else unmet(missing)


def none_left(count: int | None, done: str, left: str, unknown: str) -> Finding:
    """Find a count of what is still open met at zero; `left` is a format string for the count."""
    if count is None:
        return unmet(unknown)
    return met(done) if count == 0 else unmet(left.format(count))
