"""The verbs of responses: draft, send by the portal, enter from paper or a call, attach from mail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from consult.accounts.permissions import Act, Actor, require
from consult.clock import local, midnight
from consult.consultees.errors import InvitationRefused
from consult.consultees.invitations import is_live, lock_place, require_consultee
from consult.consultees.models import Invitation, Response, ResponseDraft
from consult.consultees.response_chain import Relation, check_relation, counted_responses, lock_submissions
from consult.consultees.response_kinds import CONFIRMABLE, ResponseStanding, Way
from consult.consultees.response_storage import (
    NO_OPINION,
    SENDER_KINDS,
    Caller,
    Content,
    Meaning,
    receive_response,
    store,
)
from consult.files.attachments import CheckedAttachment
from consult.intake.arrival import ArrivalAnswer, ArrivalPart
from consult.intake.ledger_statement import RECOGNISE
from consult.intake.models import Channel, SenderKind, Submission
from consult.intake.receipts import Receipt
from consult.ledger.service import record
from consult.store import db, transaction
from consult.store.locking import lock_row, lock_row_shared
from consult.text.sentences import sentence

__all__ = ["NO_OPINION", "SENDER_KINDS", "Caller", "attach", "draft_of", "enter", "respond", "save_draft"]

ENTERED = {
    Channel.LETTER: Way.PAPER,
    Channel.MAILBOX: Way.MAIL,
    Channel.PHONE: Way.TELEPHONE,
    Channel.MEETING: Way.MEETING,
}
"""Channels by which an answer can be entered by staff."""
PHONE_DIGITS = 7
RELATE = sentence("贵单位已经答复过。请选择这一份是“更正”（替代前一份），还是“补充”（与前一份同时有效），再提交。")


def save_draft(invitation: Invitation, content: dict[str, Any], *, by: str, at: datetime) -> ResponseDraft:
    """Save the draft of an answer, shared by the organisation."""
    with transaction() as session:
        lock_row(invitation)  # it has one draft: a colleague may be saving or sending it
        draft = session.get(ResponseDraft, invitation.id)
        if draft is None:
            draft = ResponseDraft(invitation_id=invitation.id)
            session.add(draft)
        draft.content, draft.saved_at, draft.saved_by = content, at, by[:80]
    return draft


def draft_of(invitation: Invitation) -> ResponseDraft | None:
    """Return the draft of an answer, if there is one."""
    return db.session.get(ResponseDraft, invitation.id)


def respond(
    actor: Actor,
    invitation: Invitation,
    *,
    parts: Sequence[ArrivalPart] = (),
    answers: Sequence[ArrivalAnswer] = (),
    attachments: Sequence[CheckedAttachment] = (),
    no_opinion: bool = False,
    publish_name: bool = False,
    by: str,
    at: datetime,
    idempotency_key: str | None = None,
    replaces: Response | None = None,
    adds_to: Response | None = None,
) -> Receipt:
    """Send a response through the portal: it counts when it is sent.

    Arguments:
        answers: to the questions of the consultation, also beside the statement that there is no opinion.
        replaces, adds_to: the earlier answer that this one corrects or adds to; one of them where one counts already.

    Raises:
        InvitationRefused: the link is dead, the consultation doesn't take answers, "no opinion" comes with opinions, or
            it isn't said what the answer is to an earlier one.
        SubmissionRefused: what the one way in refuses.
    """
    require_consultee(actor, invitation)
    relation = Relation(replaces, adds_to)
    standing = ResponseStanding.NO_OPINION if no_opinion else ResponseStanding.OPINION
    with transaction():
        _hold(invitation)
        if not is_live(invitation, at):
            raise InvitationRefused(sentence("这份征求意见函已经撤回或者过期，不能再答复。请联系发函处室。"))
        if invitation.round > 1 and not (replaces or adds_to or invitation.is_answered):
            relation = Relation(None, _earlier_round(invitation))
        if not _was_sent(idempotency_key):
            check_relation(invitation, None, relation, RELATE)
        return receive_response(
            actor,
            invitation,
            Channel.PORTAL,
            Content(parts, attachments, no_opinion, publish_name, answers),
            Meaning(Way.PORTAL, standing, relation=relation),
            by=by,
            at=at,
            idempotency_key=idempotency_key,
        )


def _earlier_round(invitation: Invitation) -> Response | None:
    """Return the newest answer of an earlier round, which stands beside the first one of this round."""
    earlier = counted_responses(invitation)
    return earlier[-1] if earlier else None


def _was_sent(idempotency_key: str | None) -> bool:
    """Whether an answer was sent already: a second click on the same page."""
    if idempotency_key is None:
        return False
    query = select(Submission.id).where(Submission.idempotency_key == idempotency_key)
    return db.session.scalar(query) is not None


def enter(
    actor: Actor,
    invitation: Invitation,
    *,
    channel: Channel = Channel.LETTER,
    parts: Sequence[ArrivalPart] = (),
    answers: Sequence[ArrivalAnswer] = (),
    attachments: Sequence[CheckedAttachment] = (),
    no_opinion: bool = False,
    publish_name: bool = False,
    at: datetime,
    received_on: date | None = None,
    caller: Caller | None = None,
) -> Receipt:
    """Enter an answer from paper, a call or a meeting; it counts once it is confirmed.

    Arguments:
        publish_name: the paper says, or the caller, that its name may be printed with its opinions.
        received_on: local day on which it came, by default today; whether it is late is a matter of days.
        caller: who gave it, where there is no scan of it; another person confirms it then.

    Raises:
        InvitationRefused: the day is to come, or before the draft was public; neither scan nor caller; or as
            ``respond``.
    """
    require(actor, Act.RECEIVE_FOR_SENDER, invitation.consultation)
    if channel not in ENTERED:
        raise InvitationRefused("登记的答复只能是信函、邮件、电话或者会议来的。")
    proposed = ResponseStanding.NO_OPINION if no_opinion else ResponseStanding.OPINION
    texts = [*(part.content for part in parts), *(answer.content for answer in answers)]
    filled = [words.strip() for words in texts if words.strip()]
    because = (NO_OPINION,) if no_opinion else tuple(words[:80] for words in filled[:3])
    received_at = _end_of(received_on, invitation, at) if received_on is not None else None
    if not attachments:
        _check_caller(caller, at)
    with transaction():
        _hold(invitation)
        return receive_response(
            actor,
            invitation,
            channel,
            Content(parts, attachments, no_opinion, publish_name, answers),
            Meaning(ENTERED[channel], ResponseStanding.PROPOSED, proposed, because, entered_by=actor, caller=caller),
            by=actor.name,
            at=at,
            received_at=received_at,
        )


def _check_caller(caller: Caller | None, at: datetime) -> None:
    if caller is None or not caller.name.strip() or sum(map(str.isdigit, caller.phone)) < PHONE_DIGITS:
        raise InvitationRefused("没有扫描件的，请写明对方姓名、电话号码和时间；由另一人确认后才算听取。")
    if caller.at > at:
        raise InvitationRefused("对方来电（来访）的时间还没有到，请核对。")


def _hold(invitation: Invitation) -> None:
    lock_row_shared(invitation.consultation)
    lock_place(invitation)
    lock_submissions(invitation)


def _end_of(day: date, invitation: Invitation, at: datetime) -> datetime:
    """Return the time of a day of receipt: its last second, or now."""
    opened = invitation.consultation.opens_at
    if day > local(at).date():
        raise InvitationRefused(f"收到的日期 {day.isoformat()} 还没有到，请核对。")
    if opened is not None and day < local(opened).date():
        raise InvitationRefused(f"收到的日期 {day.isoformat()} 早于公布日（{local(opened):%Y-%m-%d}），请核对。")
    return min(at, midnight(day + timedelta(days=1)) - timedelta(seconds=1))


def attach(
    actor: Actor,
    invitation: Invitation,
    submission: Submission,
    *,
    proposed_as: ResponseStanding = ResponseStanding.OPINION,
    because: Sequence[str] = (),
    at: datetime,
) -> None:
    """Propose a submission that came by mail as a response to an invitation; a person confirms what it is.

    Arguments:
        because: the evidence for the proposal.
    """
    require(actor, Act.RECEIVE_FOR_SENDER, invitation.consultation)
    assert proposed_as in CONFIRMABLE
    with transaction():
        _hold(invitation)
        lock_row(submission)
        if submission.consultation_id != invitation.consultation_id:
            raise InvitationRefused("这件来件不属于这份征求意见函的征求意见。")
        if db.session.scalar(select(Response.id).where(Response.submission_id == submission.id)) is not None:
            return
        _recognise(actor, submission, SENDER_KINDS[invitation.consultee.kind], at)
        meaning = Meaning(Way.MAIL, ResponseStanding.PROPOSED, proposed_as, tuple(because))
        store(actor, invitation, submission, meaning, by=submission.name, at=at)


def _recognise(actor: Actor, submission: Submission, kind: SenderKind, at: datetime) -> None:
    """Set the sender's kind of a submission that was received as a citizen's."""
    before, submission.sender_kind = submission.sender_kind, kind
    if before is not kind:
        record(
            actor,
            RECOGNISE,
            f"submission:{submission.number}",
            at=at,
            consultation_id=submission.consultation_id,
            sender_kind=kind.value,
            sender_kind_before=before.value,
        )
