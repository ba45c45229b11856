"""Kinds, conclusions and states of reviews of a draft, as the law distinguishes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from consult.labels import Label, LabelledEnum


class ReviewKind(StrEnum):
    """What is reviewed."""

    LEGALITY = "legality"
    FAIR_COMPETITION = "fair-competition"
    RISK = "risk"
    EXPERTS = "experts"
    SECRECY = "secrecy"


class Conclusion(StrEnum):
    """What a review concludes; which belong to which kind are rows of the rules."""

    LAWFUL = "lawful"
    EXPLORATORY = "exploratory"
    UNLAWFUL = "unlawful"
    CONFORMS = "conforms"
    EXCEPTION = "exception"
    VIOLATES = "violates"
    CONTROLLABLE = "controllable"
    UNCONTROLLABLE = "uncontrollable"
    SUPPORTED = "supported"
    OBJECTED = "objected"
    CLEARED = "cleared"
    NOT_CLEARED = "not_cleared"
    NOT_APPLICABLE = "not_applicable"


class ReviewState(LabelledEnum):
    """The state of the reviews of one kind for the newest version."""

    MISSING = "missing", Label("未送审", "seal")
    ASKED = "asked", Label("审查中", "amber")
    PAUSED = "paused", Label("待补正", "amber")
    STANDS = "stands", Label("已审查", "green")
    LAPSED = "lapsed", Label("须重新审查", "seal")
    CONFLICT = "conflict", Label("结论不一致", "seal")
    BROKEN = "broken", Label("原件缺失", "seal")
    """A paper of the conclusion is missing."""


@dataclass(frozen=True, slots=True)
class ReviewFinding:
    """The review of one kind that is valid for the newest version of a draft, or why there is none.

    Arguments:
        why: a Chinese sentence that names what is missing, or the conclusion with reviewer and date.
        papers: names of the documents behind the conclusion.
        due_on: the reviewer's deadline, where one was set.
    """

    kind: ReviewKind
    state: ReviewState
    why: str
    conclusion: Conclusion | None = None
    passes: bool = False
    version: int | None = None
    sent_on: date | None = None
    returned_on: date | None = None
    due_on: date | None = None
    paused_days: int = 0
    papers: tuple[str, ...] = ()


def missing(kind: ReviewKind, name: str) -> ReviewFinding:
    """Return the finding where nothing was recorded."""
    return ReviewFinding(kind, ReviewState.MISSING, f"没有{name}意见")


def in_conflict(conclusions: Sequence[Conclusion]) -> bool:
    """Say whether the conclusions that different reviewers gave on one version contradict each other."""
    return len(set(conclusions)) > 1
