"""Hooks of intake, in a module that costs nothing to import."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from consult.hooks import Hooks

if TYPE_CHECKING:
    from consult.intake.models import Submission

after_assignment: Hooks[Callable[[Submission, datetime], None]] = Hooks()
"""Called in the same transaction after a submission was given to a consultation."""
