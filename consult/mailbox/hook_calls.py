"""Calling the hooks of later stages with messages that became submissions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import structlog

from consult.accounts.errors import Refused
from consult.files.mail import Mail
from consult.intake.models import Submission
from consult.mailbox.hooks import MailHook, mail_hooks
from consult.mailbox.models import HookFailure
from consult.store import DATABASE_ERRORS, db

log = structlog.get_logger()


def call_hooks(consultation_id: int, messages: Iterable[tuple[Submission, Mail]], at: datetime) -> None:
    """Call the hooks that await mail about a consultation with each message that became a submission of it.

    Arguments:
        messages: each with its submission; not iterated if no hook awaits them.
    """
    waiting = [hook for hook in mail_hooks.all() if hook.awaits(consultation_id)]
    for submission, mail in messages if waiting else ():
        for hook in waiting:
            if submission.consultation_id is not None:
                _call(hook, submission, mail, at)


def _call(hook: MailHook, submission: Submission, mail: Mail, at: datetime) -> None:
    """Call a hook; where it fails, only what it did is rolled back, and why is stored for a person.

    The message stays the submission that it became.
    """
    db.session.flush()
    try:
        with db.session.begin_nested():
            hook.on_submission(submission, mail, at)
    except DATABASE_ERRORS:
        raise
    except Exception as error:
        log.exception("mail_hook_failed", submission=submission.number)
        words = str(error) if isinstance(error, Refused) else type(error).__name__
        db.session.add(HookFailure(submission_id=submission.id, at=at, why=words[:300]))
