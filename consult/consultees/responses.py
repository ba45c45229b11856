"""Responses: drafted together, sent through the one way in, corrected by a new version; "no opinion" is an answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from consult.accounts.permissions import SYSTEM, Act, Actor, require
from consult.clock import local, midnight
from consult.consultees import invitations
from consult.consultees.errors import InvitationRefused
from consult.consultees.invitations import ANSWERABLE, hold_place, is_live
from consult.consultees.models import ConsulteeKind, Invitation, Listed, Response, ResponseDraft
from consult.consultees.standing import follow
from consult.files.attachments import CheckedAttachment
from consult.intake import service as intake
from consult.intake.arrival import Arrival, Said
from consult.intake.models import Channel, SenderKind, Submission, SubmissionState
from consult.intake.receipts import Receipt
from consult.ledger.service import record
from consult.moderation import service as moderation
from consult.store import db, transaction
from consult.store.claiming import hold, hold_still
from consult.text.sentences import sentence

NO_OPINION = "无意见"

SENDER_KINDS = {
    ConsulteeKind.ENTERPRISE: SenderKind.ENTERPRISE,
    ConsulteeKind.ASSOCIATION: SenderKind.ASSOCIATION,
    ConsulteeKind.GROUP_ORGANISATION: SenderKind.ORGANISATION,
}


def save_draft(invitation: Invitation, content: dict[str, Any], *, by: str, at: datetime) -> ResponseDraft:
    """Keep what an organisation has written so far; whoever opens the invitation next goes on from it."""
    with transaction() as session:
        hold(invitation)  # which has one draft: a colleague may be writing one, or sending it
        draft = session.get(ResponseDraft, invitation.id)
        if draft is None:
            draft = ResponseDraft(invitation_id=invitation.id)
            session.add(draft)
        draft.content, draft.saved_at, draft.saved_by = content, at, by[:80]
    return draft


def draft_of(invitation: Invitation) -> ResponseDraft | None:
    """Return what is written and not yet sent."""
    return db.session.get(ResponseDraft, invitation.id)


def respond(
    actor: Actor,
    invitation: Invitation,
    *,
    parts: Sequence[Said] = (),
    attachments: Sequence[CheckedAttachment] = (),
    no_opinion: bool = False,
    publish_name: bool = False,
    by: str,
    at: datetime,
    idempotency_key: str | None = None,
) -> Receipt:
    """Send a response through the portal; a second one corrects the first, which stays.

    Raises:
        InvitationRefused: the link is dead, the consultation doesn't take answers, or "no opinion" comes with opinions.
        SubmissionRefused: what the one way in refuses.
    """
    if actor.kind != "consultee" or actor.id != invitation.consultee_id:
        raise InvitationRefused(sentence("只能答复发给本单位的征求意见函。"))
    with transaction():
        _hold(invitation)
        if not is_live(invitation, at):
            raise InvitationRefused(sentence("这份征求意见函已经撤回或者过期，不能再答复。请联系发函的处室。"))
        return _take(
            actor,
            invitation,
            Channel.PORTAL,
            parts=parts,
            attachments=attachments,
            no_opinion=no_opinion,
            publish_name=publish_name,
            by=by,
            at=at,
            idempotency_key=idempotency_key,
        )


def enter(
    actor: Actor,
    invitation: Invitation,
    *,
    channel: Channel = Channel.LETTER,
    parts: Sequence[Said] = (),
    attachments: Sequence[CheckedAttachment] = (),
    no_opinion: bool = False,
    at: datetime,
    received_on: date | None = None,
) -> Receipt:
    """Enter an answer that came on paper, by call or at a meeting, with its scan.

    Arguments:
        received_on: local day on which it came, by default today; whether it is late is a matter of days.

    Raises:
        InvitationRefused: the day is to come, or before the draft was public; or as ``respond``.
    """
    require(actor, Act.RECEIVE_FOR_SENDER, invitation.consultation)
    received_at = _end_of(received_on, invitation, at) if received_on is not None else None
    with transaction():
        _hold(invitation)
        return _take(
            actor,
            invitation,
            channel,
            parts=parts,
            attachments=attachments,
            no_opinion=no_opinion,
            by=actor.name,
            at=at,
            received_at=received_at,
        )


def _hold(invitation: Invitation) -> None:
    hold_still(invitation.consultation)
    hold_place(invitation)


def _end_of(day: date, invitation: Invitation, at: datetime) -> datetime:
    """Return the moment that stands for a day of receipt: its last second, or now."""
    opened = invitation.consultation.opens_at
    if day > local(at).date():
        raise InvitationRefused(f"收到的日期 {day.isoformat()} 还没有到，请核对。")
    if opened is not None and day < local(opened).date():
        raise InvitationRefused(f"收到的日期 {day.isoformat()} 早于公布日（{local(opened):%Y-%m-%d}），请核对。")
    return min(at, midnight(day + timedelta(days=1)) - timedelta(seconds=1))


def attach(
    actor: Actor, invitation: Invitation, submission: Submission, *, no_opinion: bool = False, at: datetime
) -> None:
    """Recognise a submission that came by another way (a mail from a known contact) as a consultee's response."""
    with transaction():
        _hold(invitation)
        hold(submission)
        if submission.consultation_id != invitation.consultation_id:
            raise InvitationRefused("这件来件不属于这份征求意见函的征求意见。")
        if db.session.scalar(select(Response.id).where(Response.submission_id == submission.id)) is not None:
            return
        submission.sender_kind = SENDER_KINDS[invitation.consultee.kind]
        _store(actor, invitation, submission, no_opinion=no_opinion, by=submission.name, at=at)


def _take(
    actor: Actor,
    invitation: Invitation,
    channel: Channel,
    *,
    parts: Sequence[Said],
    attachments: Sequence[CheckedAttachment],
    no_opinion: bool,
    by: str,
    at: datetime,
    publish_name: bool = False,
    received_at: datetime | None = None,
    idempotency_key: str | None = None,
) -> Receipt:
    consultation = invitation.consultation
    if consultation.state(at) not in ANSWERABLE:
        raise InvitationRefused(sentence("这件征求意见已经结束，不能再答复。请联系发函的处室。"))
    written = [said for said in parts if said.content.strip()]
    if no_opinion and written:
        raise InvitationRefused(sentence("已经写了意见，就不能同时选“无意见”。请去掉意见，或者不选“无意见”。"))
    said = (Said(NO_OPINION),) if no_opinion else tuple(written)
    raw = {
        "invitation": invitation.id,
        "no_opinion": no_opinion,
        "by": by,
        "parts": [[part.anchor, part.quote, part.content] for part in said],
        "attachments": [[file.name, file.digest] for file in attachments],
    }
    arrival = Arrival(
        channel=channel,
        parts=said,
        raw=json.dumps(raw, ensure_ascii=False, sort_keys=True).encode(),
        raw_media_type="application/json",
        name=invitation.consultee.name,
        publish_name=publish_name,
        sender_kind=SENDER_KINDS[invitation.consultee.kind],
        attachments=tuple(attachments),
        idempotency_key=idempotency_key,
        received_at=received_at,
    )
    receipt = intake.receive(consultation, arrival, at=at, actor=actor)
    if not receipt.replayed:
        _store(actor, invitation, receipt.submission, no_opinion=no_opinion, by=by, at=at)
    return receipt


def _store(
    actor: Actor, invitation: Invitation, submission: Submission, *, no_opinion: bool, by: str, at: datetime
) -> None:
    session = db.session
    earlier = session.scalar(
        select(Response).where(Response.invitation_id == invitation.id).order_by(Response.version.desc()).limit(1)
    )
    response = Response(
        invitation_id=invitation.id,
        version=(earlier.version if earlier is not None else 0) + 1,
        submission_id=submission.id,
        no_opinion=no_opinion,
        at=at,
        by=by[:80],
        late=submission.received_at >= invitation.answer_by,
    )
    session.add(response)
    draft = session.get(ResponseDraft, invitation.id)
    if draft is not None:
        session.delete(draft)
    invitation.token_expires_at = max(invitation.token_expires_at, at + invitations.READING)
    _put_back(invitation)
    follow(invitation.consultation_id, [invitation.consultee_id])
    record(
        actor,
        "response.send",
        f"invitation:{invitation.id}",
        at=at,
        consultation_id=invitation.consultation_id,
        content_digest=submission.digest,
        version=response.version,
        submission=submission.number,
        no_opinion=no_opinion,
    )
    if earlier is not None:
        _supersede(earlier.submission, submission, at)
    session.expire(invitation, ["responses"])


def _put_back(invitation: Invitation) -> None:
    """Put whoever answers after having been taken off the list back on it: it was heard."""
    row = db.session.scalar(
        select(Listed).where(
            Listed.consultation_id == invitation.consultation_id,
            Listed.consultee_id == invitation.consultee_id,
            Listed.removed_at.is_not(None),
        )
    )
    if row is not None:
        row.why = f"{row.why}；从名单中去掉（{row.removed_reason}）以后又收到答复"
        row.removed_at, row.removed_reason = None, ""


def _supersede(old: Submission, new: Submission, at: datetime) -> None:
    """Let a corrected response count once: the older submission stays, as a duplicate of the newer one."""
    if old.state is SubmissionState.DUPLICATE:
        return
    if old.state not in moderation.WAITING:
        moderation.undo(SYSTEM, old, at=at)
    moderation.mark_duplicate(SYSTEM, old, new, at=at)


def states_no_opinion(submission_id: int) -> bool:
    """Whether a submission is a response that states to have no opinion: heard, with nothing to decide."""
    return bool(db.session.scalar(select(Response.no_opinion).where(Response.submission_id == submission_id)))


def of_submission(submission_id: int) -> Response | None:
    """Return the response that a submission is, if it is one."""
    return db.session.scalar(select(Response).where(Response.submission_id == submission_id))
