"""What colleagues say to each other on an opinion or a group (内部讨论): internal, in the record, never changed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from consult.accounts.permissions import Act, Actor, require
from consult.adoption.errors import CommentRefused
from consult.adoption.holdings import expect_given
from consult.adoption.models import Opinion, OpinionComment, OpinionGroup
from consult.adoption.private_words import private_in
from consult.drafting.models import Consultation
from consult.intake.arrival import clean
from consult.ledger.row_digests import digests_by_id
from consult.ledger.service import record
from consult.ledger.verification.subjects import STANDS
from consult.store import db, transaction
from consult.store.locking import lock_row, lock_row_shared

COMMENT_CHARACTERS = 2000
STRIKE = "opinion.strike_comment"


def add_comment(actor: Actor, subject: Opinion | OpinionGroup, words: str, *, at: datetime) -> OpinionComment:
    """Say something to colleagues on an opinion or a group.

    Arguments:
        words: at most ``COMMENT_CHARACTERS`` characters, without private data.

    Raises:
        CommentRefused: no words, too many, or private data among them.
        NotGiven: it wasn't given to this drafter of another division.
    """
    consultation = db.session.get_one(Consultation, subject.consultation_id)
    require(actor, Act.DISCUSS, consultation)
    words = _checked(subject, words)
    with transaction() as session:
        lock_row_shared(consultation)
        expect_given(actor, consultation, [subject])
        if isinstance(subject, OpinionGroup):
            lock_row(subject)
            subject.kept = True  # computed grouping would leave the comment without its group
        comment = OpinionComment(
            consultation_id=consultation.id,
            opinion_id=subject.id if isinstance(subject, Opinion) else None,
            group_id=subject.id if isinstance(subject, OpinionGroup) else None,
            author_id=actor.id,
            at=at,
            words=words,
        )
        session.add(comment)
        session.flush()
        _record(actor, Act.DISCUSS, comment, at)
    return comment


def strike_comment(actor: Actor, comment: OpinionComment, *, at: datetime) -> None:
    """Strike out a comment: its words are kept, and shown to nobody.

    Raises:
        CommentRefused: it is somebody else's.
    """
    require(actor, Act.DISCUSS, db.session.get_one(Consultation, comment.consultation_id))
    with transaction():
        lock_row(comment)
        if comment.author_id != actor.id or actor.id is None:
            raise CommentRefused("只能删除本人的内部讨论。")
        if comment.struck_at is None:
            comment.struck_at = at
            db.session.flush()
            _record(actor, STRIKE, comment, at)


def comments(subject: Opinion | OpinionGroup) -> list[OpinionComment]:
    """Return what was said on an opinion or a group itself, oldest first, with what was struck out."""
    of = OpinionComment.opinion_id if isinstance(subject, Opinion) else OpinionComment.group_id
    query = select(OpinionComment).where(of == subject.id).options(joinedload(OpinionComment.author))
    return list(db.session.scalars(query.order_by(OpinionComment.id)))


def comment_counts(opinion_ids: Collection[int], group_ids: Collection[int]) -> dict[str, int]:
    """Return how many comments stand on each opinion (``o12``) and group (``g3``)."""
    counts: dict[str, int] = {}
    for kind, of, ids in (
        ("o", OpinionComment.opinion_id, opinion_ids),
        ("g", OpinionComment.group_id, group_ids),
    ):
        query = select(of, func.count()).where(of.in_(ids), OpinionComment.struck_at.is_(None)).group_by(of)
        counts |= {f"{kind}{key}": int(n) for key, n in db.session.execute(query)}
    return counts


def comment_digests(ids: Collection[int]) -> dict[int, str]:
    """Return the digests of comments by their ids, for the record."""
    return digests_by_id(select(*OpinionComment.__table__.columns).where(OpinionComment.id.in_(ids)))


def _checked(subject: Opinion | OpinionGroup, words: str) -> str:
    words = clean(words)
    if not words:
        raise CommentRefused("请填写讨论的内容。")
    if len(words) > COMMENT_CHARACTERS:
        raise CommentRefused(f"讨论的内容有 {len(words):,} 字，最多 {COMMENT_CHARACTERS:,} 字，请缩短。")
    if private := private_in(words, [subject]):
        raise CommentRefused(f"内部讨论不得写个人信息（{'、'.join(private)}），请删去后提交。")
    return words


def _record(actor: Actor, act: str, comment: OpinionComment, at: datetime) -> None:
    stands = comment_digests([comment.id])[comment.id]
    of: dict[str, Any] = (
        {"opinion": comment.opinion_id} if comment.opinion_id is not None else {"group": comment.group_id}
    )
    detail: dict[str, Any] = {**of, STANDS: stands}
    record(actor, act, f"comment:{comment.id}", at=at, consultation_id=comment.consultation_id, **detail)
