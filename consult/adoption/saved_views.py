"""Views of the workspace that somebody saved under a name, for oneself or for the division."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import func, or_, select

from consult.accounts.permissions import Act, Actor, require
from consult.adoption.errors import ViewRefused
from consult.adoption.models import SavedView
from consult.drafting.models import Consultation
from consult.intake.arrival import clean
from consult.store import db, transaction
from consult.text.anchors import WHOLE

NAME_CHARACTERS, QUERY_CHARACTERS = 40, 600
MOST = 30
"""Views that somebody saves at most."""
EVERYWHERE = frozenset({"", "all", WHOLE})
"""Places of the list that every consultation has."""


def save_view(
    actor: Actor, consultation: Consultation, name: str, query: Mapping[str, object], *, shared: bool, at: datetime
) -> SavedView:
    """Save what the list of a consultation shows under a name; the same name again replaces one's own.

    Arguments:
        query: the arguments of the address, without page and what is open.
        shared: colleagues of the division see it, too.

    Raises:
        ViewRefused: no name or one that is too long, or too many views.
    """
    require(actor, Act.SEE_SUBMISSIONS, consultation)
    name, kept = _checked_name(name), urlencode(sorted((key, str(value)) for key, value in query.items()))
    if len(kept) > QUERY_CHARACTERS:
        raise ViewRefused("筛选条件过长，不能保存。")
    is_local = str(query.get("at", "")) not in EVERYWHERE or "holder" in query
    with transaction() as session:
        mine = select(SavedView).where(SavedView.user_id == actor.id)
        view = session.scalar(mine.where(SavedView.name == name))
        if view is None:
            if (session.scalar(select(func.count()).select_from(mine.subquery())) or 0) >= MOST:
                raise ViewRefused(f"最多保存 {MOST} 个视图，请先删除不用的。")
            view = SavedView(user_id=actor.id, name=name, created_at=at)
            session.add(view)
        view.query, view.division_id = kept, actor.division_id if shared else None
        view.consultation_id = consultation.id if is_local else None
    return view


def rename_view(actor: Actor, view: SavedView, name: str) -> None:
    """Give a view of one's own another name.

    Raises:
        ViewRefused: it is somebody else's, or there is one of that name.
    """
    require(actor, Act.SEE_SUBMISSIONS)
    name = _checked_name(name)
    with transaction() as session:
        _expect_own(actor, view)
        taken = select(SavedView.id).where(
            SavedView.user_id == actor.id, SavedView.name == name, SavedView.id != view.id
        )
        if session.scalar(taken) is not None:
            raise ViewRefused(f"已有名为“{name}”的视图，请换一个名称。")
        view.name = name


def remove_view(actor: Actor, view: SavedView) -> None:
    """Remove a view of one's own."""
    require(actor, Act.SEE_SUBMISSIONS)
    with transaction() as session:
        _expect_own(actor, view)
        session.delete(view)


def views(actor: Actor, consultation: Consultation) -> list[SavedView]:
    """Return the views that somebody sees on a consultation: one's own, then those shared with the division."""
    is_own = SavedView.user_id == (actor.id or 0)
    query = select(SavedView).where(
        or_(is_own, SavedView.division_id == (actor.division_id or 0)),
        or_(SavedView.consultation_id.is_(None), SavedView.consultation_id == consultation.id),
    )
    return list(db.session.scalars(query.order_by(~is_own, SavedView.name, SavedView.id)))


def arguments(view: SavedView) -> dict[str, str]:
    """Return the arguments of a view's address."""
    return dict(parse_qsl(view.query))


def _expect_own(actor: Actor, view: SavedView) -> None:
    if view.user_id != actor.id:
        raise ViewRefused("只能修改、删除本人保存的视图。")


def _checked_name(name: str) -> str:
    name = " ".join(clean(name).split())
    if not name:
        raise ViewRefused("请填写视图的名称。")
    if len(name) > NAME_CHARACTERS:
        raise ViewRefused(f"视图的名称有 {len(name)} 字，最多 {NAME_CHARACTERS} 字，请缩短。")
    return name
