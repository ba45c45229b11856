"""Private data in submissions: detected once, kept with the detector's version, and only looked up after that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Executable, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import selectinload

from consult.intake.models import Answer, Submission, SubmissionPart
from consult.moderation.models import PrivateData
from consult.store import db, transaction
from consult.store.database import write_if_free
from consult.text.privacy import detection
from consult.text.privacy.kinds import Kind, PrivateDatum
from consult.text.privacy.version import version

BATCH = 100
"""Submissions that the worker stores together."""
BATCHES = 50
OUT_OF_ORDER = 100_000
"""How far below the newest id a submission may still appear because its transaction took longer."""
Spans = Sequence[tuple[str, int, int]]
Stored = dict[str, Any]
NAMED = "named"
"""Key of the spans: whether the sender consented to publishing the name, so that it isn't private."""


@dataclass(frozen=True)
class Detected:
    """The spans of private data in the texts of one submission, by the ids of its parts and answers."""

    parts: Mapping[str, str | Spans]
    answers: Mapping[str, str | Spans]

    def spans(self, source: SubmissionPart | Answer) -> Spans:
        """Return kind, start and end of each datum in a part or an answer, in order."""
        stored = (self.parts if isinstance(source, SubmissionPart) else self.answers).get(str(source.id), ())
        if not isinstance(stored, str):
            return stored  # written before the words were
        words = stored.split()
        return list(zip(words[::3], map(int, words[1::3]), map(int, words[2::3]), strict=True))

    def within(self, source: SubmissionPart | Answer, start: int, end: int) -> tuple[PrivateDatum, ...]:
        """Return the private data in a piece of a part or an answer, with places counted from its start."""
        inside = [
            (kind, max(first, start) - start, min(last, end) - start)
            for kind, first, last in self.spans(source)
            if first < end and last > start
        ]
        return _data(source.content[start:end], inside)

    def in_part(self, part: SubmissionPart) -> tuple[PrivateDatum, ...]:
        """Return the private data in a part in order, including the sender's contact and unpublished name."""
        return _data(part.content, self.spans(part))

    def in_answer(self, answer: Answer) -> tuple[PrivateDatum, ...]:
        """Return the private data in an answer to a question, in order."""
        return _data(answer.content, self.spans(answer))


def of(submission: Submission) -> Detected:
    """Return the private data of a submission; what wasn't detected yet, or by another detector, is and is kept."""
    return of_many([submission])[submission.id]


def of_many(submissions: Iterable[Submission]) -> dict[int, Detected]:
    """Return the private data of submissions by their ids, as ``of`` does."""
    by_id = {submission.id: submission for submission in submissions}
    query = select(PrivateData).where(PrivateData.submission_id.in_(by_id), PrivateData.detector == version())
    stored = {
        row.submission_id: row.spans
        for row in db.session.scalars(query)
        if row.spans.get(NAMED) == by_id[row.submission_id].publish_name  # else the consent was withdrawn since
    }
    fresh = {id_: _detected(submission) for id_, submission in by_id.items() if id_ not in stored}
    if fresh:
        write_if_free(_store([_row(id_, spans) for id_, spans in fresh.items()]))  # else the next view does it again
        stored |= fresh
    return {id_: Detected(spans["parts"], spans["answers"]) for id_, spans in stored.items()}


def forget(submission_id: int) -> None:
    """Forget what was detected, because the sender's name or contact is another now, in the caller's transaction."""
    db.session.execute(delete(PrivateData).where(PrivateData.submission_id == submission_id))


def detect_new(_at: datetime) -> int:
    """Detect the private data of new submissions; return of how many. May be killed and called again."""
    done = last = 0
    for _ in range(BATCHES):
        fresh = db.session.scalars(_undetected(after=last)).all()
        if not fresh:
            break
        last = fresh[-1].id
        rows = [_row(submission.id, _detected(submission)) for submission in fresh]
        with transaction() as session:
            session.execute(_store(rows))
        done += len(rows)
    return done


def _undetected(*, after: int) -> Any:
    last = select(func.coalesce(func.max(PrivateData.submission_id), 0)).scalar_subquery()
    done = select(PrivateData.submission_id).where(PrivateData.submission_id == Submission.id)
    query = select(Submission).where(Submission.id > last - OUT_OF_ORDER, Submission.id > after, ~done.exists())
    loaded = query.options(selectinload(Submission.parts), selectinload(Submission.answers))
    return loaded.order_by(Submission.id).limit(BATCH)


def _detected(submission: Submission) -> Stored:
    known = (submission.contact,) if submission.publish_name else (submission.contact, submission.name)
    return {
        NAMED: submission.publish_name,
        "parts": {str(part.id): _spans(part.content, known) for part in submission.parts},
        "answers": {str(answer.id): _spans(answer.content, known) for answer in submission.answers},
    }


def _spans(text: str, known: Sequence[str]) -> str:
    """Return where private data stands as words, which are read many times as fast as nested lists."""
    return " ".join(f"{datum.kind.value} {datum.start} {datum.end}" for datum in detection.find(text, known))


def _data(text: str, spans: Spans) -> tuple[PrivateDatum, ...]:
    return tuple(PrivateDatum(Kind(kind), start, end, text[start:end]) for kind, start, end in spans)


def _row(submission_id: int, spans: Stored) -> dict[str, Any]:
    return {"submission_id": submission_id, "detector": version(), "spans": spans}


def _store(rows: list[dict[str, Any]]) -> Executable:
    """Return the statement that stores what was detected, in place of what an older detector did."""
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    statement = insert(PrivateData).values(rows)
    return statement.on_conflict_do_update(
        index_elements=["submission_id"],
        set_={"detector": statement.excluded.detector, "spans": statement.excluded.spans},
    )
