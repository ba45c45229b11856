"""Where no agreement was reached with units of government: noted with each unit's opinion, ours, reason and basis."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from consult.accounts.permissions import Act, Actor, require
from consult.consultees.disagreement_models import Disagreement, UnitOpinion
from consult.consultees.errors import ConsulteeRefused
from consult.consultees.models import Consultee, ConsulteeKind, Invitation, Response
from consult.consultees.response_kinds import ResponseStanding
from consult.consultees.standing_queries import is_in_force
from consult.drafting.models import Consultation, Stage
from consult.ledger.row_digests import digest_of, rows_of
from consult.ledger.service import record
from consult.store import db, transaction
from consult.store.locking import lock_row

NOTE, SETTLE = "disagreement.note", "disagreement.settle"
ENDED = (Stage.SUBMITTED_TO_MEETING, Stage.PROMULGATED, Stage.WITHDRAWN)
CHARACTERS = 4
"""The least of each of question, opinion, reason and basis."""


def note(
    actor: Actor,
    consultation: Consultation,
    question: str,
    units: Mapping[Response, str],
    *,
    ours: str,
    reason: str,
    basis: str,
    at: datetime,
) -> Disagreement:
    """Note a question on which no agreement was reached (《重大行政决策程序暂行条例》第十三条).

    Arguments:
        units: what each unit holds, by its response; no words: those of the response.

    Raises:
        ConsulteeRefused: something isn't stated, no unit is named, or a response is no opinion of a unit that counts.
    """
    require(actor, Act.INVITE, consultation)
    for words, name in ((question, "分歧的问题"), (ours, "本单位的意见"), (reason, "理由"), (basis, "依据")):
        if sum(character.isalnum() for character in words) < CHARACTERS:
            raise ConsulteeRefused(f"请写明{name}。")
    if not units:
        raise ConsulteeRefused("请至少选择一个机关单位的复函。")
    with transaction() as session:
        lock_row(consultation)
        if consultation.stage in ENDED:
            raise ConsulteeRefused("这件征求意见已经提请审议或者结束，不能再登记分歧意见。")
        disagreement = Disagreement(
            consultation_id=consultation.id,
            question=question.strip(),
            ours=ours.strip(),
            reason=reason.strip(),
            basis=basis.strip(),
            at=at,
            by_id=actor.id,
        )
        session.add(disagreement)
        session.flush()
        for response, words in units.items():
            if not counts(response, consultation):
                raise ConsulteeRefused(f"{response.submission.number}不是机关单位现行有效的意见，不能作为依据。")
            held = words.strip() or words_of(response)
            if not held:
                raise ConsulteeRefused(
                    f"{response.submission.number}没有文字，请写明{response.invitation.consultee.name}的意见。"
                )
            session.add(UnitOpinion(disagreement_id=disagreement.id, response_id=response.id, words=held))
        _record(actor, NOTE, disagreement, at)
    return disagreement


def settle(actor: Actor, consultation: Consultation, disagreement: Disagreement, how: str, *, at: datetime) -> None:
    """Note that agreement was reached after all, and how; it stays on file.

    Raises:
        ConsulteeRefused: it isn't said how, or it was settled before.
    """
    require(actor, Act.INVITE, consultation)
    if sum(character.isalnum() for character in how) < CHARACTERS:
        raise ConsulteeRefused("请写明协商一致的情况。")
    with transaction():
        lock_row(consultation)
        lock_row(disagreement)
        if consultation.stage in ENDED:
            raise ConsulteeRefused("这件征求意见已经提请审议或者结束，不能再更改分歧意见。")
        if disagreement.settled_at is not None:
            raise ConsulteeRefused("这一问题已经登记为协商一致。")
        disagreement.settled_at, disagreement.settled_by_id, disagreement.settled_how = at, actor.id, how.strip()
        _record(actor, SETTLE, disagreement, at)


def of(consultation: Consultation) -> list[Disagreement]:
    """Return the questions of a consultation, oldest first, those that were settled too."""
    query = select(Disagreement).where(Disagreement.consultation_id == consultation.id).order_by(Disagreement.id)
    return list(db.session.scalars(query))


def by_number(consultation: Consultation, number: int) -> Disagreement:
    """Return a question of a consultation by its number.

    Raises:
        ConsulteeRefused: the consultation has none of that number.
    """
    query = select(Disagreement).where(Disagreement.id == number, Disagreement.consultation_id == consultation.id)
    noted = db.session.scalar(query)
    if noted is None:
        raise ConsulteeRefused(f"这件征求意见没有第{number}号分歧意见。")
    return noted


def opinions(consultation: Consultation) -> list[Response]:
    """Return the opinions of units of government that count, oldest first: those a question can rest on."""
    query = (
        select(Response)
        .join(Invitation, Invitation.id == Response.invitation_id)
        .join(Consultee, Consultee.id == Invitation.consultee_id)
        .where(
            Invitation.consultation_id == consultation.id,
            Consultee.kind == ConsulteeKind.GOVERNMENT_UNIT,
            Response.standing == ResponseStanding.OPINION,
        )
        .order_by(Response.id)
    )
    return [response for response in db.session.scalars(query) if is_in_force(response.submission, consultation.id)]


def counts(response: Response, consultation: Consultation) -> bool:
    """Say whether a response is an opinion of a unit of government in a consultation, and counts now."""
    return (
        response.invitation.consultation_id == consultation.id
        and response.invitation.consultee.kind is ConsulteeKind.GOVERNMENT_UNIT
        and response.standing is ResponseStanding.OPINION
        and is_in_force(response.submission, consultation.id)
    )


def words_of(response: Response) -> str:
    """Return what a response says, in its own words."""
    return "\n".join(part.content.strip() for part in response.submission.parts if part.content.strip())


def disagreement_digest(id_: int) -> str:
    """Return the digest of a stored question with what the units hold."""
    return digest_of(rows_of(Disagreement, "id", id_), rows_of(UnitOpinion, "disagreement_id", id_))


def _record(actor: Actor, act: str, disagreement: Disagreement, at: datetime) -> None:
    db.session.flush()
    db.session.expire(disagreement, ["units"])
    record(
        actor,
        act,
        f"disagreement:{disagreement.id}",
        at=at,
        consultation_id=disagreement.consultation_id,
        question=disagreement.question[:300],
        stands=disagreement_digest(disagreement.id),
    )
