"""Hooks for later stages that process mail: registered at start-up, so that this stage doesn't depend on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from consult.hooks import Hooks

if TYPE_CHECKING:
    from consult.files.mail import Bounce, Mail
    from consult.intake.models import Submission


@dataclass(frozen=True)
class MailHook:
    """The hook of a later stage.

    ``consultations_of`` returns the consultations that the stage assigns a message to; ``awaits`` whether mail about a
    consultation can concern the stage. ``on_submission`` is called in the same transaction when a message becomes a
    submission of such a consultation; ``on_bounce`` when a message of ours bounced.
    """

    consultations_of: Callable[[Mail], Iterable[int]]
    awaits: Callable[[int], bool]
    on_submission: Callable[[Submission, Mail, datetime], None]
    on_bounce: Callable[[Bounce, datetime], None]


mail_hooks: Hooks[MailHook] = Hooks()
