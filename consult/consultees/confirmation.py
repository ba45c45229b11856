"""Confirmation of responses by a person; a response counts once confirmed, while its submission is in force."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select

from consult.accounts.permissions import Act, Actor, may, require
from consult.consultees import response_chain
from consult.consultees.errors import InvitationRefused
from consult.consultees.invitations import lock_place
from consult.consultees.models import Attendance, Invitation, Response
from consult.consultees.response_chain import Relation, check_relation
from consult.consultees.response_kinds import CONFIRMABLE, COUNTING, ResponseStanding, Way
from consult.consultees.response_storage import finish_answer, record_response
from consult.consultees.status import update_standings
from consult.drafting.models import Consultation
from consult.intake.models import Submission, SubmissionState
from consult.ledger.two_persons import NOT_TWO, are_one
from consult.moderation import service as moderation
from consult.store import db, transaction
from consult.store.locking import lock_row, lock_row_shared

CONFIRM = "response.confirm"
RELATE = (
    "这家单位已经有有效的答复。请选择这一件是更正（替代前一份）还是补充（与前一份同时有效）；都不是的，选“不是答复”。"
)


def confirm(
    actor: Actor,
    response: Response,
    as_: ResponseStanding,
    *,
    replaces: Response | None = None,
    adds_to: Response | None = None,
    at: datetime,
) -> None:
    """Confirm what an entered response or one by mail is; a later confirmation overrides an earlier one.

    Arguments:
        as_: opinion, no opinion, or no answer.
        replaces, adds_to: the earlier answer that it corrects or adds to; one is required where an answer counts.

    Raises:
        NotAllowed: the actor may neither enter nor screen.
        InvitationRefused: it came by the portal, was replaced, needs another person, or its relation to an
            earlier answer is missing.
    """
    consultation = response.invitation.consultation
    if not may(actor, Act.SCREEN, consultation):
        require(actor, Act.RECEIVE_FOR_SENDER, consultation)
    if as_ not in CONFIRMABLE:
        raise InvitationRefused("请选择：意见、无意见，或者不是答复。")
    relation = Relation(replaces, adds_to)
    with transaction():
        lock_row_shared(consultation)
        lock_place(response.invitation)
        lock_row(response)
        response_chain.lock_submissions(response.invitation)
        _check(actor, response, as_)
        _release(actor, response, at)
        if as_ in COUNTING:
            check_relation(response.invitation, response, relation, RELATE)
        elif relation.earlier is not None:
            raise InvitationRefused("不是答复的，不能选更正或者补充。")
        _write(actor, response, as_, relation, at)


def _check(actor: Actor, response: Response, as_: ResponseStanding) -> None:
    if response.way is Way.PORTAL:
        raise InvitationRefused("企业端提交的答复以提交为准，不需要确认。")
    if response.standing is ResponseStanding.REPLACED:
        raise InvitationRefused("这份答复已经被后来的答复更正，不能再确认。")
    if as_ in COUNTING and not response.has_scan and _entered(actor, response):
        raise InvitationRefused("没有扫描件的答复，要由登记人以外的另一人向对方核实后确认。")
    since = response.invitation.consultation.created_at
    if as_ in COUNTING and not response.has_scan and are_one(actor, [response.entered_by_id], since):
        raise InvitationRefused(NOT_TWO)


def _entered(actor: Actor, response: Response) -> bool:
    if response.entered_by_id is None:  # entered before this column existed
        return response.by == actor.name
    return actor.kind == "user" and actor.id == response.entered_by_id


def _release(actor: Actor, response: Response, at: datetime) -> None:
    """Undo what an earlier confirmation of the response did to the answer that it replaced."""
    earlier = response.replaces
    if earlier is not None and earlier.standing is ResponseStanding.REPLACED:
        response_chain.restore(earlier, at=at)
        record_response(actor, "response.restored", earlier, at)
    response.replaces_id = response.adds_to_id = None
    response.standing = ResponseStanding.PROPOSED
    db.session.flush()
    db.session.expire(response, ["replaces", "adds_to"])


def _write(actor: Actor, response: Response, as_: ResponseStanding, relation: Relation, at: datetime) -> None:
    response.standing, response.no_opinion = as_, as_ is ResponseStanding.NO_OPINION
    response.confirmed_by_id, response.confirmed_at = actor.id, at
    response.replaces_id = relation.replaces.id if relation.replaces is not None else None
    response.adds_to_id = relation.adds_to.id if relation.adds_to is not None else None
    if relation.replaces is not None:
        _check_in_force(response.submission)
        response_chain.replace(relation.replaces, response, at=at)
        record_response(actor, "response.replaced", relation.replaces, at)
    if as_ in COUNTING:
        finish_answer(actor, response.invitation, at)
    record_response(actor, CONFIRM, response, at, as_=as_.value)
    moderation.refresh(response.submission, at)
    update_standings(response.invitation.consultation_id, [response.invitation.consultee_id])
    db.session.expire(response.invitation, ["responses"])
    db.session.expire(response, ["replaces", "adds_to", "confirmed_by"])


def _check_in_force(submission: Submission) -> None:
    if submission.state is SubmissionState.REJECTED:
        raise InvitationRefused(f"{submission.number} 已经不予公开，不能作为更正。请先撤销审核。")
    if submission.state is SubmissionState.DUPLICATE:
        raise InvitationRefused(f"{submission.number} 已经标为重复件，不能作为更正。请先撤销审核，或者选补充。")


def waiting(consultation: Consultation, *, limit: int) -> list[Response]:
    """Return the responses of a consultation to confirm, oldest first."""
    query = (
        select(Response)
        .join(Invitation, Invitation.id == Response.invitation_id)
        .where(Invitation.consultation_id == consultation.id, Response.standing == ResponseStanding.PROPOSED)
        .order_by(Response.id)
    )
    return list(db.session.scalars(query.limit(limit)))


def counts_waiting(consultation_ids: Collection[int]) -> dict[int, int]:
    """Return the numbers of responses to confirm by consultation; those without any are left out."""
    query = (
        select(Invitation.consultation_id, func.count())
        .join(Response, Response.invitation_id == Invitation.id)
        .where(Invitation.consultation_id.in_(consultation_ids), Response.standing == ResponseStanding.PROPOSED)
        .group_by(Invitation.consultation_id)
    )
    return {row[0]: row[1] for row in db.session.execute(query)}


def of(consultation: Consultation) -> list[Response]:
    """Return every response of a consultation, oldest first."""
    query = (
        select(Response)
        .join(Invitation, Invitation.id == Response.invitation_id)
        .where(Invitation.consultation_id == consultation.id)
        .order_by(Response.id)
    )
    return list(db.session.scalars(query))


def by_number(consultation: Consultation, number: str) -> Response:
    """Return the response whose submission has this receipt number.

    Raises:
        InvitationRefused: the consultation has none.
    """
    query = (
        select(Response)
        .join(Invitation, Invitation.id == Response.invitation_id)
        .join(Submission, Submission.id == Response.submission_id)
        .where(Invitation.consultation_id == consultation.id, Submission.number == number.strip())
    )
    response = db.session.scalar(query)
    if response is None:
        raise InvitationRefused(f"“{consultation.slug}”里没有编号为“{number}”的答复。")
    return response


def has_no_opinion(submission_id: int) -> bool:
    """Whether a submission states that there is no opinion (also at a meeting), or was confirmed as no answer."""
    return bool(without_opinion([submission_id]))


def without_opinion(submission_ids: Collection[int]) -> set[int]:
    """Return those of submissions that ``has_no_opinion`` is true of."""
    query = select(Response.submission_id, Response.standing, Response.no_opinion)
    answers = {
        row.submission_id: row for row in db.session.execute(query.where(Response.submission_id.in_(submission_ids)))
    }
    none = {id_ for id_, row in answers.items() if row.no_opinion or row.standing is ResponseStanding.NOT_AN_ANSWER}
    spoken = select(Attendance.submission_id).where(
        Attendance.submission_id.in_(submission_ids), Attendance.no_opinion.is_(True)
    )
    return none | {id_ for id_ in db.session.scalars(spoken) if id_ is not None and id_ not in answers}
