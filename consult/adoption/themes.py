"""Themes (主题): made, put on opinions and groups, renamed, merged, removed; proposed from words that stand out.

A mark on a group holds for its members, whoever they are when it is asked: nothing is copied.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, func, select, union

from consult.accounts.permissions import Act, Actor, require
from consult.adoption.errors import ThemeRefused
from consult.adoption.models import Opinion, OpinionGroup, Outcome, Theme, ThemeMark
from consult.adoption.private_words import private_in
from consult.adoption.queries import effective, with_decision
from consult.drafting.models import Consultation
from consult.intake.arrival import clean
from consult.intake.models import Submission
from consult.ledger.row_digests import digests_by_id
from consult.ledger.service import BulkAct, record_many
from consult.ledger.verification.subjects import STANDS
from consult.store import db, transaction
from consult.store.locking import advisory_lock, lock_row, lock_row_shared
from consult.text import search_terms, standing_out

NAME_CHARACTERS, KEY_CHARACTERS = 40, 80
AT_ONCE = 500
"""Marks that are written by one statement."""
READ = 5_000
"""Opinions in which words are looked for that stand out, here and elsewhere."""
PROPOSED = 20
CREATE, RENAME, PUBLISH, MERGE, REMOVE, UNMARK = (
    f"theme.{verb}" for verb in ("create", "rename", "publish", "merge", "remove", "unmark")
)

Subject = Opinion | OpinionGroup


def create(actor: Actor, consultation: Consultation, name: str, *, at: datetime) -> Theme:
    """Make a theme, or return the one that has this name.

    Raises:
        ThemeRefused: no name, one that is too long, or private data in it.
    """
    require(actor, Act.MARK, consultation)
    name = _checked_name(name)
    with transaction() as session:
        lock(consultation)
        if (standing := named(consultation.id, name)) is not None:
            return standing
        theme = Theme(consultation_id=consultation.id, name=name, name_key=key_of(name), created_at=at)
        session.add(theme)
        session.flush()
        _record(actor, CREATE, theme, at)
    return theme


def rename(actor: Actor, theme: Theme, name: str, *, at: datetime) -> None:
    """Give a theme another name.

    Raises:
        ThemeRefused: another theme has it, or ``create`` would refuse it.
    """
    name = _checked_name(name)
    with transaction() as session:
        _lock_standing(actor, theme)
        other = named(theme.consultation_id, name)
        if other is not None and other.id != theme.id:
            raise ThemeRefused(f"已有主题“{other.name}”。两个主题意思相同的，请合并。")
        if theme.name != name:
            theme.name, theme.name_key = name, key_of(name)
            session.flush()
            _record(actor, RENAME, theme, at)


def set_public(actor: Actor, theme: Theme, is_public: bool, *, at: datetime) -> None:
    """Say whether the feedback report prints a theme with its numbers."""
    with transaction() as session:
        _lock_standing(actor, theme)
        if theme.is_public is not is_public:
            theme.is_public = is_public
            session.flush()
            _record(actor, PUBLISH, theme, at)


def merge(actor: Actor, theme: Theme, into: Theme, *, at: datetime) -> None:
    """Merge a theme into another: its opinions and groups get the other, and it is removed.

    Raises:
        ThemeRefused: they are the same, of different consultations, or one was removed.
    """
    if theme.id == into.id or theme.consultation_id != into.consultation_id:
        raise ThemeRefused("请选择同一件征求意见的另一个主题。")
    with transaction() as session:
        _lock_standing(actor, theme)
        _lock_standing(actor, into)
        marks = list(_marks(ThemeMark.theme_id == theme.id))
        _end(actor, marks, at, theme.consultation_id)
        opinions = [mark.opinion_id for mark in marks if mark.opinion_id is not None]
        _put(actor, into, opinions, [mark.group_id for mark in marks if mark.group_id is not None], at)
        theme.removed_at, theme.merged_into_id = at, into.id
        session.flush()
        _record(actor, MERGE, theme, at)


def remove(actor: Actor, theme: Theme, *, at: datetime) -> None:
    """Remove a theme: nothing is marked with it any more."""
    with transaction() as session:
        _lock_standing(actor, theme)
        _end(actor, list(_marks(ThemeMark.theme_id == theme.id)), at, theme.consultation_id)
        theme.removed_at = at
        session.flush()
        _record(actor, REMOVE, theme, at)


def put(actor: Actor, theme: Theme, subjects: Sequence[Subject], *, at: datetime) -> int:
    """Mark opinions and groups with a theme; return how many weren't yet.

    Raises:
        ThemeRefused: the theme was removed, or one of them is of another consultation.
    """
    if any(subject.consultation_id != theme.consultation_id for subject in subjects):
        raise ThemeRefused("所选意见和主题不属于同一件征求意见。")
    with transaction():
        _lock_standing(actor, theme)
        for group in sorted({each for each in subjects if isinstance(each, OpinionGroup)}, key=lambda each: each.id):
            lock_row(group)
            group.kept = True  # computed grouping would leave the mark without its group
        opinions = [subject.id for subject in subjects if isinstance(subject, Opinion)]
        groups = [subject.id for subject in subjects if isinstance(subject, OpinionGroup)]
        return _put(actor, theme, opinions, groups, at)


def put_by_words(actor: Actor, theme: Theme, words: str, *, at: datetime) -> int:
    """Mark the standing opinions whose text contains words; return how many weren't marked yet.

    Raises:
        ThemeRefused: fewer than two characters.
    """
    sought = search_terms.normal(words)
    if len(sought) < search_terms.SHORTEST:
        raise ThemeRefused("请输入两个字以上的词语。")
    with transaction():
        _lock_standing(actor, theme)
        ids = [id_ for id_, text in _texts(theme.consultation_id) if sought in search_terms.normal(text)]
        return _put(actor, theme, ids, [], at)


def take_off(actor: Actor, theme: Theme, subjects: Sequence[Subject], *, at: datetime) -> int:
    """Take a theme off opinions and groups; return from how many. What a member has by its group stays the group's."""
    opinions = [subject.id for subject in subjects if isinstance(subject, Opinion)]
    groups = [subject.id for subject in subjects if isinstance(subject, OpinionGroup)]
    with transaction():
        _lock_standing(actor, theme)
        on_these = ThemeMark.opinion_id.in_(opinions) | ThemeMark.group_id.in_(groups)
        ended = list(_marks(ThemeMark.theme_id == theme.id, on_these))
        _end(actor, ended, at, theme.consultation_id)
    return len(ended)


def copy_marks(actor: Actor, opinion: Opinion, pieces: Sequence[Opinion], *, at: datetime) -> None:
    """Mark the pieces that an opinion was split into as it is marked; called within the verb that splits it."""
    now = [mark.theme_id for mark in _marks(ThemeMark.opinion_id == opinion.id)]
    made = [ThemeMark(theme_id=theme_id, opinion_id=piece.id, marked_at=at) for piece in pieces for theme_id in now]
    db.session.add_all(made)
    db.session.flush()
    _record_marks(actor, Act.MARK, made, at, opinion.consultation_id)


def key_of(name: str) -> str:
    """Return a name as names are compared."""
    return search_terms.normal(name)


def named(consultation_id: int, name: str) -> Theme | None:
    """Return the standing theme of a name."""
    return db.session.scalar(_standing(consultation_id).where(Theme.name_key == key_of(name)))


def themes_of(consultation_id: int) -> list[Theme]:
    """Return the standing themes of a consultation by name."""
    return list(db.session.scalars(_standing(consultation_id).order_by(Theme.name_key, Theme.id)))


def marked_with(theme_id: int) -> ColumnElement[bool]:
    """Return the condition that an opinion has a theme, by itself or by its group."""
    marks = _marked_opinions(ThemeMark.theme_id == theme_id)
    return Opinion.id.in_(select(marks.c.opinion_id))


def on_lines(opinions: Collection[Opinion], groups: Collection[OpinionGroup]) -> dict[str, list[Theme]]:
    """Return the themes on opinions (``o12``, those of their groups among them) and groups (``g3``), by name."""
    group_ids = {group.id for group in groups} | {each.group_id for each in opinions if each.group_id is not None}
    on_these = ThemeMark.opinion_id.in_([each.id for each in opinions]) | ThemeMark.group_id.in_(group_ids)
    query = select(ThemeMark.opinion_id, ThemeMark.group_id, Theme).join(Theme, Theme.id == ThemeMark.theme_id)
    rows = db.session.execute(query.where(on_these, ThemeMark.ended_at.is_(None)).order_by(Theme.name_key)).all()
    lines: dict[str, list[Theme]] = {}
    for key in (*(f"g{group.id}" for group in groups), *(f"o{each.id}" for each in opinions)):
        lines[key] = []
    for opinion_id, group_id, theme in rows:
        keys = [f"o{opinion_id}"] if opinion_id is not None else [f"g{group_id}"]
        if group_id is not None:
            keys += [f"o{each.id}" for each in opinions if each.group_id == group_id]
        for key in keys:
            if key in lines and theme not in lines[key]:
                lines[key].append(theme)
    return lines


def own(subject: Subject) -> list[Theme]:
    """Return the themes that an opinion or a group itself is marked with, by name."""
    of = ThemeMark.opinion_id if isinstance(subject, Opinion) else ThemeMark.group_id
    query = select(Theme).join(ThemeMark, ThemeMark.theme_id == Theme.id)
    query = query.where(of == subject.id, ThemeMark.ended_at.is_(None))
    return list(db.session.scalars(query.order_by(Theme.name_key)))


@dataclass(frozen=True)
class ThemeCount:
    """A theme with the number of its standing opinions, and of those by the outcome of reviewed decisions."""

    theme: Theme
    n: int
    outcomes: dict[Outcome, int]


def counts(consultation_id: int, *, in_time: bool = False, public: bool = False) -> list[ThemeCount]:
    """Return the themes of a consultation with the numbers of their opinions, counted from the rows, largest first.

    Arguments:
        in_time: only opinions of submissions in time, as the figures of the report count.
        public: only themes that the report prints.
    """
    themes = {theme.id: theme for theme in themes_of(consultation_id) if theme.is_public or not public}
    marks = _marked_opinions(ThemeMark.theme_id.in_(themes))
    query = with_decision(marks.c.theme_id, effective("outcome"), func.count())
    query = query.join(marks, marks.c.opinion_id == Opinion.id)
    if in_time:
        late = Submission.late.is_(False)
        query = query.join(Submission, Submission.id == Opinion.submission_id).where(late)
    tables: dict[int, dict[Outcome | None, int]] = {id_: {} for id_ in themes}
    for theme_id, outcome, n in db.session.execute(query.group_by(marks.c.theme_id, effective("outcome"))):
        tables[theme_id][outcome] = int(n)
    lines = [
        ThemeCount(
            themes[id_], sum(table.values()), {outcome: table[outcome] for outcome in Outcome if outcome in table}
        )
        for id_, table in tables.items()
    ]
    return sorted(lines, key=lambda line: (-line.n, line.theme.name_key))


def overview(actor: Actor, consultation: Consultation) -> list[ThemeCount]:
    """Return the themes of a consultation with the numbers of their opinions, as staff see them."""
    require(actor, Act.SEE_SUBMISSIONS, consultation)
    return counts(consultation.id)


@dataclass(frozen=True)
class Proposal:
    """Words that stand out in what was said, and how many standing opinions contain them."""

    words: str
    opinions: int


def proposals(actor: Actor, consultation: Consultation, *, limit: int = PROPOSED) -> list[Proposal]:
    """Return themes proposed from words that stand out against other consultations, the most striking first.

    Words that a theme's name contains already are left out; so are those of the draft's own title.
    """
    require(actor, Act.SEE_SUBMISSIONS, consultation)
    here = standing_out.count_words(_newest(Opinion.consultation_id == consultation.id))
    elsewhere = standing_out.count_words(_newest(Opinion.consultation_id != consultation.id))
    taken = [key_of(consultation.title), *(theme.name_key for theme in themes_of(consultation.id))]
    scored = standing_out.words_that_stand_out(here, elsewhere, 3 * limit)
    words = [word for word, _, _ in scored if not any(key_of(word) in name for name in taken)][:limit]
    sought = {word: key_of(word) for word in words}
    numbers = dict.fromkeys(words, 0)
    for _, text in _texts(consultation.id):
        plain = search_terms.normal(text)
        for word, key in sought.items():
            numbers[word] += key in plain
    return [Proposal(word, n) for word, n in numbers.items() if n]


def theme_digests(ids: Collection[int]) -> dict[int, str]:
    """Return the digests of themes by their ids, for the record."""
    return digests_by_id(select(*Theme.__table__.columns).where(Theme.id.in_(ids)))


def mark_digests(ids: Collection[int]) -> dict[int, str]:
    """Return the digests of marks by their ids, for the record."""
    return digests_by_id(select(*ThemeMark.__table__.columns).where(ThemeMark.id.in_(ids)))


def _standing(consultation_id: int) -> Select[Theme]:
    return select(Theme).where(Theme.consultation_id == consultation_id, Theme.removed_at.is_(None))


def _marked_opinions(condition: ColumnElement[bool]) -> Subquery:
    """Return the pairs of theme and opinion of marks in force, those by a group among them, once each."""
    in_force = (condition, ThemeMark.ended_at.is_(None))
    by_itself = select(ThemeMark.theme_id, ThemeMark.opinion_id).where(*in_force, ThemeMark.opinion_id.is_not(None))
    by_group = (
        select(ThemeMark.theme_id, Opinion.id)
        .join(Opinion, Opinion.group_id == ThemeMark.group_id)
        .where(*in_force, ThemeMark.group_id.is_not(None))
    )
    return union(by_itself, by_group).subquery()


def _marks(*conditions: ColumnElement[bool]) -> Iterator[ThemeMark]:
    query = select(ThemeMark).where(ThemeMark.ended_at.is_(None), *conditions)
    yield from db.session.scalars(query.order_by(ThemeMark.id))


def _texts(consultation_id: int) -> Iterator[tuple[int, str]]:
    """Yield id and text of every standing opinion, a batch at a time."""
    after = 0
    while True:
        query = select(Opinion.id, Opinion.content).where(
            Opinion.consultation_id == consultation_id, Opinion.id > after, Opinion.withdrawn.is_(False)
        )
        rows = db.session.execute(query.order_by(Opinion.id).limit(READ)).all()
        yield from ((row.id, row.content) for row in rows)
        if len(rows) < READ:
            return
        after = rows[-1].id


def _newest(condition: ColumnElement[bool]) -> Sequence[str]:
    query = select(Opinion.content).where(condition, Opinion.withdrawn.is_(False))
    return db.session.scalars(query.order_by(Opinion.id.desc()).limit(READ)).all()


def _put(actor: Actor, theme: Theme, opinions: Sequence[int], groups: Sequence[int], at: datetime) -> int:
    n = 0
    for column, ids in ((ThemeMark.opinion_id, opinions), (ThemeMark.group_id, groups)):
        wanted = sorted(set(ids))
        for start in range(0, len(wanted), AT_ONCE):
            some = wanted[start : start + AT_ONCE]
            has = {getattr(mark, column.key) for mark in _marks(ThemeMark.theme_id == theme.id, column.in_(some))}
            made = [ThemeMark(theme_id=theme.id, marked_at=at, **{column.key: id_}) for id_ in some if id_ not in has]
            db.session.add_all(made)
            db.session.flush()
            _record_marks(actor, Act.MARK, made, at, theme.consultation_id)
            n += len(made)
    return n


def _end(actor: Actor, marks: Sequence[ThemeMark], at: datetime, consultation_id: int) -> None:
    for mark in marks:
        mark.ended_at = at
    db.session.flush()
    _record_marks(actor, UNMARK, marks, at, consultation_id)


def lock(consultation: Consultation) -> None:
    """Let nobody else change themes and marks of a consultation until the transaction ends."""
    advisory_lock(f"themes:{consultation.id}")
    lock_row_shared(consultation)


def _lock_standing(actor: Actor, theme: Theme) -> None:
    consultation = db.session.get_one(Consultation, theme.consultation_id)
    require(actor, Act.MARK, consultation)
    lock(consultation)
    lock_row(theme)
    if theme.removed_at is not None:
        raise ThemeRefused(f"主题“{theme.name}”已经合并或者删除，请刷新列表。")


def _checked_name(name: str) -> str:
    name = " ".join(clean(name).split())
    if not key_of(name):
        raise ThemeRefused("请填写主题的名称。")
    if len(name) > NAME_CHARACTERS or len(key_of(name)) > KEY_CHARACTERS:
        raise ThemeRefused(f"主题的名称有 {len(name)} 字，最多 {NAME_CHARACTERS} 字，请缩短。")
    if private := private_in(name):
        raise ThemeRefused(f"主题的名称不得写个人信息（{'、'.join(private)}）。")
    return name


def _record(actor: Actor, act: str, theme: Theme, at: datetime) -> None:
    stands = theme_digests([theme.id])[theme.id]
    detail: dict[str, Any] = {"name": theme.name, STANDS: stands}
    acts = [BulkAct(f"theme:{theme.id}", stands, detail)]
    record_many(actor, act, acts, at=at, consultation_id=theme.consultation_id)


def _record_marks(actor: Actor, act: str, marks: Sequence[ThemeMark], at: datetime, consultation_id: int) -> None:
    if not marks:
        return
    stands: dict[int, str] = {}
    for start in range(0, len(marks), AT_ONCE):
        stands |= mark_digests([mark.id for mark in marks[start : start + AT_ONCE]])
    acts = [
        BulkAct(f"theme_mark:{mark.id}", stands[mark.id], {"theme": mark.theme_id, STANDS: stands[mark.id]})
        for mark in marks
    ]
    record_many(actor, act, acts, at=at, consultation_id=consultation_id)
