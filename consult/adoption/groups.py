"""Groups of similar opinions (归并意见): computed, and changed by people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import case, cast, delete, exists, select, update

from consult.accounts.permissions import Act, Actor, require
from consult.adoption.concentration import update_all, update_concentration
from consult.adoption.errors import OpinionRefused
from consult.adoption.models import Decision, Opinion, OpinionGroup
from consult.adoption.unmasked_words import unmasked
from consult.app_context import rules
from consult.drafting.models import Consultation, Stage
from consult.intake.arrival import clean
from consult.ledger.service import record
from consult.store import big_id, db, transaction
from consult.store.locking import lock_row
from consult.text import grouping

TITLE_CHARACTERS = 300
WRITTEN_TOGETHER = 500
"""Opinions whose groups are written by one statement."""
OWN_TITLE = 40
"""Length of a title cut from the first text, where no sentence represents the group."""
DECIDING = (Stage.RELEASED, Stage.FEEDBACK_REVIEW, Stage.FEEDBACK_PUBLISHED)
"""Stages in which groups and decisions change; after publication only on the way to a corrected report."""


def group(
    actor: Actor, consultation: Consultation, threshold: float | None = None, *, at: datetime
) -> list[OpinionGroup]:
    """Group similar opinions on the same provision; return all groups of the consultation.

    May be repeated: a group with a decision, or created or changed by a person, keeps its members, and an opinion that
    a person removed from a group stays out. All others are grouped again.

    Arguments:
        threshold: similarity (0 to 1) from which two texts count as the same; by default that of the rules.

    Raises:
        OpinionRefused: the threshold is out of range, or the consultation's stage doesn't allow it.
    """
    require(actor, Act.GROUP, consultation)
    likeness = rules().concentration.similarity if threshold is None else threshold
    if not 0 < likeness <= 1:
        raise OpinionRefused(f"相似度要在 0 和 1 之间（可以等于 1），现在是 {likeness:g}。")
    with transaction():
        _expect_grouping(consultation)
        grouping_run = _GroupingRun(consultation.id, likeness, at, _fixed(consultation.id))
        for anchor in _anchors(consultation.id):
            grouping_run.group_provision(anchor)
        db.session.flush()
        _drop_empty(consultation.id)
        update_all(consultation.id)
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
    """Return the groups of a consultation with members that aren't withdrawn, by provision and age."""
    standing = exists().where(Opinion.group_id == OpinionGroup.id, Opinion.withdrawn.is_(False))
    query = select(OpinionGroup).where(OpinionGroup.consultation_id == consultation_id, standing)
    return list(db.session.scalars(query.order_by(OpinionGroup.anchor, OpinionGroup.id)))


def create_group(actor: Actor, opinions: Sequence[Opinion], title: str, *, at: datetime) -> OpinionGroup:
    """Create a group of opinions on the same provision; they leave the groups they were in.

    Raises:
        OpinionRefused: fewer than two, or they are on different provisions.
    """
    if len({opinion.id for opinion in opinions}) < 2:
        raise OpinionRefused("归并至少要选两条意见。")
    if len({(opinion.consultation_id, opinion.anchor) for opinion in opinions}) > 1:
        raise OpinionRefused("只能归并同一条文下的意见。请先把它们改到同一条文。")
    consultation = db.session.get_one(Consultation, opinions[0].consultation_id)
    require(actor, Act.GROUP, consultation)
    title = _checked_title(title) if title.strip() else title_of([opinion.content for opinion in opinions])
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


def move_to_group(actor: Actor, opinion: Opinion, into: OpinionGroup, *, at: datetime) -> None:
    """Move an opinion to another group on the same provision.

    Raises:
        OpinionRefused: the group is on another provision.
    """
    move_together(actor, [opinion], into, at=at)


def move_together(actor: Actor, opinions: Sequence[Opinion], into: OpinionGroup, *, at: datetime) -> None:
    """Move opinions to a group on the same provision, all or none.

    Raises:
        OpinionRefused: none is given, or the group is on another provision.
    """
    consultation = db.session.get_one(Consultation, into.consultation_id)
    require(actor, Act.GROUP, consultation)
    if not opinions:
        raise OpinionRefused("没有可以并入的意见，请刷新再看。")
    with transaction():
        _expect_grouping(consultation)
        place = {(opinion.consultation_id, opinion.anchor) for opinion in opinions}
        if place != {(into.consultation_id, into.anchor)}:
            raise OpinionRefused("只能并入同一条文下的归并意见。")
        _expect_standing(opinions)
        into.kept = True
        _move(opinions, into.id, alone=False)
        _record(actor, "opinion.put_in", into, at, opinions=[opinion.id for opinion in opinions])


def remove_from_group(actor: Actor, opinions: Sequence[Opinion], *, at: datetime) -> None:
    """Remove opinions from their groups: each needs a decision of its own again.

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
    """Change the title of a group, which the report prints.

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


@dataclass
class _Member:
    """An opinion as grouping sees it."""

    id: int
    content: str
    before: int | None
    """The group it was in."""
    into: int | None
    """The group that it is in or joins."""


@dataclass
class _GroupingRun:
    """One run of grouping over the opinions of a consultation."""

    consultation_id: int
    likeness: float
    at: datetime
    fixed: dict[int, bool]
    """Groups that keep their members, each with whether opinions may join it."""
    used: set[int] = field(default_factory=set)

    def group_provision(self, anchor: str) -> None:
        """Group the opinions on one provision."""
        members, words = self._members(anchor)
        founding: list[tuple[OpinionGroup, list[_Member]]] = []
        for places in grouping.group(words, self.likeness):
            alike = [members[place] for place in places]
            joining = [member for member in alike if member.into is None]
            target = next((member.into for member in alike if member.into and self.fixed[member.into]), None)
            if target is None and len(joining) > 1:
                founding.append((self._target_group(anchor, joining), joining))
            for member in joining:
                member.into = target
        db.session.flush()
        for target_group, joining in founding:
            for member in joining:
                member.into = target_group.id
        _write([member for member in members if member.into != member.before])

    def _members(self, anchor: str) -> tuple[list[_Member], list[str]]:
        """Return the opinions on a provision, and the words by which they are compared."""
        query = select(Opinion.id, Opinion.group_id, Opinion.part_id, Opinion.content).where(
            Opinion.consultation_id == self.consultation_id,
            Opinion.anchor == anchor,
            Opinion.withdrawn.is_(False),
            Opinion.alone.is_(False),
        )
        rows = db.session.execute(query.order_by(Opinion.id)).all()
        kept = self.fixed.keys()
        members = [
            _Member(row.id, row.content, row.group_id, row.group_id if row.group_id in kept else None) for row in rows
        ]
        return members, unmasked([(row.part_id, row.content) for row in rows])

    def _target_group(self, anchor: str, joining: Sequence[_Member]) -> OpinionGroup:
        """Return the group that most of these opinions were in before, if it is free, or a new one."""
        earlier = Counter(
            member.before for member in joining if member.before and member.before not in self.fixed.keys() | self.used
        )
        if earlier:
            key = max(sorted(earlier), key=earlier.__getitem__)
            self.used.add(key)
            target = db.session.get_one(OpinionGroup, key)
        else:
            target = OpinionGroup(consultation_id=self.consultation_id, created_at=self.at)
            db.session.add(target)
        target.title, target.anchor = title_of([member.content for member in joining]), anchor
        return target


def _write(changed: Sequence[_Member]) -> None:
    """Write the groups of opinions, some at a time."""
    for start in range(0, len(changed), WRITTEN_TOGETHER):
        into = {member.id: member.into for member in changed[start : start + WRITTEN_TOGETHER]}
        target = cast(case(into, value=Opinion.id), big_id)  # all of them NULL has a type, too
        db.session.execute(
            update(Opinion)
            .where(Opinion.id.in_(into))
            .values(group_id=target)
            .execution_options(synchronize_session=False)
        )
    for row in db.session.identity_map.values():
        if isinstance(row, (Opinion, OpinionGroup)):
            db.session.expire(row)


def title_of(texts: Sequence[str]) -> str:
    """Return a title for similar opinions: their most representative sentence."""
    return grouping.title(texts) or texts[0][:OWN_TITLE]


def _fixed(consultation_id: int) -> dict[int, bool]:
    """Return the groups that keep their members, with whether opinions may join: not where there is a decision."""
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
    """Delete computed groups without members and without decisions."""
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
    consultation_id = next(iter(opinions)).consultation_id
    update_concentration(consultation_id, left | ({group_id} if group_id is not None else set()))


def _expect_grouping(consultation: Consultation) -> None:
    lock_row(consultation)  # no decisions or screening meanwhile: grouping reads all opinions
    if consultation.stage not in DECIDING:
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
