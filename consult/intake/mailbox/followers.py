"""What later stages do with mail: they hang themselves on at start-up; this stage knows nothing of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from consult.files.mail import Bounce, Mail
from consult.intake.models import Submission


@dataclass(frozen=True)
class Follower:
    """A later stage's part in the mail.

    ``consultations_of`` names the consultations that a message belongs to for all it knows; ``awaits`` says whether
    mail about a consultation can concern it at all; ``taken`` is called in the same transaction when a message becomes
    a submission of such a consultation; ``bounced`` when one of ours came back.
    """

    consultations_of: Callable[[Mail], Iterable[int]]
    awaits: Callable[[int], bool]
    taken: Callable[[Submission, Mail, datetime], None]
    bounced: Callable[[Bounce, datetime], None]


_followers: list[Follower] = []


def follow(follower: Follower) -> None:
    """Have a later stage told of mail."""
    if follower not in _followers:
        _followers.append(follower)


def tell(consultation_id: int, messages: Iterable[tuple[Submission, Mail]], at: datetime) -> None:
    """Tell the stages that wait for mail about a consultation which messages became submissions of it.

    Arguments:
        messages: each with its submission; not looked at when nobody waits.
    """
    waiting = [follower for follower in _followers if follower.awaits(consultation_id)]
    for submission, mail in messages if waiting else ():
        for follower in waiting:
            if submission.consultation_id is not None:
                follower.taken(submission, mail, at)


def all_of_them() -> tuple[Follower, ...]:
    """Return the stages that follow."""
    return tuple(_followers)
