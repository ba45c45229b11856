"""All submissions of a consultation as documents, one at a time: original, public text, acts of screening."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from consult.accounts.errors import Refused
from consult.accounts.permissions import Act, Actor, require
from consult.app_context import blobs
from consult.clock import local
from consult.drafting.models import Consultation
from consult.intake import queries
from consult.intake.attachment_opening import unfit
from consult.intake.models import RawForm, Submission
from consult.intake.virus_scanning import held_back
from consult.moderation import private_data
from consult.moderation.models import PublicText, Screening
from consult.moderation.private_data import Detected
from consult.moderation.service import masked_answer
from consult.store import db
from consult.text.anchors import in_words

PAGE = 500

Document = dict[str, Any]


def documents(consultation: Consultation) -> Iterator[Document]:
    """Yield every submission of a consultation in order of arrival, in constant memory."""
    last, consultation_id = 0, consultation.id
    while True:
        query = (
            select(Submission)
            .where(Submission.consultation_id == consultation_id, Submission.id > last)
            .options(selectinload(Submission.parts), selectinload(Submission.attachments))
            .options(selectinload(Submission.answers))
            .options(joinedload(Submission.duplicate_of))
            .order_by(Submission.id)
            .limit(PAGE)
        )
        page = list(db.session.scalars(query))
        if not page:
            return
        yield from _described(page)
        last = page[-1].id
        for submission in page:
            db.session.expunge(submission)


def document(submission: Submission) -> Document:
    """Return one submission as a document."""
    return next(_described([submission]))


def numbered(actor: Actor, number: str) -> Document:
    """Return the submission with a receipt number as a document, with the slug of its consultation.

    Raises:
        Refused: there is none.
        NotAllowed: the actor may not see it.
    """
    submission = queries.by_number(number.strip().upper())
    if submission is None:
        raise Refused(f"没有回执编号为“{number}”的来件。")
    require(actor, Act.SEE_SUBMISSIONS, submission.consultation)
    consultation = submission.consultation
    return document(submission) | {"consultation": consultation.slug if consultation is not None else None}


def raw(submission_id: int) -> tuple[str, bytes]:
    """Return media type and bytes of a raw form."""
    form = db.session.get_one(RawForm, submission_id)
    body = form.body if form.body is not None else blobs().get(form.blob or "")
    media_type = form.media_type
    db.session.expunge(form)
    return media_type, body


def _described(page: list[Submission]) -> Iterator[Document]:
    part_ids = [part.id for submission in page for part in submission.parts]
    printed = {
        text.part_id: text.content
        for text in db.session.scalars(select(PublicText).where(PublicText.part_id.in_(part_ids)))
    }
    acts: dict[int, list[Screening]] = {}
    ids = [submission.id for submission in page]
    for act in db.session.scalars(
        select(Screening)
        .where(Screening.submission_id.in_(ids))
        .options(joinedload(Screening.by))
        .order_by(Screening.id)
    ):
        acts.setdefault(act.submission_id, []).append(act)
    forms = _raw_forms(ids)
    files = [file for submission in page for file in submission.attachments]
    closed = {"held_back": held_back(files), "unfit": unfit(files)}
    detected = private_data.of_many(page)
    for submission in page:
        yield _document(submission, printed, acts.get(submission.id, []), closed, detected[submission.id]) | forms.get(
            submission.id, {}
        )


def _raw_forms(ids: list[int]) -> dict[int, Document]:
    """Return media type and SHA-256 of the raw forms: with them the digest can be recomputed from the archive alone."""
    query = select(RawForm.submission_id, RawForm.media_type, RawForm.blob, RawForm.body, RawForm.erased_digest).where(
        RawForm.submission_id.in_(ids)
    )
    return {
        row.submission_id: {
            "raw_media_type": row.media_type,
            "raw_sha256": row.erased_digest or row.blob or sha256(row.body or b"").hexdigest(),
        }
        for row in db.session.execute(query.execution_options(yield_per=20))
    }


def _document(
    submission: Submission,
    printed: dict[int, str],
    acts: list[Screening],
    closed: dict[str, dict[int, str]],
    detected: Detected,
) -> Document:
    """Return a submission as the archive has it; ``closed`` has why files aren't handed on, by field and id."""
    undone = {act.id: act.at for act in acts}
    return {
        "id": submission.id,
        "number": submission.number,
        "channel": submission.channel.value,
        "state": submission.state.value,
        "received_at": local(submission.received_at).isoformat(timespec="microseconds"),
        "recorded_at": local(submission.recorded_at).isoformat(timespec="microseconds"),
        "late": submission.late,
        "sender_kind": submission.sender_kind.value,
        "name": submission.name,
        "contact": submission.contact,
        "publish_name": submission.publish_name,
        "keep_private": submission.keep_private,
        "subject": submission.subject,
        "external_id": submission.external_id,
        "duplicate_of": submission.duplicate_of.number if submission.duplicate_of else None,
        "parts": [
            {
                "anchor": part.anchor,
                "place": place(part.anchor),
                "quote": part.quote,
                "content": part.content,
                "public": printed.get(part.id),
            }
            for part in submission.parts
        ],
        "answers": [
            {
                "question_id": answer.question_id,
                "number": answer.question.number,
                "question": answer.question.text,
                "content": answer.content,
                "masked": masked_answer(answer, detected),
            }
            for answer in submission.answers
        ],
        "attachments": [
            {
                "name": file.file_name,
                "media_type": file.media_type,
                "size": file.size,
                "sha256": file.digest,
                **{field: why.get(file.id) for field, why in closed.items()},
            }
            for file in submission.attachments
        ],
        "screening": [
            {
                "at": local(act.at).isoformat(timespec="microseconds"),
                "by": act.by.username if act.by else None,
                "act": act.kind.value,
                "state_before": act.state_before.value,
                "state": act.state_after.value,
                "undone_at": local(undone[act.undone_by_id]).isoformat(timespec="microseconds")
                if act.undone_by_id in undone
                else None,
                "reason_id": act.reason_id,
                "reason": act.reason,
            }
            for act in acts
        ],
        "salt": submission.salt,
        "digest": submission.digest,
    }


def place(anchor: str) -> str:
    """Return an anchor in words; the whole draft for the empty one."""
    try:
        return in_words(anchor) if anchor else "整个草案"
    except ValueError:
        return anchor
