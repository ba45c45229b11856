"""Stores responses: as a submission, with a snapshot of the register."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from consult.accounts.permissions import Actor
from consult.consultees import invitations, place_records
from consult.consultees.errors import InvitationRefused
from consult.consultees.ledger_statement import response_digest
from consult.consultees.models import ConsulteeKind, Invitation, Listed, Response, ResponseDraft
from consult.consultees.register_history import snapshot
from consult.consultees.response_chain import FIRST, Relation, next_version, replace
from consult.consultees.response_kinds import COUNTING, ResponseStanding, Way
from consult.consultees.status import update_standings
from consult.files.attachments import CheckedAttachment
from consult.intake import service as intake
from consult.intake.arrival import Arrival, ArrivalAnswer, ArrivalPart
from consult.intake.models import Channel, SenderKind, Submission
from consult.intake.receipts import Receipt
from consult.ledger.service import record
from consult.store import db
from consult.text.sentences import sentence

NO_OPINION = "无意见"
SEND = "response.send"
SENDER_KINDS = {
    ConsulteeKind.ENTERPRISE: SenderKind.ENTERPRISE,
    ConsulteeKind.ASSOCIATION: SenderKind.ASSOCIATION,
    ConsulteeKind.GROUP_ORGANISATION: SenderKind.ORGANISATION,
    ConsulteeKind.GOVERNMENT_UNIT: SenderKind.GOVERNMENT,
}


@dataclass(frozen=True)
class Content:
    """The content of an answer: parts by provision, answers to the questions, attachments, or "no opinion".

    Who has no opinion on the draft may still answer the questions: that it has no effect on competition, for instance.
    """

    parts: Sequence[ArrivalPart] = ()
    attachments: Sequence[CheckedAttachment] = ()
    no_opinion: bool = False
    publish_name: bool = False
    answers: Sequence[ArrivalAnswer] = ()

    def written(self) -> tuple[ArrivalPart, ...]:
        """Return the parts to store.

        Raises:
            InvitationRefused: "no opinion" together with opinions.
        """
        written = tuple(part for part in self.parts if part.content.strip())
        if self.no_opinion and written:
            raise InvitationRefused(sentence("已经写了意见，就不能同时选“无意见”。请去掉意见，或者不选“无意见”。"))
        return (ArrivalPart(NO_OPINION),) if self.no_opinion else written


@dataclass(frozen=True)
class Caller:
    """Who gave an answer by telephone, without a document."""

    name: str
    phone: str
    at: datetime


@dataclass(frozen=True)
class Meaning:
    """How a response came, and what it is or is proposed as."""

    way: Way
    standing: ResponseStanding
    proposed_as: ResponseStanding | None = None
    because: tuple[str, ...] = ()
    relation: Relation = FIRST
    entered_by: Actor | None = None
    caller: Caller | None = None


def receive_response(
    actor: Actor,
    invitation: Invitation,
    channel: Channel,
    content: Content,
    meaning: Meaning,
    *,
    by: str,
    at: datetime,
    received_at: datetime | None = None,
    idempotency_key: str | None = None,
) -> Receipt:
    """Receive an answer as a submission and store it as a response, once; in the caller's transaction."""
    consultation = invitation.consultation
    if consultation.state(at) not in invitations.ANSWERABLE:
        raise InvitationRefused(sentence("这件征求意见已经结束，不能再答复。请联系发函处室。"))
    parts = content.written()
    raw = {
        "invitation": invitation.id,
        "no_opinion": content.no_opinion,
        "by": by,
        "parts": [[part.anchor, part.quote, part.content] for part in parts],
        "answers": [[answer.number, answer.content] for answer in content.answers],
        "attachments": [[file.name, file.digest] for file in content.attachments],
    }
    arrival = Arrival(
        channel=channel,
        parts=parts,
        answers=tuple(content.answers),
        raw=json.dumps(raw, ensure_ascii=False, sort_keys=True).encode(),
        raw_media_type="application/json",
        name=invitation.consultee.name,
        publish_name=content.publish_name,
        sender_kind=SENDER_KINDS[invitation.consultee.kind],
        attachments=tuple(content.attachments),
        idempotency_key=idempotency_key,
        received_at=received_at,
    )
    receipt = intake.receive(consultation, arrival, at=at, actor=actor)
    if not receipt.replayed:
        store(actor, invitation, receipt.submission, meaning, by=by, at=at)
    return receipt


def store(
    actor: Actor, invitation: Invitation, submission: Submission, meaning: Meaning, *, by: str, at: datetime
) -> Response:
    """Store a response and update the list, in the caller's transaction."""
    counts, caller, relation = meaning.standing in COUNTING, meaning.caller, meaning.relation
    response = Response(
        invitation_id=invitation.id,
        version=next_version(invitation),
        submission_id=submission.id,
        no_opinion=meaning.standing is ResponseStanding.NO_OPINION,
        at=at,
        by=by[:80],
        late=submission.received_at >= invitation.answer_by,
        standing=meaning.standing,
        proposed_as=meaning.proposed_as,
        because=list(meaning.because),
        way=meaning.way,
        entered_by_id=meaning.entered_by.id if meaning.entered_by is not None else None,
        confirmed_at=at if counts else None,
        replaces_id=relation.replaces.id if relation.replaces is not None else None,
        adds_to_id=relation.adds_to.id if relation.adds_to is not None else None,
        caller_name=caller.name if caller is not None else "",
        caller_phone=caller.phone if caller is not None else "",
        called_at=caller.at if caller is not None else None,
        heard_as=snapshot(invitation.consultee, at),
    )
    db.session.add(response)
    db.session.flush()
    if relation.replaces is not None:
        replace(relation.replaces, response, at=at)
        record_response(actor, "response.replaced", relation.replaces, at)
    draft = db.session.get(ResponseDraft, invitation.id)
    if draft is not None and meaning.way is Way.PORTAL:
        db.session.delete(draft)
    if counts:
        finish_answer(actor, invitation, at)
    update_standings(invitation.consultation_id, [invitation.consultee_id])
    record_response(actor, SEND, response, at, version=response.version, no_opinion=response.no_opinion)
    db.session.expire(invitation, ["responses"])
    return response


def finish_answer(actor: Actor, invitation: Invitation, at: datetime) -> None:
    """Complete an answer that counts: extend its link, restore its row of the list."""
    invitation.token_expires_at = max(invitation.token_expires_at, at + invitations.READING)
    _relist(actor, invitation, at)
    invitations.record_on(actor, "invitation.answered", invitation, at)


def record_response(actor: Actor, act: str, response: Response, at: datetime, **detail: Any) -> None:
    """Record an act on a response with the digest of its row."""
    db.session.flush()
    consultation_id, number = response.submission.consultation_id, response.submission.number
    record(
        actor,
        act,
        f"response:{response.id}",
        at=at,
        consultation_id=consultation_id,
        content_digest=response.submission.digest,
        **detail,
        invitation=response.invitation_id,
        submission=number,
        standing=response.standing.value,
        stands=response_digest(response.id),
    )


def _relist(actor: Actor, invitation: Invitation, at: datetime) -> None:
    """Put a consultee that was removed from the list back on it: it was heard."""
    row = db.session.scalar(
        select(Listed).where(
            Listed.consultation_id == invitation.consultation_id,
            Listed.consultee_id == invitation.consultee_id,
            Listed.removed_at.is_not(None),
        )
    )
    if row is not None:
        row.why = f"{row.why}；从名单中移出（{row.removed_reason}）以后又收到答复"
        row.removed_at, row.removed_reason = None, ""
        place_records.record_place(actor, "consultee.relist", row, at)
