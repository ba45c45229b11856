"""Sets from when opinions are concentrated, for all consultations or for one, and updates their groups at once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from consult.accounts.permissions import Act, Actor, require
from consult.adoption.concentration import own_standard, update_all
from consult.adoption.errors import StandardRefused
from consult.adoption.groups import DECIDING
from consult.adoption.models import ConcentrationStandard, OpinionGroup
from consult.app_context import rules
from consult.drafting.models import Consultation
from consult.intake.arrival import clean
from consult.ledger.row_digests import digests_by_id
from consult.ledger.service import record
from consult.ledger.verification.subjects import STANDS
from consult.store import db, transaction
from consult.store.locking import advisory_lock, lock_row, lock_rows

MOST_SENDERS = 100_000
REASON_CHARACTERS = 300
NO_REASON = "请写明设定的理由，至少 {} 个字。"


def set_standard(
    actor: Actor,
    consultation: Consultation | None,
    *,
    senders: int | None,
    share: int = 0,
    share_senders: int = 5,
    reason: str,
    at: datetime,
) -> ConcentrationStandard:
    """Set from when opinions are concentrated, and update all groups that it is for.

    Arguments:
        consultation: for which; None: for all that have no standard of their own.
        senders: how many senders are enough; None: the consultation goes by the department's standard again.
        share: percent of the senders on the provision that are enough; 0: none.
        share_senders: how many senders there must be for the share to count.

    Raises:
        StandardRefused: a number is out of range, the reason says nothing, or the consultation's stage is past.
    """
    require(actor, Act.SET_CONCENTRATION, consultation)
    reason = _checked(consultation, senders, share, share_senders, reason)
    with transaction() as session:
        advisory_lock("concentration")
        affected = _affected(consultation)
        standard = ConcentrationStandard(
            consultation_id=consultation.id if consultation is not None else None,
            senders=senders,
            share=share if senders is not None else 0,
            share_senders=share_senders,
            reason=reason,
            at=at,
            by_id=actor.id,
        )
        session.add(standard)
        session.flush()
        lock_rows(OpinionGroup, _groups(affected))
        for key in affected:
            update_all(key)
        session.flush()
        record(
            actor,
            Act.SET_CONCENTRATION,
            f"concentration:{standard.id}",
            at=at,
            consultation_id=standard.consultation_id,
            **{STANDS: standard_digests([standard.id])[standard.id]},
        )
    return standard


def standards(consultation_id: int | None) -> list[ConcentrationStandard]:
    """Return what was set for a consultation, or for all, newest first."""
    of = ConcentrationStandard.consultation_id
    query = select(ConcentrationStandard).where(of.is_(None) if consultation_id is None else of == consultation_id)
    return list(db.session.scalars(query.order_by(ConcentrationStandard.id.desc())))


def standard_digests(ids: Collection[int]) -> dict[int, str]:
    """Return the digests of standards by their ids, for the record."""
    columns = ConcentrationStandard.__table__.columns
    return digests_by_id(select(*columns).where(ConcentrationStandard.id.in_(ids)))


def _affected(consultation: Consultation | None) -> list[int]:
    """Return the consultations that it is for, locked: those whose opinions are still decided on."""
    if consultation is not None:
        lock_row(consultation)
        if consultation.stage not in DECIDING:
            raise StandardRefused("这件征求意见还没有公开、已经上会或者已经撤回，不能单独设定标准。")
        return [consultation.id]
    query = select(Consultation.id).where(Consultation.stage.in_(DECIDING)).order_by(Consultation.id)
    locked = lock_rows(Consultation, list(db.session.scalars(query)))
    return [each.id for each in locked if each.stage in DECIDING and own_standard(each.id) is None]


def _groups(consultation_ids: Collection[int]) -> list[int]:
    query = select(OpinionGroup.id).where(OpinionGroup.consultation_id.in_(consultation_ids))
    return list(db.session.scalars(query.order_by(OpinionGroup.id)))


def _checked(
    consultation: Consultation | None, senders: int | None, share: int, share_senders: int, reason: str
) -> str:
    reason = clean(reason)
    rule = rules().reason
    if not rule.says_something(reason):
        raise StandardRefused(NO_REASON.format(rule.characters))
    if len(reason) > REASON_CHARACTERS:
        raise StandardRefused(f"理由有 {len(reason)} 字，最多 {REASON_CHARACTERS} 字，请缩短。")
    if senders is None:
        if consultation is None:
            raise StandardRefused("请填写人数。")
        return reason
    if not 2 <= senders <= MOST_SENDERS or not 2 <= share_senders <= MOST_SENDERS:
        raise StandardRefused(f"人数在 2 和 {MOST_SENDERS:,} 之间。")
    if not 0 <= share <= 100:
        raise StandardRefused("比例在 1% 和 100% 之间；不按比例的，不填。")
    if share and share_senders > senders:
        raise StandardRefused("按比例计算的最少人数不能多于前面的人数，否则比例不起作用。")
    return reason
