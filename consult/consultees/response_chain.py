"""Several answers of one consultee: which count, and which corrects or supplements which."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select

from consult.accounts.permissions import SYSTEM
from consult.consultees.errors import InvitationRefused
from consult.consultees.models import Invitation, Response
from consult.consultees.response_kinds import COUNTING, ResponseStanding
from consult.consultees.standing_queries import is_in_force
from consult.intake.models import Submission, SubmissionState
from consult.moderation import service as moderation
from consult.store import db
from consult.store.locking import lock_row
from consult.text.sentences import sentence


@dataclass(frozen=True)
class Relation:
    """The relation of an answer to an earlier one: a correction, which replaces it, or an addition."""

    replaces: Response | None = None
    adds_to: Response | None = None

    @property
    def earlier(self) -> Response | None:
        """Return the earlier answer, None for a first one."""
        return self.replaces or self.adds_to


FIRST = Relation()


def of_consultee(consultation_id: int, consultee_id: int) -> list[Response]:
    """Return all responses of a consultee in a consultation, oldest first."""
    query = (
        select(Response)
        .join(Invitation, Invitation.id == Response.invitation_id)
        .where(Invitation.consultation_id == consultation_id, Invitation.consultee_id == consultee_id)
        .order_by(Response.id)
    )
    return list(db.session.scalars(query))


def counted_responses(invitation: Invitation) -> list[Response]:
    """Return the answers of an invitation's consultee that count, oldest first."""
    where = invitation.consultation_id
    return [
        response
        for response in of_consultee(where, invitation.consultee_id)
        if response.standing in COUNTING and is_in_force(response.submission, where)
    ]


def check_relation(invitation: Invitation, response: Response | None, relation: Relation, refusal: str) -> None:
    """Check that the relation of an answer to earlier ones is given.

    Arguments:
        response: the answer itself, where it is stored already.
        refusal: message for a missing relation.

    Raises:
        InvitationRefused: it is missing or ambiguous, or the earlier answer doesn't count.
    """
    earlier = [other for other in counted_responses(invitation) if response is None or other.id != response.id]
    if relation.replaces is not None and relation.adds_to is not None:
        raise InvitationRefused(sentence("“更正”和“补充”只能选择一项。"))
    if relation.earlier is None:
        if earlier:
            raise InvitationRefused(refusal)
    elif relation.earlier.id not in {other.id for other in earlier}:
        raise InvitationRefused(sentence("所更正或者补充的不是本单位现行有效的答复，请重新选择。"))


def next_version(invitation: Invitation) -> int:
    """Return the number of the next response to an invitation."""
    query = select(func.max(Response.version)).where(Response.invitation_id == invitation.id)
    return (db.session.scalar(query) or 0) + 1


def lock_submissions(invitation: Invitation) -> None:
    """Lock all submissions of an invitation's consultee and their duplicates, oldest first."""
    responses = of_consultee(invitation.consultation_id, invitation.consultee_id)
    ids = [response.submission_id for response in responses]
    either = or_(Submission.id.in_(ids), Submission.duplicate_of_id.in_(ids))
    for submission in db.session.scalars(select(Submission).where(either).order_by(Submission.id)).all():
        lock_row(submission)


def replace(earlier: Response, by: Response, *, at: datetime) -> None:
    """Replace an earlier answer by a correction; its submission becomes a duplicate of the newer one."""
    earlier.standing = ResponseStanding.REPLACED
    _supersede(earlier.submission, by.submission, at)


def restore(earlier: Response, *, at: datetime) -> None:
    """Let an answer count again whose correction was withdrawn."""
    if earlier.standing is not ResponseStanding.REPLACED:
        return
    earlier.standing = ResponseStanding.NO_OPINION if earlier.no_opinion else ResponseStanding.OPINION
    if earlier.submission.state is SubmissionState.DUPLICATE:
        moderation.undo(SYSTEM, earlier.submission, at=at)


def _supersede(old: Submission, new: Submission, at: datetime) -> None:
    """Mark a submission and its duplicates as duplicates of a newer one."""
    repeats = list(
        db.session.scalars(select(Submission).where(Submission.duplicate_of_id == old.id).order_by(Submission.id))
    )
    for submission in (*repeats, old):
        while submission.state not in moderation.WAITING:
            moderation.undo(SYSTEM, submission, at=at)
    for submission in (old, *repeats):
        if submission.id != new.id:
            moderation.mark_duplicate(SYSTEM, submission, new, at=at)
