"""One submission in: from anybody, or from a trusted sender with a key of its own."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime
from typing import Any

from flask import Response, g, request
from flask_limiter.util import get_remote_address
from pydantic import ValidationError

from consult.accounts.permissions import PUBLIC, Actor
from consult.app_context import settings
from consult.clock import local
from consult.drafting.models import Consultation
from consult.faces.api import schemas
from consult.faces.api.blueprint import answer, blueprint, public_consultation
from consult.faces.api.problems import ProblemFound, from_validation
from consult.faces.api.schemas import ProblemItem
from consult.faces.guards import limiter
from consult.faces.receipt_mail import mail_receipt
from consult.intake import api_senders
from consult.intake import service as intake
from consult.intake.arrival import Arrival, ArrivalAnswer, ArrivalPart
from consult.intake.errors import IdempotencyConflict, NotOpen, SubmissionRefused, UnknownProvision, UnknownQuestion
from consult.intake.models import Channel, Doubt, SenderKind, TrustedSender

BODY_BYTES = 2 * 1024 * 1024
FOR_TRUSTED = ("received_at", "external_id")
Sent = schemas.SubmissionOnWhole | schemas.SubmissionByProvision | schemas.SubmissionOfAnswers
SCHEMAS: dict[str, type[schemas.SubmissionOnWhole | schemas.SubmissionByProvision]] = {
    "content": schemas.SubmissionOnWhole,
    "opinions": schemas.SubmissionByProvision,
}
CONFLICTS = (NotOpen, UnknownProvision, UnknownQuestion, IdempotencyConflict)


def _sender() -> TrustedSender | None:
    """Return the trusted sender whose key came along; looked up once for each request."""
    if "api_sender" not in g:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        g.api_sender = api_senders.known(key.strip()) if scheme.lower() == "bearer" and key.strip() else None
    sender: TrustedSender | None = g.api_sender
    return sender


def _counted_by() -> str:
    sender = _sender()
    return f"sender:{sender.id}" if sender is not None else get_remote_address()


def _limit() -> str:
    return settings().ratelimit_trusted if _sender() is not None else settings().ratelimit_submit


@blueprint.post("/consultations/<slug>/submissions")
@limiter.limit(_limit, key_func=_counted_by)
def submit(slug: str) -> Response:
    """Take one submission; the same Idempotency-Key with the same body gives the same receipt."""
    sender = _authorised()
    asked_key = _idempotency_key()
    raw = _body()
    sent = _sent(raw)
    _check_trusted(sent, sender)
    consultation, now = public_consultation(slug)
    arrival = _arrival(consultation, sent, raw, sender, asked_key, now)
    try:
        receipt = intake.receive(consultation, arrival, at=now, actor=_actor(sender))
    except SubmissionRefused as refusal:
        raise _refused(refusal) from refusal
    submission = receipt.submission
    page = f"/receipts/{receipt.number}"
    document = schemas.ReceiptOut(
        number=receipt.number,
        key=receipt.key,
        receipt=page,
        received_at=local(submission.received_at),
        late=submission.late,
        receipt_mailed=mail_receipt(receipt.number, sent.mail_receipt_to, now) if sent.mail_receipt_to else None,
    )
    return answer(document, 201, Location=page, **{"Cache-Control": "no-store"})


def _authorised() -> TrustedSender | None:
    """Refuse a key that nobody has; no key is fine."""
    sender = _sender()
    if sender is None and "Authorization" in request.headers:
        raise ProblemFound(401, "密钥无效或者已经停用。", WWW_Authenticate="Bearer")
    return sender


def _idempotency_key() -> str | None:
    """Return the Idempotency-Key header, with or without the quotes of a structured field."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    key = key.strip()
    if re.fullmatch(schemas.IDEMPOTENCY_KEY, key) is None:
        item = ProblemItem(pointer="header/Idempotency-Key", detail="1 到 255 个可见的 ASCII 字符，不含空格和引号")
        raise ProblemFound(422, "Idempotency-Key 的格式不对，建议用 UUID。", [item])
    return key.strip('"')


def _body() -> bytes:
    if request.mimetype != "application/json":
        raise ProblemFound(415, "请用 Content-Type: application/json 提交 JSON（UTF-8）。")
    request.max_content_length = BODY_BYTES
    return request.get_data()


def _sent(raw: bytes) -> Sent:
    """Return the body in one of its forms."""
    document = _parsed(raw)
    if not isinstance(document, dict):
        raise ProblemFound(422, "请求内容应当是一个 JSON 对象。")
    kinds = [kind for field, kind in SCHEMAS.items() if field in document]
    if len(kinds) > 1 or not (kinds or document.get("answers")):
        raise ProblemFound(422, "请写 content（对整个草案）或者 opinions（对条文），只写其中一个；也可以只写 answers。")
    try:
        return (kinds[0] if kinds else schemas.SubmissionOfAnswers).model_validate(document)
    except ValidationError as error:
        raise from_validation(error) from error


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode("utf-8"), parse_constant=_no_constant, object_pairs_hook=_no_doubles)
    except UnicodeDecodeError as error:
        raise ProblemFound(400, f"请求内容不是 UTF-8（第 {error.start + 1} 个字节）。请用 UTF-8 提交。") from error
    except json.JSONDecodeError as error:
        raise ProblemFound(400, f"JSON 格式不对：第 {error.lineno} 行第 {error.colno} 个字符附近。") from error
    except (ValueError, RecursionError) as error:
        raise ProblemFound(400, "JSON 格式不对：有重复的键、不合规的数字，或者层次太深。") from error


def _no_constant(word: str) -> Any:
    raise ValueError(word)


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        raise ValueError("a key stands twice")
    return document


def _check_trusted(sent: schemas.SubmissionBase, sender: TrustedSender | None) -> None:
    """Refuse from the public what only a system that keeps its own book may say."""
    stated = [name for name in FOR_TRUSTED if getattr(sent, name) is not None]
    if stated and sender is None:
        raise ProblemFound(403, f"{'、'.join(stated)} 只能由有接口密钥的系统填写（Authorization: Bearer …）。")


def _arrival(
    consultation: Consultation,
    sent: Sent,
    raw: bytes,
    sender: TrustedSender | None,
    asked_key: str | None,
    now: datetime,
) -> Arrival:
    if isinstance(sent, schemas.SubmissionByProvision):
        parts = tuple(ArrivalPart(opinion.content, opinion.anchor or "", opinion.quote) for opinion in sent.opinions)
    else:
        parts = (ArrivalPart(sent.content),) if isinstance(sent, schemas.SubmissionOnWhole) else ()
    return Arrival(
        channel=sender.channel if sender is not None else Channel.WEB,
        parts=parts,
        answers=tuple(ArrivalAnswer(answer.question, answer.content) for answer in sent.answers),
        raw=raw,
        raw_media_type="application/json",
        subject=sent.subject,
        name=sent.name,
        contact=sent.contact,
        publish_name=sent.publish_name,
        keep_private=sent.keep_private,
        sender_kind=SenderKind(sent.sender_kind),
        external_id=sent.external_id,
        idempotency_key=_scoped(consultation, sender, asked_key),
        received_at=_received_at(consultation, sent.received_at, now),
        doubt=Doubt.UNPROVEN if sender is None and settings().proof_of_work == "on" else Doubt.NONE,
    )


def _scoped(consultation: Consultation, sender: TrustedSender | None, key: str | None) -> str | None:
    """Return the key within its consultation and sender, so that two that chose the same one never meet."""
    if key is None:
        return None
    who = sender.id if sender is not None else 0
    return f"api:{consultation.id}:{who}:{hashlib.sha256(key.encode()).hexdigest()}"


def _received_at(consultation: Consultation, stated: datetime | None, now: datetime) -> datetime:
    """Return the time of receipt: as stated if between the opening and now, else now."""
    assert consultation.opens_at is not None
    return stated if stated is not None and consultation.opens_at <= stated <= now else now


def _actor(sender: TrustedSender | None) -> Actor:
    return Actor("sender", sender.id, sender.name[:64]) if sender is not None else PUBLIC


def _refused(refusal: SubmissionRefused) -> ProblemFound:
    status = 409 if isinstance(refusal, CONFLICTS) else 422
    words = refusal.message
    if isinstance(refusal, IdempotencyConflict):
        words = "这个 Idempotency-Key 已经用于一份内容不同的来件。请换一个再提交。"
    items = [ProblemItem(pointer=f"/{refusal.field}", detail=words)] if refusal.field else []
    return ProblemFound(status, words, items)
