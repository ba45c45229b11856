"""Opinions out of what moderation accepted, kept in step with it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from consult.adoption.groups import weigh
from consult.adoption.models import Opinion
from consult.consultees.responses import states_no_opinion
from consult.intake.models import Submission, SubmissionPart, SubmissionState
from consult.moderation.models import PublicText
from consult.store import db


def follow_screening(submission: Submission, at: datetime) -> None:
    """Keep opinions in step with screening: one for each part of an accepted submission, none that stands of another.

    A response that states to have no opinion gives none. A part that a drafter has split keeps its pieces, as long as
    each still stands word for word in the public text.
    """
    query = select(Opinion).where(Opinion.submission_id == submission.id).order_by(Opinion.id)
    opinions = list(db.session.scalars(query))
    if submission.state is SubmissionState.ACCEPTED and submission.consultation_id is not None:
        if not states_no_opinion(submission.id):
            _stand(submission, submission.consultation_id, opinions, at)
    else:
        for opinion in opinions:
            opinion.withdrawn = True
    db.session.flush()
    weigh({opinion.group_id for opinion in opinions if opinion.group_id is not None})


def _stand(submission: Submission, consultation_id: int, opinions: list[Opinion], at: datetime) -> None:
    by_part: dict[int, list[Opinion]] = {}
    for opinion in opinions:
        by_part.setdefault(opinion.part_id, []).append(opinion)
    printed = _printed(submission)
    for part in submission.parts:
        drawn = by_part.get(part.id)
        if drawn:
            _revive(drawn, printed[part.id])
        else:
            db.session.add(_drawn(part, consultation_id, printed[part.id], at))


def _drawn(part: SubmissionPart, consultation_id: int, text: str, at: datetime) -> Opinion:
    return Opinion(
        consultation_id=consultation_id,
        submission_id=part.submission_id,
        part_id=part.id,
        anchor=part.anchor,
        content=text,
        created_at=at,
    )


def _revive(drawn: list[Opinion], text: str) -> None:
    """Let what was drawn from a part stand again: the whole (the oldest), or the pieces that it was split into."""
    whole, pieces = drawn[0], [piece for piece in drawn[1:] if not piece.replaced]
    if pieces and not all(piece.content in text for piece in pieces):
        whole.replaced = False
        for piece in pieces:
            piece.replaced = True
    whole.content = text
    for opinion in drawn:
        opinion.withdrawn = opinion.replaced


def _printed(submission: Submission) -> dict[int, str]:
    ids = [part.id for part in submission.parts]
    query = select(PublicText.part_id, PublicText.content).where(PublicText.part_id.in_(ids))
    return {row.part_id: row.content for row in db.session.execute(query)}
