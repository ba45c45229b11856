"""The one way in: whatever the channel, what ``receive`` returned for is safe."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from consult.accounts.permissions import PUBLIC, Actor
from consult.drafting.models import Consultation, ProvisionRow, Stage
from consult.intake import receipts
from consult.intake.arrival import (
    CONTACT_CHARACTERS,
    NAME_CHARACTERS,
    PARTS,
    QUOTE_CHARACTERS,
    SUBJECT_CHARACTERS,
    Arrival,
    Said,
    clean,
)
from consult.intake.errors import (
    EmptyContent,
    IdempotencyConflict,
    NotOpen,
    SubmissionRefused,
    TooLong,
    TooManyAttachments,
    UnknownProvision,
)
from consult.intake.models import Attachment, RawForm, Submission, SubmissionPart, SubmissionState
from consult.intake.receipts import Receipt
from consult.ledger.service import record
from consult.settings import blobs, settings
from consult.store import db, tally, transaction
from consult.text.anchors import article_of
from consult.text.fingerprint import fingerprint

RAW_IN_ROW_BYTES = 256 * 1024
"""A raw form up to this size lives in the row; a larger one is a blob."""


def receive(consultation: Consultation | None, arrival: Arrival, *, at: datetime, actor: Actor = PUBLIC) -> Receipt:
    """Store one submission whole: raw form, parts, attachments, receipt, counts and ledger entry, in one transaction.

    Arguments:
        consultation: what it is about; ``None`` only for mail that fits none, which waits unassigned.
        at: aware moment of storing.

    Returns:
        The receipt; with ``replayed`` when the idempotency key was seen before with the same content.

    Raises:
        SubmissionRefused: one of its descendants says what to change; nothing is stored.
    """
    parts = _said(arrival)
    _check_lengths(arrival, parts)
    earlier = _replay(arrival)
    if earlier is not None:
        return earlier
    if consultation is not None:
        _check_period(consultation, arrival.received_at or at)
        _check_anchors(consultation, parts)
    raw_blob = blobs().put(arrival.raw) if len(arrival.raw) > RAW_IN_ROW_BYTES else None
    try:
        with transaction():
            earlier = _replay(arrival)
            if earlier is not None:
                return earlier
            return _store(consultation, arrival, parts, raw_blob, at=at, actor=actor)
    except IntegrityError:
        earlier = _replay(arrival)  # another process stored the same sending between our look and our write
        if earlier is None:
            raise
        return earlier


def _said(arrival: Arrival) -> tuple[Said, ...]:
    parts = tuple(
        Said(clean(said.content), said.anchor.strip(), clean(said.quote)[:QUOTE_CHARACTERS]) for said in arrival.parts
    )
    parts = tuple(said for said in parts if said.content)
    if not parts and not arrival.attachments:
        raise EmptyContent("还没有写意见。请写下意见再提交。", "content")
    return parts or (Said("（意见在附件中）"),)


def _check_lengths(arrival: Arrival, parts: Sequence[Said]) -> None:
    config = settings()
    if arrival.trusted_length:
        return
    if len(parts) > PARTS:
        raise TooLong(f"一次最多对 {PARTS} 处提意见，现在有 {len(parts)} 处，请分几次提交。", "content")
    for said in parts:
        if len(said.content) > config.comment_characters:
            raise TooLong(
                f"这条意见有 {len(said.content):,} 字，最多 {config.comment_characters:,} 字。"
                "请缩短，或者把全文作为附件上传。",
                "content",
            )
    for text, limit, name, field in (
        (arrival.name, NAME_CHARACTERS, "姓名或者单位名称", "name"),
        (arrival.contact, CONTACT_CHARACTERS, "联系方式", "contact"),
        (arrival.subject, SUBJECT_CHARACTERS, "主题", "subject"),
    ):
        if len(text) > limit:
            raise TooLong(f"{name}有 {len(text)} 字，最多 {limit} 字，请缩短。", field)
    if len(arrival.attachments) > config.attachment_count:
        raise TooManyAttachments(
            f"一次最多上传 {config.attachment_count} 个附件，现在有 {len(arrival.attachments)} 个。"
            "请去掉一些，或者合并成一个文件。",
            "attachments",
        )


def _check_period(consultation: Consultation, received_at: datetime) -> None:
    if consultation.opens_at is None or received_at < consultation.opens_at:
        raise NotOpen("这件征求意见还没有开始。请在公布之后再提交；您写的内容可以先保存下来。")
    if consultation.stage is Stage.WITHDRAWN:
        raise NotOpen("这件征求意见已经撤回，不再接收意见。")


def _check_anchors(consultation: Consultation, parts: Sequence[Said]) -> None:
    named = {said.anchor for said in parts if said.anchor}
    if not named:
        return
    query = select(ProvisionRow.anchor).where(
        ProvisionRow.version_id == consultation.public_version_id, ProvisionRow.anchor.in_(named)
    )
    unknown = named - set(db.session.scalars(query))
    if unknown:
        raise UnknownProvision(f"草案里没有“{min(unknown)[:80]}”这一处。请从草案的条文重新选择。", "anchor")


def _replay(arrival: Arrival) -> Receipt | None:
    if arrival.idempotency_key is None:
        return None
    stored = db.session.scalar(select(Submission).where(Submission.idempotency_key == arrival.idempotency_key[:160]))
    if stored is None:
        return None
    if _digest(stored.salt, arrival) != stored.digest:
        raise IdempotencyConflict("这份表单刚才已经提交过一份不同的内容。请刷新页面后再提交新的意见。")
    return Receipt(stored.number, receipts.key_of(stored.number), stored, replayed=True)


def _digest(salt: str, arrival: Arrival) -> str:
    """Return the salted digest of a raw form with its attachments: nobody can guess a short text back from it."""
    hashed = hashlib.sha256(bytes.fromhex(salt))
    hashed.update(hashlib.sha256(arrival.raw).digest())
    for file in arrival.attachments:
        hashed.update(bytes.fromhex(file.digest))
    return hashed.hexdigest()


def _store(
    consultation: Consultation | None,
    arrival: Arrival,
    parts: Sequence[Said],
    raw_blob: str | None,
    *,
    at: datetime,
    actor: Actor,
) -> Receipt:
    number = receipts.new_number(at)
    key = receipts.key_of(number)
    salt = secrets.token_hex(16)
    received_at = arrival.received_at or at
    late = consultation is not None and consultation.closes_at is not None and received_at >= consultation.closes_at
    state = SubmissionState.RECEIVED if consultation is not None else SubmissionState.UNASSIGNED
    submission = Submission(
        number=number,
        consultation_id=consultation.id if consultation is not None else None,
        channel=arrival.channel,
        state=state,
        received_at=received_at,
        recorded_at=at,
        late=late,
        sender_kind=arrival.sender_kind,
        subject=clean(arrival.subject)[:SUBJECT_CHARACTERS],
        name=clean(arrival.name)[:NAME_CHARACTERS],
        contact=clean(arrival.contact)[:CONTACT_CHARACTERS],
        publish_name=arrival.publish_name,
        keep_private=arrival.keep_private,
        external_id=arrival.external_id,
        fingerprint=fingerprint("\n".join(said.content for said in parts)),
        salt=salt,
        digest=_digest(salt, arrival),
        key_hash=receipts.hash_key(key),
        idempotency_key=arrival.idempotency_key[:160] if arrival.idempotency_key else None,
    )
    session = db.session
    session.add(submission)
    session.flush()
    _store_contents(submission.id, arrival, parts, raw_blob)
    if consultation is not None:
        count_arrival(submission, [said.anchor for said in parts])
    record(
        actor,
        "submission.receive",
        f"submission:{number}",
        at=at,
        consultation_id=submission.consultation_id,
        content_digest=submission.digest,
        channel=arrival.channel.value,
        late=late,
    )
    return Receipt(number, key, submission)


def _store_contents(submission_id: int, arrival: Arrival, parts: Sequence[Said], raw_blob: str | None) -> None:
    session = db.session
    session.execute(
        insert(SubmissionPart),
        [
            {
                "submission_id": submission_id,
                "position": position,
                "anchor": said.anchor,
                "quote": said.quote,
                "content": said.content,
            }
            for position, said in enumerate(parts)
        ],
    )
    session.execute(
        insert(RawForm),
        [
            {
                "submission_id": submission_id,
                "media_type": arrival.raw_media_type,
                "body": None if raw_blob else arrival.raw,
                "blob": raw_blob,
            }
        ],
    )
    if arrival.attachments:
        session.execute(
            insert(Attachment),
            [
                {
                    "submission_id": submission_id,
                    "position": position,
                    "file_name": file.name[-200:],
                    "media_type": file.media_type,
                    "size": file.size,
                    "digest": file.digest,
                }
                for position, file in enumerate(arrival.attachments)
            ],
        )


def count_arrival(submission: Submission, anchors: Sequence[str]) -> None:
    """Add a submission to the counts of its consultation: in all, by channel, state, lateness and article."""
    if submission.consultation_id is None:
        raise SubmissionRefused("没有归到征求意见的来件不计数。")
    articles = {article_of(anchor) for anchor in anchors}
    tally.add(
        submission.consultation_id,
        [
            ("received", "late" if submission.late else "in_time", 1),
            ("channel", submission.channel.value, 1),
            ("state", submission.state.value, 1),
            *(("article", article, 1) for article in articles),
        ],
    )
