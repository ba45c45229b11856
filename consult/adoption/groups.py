"""Groups of opinions that say the same: by the machine, and changed by people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import case, delete, exists, func, select, update

from consult.accounts.permissions import Act, Actor, require
from consult.adoption.errors import OpinionRefused
from consult.adoption.models import Decision, Opinion, OpinionGroup
from consult.drafting.models import Consultation, Stage
from consult.intake.arrival import clean
from consult.intake.models import Submission
from consult.ledger.service import record
from consult.settings import rules
from consult.store import db, transaction
from consult.store.claiming import hold
from consult.text import grouping

TITLE_CHARACTERS = 300
OWN_TITLE = 40
"""Characters of a title where no line stands for a group."""
GROUPING = (Stage.RELEASED, Stage.FEEDBACK_REVIEW, Stage.FEEDBACK_PUBLISHED)


def group(
    actor: Actor, consultation: Consultation, threshold: float | None = None, *, at: datetime
) -> list[OpinionGroup]:
    """Bring opinions on the same provision that say the same into groups; return all groups of the consultation.

    May be repeated: a group that was decided on or that a person made or changed keeps its members, and an opinion
    that a person took out of a group stays out. The others are grouped anew.

    Arguments:
        threshold: from which likeness (0 to 1) on two texts say the same; by default that of the rules.

    Raises:
        OpinionRefused: the threshold is no likeness, or the report is published already.
    """
    require(actor, Act.GROUP, consultation)
    likeness = rules().concentration.similarity if threshold is None else threshold
    if not 0 < likeness <= 1:
        raise OpinionRefused(f"相似度要在 0 和 1 之间（可以等于 1），现在是 {likeness:g}。")
    with transaction():
        _expect_grouping(consultation)
        regrouping = _Regrouping(consultation.id, likeness, at, _fixed(consultation.id))
        for anchor in _anchors(consultation.id):
            regrouping.provision(anchor)
        db.session.flush()
        _drop_empty(consultation.id)
        weigh(db.session.scalars(select(OpinionGroup.id).where(OpinionGroup.consultation_id == consultation.id)))
        made = groups_of(consultation.id)
        record(
            actor,
            Act.GROUP,
            f"consultation:{consultation.slug}",
            at=at,
            consultation_id=consultation.id,
            likeness=likeness,
            groups=len(made),
        )
    return made


def groups_of(consultation_id: int) -> list[OpinionGroup]:
    """Return the groups of a consultation that have members standing, by provision and age."""
    standing = exists().where(Opinion.group_id == OpinionGroup.id, Opinion.withdrawn.is_(False))
    query = select(OpinionGroup).where(OpinionGroup.consultation_id == consultation_id, standing)
    return list(db.session.scalars(query.order_by(OpinionGroup.anchor, OpinionGroup.id)))


def put_together(actor: Actor, opinions: Sequence[Opinion], title: str, *, at: datetime) -> OpinionGroup:
    """Make one group of opinions on the same provision, out of whatever groups they were in.

    Raises:
        OpinionRefused: fewer than two, or they are on different provisions.
    """
    if len({opinion.id for opinion in opinions}) < 2:
        raise OpinionRefused("归并至少要选两条意见。")
    if len({(opinion.consultation_id, opinion.anchor) for opinion in opinions}) > 1:
        raise OpinionRefused("只能归并同一条文下的意见。请先把它们改到同一条文。")
    consultation = db.session.get_one(Consultation, opinions[0].consultation_id)
    require(actor, Act.GROUP, consultation)
    title = _checked_title(title) if title.strip() else title_of([one.content for one in opinions])
    with transaction():
        _expect_grouping(consultation)
        _expect_standing(opinions)
        made = OpinionGroup(
            consultation_id=consultation.id,
            anchor=opinions[0].anchor,
            title=title,
            kept=True,
            created_at=at,
        )
        db.session.add(made)
        db.session.flush()
        _move(opinions, made.id, alone=False)
        _record(actor, "opinion.put_together", made, at, opinions=[opinion.id for opinion in opinions])
    return made


def put_in(actor: Actor, opinion: Opinion, into: OpinionGroup, *, at: datetime) -> None:
    """Put an opinion into another group on the same provision.

    Raises:
        OpinionRefused: the group is on another provision.
    """
    consultation = db.session.get_one(Consultation, opinion.consultation_id)
    require(actor, Act.GROUP, consultation)
    with transaction():
        _expect_grouping(consultation)
        if (into.consultation_id, into.anchor) != (opinion.consultation_id, opinion.anchor):
            raise OpinionRefused("只能并入同一条文下的归并意见。")
        _expect_standing([opinion])
        into.kept = True
        _move([opinion], into.id, alone=False)
        _record(actor, "opinion.put_in", into, at, opinions=[opinion.id])


def take_out(actor: Actor, opinions: Sequence[Opinion], *, at: datetime) -> None:
    """Take opinions out of their group: each stands alone again, and needs a decision of its own.

    Raises:
        OpinionRefused: one of them is in no group.
    """
    if not opinions:
        raise OpinionRefused("还没有选要拆出的意见。")
    consultation = db.session.get_one(Consultation, opinions[0].consultation_id)
    require(actor, Act.GROUP, consultation)
    with transaction():
        _expect_grouping(consultation)
        for opinion in opinions:
            if opinion.group is None or opinion.consultation_id != consultation.id:
                raise OpinionRefused("有一条意见不在归并里，请刷新再看。")
            opinion.group.kept = True
            _record(actor, "opinion.take_out", opinion.group, at, opinions=[opinion.id])
        _move(opinions, None, alone=True)


def rename(actor: Actor, renamed: OpinionGroup, title: str, *, at: datetime) -> None:
    """Give a group another title, which the report prints.

    Raises:
        OpinionRefused: no title, or one that is too long.
    """
    consultation = db.session.get_one(Consultation, renamed.consultation_id)
    require(actor, Act.GROUP, consultation)
    title = _checked_title(title)
    with transaction():
        _expect_grouping(consultation)
        renamed.title, renamed.kept = title, True
        _record(actor, "opinion.rename_group", renamed, at, title=title)


SENDER = case(
    (Submission.contact != "", Submission.contact),
    else_="no-contact:" + Submission.number,
)
"""Who sent a submission, as far as can be told: the contact, else every submission is somebody else's."""


def weigh(group_ids: Iterable[int]) -> None:
    """Say anew of groups whether they are concentrated (较为集中), by how many senders their standing members have."""
    ids = sorted(set(group_ids))
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        held = _held(some)  # before their members are counted: another may be taking one away
        query = (
            select(Opinion.group_id, func.count(SENDER.distinct()))
            .join(Submission, Submission.id == Opinion.submission_id)
            .where(Opinion.group_id.in_(some), Opinion.withdrawn.is_(False))
            .group_by(Opinion.group_id)
        )
        senders = {key: int(n) for key, n in db.session.execute(query)}
        for weighed in held:
            weighed.concentrated = rules().concentration.holds(senders.get(weighed.id, 0))


def _held(ids: Sequence[int]) -> list[OpinionGroup]:
    """Return groups that nobody else changes until the end."""
    query = select(OpinionGroup).where(OpinionGroup.id.in_(ids)).order_by(OpinionGroup.id)
    query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return list(db.session.scalars(query))


@dataclass
class _Regrouping:
    """Grouping the opinions of one consultation anew."""

    consultation_id: int
    likeness: float
    at: datetime
    fixed: dict[int, bool]
    """Groups that keep their members, each with whether others may join it."""
    used: set[int] = field(default_factory=set)

    def provision(self, anchor: str) -> None:
        """Group the opinions on one provision."""
        opinions = self._opinions(anchor)
        before = {one.id: one.group_id for one in opinions}
        for opinion in opinions:
            if opinion.group_id not in self.fixed:
                opinion.group_id = None
        for places in grouping.group([opinion.content for opinion in opinions], self.likeness):
            members = [opinions[place] for place in places]
            joining = [opinion for opinion in members if opinion.group_id is None]
            home = next((one.group_id for one in members if one.group_id and self.fixed[one.group_id]), None)
            if home is None and len(joining) > 1:
                home = self._home(anchor, joining, before)
            for opinion in joining:
                opinion.group_id = home

    def _opinions(self, anchor: str) -> list[Opinion]:
        query = select(Opinion).where(
            Opinion.consultation_id == self.consultation_id,
            Opinion.anchor == anchor,
            Opinion.withdrawn.is_(False),
            Opinion.alone.is_(False),
        )
        return list(db.session.scalars(query.order_by(Opinion.id)))

    def _home(self, anchor: str, joining: Sequence[Opinion], before: dict[int, int | None]) -> int:
        """Return the group that most of the members were in last time, if the machine may have it, or a new one."""
        earlier = [key for one in joining if (key := before[one.id]) and key not in (self.fixed.keys() | self.used)]
        if earlier:
            found = db.session.get_one(OpinionGroup, max(sorted(set(earlier)), key=earlier.count))
        else:
            found = OpinionGroup(consultation_id=self.consultation_id, created_at=self.at)
            db.session.add(found)
        found.title, found.anchor = title_of([opinion.content for opinion in joining]), anchor
        db.session.flush()
        self.used.add(found.id)
        return found.id


def title_of(texts: Sequence[str]) -> str:
    """Return a title for opinions that say the same: the line that stands best for them."""
    return grouping.title(texts) or texts[0][:OWN_TITLE]


def _fixed(consultation_id: int) -> dict[int, bool]:
    """Return the groups that keep their members, each with whether others may join: not where it was decided on."""
    decided = select(Decision.group_id).where(
        Decision.consultation_id == consultation_id, Decision.group_id.is_not(None)
    )
    kept = select(OpinionGroup.id).where(OpinionGroup.consultation_id == consultation_id, OpinionGroup.kept.is_(True))
    fixed = dict.fromkeys(db.session.scalars(kept), True)
    fixed.update({key: False for key in db.session.scalars(decided) if key is not None})
    return fixed


def _anchors(consultation_id: int) -> list[str]:
    query = select(Opinion.anchor).where(Opinion.consultation_id == consultation_id, Opinion.withdrawn.is_(False))
    return sorted(set(db.session.scalars(query.distinct())))


def _drop_empty(consultation_id: int) -> None:
    """Drop groups that the machine made and that nobody is in any more; nothing was ever decided on them."""
    db.session.execute(
        delete(OpinionGroup).where(
            OpinionGroup.consultation_id == consultation_id,
            OpinionGroup.kept.is_(False),
            ~exists().where(Opinion.group_id == OpinionGroup.id),
            ~exists().where(Decision.group_id == OpinionGroup.id),
        )
    )


def _move(opinions: Sequence[Opinion], group_id: int | None, *, alone: bool) -> None:
    left = {opinion.group_id for opinion in opinions if opinion.group_id is not None}
    ids = [opinion.id for opinion in opinions]
    db.session.execute(update(Opinion).where(Opinion.id.in_(ids)).values(group_id=group_id, alone=alone))
    for opinion in opinions:
        db.session.refresh(opinion)
    weigh(left | ({group_id} if group_id is not None else set()))


def _expect_grouping(consultation: Consultation) -> None:
    hold(consultation)  # nobody decides or screens meanwhile: groups are of the whole
    if consultation.stage not in GROUPING:
        raise OpinionRefused("这件征求意见还没有公开、已经上会或者已经撤回，现在不能归并意见。")


def _expect_standing(opinions: Sequence[Opinion]) -> None:
    if any(opinion.withdrawn for opinion in opinions):
        raise OpinionRefused("有一条意见已经拆分，或者它的来件已经撤回审核，请刷新列表。")


def _checked_title(title: str) -> str:
    title = " ".join(clean(title).split())
    if not title:
        raise OpinionRefused("请给归并意见写一个标题。")
    if len(title) > TITLE_CHARACTERS:
        raise OpinionRefused(f"标题有 {len(title)} 字，最多 {TITLE_CHARACTERS} 字，请缩短。")
    return title


def _record(actor: Actor, act: str, subject: OpinionGroup, at: datetime, **detail: Any) -> None:
    record(actor, act, f"group:{subject.id}", at=at, consultation_id=subject.consultation_id, **detail)
