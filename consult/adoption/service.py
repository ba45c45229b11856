"""The verbs of adoption: draw opinions out of what was accepted, place, split, group, decide, return, review."""

from __future__ import annotations

from consult.adoption.deciding import (
    OUTCOME_NAMES,
    REASON_CHARACTERS,
    current,
    decide,
    decide_many,
    return_decision,
    review,
    review_many,
)
from consult.adoption.drawing import follow_screening
from consult.adoption.groups import group, groups_of, put_in, put_together, rename, take_out
from consult.adoption.opinions import DECIDING, place, split

__all__ = [
    "DECIDING",
    "OUTCOME_NAMES",
    "REASON_CHARACTERS",
    "current",
    "decide",
    "decide_many",
    "follow_screening",
    "group",
    "groups_of",
    "place",
    "put_in",
    "put_together",
    "rename",
    "return_decision",
    "review",
    "review_many",
    "split",
    "take_out",
]
