"""The whole text of a submission with the passages that its opinions are, marked in it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from consult.adoption.models import Opinion
from consult.intake.models import SubmissionPart
from consult.moderation.models import PublicText
from consult.store import db
from consult.text import passages

AROUND = 3000
"""Characters before and after an opinion that are shown of a long text."""


@dataclass(frozen=True)
class MarkedPiece:
    """Characters of a text, and the opinion whose passage they are, if any."""

    text: str
    opinion_id: int | None


@dataclass(frozen=True)
class MarkedPart:
    """A part of a submission: on which provision, in pieces; whether the text begins or ends elsewhere."""

    anchor: str
    pieces: tuple[MarkedPiece, ...]
    cut_before: bool = False
    cut_after: bool = False


@dataclass(frozen=True)
class WholeText:
    """All parts of a submission; ``is_marked`` where the opinion's own words were found among them."""

    parts: tuple[MarkedPart, ...]
    is_marked: bool


def whole_text(opinion: Opinion, *, as_sent: bool) -> WholeText:
    """Return the text of an opinion's submission, its passage and those of the others marked.

    Arguments:
        as_sent: the text as the sender wrote it; else the public one.
    """
    submission = opinion.submission
    query = select(Opinion).where(Opinion.submission_id == submission.id, Opinion.replaced.is_(False))
    others = [each for each in db.session.scalars(query.order_by(Opinion.id)) if each.id != opinion.id]
    parts = tuple(_part(part, opinion, others, as_sent) for part in submission.parts)
    is_marked = any(piece.opinion_id == opinion.id for part in parts for piece in part.pieces)
    return WholeText(parts, is_marked)


def _part(part: SubmissionPart, opinion: Opinion, others: list[Opinion], as_sent: bool) -> MarkedPart:
    text = part.content if as_sent else _public(part)
    here = [each for each in (opinion, *others) if each.part_id == part.id]
    spans = [passages.span_of(each.content, text) for each in here]
    pieces = [(words, here[at].id if at is not None else None) for words, at in passages.pieces(text, spans)]
    span = spans[0] if here and here[0] is opinion else None
    start, end = (span[0] - AROUND, span[1] + AROUND) if span is not None else (0, 2 * AROUND)
    return MarkedPart(part.anchor, _within(pieces, start, end), start > 0, end < len(text))


def _within(pieces: list[tuple[str, int | None]], start: int, end: int) -> tuple[MarkedPiece, ...]:
    """Return the pieces between two places of the text."""
    shown, place = [], 0
    for words, opinion_id in pieces:
        kept = words[max(0, start - place) : max(0, end - place)]
        if kept:
            shown.append(MarkedPiece(kept, opinion_id))
        place += len(words)
    return tuple(shown)


def _public(part: SubmissionPart) -> str:
    public = db.session.get(PublicText, part.id)
    return public.content if public is not None else ""
