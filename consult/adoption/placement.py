"""Provisions proposed for opinions, from what the sender says; a person confirms them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select

from consult.accounts.permissions import Act, Actor, require
from consult.adoption.errors import OpinionRefused
from consult.adoption.models import Opinion
from consult.adoption.opinions import set_provision
from consult.drafting import stored_drafts
from consult.drafting.models import Consultation
from consult.store import db, transaction
from consult.text.placing import SURE, Place, Places

BATCH = 500


@dataclass(frozen=True)
class Proposal:
    """A provision proposed for an opinion on the whole draft."""

    opinion: Opinion
    place: Place

    @property
    def sure(self) -> bool:
        """Whether the sender said it in so many words."""
        return self.place.because in SURE


def proposals(
    actor: Actor, consultation: Consultation, *, after: int = 0, limit: int | None = None
) -> Iterator[Proposal]:
    """Yield a proposal for each opinion on the whole draft that names, quotes or is like one provision, by id.

    Those that were placed when they came are among them until a person confirms their provision.

    Arguments:
        after: id of the last opinion on the page before.
        limit: how many proposals at most.
    """
    require(actor, Act.SEE_SUBMISSIONS, consultation)
    if consultation.public_version is None:
        return
    places = Places(stored_drafts.read(consultation.public_version))
    left = limit
    while left is None or left > 0:
        query = select(Opinion).where(
            Opinion.consultation_id == consultation.id,
            or_(Opinion.anchor == "", Opinion.placed_because.is_not(None)),
            Opinion.withdrawn.is_(False),
            Opinion.id > after,
        )
        some = list(db.session.scalars(query.order_by(Opinion.id).limit(BATCH)))
        for opinion in some:
            place = _proposed(opinion, places)
            if place is None:
                continue
            yield Proposal(opinion, place)
            if left is not None:
                left -= 1
                if not left:
                    return
        if len(some) < BATCH:
            return
        after = some[-1].id


def _proposed(opinion: Opinion, places: Places) -> Place | None:
    """Return the provision that an opinion was placed under when it came, or the one that its words speak for."""
    if opinion.placed_because is None:
        return places.propose(opinion.content)
    at_head = places.cited_at_head(opinion.content)
    return Place(opinion.anchor, opinion.placed_because, 1.0, at_head.words if at_head is not None else "")


def place_many(actor: Actor, consultation: Consultation, anchors: Mapping[int, str], *, at: datetime) -> int:
    """Assign opinions to provisions, by id; all of them or, when one is refused, none. Return how many changed.

    Raises:
        OpinionRefused: an opinion isn't of this consultation, is withdrawn, or the draft has no such provision.
    """
    require(actor, Act.DECIDE, consultation)
    if not anchors:
        raise OpinionRefused("还没有选要归入条文的意见，请先勾选。")
    changed = 0
    with transaction():
        for key in sorted(anchors):  # the lock order
            opinion = db.session.get(Opinion, key)
            if opinion is None or opinion.consultation_id != consultation.id:
                raise OpinionRefused(f"这件征求意见里没有第 {key} 号意见，请刷新列表。")
            changed += opinion.anchor != anchors[key] or opinion.placed_because is not None
            set_provision(actor, opinion, anchors[key], at=at)
    return changed
