"""What opinions say as staff see it: two streets stay two for grouping, though both are masked in print."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rapidfuzz.distance import Levenshtein
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from consult.intake.models import SubmissionPart
from consult.moderation import private_data
from consult.moderation.models import PublicText
from consult.store import db
from consult.text.privacy import detection

BATCH = 500


def unmasked(printed: Sequence[tuple[int, str]]) -> list[str]:
    """Return the words of opinions, each given by its part and its words in print.

    Places stay; telephones, names and other data of the sender alone are masked: they say nothing on the matter.
    """
    parts = _masked_parts({part_id for part_id, _ in printed})
    return [_as_written(words, *parts[part_id]) if part_id in parts else words for part_id, words in printed]


def _masked_parts(ids: set[int]) -> Mapping[int, tuple[str, str]]:
    """Return the public and the original text of the parts where they differ."""
    parts: dict[int, tuple[str, str]] = {}
    for some in _batches(sorted(ids)):
        query = (
            select(SubmissionPart, PublicText.content)
            .join(PublicText, PublicText.part_id == SubmissionPart.id)
            .where(SubmissionPart.id.in_(some), PublicText.content != SubmissionPart.content)
            .options(joinedload(SubmissionPart.submission))
        )
        rows = db.session.execute(query).all()
        detected = private_data.of_many({row[0].submission for row in rows})
        for part, public in rows:
            personal = [
                datum
                for datum in detected[part.submission_id].in_part(part)
                if datum.kind is not detection.Kind.ADDRESS
            ]
            parts[part.id] = public, detection.mask(part.content, personal)
    return parts


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]


def _as_written(words: str, public: str, original: str) -> str:
    """Return the original of words of a public text; the words themselves if they aren't in it."""
    start = public.find(words)
    if start < 0:
        return words
    if len(words) == len(public):
        return original
    steps = Levenshtein.opcodes(public, original)
    ends = start, start + len(words)
    first, last = (
        next(
            (
                min(step.dest_start + max(0, place - step.src_start), step.dest_end)
                for step in steps
                if place < step.src_end
            ),
            len(original),
        )
        for place in ends
    )
    return original[first:last]
