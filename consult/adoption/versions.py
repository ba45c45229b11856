"""The version of a decision as somebody saw it: a form or a sheet carries it, so that nobody overwrites a colleague."""

from __future__ import annotations

import hashlib

from consult.adoption.errors import DecisionChanged
from consult.adoption.models import Decision, DecisionState, Outcome

UNDECIDED = "未定"
"""Version of an opinion without a decision; sheets that departments keep hold it."""
_MARKS = {DecisionState.PROPOSED: "p", DecisionState.REVIEWED: "r", DecisionState.RETURNED: "t"}


def version_of(decision: Decision | None) -> str:
    """Return the version of a decision: its id, its state, and a digest of what it says."""
    if decision is None:
        return UNDECIDED
    digest = content_digest(decision.outcome, decision.reason, decision.proposed_text)
    return f"v{decision.id}{_MARKS[decision.state]}-{digest}"


def content_digest(outcome: Outcome | None, reason: str, proposed_text: str = "") -> str:
    """Return eight characters that stand for an outcome, its reason and what the draft will say instead."""
    words = f"{outcome}\0{reason}" + (f"\0{proposed_text}" if proposed_text else "")
    return hashlib.sha256(words.encode()).hexdigest()[:8]


def is_seen(version: str, decision: Decision | None) -> bool:
    """Whether a version is that of this decision; sheets exported earlier carry no state."""
    current = version_of(decision)
    return version == current or (decision is not None and version == current.replace(_MARKS[decision.state], "", 1))


def expect_seen(version: str | None, decision: Decision | None) -> None:
    """Check that nobody decided since a version was shown; None is for a caller that was shown nothing.

    Raises:
        DecisionChanged: the decision in force is another one.
    """
    if version is not None and not is_seen(version, decision):
        raise DecisionChanged(decision)
