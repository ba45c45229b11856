"""Assigns an opinion to its provision, and splits one that makes several points."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from consult.accounts.permissions import Act, Actor, require
from consult.adoption import themes
from consult.adoption.concentration import update_concentration
from consult.adoption.errors import OpinionRefused
from consult.adoption.groups import DECIDING
from consult.adoption.holdings import expect_given
from consult.adoption.models import Decision, Opinion
from consult.drafting.models import Consultation, ProvisionRow
from consult.ledger.service import record
from consult.store import db, transaction
from consult.store.locking import lock_row, lock_row_shared
from consult.text import opinion_kinds

PIECES = 50


def set_provision(actor: Actor, opinion: Opinion, anchor: str, *, at: datetime) -> None:
    """Assign an opinion to a provision of the public version (empty anchor: the whole); it leaves its group.

    The provision that was proposed for it (``placed_because``), given again, is confirmed.

    Raises:
        OpinionRefused: the draft has no such provision, or the opinion is withdrawn.
    """
    consultation = consultation_of(opinion)
    require(actor, Act.DECIDE, consultation)
    with transaction():
        lock_standing(actor, consultation, opinion)
        if anchor and not _has_provision(consultation, anchor):
            raise OpinionRefused("草案里没有这一处条文，请从条文列表里选。")
        if opinion.anchor == anchor and opinion.placed_because is None:
            return
        left = opinion.group_id
        if opinion.anchor != anchor:
            opinion.group_id = None
        opinion.anchor, before = anchor, opinion.anchor
        opinion.placed_because = None
        db.session.flush()
        update_concentration(consultation.id, {left} if left is not None else (), {before, anchor})
        record(
            actor,
            "opinion.place",
            f"opinion:{opinion.id}",
            at=at,
            consultation_id=consultation.id,
            anchor=anchor,
            before=before,
        )


def split(actor: Actor, opinion: Opinion, pieces: Sequence[str], *, at: datetime) -> list[Opinion]:
    """Split an opinion into pieces; its text must contain each of them verbatim.

    Raises:
        OpinionRefused: fewer than two pieces, a piece that isn't in the text, or there is a decision already.
    """
    consultation = consultation_of(opinion)
    require(actor, Act.DECIDE, consultation)
    wanted = [piece.strip() for piece in pieces if piece.strip()]
    with transaction() as session:
        themes.lock(consultation)
        lock_row(opinion.submission)  # undoing its screening meanwhile would miss the pieces
        lock_standing(actor, consultation, opinion)
        _check_pieces(opinion, wanted)
        left = opinion.group_id
        opinion.withdrawn = opinion.replaced = True
        made = [
            Opinion(
                consultation_id=opinion.consultation_id,
                submission_id=opinion.submission_id,
                part_id=opinion.part_id,
                anchor=opinion.anchor,
                placed_because=opinion.placed_because,
                content=piece,
                kind=opinion_kinds.read(piece, opinion.submission.subject).kind,
                created_at=at,
            )
            for piece in wanted
        ]
        session.add_all(made)
        session.flush()
        update_concentration(consultation.id, {left} if left is not None else ())
        themes.copy_marks(actor, opinion, made, at=at)
        record(
            actor,
            "opinion.split",
            f"opinion:{opinion.id}",
            at=at,
            consultation_id=consultation.id,
            into=[piece.id for piece in made],
        )
    return made


def _check_pieces(opinion: Opinion, wanted: Sequence[str]) -> None:
    if len(wanted) < 2:
        raise OpinionRefused("拆分至少要有两段：段和段之间空一行。")
    if len(wanted) > PIECES:
        raise OpinionRefused(f"一次最多拆成 {PIECES} 段，现在有 {len(wanted)} 段。")
    text = opinion.content.replace("\r\n", "\n")
    for piece in wanted:
        if piece.replace("\r\n", "\n") not in text:
            raise OpinionRefused(f"“{piece[:20]}……”不是原文里的话。拆分只能分段，不能改字、加字。")
    decision = select(Decision.id).where(Decision.opinion_id == opinion.id, Decision.current.is_(True))
    if db.session.scalar(decision) is not None:
        raise OpinionRefused("这条意见已经作出处理，不能再拆分。")


def consultation_of(opinion: Opinion) -> Consultation:
    """Return the consultation that an opinion is on."""
    return db.session.get_one(Consultation, opinion.consultation_id)


def lock_standing(actor: Actor, consultation: Consultation, opinion: Opinion) -> None:
    """Lock an opinion to work on it.

    Raises:
        OpinionRefused: it is withdrawn, or its consultation's stage allows no decisions.
        NotGiven: it wasn't given to this drafter of another division.
    """
    lock_row_shared(consultation)
    lock_row(opinion)
    expect_in_force(opinion)
    if consultation.stage not in DECIDING:
        raise OpinionRefused("这件征求意见还没有公开、已经上会或者已经撤回，不能修改意见处理。")
    expect_given(actor, consultation, [opinion])


def expect_in_force(opinion: Opinion) -> None:
    """Raise OpinionRefused if an opinion is withdrawn or was split."""
    if opinion.withdrawn:
        raise OpinionRefused("这条意见已经拆分，或者它的来件已经撤回审核，请刷新列表。")


def _has_provision(consultation: Consultation, anchor: str) -> bool:
    query = select(ProvisionRow.id).where(
        ProvisionRow.version_id == consultation.public_version_id, ProvisionRow.anchor == anchor
    )
    return db.session.scalar(query) is not None
