"""Queries of the moderator's pages: the queue and its counts, suspected duplicates, public texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, true
from sqlalchemy.orm import aliased, joinedload

from consult.intake.models import Answer, Submission, SubmissionPart, SubmissionState
from consult.moderation.models import PublicText, Screening
from consult.store import counters, db

PAGE = 50
EXCERPT = 200
"""Characters of the beginning of a text."""


def queue(
    consultation_id: int,
    states: Sequence[SubmissionState],
    *,
    after: int = 0,
    limit: int = PAGE,
    newest_first: bool = False,
) -> list[Submission]:
    """Return submissions in one of ``states`` in order of arrival, from beyond the id ``after``."""
    per_state: list[Submission] = []
    for state in states:
        query = select(Submission).where(Submission.consultation_id == consultation_id, Submission.state == state)
        if newest_first:
            query = query.order_by(Submission.id.desc())
            query = query.where(Submission.id < after) if after else query
        else:
            query = query.where(Submission.id > after).order_by(Submission.id)
        per_state += db.session.scalars(query.limit(limit))
    per_state.sort(key=lambda submission: submission.id, reverse=newest_first)
    return per_state[:limit]


@dataclass(frozen=True)
class Page:
    """A page of the queue: its submissions and whether there are more on either side."""

    submissions: list[Submission]
    earlier: bool = False
    later: bool = False

    @property
    def first(self) -> int:
        """The smallest id on the page."""
        return self.submissions[0].id if self.submissions else 0

    @property
    def last(self) -> int:
        """The largest id on the page."""
        return self.submissions[-1].id if self.submissions else 0


def page(
    consultation_id: int,
    states: Sequence[SubmissionState],
    *,
    after: int = 0,
    before: int = 0,
    limit: int = PAGE,
) -> Page:
    """Return the page of the queue beyond the id ``after``, or the one that ends before the id ``before``.

    Costs one index range of ``limit`` + 1 rows for each state, however long the queue is.
    """
    if before:
        rows = queue(consultation_id, states, after=before, limit=limit + 1, newest_first=True)
        shown = sorted(rows[:limit], key=lambda submission: submission.id)
        return Page(shown, earlier=len(rows) > limit, later=bool(shown))
    rows = queue(consultation_id, states, after=after, limit=limit + 1)
    return Page(rows[:limit], earlier=after > 0, later=len(rows) > limit)


@dataclass(frozen=True)
class Excerpt:
    """The beginning of a submission's first text, and on how many places it has texts."""

    words: str
    places: int


def excerpts(submissions: Sequence[Submission]) -> dict[int, Excerpt]:
    """Return the beginnings of submissions by their ids; their texts, which may be long, aren't read whole."""
    ids = [submission.id for submission in submissions]
    texts: dict[int, list[str]] = {}
    for model, more in ((SubmissionPart, SubmissionPart.position == 0), (Answer, true())):
        query = select(model.submission_id, func.substr(model.content, 1, EXCERPT)).where(
            model.submission_id.in_(ids), more
        )
        for id_, words in db.session.execute(query.order_by(model.id)):
            texts.setdefault(id_, []).append(words)
    counted = (
        select(SubmissionPart.submission_id, func.count())
        .where(SubmissionPart.submission_id.in_(ids))
        .group_by(SubmissionPart.submission_id)
    )
    places = {row[0]: row[1] for row in db.session.execute(counted)}
    return {id_: Excerpt((texts.get(id_) or [""])[0], places.get(id_, 0)) for id_ in ids}


def neighbour(submission: Submission, states: Sequence[SubmissionState], *, forward: bool = True) -> Submission | None:
    """Return the next (or the previous) submission of the same consultation in one of ``states``."""
    if submission.consultation_id is None:
        return None
    submissions = queue(submission.consultation_id, states, after=submission.id, limit=1, newest_first=not forward)
    return submissions[0] if submissions else None


def by_number(consultation_id: int, number: str) -> Submission | None:
    """Return the submission of a consultation with this receipt number."""
    query = select(Submission).where(
        Submission.number == number.strip().upper(), Submission.consultation_id == consultation_id
    )
    return db.session.scalar(query)


def counts(consultation_id: int) -> dict[SubmissionState, int]:
    """Return how many submissions are in each state."""
    return {SubmissionState(state): n for state, n in counters.counts(consultation_id, "state").items()}


def same_text(submission: Submission, limit: int = 5) -> list[Submission]:
    """Return earlier submissions to the same consultation with the same normalised text."""
    query = (
        select(Submission)
        .where(
            Submission.consultation_id == submission.consultation_id,
            Submission.fingerprint == submission.fingerprint,
            Submission.id < submission.id,
        )
        .order_by(Submission.id)
        .limit(limit)
    )
    return list(db.session.scalars(query))


def repeated(submissions: Sequence[Submission]) -> frozenset[int]:
    """Return the ids of those ``submissions`` whose text had arrived earlier in the same consultation."""
    earlier = aliased(Submission)
    again = (
        select(earlier.id)
        .where(
            earlier.consultation_id == Submission.consultation_id,
            earlier.fingerprint == Submission.fingerprint,
            earlier.id < Submission.id,
        )
        .exists()
    )
    query = select(Submission.id).where(Submission.id.in_([submission.id for submission in submissions]), again)
    return frozenset(db.session.scalars(query))


def printed(submission: Submission) -> dict[int, PublicText]:
    """Return the public texts of a submission by part id."""
    ids = [part.id for part in submission.parts]
    return {text.part_id: text for text in db.session.scalars(select(PublicText).where(PublicText.part_id.in_(ids)))}


def acts(submission: Submission) -> list[Screening]:
    """Return the acts on a submission, oldest first."""
    query = (
        select(Screening)
        .where(Screening.submission_id == submission.id)
        .order_by(Screening.id)
        .options(joinedload(Screening.by))
    )
    return list(db.session.scalars(query))
