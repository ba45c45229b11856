"""Hooks of moderation, in a module that costs nothing to import."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from consult.hooks import Hooks

if TYPE_CHECKING:
    from consult.intake.models import Submission

after_screening: Hooks[Callable[[Sequence[Submission], datetime], None]] = Hooks()
"""Called in the same transaction after every act that may change submissions' state."""
before_screening: Hooks[Callable[[Sequence[Submission]], None]] = Hooks()
"""Called in the same transaction before submissions are locked: a stage locks what its rows depend on them for."""
