"""Words that stand out in what was said: on one provision against the others, on all against Chinese at large."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select

from consult.adoption.models import Opinion
from consult.store import db
from consult.text import search_terms, standing_out

READ = 2000
"""Opinions that are read at most, the newest, so that a look costs the same at a thousand and at a million."""


@dataclass(frozen=True)
class StandingWord:
    """A word, its score, and how many of the opinions that were read contain it."""

    word: str
    score: float
    opinions: int


@dataclass(frozen=True)
class StandingWords:
    """Words that stand out, and how many opinions were read for them; ``all_read`` where that was all of them."""

    words: tuple[StandingWord, ...]
    read: int
    all_read: bool


def words_standing_out(
    consultation_id: int, anchors: Collection[str] | None = None, *, limit: int = 30
) -> StandingWords:
    """Return the words that stand out in the opinions of a consultation.

    Arguments:
        anchors: only in those on these provisions, against those on all others.
    """
    here = None if anchors is None else Opinion.anchor.in_(list(anchors))
    texts = _texts(consultation_id, here)
    counts = standing_out.count_words(texts[:READ])
    if here is None:
        background = standing_out.in_general(counts)
    else:
        background = dict(standing_out.count_words(_texts(consultation_id, ~here)[:READ]))
    scored = standing_out.words_that_stand_out(counts, background, limit)
    searched = [search_terms.normal(text) for text in texts[:READ]]
    words = tuple(
        StandingWord(word, score, sum(search_terms.normal(word) in text for text in searched))
        for word, score, _ in scored
    )
    return StandingWords(words, len(searched), len(texts) <= READ)


def _texts(consultation_id: int, condition: ColumnElement[bool] | None) -> Sequence[str]:
    """Return the newest opinions, one more than are read."""
    query = select(Opinion.content).where(Opinion.consultation_id == consultation_id, Opinion.withdrawn.is_(False))
    if condition is not None:
        query = query.where(condition)
    return db.session.scalars(query.order_by(Opinion.id.desc()).limit(READ + 1)).all()
