"""Full-text search of submissions and their attachments.

The worker indexes submissions in the background; the index is derived data. The worker may be killed at any time: a
submission is either indexed or not. One with a file that interrupts the worker is left for the next call, until the
file is put aside (``consult.intake.attachment_text``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Row, Select, Text, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, aliased, mapped_column, selectinload

from consult.intake import attachment_opening
from consult.intake.attachment_text import Reader
from consult.intake.models import Attachment, AttachmentScan, Submission, SubmissionState
from consult.intake.virus_scanning import held_back
from consult.store import NOT_IN_RECORD, Base, big_id, bulk, db, transaction
from consult.text import search_terms

BATCH = 200
"""Submissions indexed in one transaction."""
TOGETHER = 1_000
"""Tokens removed from the index by one statement."""
BATCHES = 50
"""Maximum batches in one call, so that a long queue leaves room for other work."""
OUT_OF_ORDER = 100_000
"""How far below the last indexed id a submission may still appear because its transaction took longer."""
ASKED = 6
"""Tokens looked up in the index; the rest is checked against the text."""
TRIED = 30
"""Tokens among which the rarest are chosen."""
COMMON = 1_000
"""Number of submissions from which a token counts as common."""
LOOKED_AT = 2_000
"""Maximum candidates checked in one search."""

Read = tuple[int, str, str]
"""Id of a submission, its text, and names and texts of its attachments."""


class SubmissionText(Base):
    """The searchable text of a submission; derived, can be rebuilt at any time."""

    __tablename__ = "submission_text"
    __table_args__ = ({"info": {NOT_IN_RECORD: "follows from the submissions"}},)

    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), primary_key=True, autoincrement=False)
    words: Mapped[str] = mapped_column(Text)
    """Its number, subject, sender and texts."""
    files: Mapped[str] = mapped_column(Text, default="")
    """Names and text of its attachments."""


class SubmissionToken(Base):
    """A pair of characters that a submission contains (``consult.text.search_terms``)."""

    __tablename__ = "submission_token"
    __table_args__ = ({"sqlite_with_rowid": False, "info": {NOT_IN_RECORD: "follows from the submissions"}},)

    token: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=False)
    submission_id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=False)
    """No foreign key: there are dozens of rows for each submission, and submissions are never deleted."""


@dataclass(frozen=True)
class Found:
    """A search result: the submission and an excerpt around the first hit; ``in_files``: hit in an attachment."""

    submission: Submission
    excerpt: list[tuple[str, bool]]
    in_files: bool


def read_new(at: datetime) -> int:
    """Index new submissions; return how many. May be killed and called again."""
    read = last = 0
    with Reader(at) as reader:
        for _ in range(BATCHES):
            fresh = db.session.scalars(_unread(after=last)).all()
            if not fresh:
                break
            last = fresh[-1].id
            with suppress(IntegrityError):  # another worker has stored some of the same meanwhile
                read += _keep(_read(fresh, reader), reader)
    return read


def _keep(texts: Sequence[Read], reader: Reader) -> int:
    """Store texts that aren't stored yet; return how many."""
    ids = [id_ for id_, _, _ in texts]
    with transaction() as session:
        known = set(session.scalars(select(SubmissionText.submission_id).where(SubmissionText.submission_id.in_(ids))))
        fresh = [text for text in texts if text[0] not in known]
        bulk.insert_rows(
            SubmissionText, [{"submission_id": id_, "words": words, "files": files} for id_, words, files in fresh]
        )
        tokens = [
            {"token": token, "submission_id": id_}
            for id_, words, files in fresh
            for token in search_terms.tokens(f"{words}\n{files}")
        ]
        bulk.insert_rows(SubmissionToken, tokens)
        reader.note_read()
    return len(fresh)


def _unread(*, after: int) -> Select[Submission]:
    last = select(func.coalesce(func.max(SubmissionText.submission_id), 0)).scalar_subquery()
    read = select(SubmissionText.submission_id).where(SubmissionText.submission_id == Submission.id)
    query = _whole().where(Submission.id > last - OUT_OF_ORDER, Submission.id > after, ~read.exists())
    return query.order_by(Submission.id).limit(BATCH)


def _whole() -> Select[Submission]:
    return select(Submission).options(selectinload(Submission.parts), selectinload(Submission.attachments))


def read_again(at: datetime) -> int:
    """Reindex submissions whose file was held back after indexing; return how many. May be killed, too.

    A flag on the scan marks what is due until the submission is reindexed, so that the text of such a file doesn't stay
    in the index, whatever the order of indexing and scanning.
    """
    due = db.session.execute(
        select(AttachmentScan.attachment_id, SubmissionText.submission_id)
        .join(Attachment, Attachment.id == AttachmentScan.attachment_id)
        .join(SubmissionText, SubmissionText.submission_id == Attachment.submission_id)
        .where(AttachmentScan.search_due.is_(True))
        .order_by(AttachmentScan.attachment_id)
        .limit(BATCH)
    ).all()
    if not due:
        return 0
    ids = {row.submission_id for row in due}
    with Reader(at) as reader:
        texts = _read(db.session.scalars(_whole().where(Submission.id.in_(ids))).all(), reader)
    read = {id_ for id_, _, _ in texts}
    reindexed = [row.attachment_id for row in due if row.submission_id in read]
    with transaction() as session:
        for id_, _, files in texts:
            stored = session.get_one(SubmissionText, id_, with_for_update=True, populate_existing=True)
            _replace(stored, stored.words, files)
        session.execute(
            update(AttachmentScan).where(AttachmentScan.attachment_id.in_(reindexed)).values(search_due=False)
        )
        reader.note_read()
    return len(texts)


def replace_words(submission: Submission) -> None:
    """Index a submission's own words again: its sender's name was deleted or corrected."""
    text = db.session.get(SubmissionText, submission.id)
    if text is not None:
        _replace(text, _words(submission), text.files)


def _replace(text: SubmissionText, words: str, files: str) -> None:
    """Replace what is indexed of a submission and update the tokens accordingly."""
    before = search_terms.tokens(f"{text.words}\n{text.files}")
    text.words, text.files = words, files
    after = search_terms.tokens(f"{words}\n{files}")
    gone, of_submission = sorted(before - after), SubmissionToken.submission_id == text.submission_id
    for start in range(0, len(gone), TOGETHER):
        some = gone[start : start + TOGETHER]
        db.session.execute(delete(SubmissionToken).where(of_submission, SubmissionToken.token.in_(some)))
    bulk.insert_rows(
        SubmissionToken, [{"token": token, "submission_id": text.submission_id} for token in after - before]
    )


def _read(submissions: Sequence[Submission], reader: Reader) -> list[Read]:
    """Return the texts of submissions, without interrupted ones; of a file held back, only the name."""
    files = [file for submission in submissions for file in submission.attachments]
    held = held_back(files) | attachment_opening.refused(files)
    plain = [(submission.id, _words(submission), _files(submission.attachments, held)) for submission in submissions]
    db.session.commit()  # no open transaction while files are read
    return [
        (id_, words, file_words)
        for id_, words, files in plain
        if (file_words := _file_words(files, reader)) is not None
    ]


def _words(submission: Submission) -> str:
    texts = (text for part in submission.parts for text in (part.quote, part.content))
    return "\n".join(
        text
        for text in (submission.number, submission.external_id or "", submission.subject, submission.name, *texts)
        if text
    )


def _files(files: Sequence[Attachment], held: Collection[int]) -> list[tuple[str, str, str]]:
    """Return the name of each file with its digest (empty if it isn't read) and media type."""
    return [(file.file_name, "" if file.id in held else file.digest, file.media_type) for file in files]


def _file_words(files: Sequence[tuple[str, str, str]], reader: Reader) -> str | None:
    """Return names and texts of files; ``None`` if one of them interrupted the reader."""
    pieces = []
    for name, digest, media_type in files:
        text = reader.words_of(digest, media_type) if digest else ""
        if text is None:
            return None
        pieces += [name, text]
    return "\n".join(text for text in pieces if text)


def is_enough(words: str) -> bool:
    """Whether there is a term to search for."""
    return bool(search_terms.terms(words))


def find(consultation_id: int, words: str, *, before: int = 0, limit: int = 50) -> list[Found]:
    """Return submissions of a consultation that contain every term of ``words``, latest first.

    Arguments:
        words: terms separated by blanks; single characters are ignored.
        before: only those with a smaller id, for the next page.
    """
    sought = search_terms.terms(words)
    hits: list[Found] = []
    for ids in candidates(consultation_id, sought, before=before, size=2 * limit):
        for submission, text in _with_texts(ids):
            if search_terms.contains_all(f"{text.words}\n{text.files}", sought):
                hits.append(_found(submission, text, sought))
        if len(hits) >= limit:
            break
    return hits[:limit]


def candidates(
    consultation_id: int, sought: Sequence[str], *, before: int = 0, size: int = 100
) -> Iterator[Sequence[int]]:
    """Yield the ids of submissions that may contain every term, latest first, up to ``LOOKED_AT`` of them.

    Arguments:
        sought: what ``search_terms.terms`` returned.
        before: only those with a smaller id.
        size: how many at once.
    """
    asked = _rarest_first({token for term in sought for token in search_terms.tokens(term)})
    if not asked:
        return
    first, end = _bounds(consultation_id)
    before = min(before or end, end)
    looked_at = 0
    while looked_at < LOOKED_AT:
        ids = db.session.scalars(_candidates(consultation_id, asked, first, before).limit(size)).all()
        if ids:
            yield ids
        looked_at += len(ids)
        if len(ids) < size:
            return
        before = ids[-1]


def _bounds(consultation_id: int) -> tuple[int, int]:
    """Return the first id of a consultation's submissions and one behind the last, so that no others are looked at."""
    ends = [
        select(end(Submission.id).label("id"))
        .where(Submission.consultation_id == consultation_id, Submission.state == state)
        .scalar_subquery()
        for state in SubmissionState
        for end in (func.min, func.max)
    ]  # the ends of index ranges, which are found without reading the ranges
    ids = [id_ for id_ in db.session.execute(select(*ends)).one() if id_ is not None]
    return (min(ids), max(ids) + 1) if ids else (0, 0)


def _rarest_first(tokens: Collection[int]) -> list[int]:
    """Return the tokens to look up, rarest first; empty if one of them occurs nowhere."""
    occurs = {
        token: db.session.scalar(
            select(func.count()).select_from(
                select(SubmissionToken.submission_id).where(SubmissionToken.token == token).limit(COMMON).subquery()
            )
        )
        or 0
        for token in sorted(tokens)[:TRIED]
    }
    if 0 in occurs.values():
        return []
    return sorted(occurs, key=lambda token: occurs[token])[:ASKED]


def _candidates(consultation_id: int, asked: Sequence[int], first: int, before: int) -> Select[int]:
    """Return ids of submissions from ``first`` to before ``before`` that contain every token, latest first.

    The rarest token leads: its submissions are read in order of id, and each is looked up under the others.
    """
    leading = aliased(SubmissionToken)
    query = select(leading.submission_id).where(
        leading.token == asked[0], leading.submission_id >= first, leading.submission_id < before
    )
    for token in asked[1:]:
        other = aliased(SubmissionToken)
        holds = select(other.submission_id).where(other.token == token, other.submission_id == leading.submission_id)
        query = query.where(holds.exists())
    here = select(Submission.id).where(
        Submission.id == leading.submission_id, Submission.consultation_id == consultation_id
    )
    return query.where(here.exists()).order_by(leading.submission_id.desc())


def _with_texts(ids: Sequence[int]) -> Sequence[Row[Submission, SubmissionText]]:
    query = select(Submission, SubmissionText).join(SubmissionText, SubmissionText.submission_id == Submission.id)
    query = query.where(Submission.id.in_(ids)).order_by(Submission.id.desc())
    return db.session.execute(query.options(selectinload(Submission.parts))).all()


def _found(submission: Submission, text: SubmissionText, sought: list[str]) -> Found:
    content = "\n".join(part.content for part in submission.parts)
    for words, in_files in ((content, False), (text.files, True), (text.words, False)):
        pieces = search_terms.excerpt(words, sought)
        if len(pieces) > 1:
            return Found(submission, pieces, in_files)
    return Found(submission, search_terms.excerpt(content, []), False)
