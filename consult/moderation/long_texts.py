"""Long submissions in pieces: a page shows so many characters and says how many it doesn't; pieces hold all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from consult.intake.models import Answer, Submission, SubmissionPart
from consult.moderation.models import PublicText
from consult.moderation.private_data import Detected, Spans
from consult.text.privacy import detection

PIECE = 4_000
"""Characters of a piece at most."""
SHOWN = 2_000
"""Characters of a submission that the page of the queue shows at most, with ``EACH`` added for every text."""
EACH = 100
CONTEXT = 24
"""Characters by which a place in an edited text is found again."""
SENTENCE_ENDS = "。！？；!?;"

Source = SubmissionPart | Answer


@dataclass(frozen=True)
class Piece:
    """From where to where a piece of an opinion, or of an answer to a question, stands."""

    source: Source
    start: int
    end: int

    @property
    def is_whole(self) -> bool:
        """Whether the piece is all of its text."""
        return self.start == 0 and self.end == len(self.source.content)


@dataclass(frozen=True)
class FirstView:
    """What the page of the queue shows of a submission, and how many texts and characters it doesn't."""

    pieces: list[Piece]
    hidden_characters: int
    hidden_texts: int

    @property
    def characters(self) -> int:
        """Characters of the whole submission."""
        return self.hidden_characters + sum(piece.end - piece.start for piece in self.pieces)


def first_view(submission: Submission, detected: Detected, printed: Mapping[int, PublicText]) -> FirstView:
    """Return the beginning of a submission: whole texts as long as there is room, then the beginning of the next."""
    room, shown, hidden, unshown = SHOWN, list[Piece](), 0, 0
    for source in sources(submission):
        long = len(source.content)
        public = printed.get(source.id) if isinstance(source, SubmissionPart) else None
        needed = max(long, len(public.content) if public is not None else 0) + EACH
        if needed <= room:
            shown.append(Piece(source, 0, long))
        elif room > EACH and long:
            end = _cut(source.content, detected.spans(source), 0, min(room - EACH, long))
            shown.append(Piece(source, 0, end))
            hidden, unshown, needed = hidden + long - end, unshown + 1, room
        else:
            hidden, unshown = hidden + long, unshown + 1
        room = max(room - needed, 0)
    return FirstView(shown, hidden, unshown)


def pieces(submission: Submission, detected: Detected) -> list[Piece]:
    """Return a submission in pieces: each character of it is in one of them."""
    return [
        Piece(source, start, end)
        for source in sources(submission)
        for start, end in pairwise(_cuts(source.content, detected.spans(source)))
    ]


def proposed(piece: Piece, detected: Detected) -> str:
    """Return a piece with private data masked."""
    inside = detected.within(piece.source, piece.start, piece.end)
    return detection.mask(piece.source.content[piece.start : piece.end], inside)


def place_in(public: str, piece: Piece, detected: Detected) -> tuple[int, int]:
    """Return from where to where an edited text says what a piece says; places of all pieces together cover it.

    Each bound is sought by the words that follow it, near where it was before the edits.
    """
    cuts = _cuts(piece.source.content, detected.spans(piece.source))
    masked = [proposed(Piece(piece.source, start, end), detected) for start, end in pairwise(cuts)]
    bounds, expected = [0], 0
    for index, words in enumerate(masked[:-1]):
        expected += len(words)
        near = _nearest(public, masked[index + 1][:CONTEXT], expected)
        expected = min(max(near if near is not None else expected, bounds[-1]), len(public))
        bounds.append(expected)
    bounds.append(len(public))
    at = cuts.index(piece.start)
    return bounds[at], bounds[at + 1]


def _nearest(text: str, words: str, expected: int) -> int | None:
    before = text.rfind(words, max(expected - PIECE, 0), expected + len(words))
    after = text.find(words, expected, expected + PIECE)
    return min(
        (place for place in (before, after) if place >= 0), key=lambda place: abs(place - expected), default=None
    )


def sources(submission: Submission) -> list[Source]:
    """Return the texts of a submission: its opinions, then its answers to questions."""
    return [*submission.parts, *submission.answers]


def _cuts(content: str, spans: Spans) -> list[int]:
    cuts = [0]
    while len(content) - cuts[-1] > PIECE:
        cuts.append(_cut(content, spans, cuts[-1], cuts[-1] + PIECE))
    return [*cuts, len(content)]


def _cut(content: str, spans: Spans, start: int, end: int) -> int:
    """Return where to cut before ``end``: after a line or sentence if one ends nearby, never within a datum."""
    if end < len(content):
        nearby = max(start, end - PIECE // 4)
        cut = content.rfind("\n", nearby, end) + 1
        end = cut or max(content.rfind(mark, nearby, end) for mark in SENTENCE_ENDS) + 1 or end
    return next((first for _, first, last in spans if start < first < end < last), end)
