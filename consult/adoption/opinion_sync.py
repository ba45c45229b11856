"""Keeps opinions in sync with accepted submissions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from consult.adoption import kinds
from consult.adoption.concentration import update_concentration
from consult.adoption.models import Opinion
from consult.adoption.placement_at_head import propose_at_head
from consult.consultees.confirmation import without_opinion
from consult.intake.models import Submission, SubmissionPart, SubmissionState
from consult.moderation.models import PublicText
from consult.store import db
from consult.text import opinion_kinds


def sync_after_screening(submissions: Sequence[Submission], at: datetime) -> None:
    """Sync the opinions of submissions after screening: one for each part of an accepted one, else none in force.

    A response without an opinion, or that is no answer, has none. A part that a drafter split keeps its pieces, as long
    as the public text still contains each of them.
    """
    ids = [submission.id for submission in submissions]
    query = select(Opinion).where(Opinion.submission_id.in_(ids)).order_by(Opinion.id)
    by_submission: dict[int, list[Opinion]] = {id_: [] for id_ in ids}
    for opinion in db.session.scalars(query):
        by_submission[opinion.submission_id].append(opinion)
    accepted = [each for each in submissions if each.state is SubmissionState.ACCEPTED]
    none = without_opinion([submission.id for submission in accepted])
    printed = _printed([submission for submission in accepted if submission.id not in none])
    for submission in submissions:
        opinions = by_submission[submission.id]
        heard = submission.state is SubmissionState.ACCEPTED and submission.id not in none
        if heard and submission.consultation_id is not None:
            _sync_parts(submission, submission.consultation_id, opinions, printed, at)
        else:
            for opinion in opinions:
                opinion.withdrawn = True
    db.session.flush()
    for consultation_id in sorted({each.consultation_id for each in submissions if each.consultation_id is not None}):
        here = [each for each in submissions if each.consultation_id == consultation_id]
        earlier = [opinion for submission in here for opinion in by_submission[submission.id]]
        update_concentration(
            consultation_id,
            {opinion.group_id for opinion in earlier if opinion.group_id is not None},
            _anchors_of([each.id for each in here]),
        )


def _anchors_of(submission_ids: Sequence[int]) -> set[str]:
    query = select(Opinion.anchor).where(Opinion.submission_id.in_(submission_ids))
    return set(db.session.scalars(query))


def _sync_parts(
    submission: Submission, consultation_id: int, opinions: list[Opinion], printed: dict[int, str], at: datetime
) -> None:
    by_part: dict[int, list[Opinion]] = {}
    for opinion in opinions:
        by_part.setdefault(opinion.part_id, []).append(opinion)
    for part in submission.parts:
        earlier = by_part.get(part.id)
        if earlier:
            _restore(earlier, printed[part.id])
        else:
            opinion = _new_opinion(part, consultation_id, printed[part.id], at)
            propose_at_head(submission, opinion)
            db.session.add(opinion)


def _new_opinion(part: SubmissionPart, consultation_id: int, text: str, at: datetime) -> Opinion:
    return Opinion(
        consultation_id=consultation_id,
        submission_id=part.submission_id,
        part_id=part.id,
        anchor=part.anchor,
        content=text,
        kind=opinion_kinds.read(text, part.submission.subject).kind,
        created_at=at,
    )


def _restore(opinions: list[Opinion], text: str) -> None:
    """Put the opinions of a part in force again: the whole (the oldest), or the pieces that it was split into."""
    whole, pieces = opinions[0], [piece for piece in opinions[1:] if not piece.replaced]
    if pieces and not all(piece.content in text for piece in pieces):
        whole.replaced = False
        for piece in pieces:
            piece.replaced = True
    if whole.content != text:
        whole.content = text
        kinds.read_again(whole)
    for opinion in opinions:
        opinion.withdrawn = opinion.replaced


def _printed(submissions: Sequence[Submission]) -> dict[int, str]:
    ids = [part.id for submission in submissions for part in submission.parts]
    query = select(PublicText.part_id, PublicText.content).where(PublicText.part_id.in_(ids))
    return {row.part_id: row.content for row in db.session.execute(query)}
