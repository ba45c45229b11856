"""Kinds of opinions (意见类型): proposed from their words, confirmed or changed by a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from consult.accounts.permissions import Act, Actor, require
from consult.adoption.errors import OpinionRefused
from consult.adoption.models import Opinion
from consult.adoption.service import lock_to_decide
from consult.drafting.models import Consultation
from consult.ledger.service import BulkAct, digest, record_many
from consult.store import db, transaction
from consult.store.locking import lock_rows
from consult.text import opinion_kinds
from consult.text.opinion_kinds import OpinionKind, Reading

SET_KIND = "opinion.set_kind"
BATCH = 500
BATCHES = 20
"""Maximum batches in one call, so that a long queue leaves room for other work."""


def reading(opinion: Opinion) -> Reading:
    """Return what is read from the words of an opinion and the subject of its submission now."""
    return opinion_kinds.read(opinion.content, opinion.submission.subject)


def read_again(opinion: Opinion) -> None:
    """Propose the kind of an opinion whose words are others now, unless a person set it; the caller flushes."""
    if not opinion.kind_confirmed:
        opinion.kind = reading(opinion).kind


def read_new(_at: datetime) -> int:
    """Propose the kinds of opinions from before kinds were read; return of how many. May be killed and called again."""
    done = 0
    for _ in range(BATCHES):
        with transaction() as session:
            ids = session.scalars(select(Opinion.id).where(Opinion.kind.is_(None)).order_by(Opinion.id).limit(BATCH))
            unread = lock_rows(Opinion, ids.all(), joinedload(Opinion.submission))
            for opinion in unread:
                read_again(opinion)
        done += len(unread)
        if len(unread) < BATCH:
            break
    return done


def set_kind(actor: Actor, opinions: Sequence[Opinion], kind: OpinionKind | None, *, at: datetime) -> int:
    """Confirm or change the kind of opinions: of all or, when one is refused, of none. Return how many changed.

    Arguments:
        kind: the kind of all of them; None confirms each as it is proposed.

    Raises:
        OpinionRefused: nothing chosen, one is withdrawn or not read yet, or the stage allows no decisions.
        NotGiven: one wasn't given to this drafter of another division.
    """
    if not opinions:
        raise OpinionRefused("尚未选择意见，请先勾选。")
    consultation = db.session.get_one(Consultation, opinions[0].consultation_id)
    require(actor, Act.DECIDE, consultation)
    with transaction() as session:
        lock_to_decide(actor, consultation, opinions)
        changed = []
        for opinion in sorted(set(opinions), key=lambda opinion: opinion.id):
            wanted = kind or opinion.kind
            if wanted is None:
                raise OpinionRefused(f"第 {opinion.id} 号意见的类型尚未识别，请直接选择类型。")
            if (opinion.kind, opinion.kind_confirmed) != (wanted, True):
                opinion.kind, opinion.kind_confirmed = wanted, True
                changed.append(opinion)
        session.flush()
        acts = [BulkAct(f"opinion:{each.id}", digest(facts), facts) for each in changed if (facts := kind_facts(each))]
        record_many(actor, SET_KIND, acts, at=at, consultation_id=consultation.id)
    return len(changed)


def kind_facts(opinion: Opinion) -> dict[str, str]:
    """Return what the record says of an opinion whose kind was set."""
    return {"kind": opinion.kind.value if opinion.kind is not None else ""}


@dataclass(frozen=True)
class KindCount:
    """How many opinions are of a kind (None: not read yet), and of how many a person said so."""

    kind: OpinionKind | None
    n: int
    confirmed: int


def counts(actor: Actor, consultation: Consultation) -> list[KindCount]:
    """Return how many standing opinions are of each kind, in the order of the kinds."""
    require(actor, Act.SEE_SUBMISSIONS, consultation)
    query = (
        select(Opinion.kind, Opinion.kind_confirmed, func.count())
        .where(Opinion.consultation_id == consultation.id, Opinion.withdrawn.is_(False))
        .group_by(Opinion.kind, Opinion.kind_confirmed)
    )
    by_kind = {(kind, bool(confirmed)): int(n) for kind, confirmed, n in db.session.execute(query)}
    lines = [
        KindCount(kind, by_kind.get((kind, False), 0) + by_kind.get((kind, True), 0), by_kind.get((kind, True), 0))
        for kind in (*OpinionKind, None)
    ]
    return [line for line in lines if line.n or line.kind is not None]
