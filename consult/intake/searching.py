"""Finding submissions by their words, those of their attachments included.

The worker reads what came in after the fact: no sender waits for it, and what it finds is no part of the record. It may
be killed anywhere; a submission is either read or not. One with a file that cuts its reading off is left for the next
call, until that file is put aside (``consult.intake.reading``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Row, Select, Text, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, aliased, mapped_column, selectinload

from consult.intake.models import Attachment, AttachmentScan, Submission
from consult.intake.reading import Reader
from consult.intake.scanning import held_back
from consult.store import Base, big_id, bulk, db, transaction
from consult.text import searching

BATCH = 200
"""Submissions that are read in one transaction."""
TOGETHER = 1_000
"""Tokens that are taken out of the index by one statement."""
BATCHES = 50
"""Batches that one call reads at most: a long queue leaves room for other work."""
OUT_OF_ORDER = 100_000
"""How far behind the last one that was read another may still turn up whose transaction took longer."""
ASKED = 6
"""Tokens that the index is asked for; the text itself tells the rest."""
TRIED = 30
"""Tokens among which the rarest are looked for."""
COMMON = 1_000
"""Submissions from which on a token is common, however many more there are."""
LOOKED_AT = 2_000
"""Candidates that one search looks at."""

Read = tuple[int, str, str]
"""Id of a submission, its words, and names and text of its attachments."""


class SubmissionText(Base):
    """The words of a submission as they are searched; derived, and made anew from the submission at any time."""

    __tablename__ = "submission_text"

    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id"), primary_key=True, autoincrement=False)
    words: Mapped[str] = mapped_column(Text)
    """Its number, subject, sender and what it says."""
    files: Mapped[str] = mapped_column(Text, default="")
    """Names and text of its attachments."""


class SubmissionToken(Base):
    """A pair of characters that a submission holds (``consult.text.searching``)."""

    __tablename__ = "submission_token"
    __table_args__ = ({"sqlite_with_rowid": False},)

    token: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=False)
    submission_id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=False)
    """No foreign key: there are dozens for each submission, and none is ever deleted."""


@dataclass(frozen=True)
class Found:
    """A submission that holds what was sought, and a piece of it around the first hit; ``in_files`` says where."""

    submission: Submission
    excerpt: list[tuple[str, bool]]
    in_files: bool


def read_new(at: datetime) -> int:
    """Read submissions that can't be found yet; return how many. May be killed and called again."""
    read = last = 0
    with Reader(at) as reader:
        for _ in range(BATCHES):
            fresh = db.session.scalars(_unread(after=last)).all()
            if not fresh:
                break
            last = fresh[-1].id
            with suppress(IntegrityError):  # another worker has kept some of the same meanwhile
                read += _keep(_read(fresh, reader), reader)
    return read


def _keep(texts: Sequence[Read], reader: Reader) -> int:
    """Store what was read, but for what is there already; return how many."""
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
            for token in searching.tokens(f"{words}\n{files}")
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
    """Read submissions anew of which a file was held back after it was read; return how many. May be killed, too.

    Whether that is due stands beside the finding, and is looked at again until the submission was read: no order of
    reading and scanning leaves the words of such a file behind.
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
    told = [row.attachment_id for row in due if row.submission_id in read]
    with transaction() as session:
        for id_, _, files in texts:
            _replace_files(session.get_one(SubmissionText, id_, with_for_update=True, populate_existing=True), files)
        session.execute(update(AttachmentScan).where(AttachmentScan.attachment_id.in_(told)).values(search_due=False))
        reader.note_read()
    return len(texts)


def _replace_files(text: SubmissionText, files: str) -> None:
    """Put other words in the place of those of the attachments; the index knows a submission's tokens by its text."""
    before = searching.tokens(f"{text.words}\n{text.files}")
    text.files = files
    after = searching.tokens(f"{text.words}\n{files}")
    gone, own = sorted(before - after), SubmissionToken.submission_id == text.submission_id
    for start in range(0, len(gone), TOGETHER):
        some = gone[start : start + TOGETHER]
        db.session.execute(delete(SubmissionToken).where(own, SubmissionToken.token.in_(some)))
    bulk.insert_rows(
        SubmissionToken, [{"token": token, "submission_id": text.submission_id} for token in after - before]
    )


def _read(submissions: Sequence[Submission], reader: Reader) -> list[Read]:
    """Return what was read of each, but for those whose reading a file cut off; of a file held back only the name."""
    held = held_back([file for one in submissions for file in one.attachments])
    plain = [(one.id, _words(one), _files(one.attachments, held)) for one in submissions]
    db.session.commit()  # no view of the database is held while files are read
    return [
        (id_, words, file_words)
        for id_, words, files in plain
        if (file_words := _file_words(files, reader)) is not None
    ]


def _words(one: Submission) -> str:
    said = (text for part in one.parts for text in (part.quote, part.content))
    return "\n".join(text for text in (one.number, one.external_id or "", one.subject, one.name, *said) if text)


def _files(files: Sequence[Attachment], held: Collection[int]) -> list[tuple[str, str, str]]:
    """Return the name of each file with its digest, empty where it isn't read, and its media type."""
    return [(file.file_name, "" if file.id in held else file.digest, file.media_type) for file in files]


def _file_words(files: Sequence[tuple[str, str, str]], reader: Reader) -> str | None:
    """Return names and texts of files; ``None`` when the reading of one was cut off."""
    pieces = []
    for name, digest, media_type in files:
        text = reader.words_of(digest, media_type) if digest else ""
        if text is None:
            return None
        pieces += [name, text]
    return "\n".join(text for text in pieces if text)


def is_enough(words: str) -> bool:
    """Say whether there is a term to search for."""
    return bool(searching.terms(words))


def find(consultation_id: int, words: str, *, before: int = 0, limit: int = 50) -> list[Found]:
    """Return submissions of a consultation that hold every term of ``words``, the latest first.

    Arguments:
        words: terms with blanks between them; those of a single character are passed over.
        before: only those with a smaller id, for the next page.
    """
    sought = searching.terms(words)
    if not sought:
        return []
    asked = _rarest_first({token for term in sought for token in searching.tokens(term)})
    found: list[Found] = []
    looked_at = 0
    while asked and len(found) < limit and looked_at < LOOKED_AT:
        ids = db.session.scalars(_candidates(consultation_id, asked, before).limit(2 * limit)).all()
        for submission, text in _with_texts(ids):
            if searching.holds(f"{text.words}\n{text.files}", sought):
                found.append(_found(submission, text, sought))
        looked_at += len(ids)
        if len(ids) < 2 * limit:
            break
        before = ids[-1]
    return found[:limit]


def _rarest_first(tokens: Collection[int]) -> list[int]:
    """Return the tokens that the index is asked for, the rarest first; none when one of them occurs nowhere."""
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


def _candidates(consultation_id: int, asked: Sequence[int], before: int) -> Select[int]:
    """Return ids of submissions that hold every token, the latest first.

    The rarest token leads: its submissions lie in the order of their ids, and each is looked up in the others.
    """
    leading = aliased(SubmissionToken)
    query = select(leading.submission_id).where(leading.token == asked[0])
    if before:
        query = query.where(leading.submission_id < before)
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
    said = "\n".join(part.content for part in submission.parts)
    for words, in_files in ((said, False), (text.files, True), (text.words, False)):
        pieces = searching.excerpt(words, sought)
        if len(pieces) > 1:
            return Found(submission, pieces, in_files)
    return Found(submission, searching.excerpt(said, []), False)
