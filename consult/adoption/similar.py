"""Opinions and groups similar in matter (内容相近): proposed beside what is open, joined by a person only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select

from consult.accounts.permissions import Act, Actor, require
from consult.adoption.errors import OpinionRefused
from consult.adoption.groups import move_together
from consult.adoption.models import Decision, Opinion, OpinionGroup
from consult.drafting.models import Consultation
from consult.store import db
from consult.text.similar_matter import Similarity, matter_of, most_similar

COMPARED = 400
"""Groups, and opinions in no group, of a provision that are compared: the largest, and the newest."""
PROPOSED = 5


@dataclass(frozen=True)
class Proposal:
    """A group or an opinion that may want the same, with why."""

    subject: OpinionGroup | Opinion
    opinions: int
    similarity: Similarity

    @property
    def is_group(self) -> bool:
        """Whether it is a group."""
        return isinstance(self.subject, OpinionGroup)

    @property
    def words(self) -> str:
        """A group's title, an opinion's words."""
        return self.subject.title if isinstance(self.subject, OpinionGroup) else self.subject.content


def proposals(actor: Actor, subject: Opinion | OpinionGroup) -> list[Proposal]:
    """Return what on the same provision is most similar in matter, the most similar first."""
    require(actor, Act.SEE_SUBMISSIONS, db.session.get_one(Consultation, subject.consultation_id))
    others = [*_groups(subject), *_singles(subject)]
    texts = [_text(other) for other, _ in others]
    near = most_similar(matter_of(_text(subject)), [matter_of(text) for text in texts], PROPOSED)
    return [Proposal(*others[place], similar) for place, similar in near]


def join_groups(actor: Actor, joining: OpinionGroup, into: OpinionGroup, *, at: datetime) -> None:
    """Move all opinions of a group into another on the same provision.

    Raises:
        OpinionRefused: they are the same or on different provisions, or the one that ends was decided on.
    """
    require(actor, Act.GROUP, db.session.get_one(Consultation, into.consultation_id))
    if joining.id == into.id or (joining.consultation_id, joining.anchor) != (into.consultation_id, into.anchor):
        raise OpinionRefused("只能并入同一条文下的另一组归并意见。")
    if db.session.scalar(select(exists().where(Decision.group_id == joining.id))):
        raise OpinionRefused("该组已作出处理，不能整组并入；请逐条核对后并入。")
    standing = [opinion for opinion in joining.opinions if not opinion.withdrawn]
    move_together(actor, standing, into, at=at)


def _groups(subject: Opinion | OpinionGroup) -> list[tuple[OpinionGroup | Opinion, int]]:
    excluded = subject.id if isinstance(subject, OpinionGroup) else subject.group_id
    members = func.count(Opinion.id)
    query = (
        select(OpinionGroup, members)
        .join(Opinion, Opinion.group_id == OpinionGroup.id)
        .where(
            OpinionGroup.consultation_id == subject.consultation_id,
            OpinionGroup.anchor == subject.anchor,
            OpinionGroup.id != (excluded or 0),
            Opinion.withdrawn.is_(False),
        )
        .group_by(OpinionGroup.id)
        .order_by(members.desc(), OpinionGroup.id)
    )
    return [(group, n) for group, n in db.session.execute(query.limit(COMPARED))]


def _singles(subject: Opinion | OpinionGroup) -> Sequence[tuple[OpinionGroup | Opinion, int]]:
    query = select(Opinion).where(
        Opinion.consultation_id == subject.consultation_id,
        Opinion.anchor == subject.anchor,
        Opinion.group_id.is_(None),
        Opinion.withdrawn.is_(False),
    )
    if isinstance(subject, Opinion):
        query = query.where(Opinion.id != subject.id)
    return [(opinion, 1) for opinion in db.session.scalars(query.order_by(Opinion.id.desc()).limit(COMPARED))]


def _text(subject: Opinion | OpinionGroup) -> str:
    return subject.title if isinstance(subject, OpinionGroup) else subject.content
