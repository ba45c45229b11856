"""Queries about public consultations: lists by state, one by its slug, its draft."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import joinedload

from consult.drafting import draft_units
from consult.drafting.models import Consultation, DraftVersion, ProvisionRow, Stage, State
from consult.store import db
from consult.text import search_terms

PAGE = 20
SEARCH_WORDS = 5


class PublicList(StrEnum):
    """The list that a public consultation appears in."""

    OPEN = "open"
    CLOSED = "closed"
    FEEDBACK = "feedback"
    WITHDRAWN = "withdrawn"


ANSWERED = (Stage.FEEDBACK_PUBLISHED, Stage.SUBMITTED_TO_MEETING, Stage.PROMULGATED)
"""Stages in which the feedback is published."""


def _on(shelf: PublicList, at: datetime) -> ColumnElement[bool]:
    released = Consultation.stage == Stage.RELEASED
    if shelf is PublicList.OPEN:
        return and_(released, Consultation.closes_at > at)
    if shelf is PublicList.CLOSED:
        return or_(and_(released, Consultation.closes_at <= at), Consultation.stage == Stage.FEEDBACK_REVIEW)
    return Consultation.stage.in_(ANSWERED) if shelf is PublicList.FEEDBACK else Consultation.stage == Stage.WITHDRAWN


def _public(at: datetime) -> ColumnElement[bool]:
    return and_(Consultation.opens_at.is_not(None), Consultation.opens_at <= at)


def listing(
    shelf: PublicList, at: datetime, *, words: str = "", kind: str = "", after: str = "", limit: int = PAGE
) -> list[Consultation]:
    """Return the public consultations of a list: open ones by nearest end, others by latest end.

    Arguments:
        words: up to five words, all of which occur in the title, the summary or the draft; traditional characters
            and full-width letters find simplified and ordinary ones.
        kind: id of a kind of document; empty for all.
        after: slug of the last one on the previous page.
    """
    query = select(Consultation).where(_public(at), _on(shelf, at)).options(joinedload(Consultation.division))
    if kind:
        query = query.where(Consultation.kind == kind)
    for word in words.split()[:SEARCH_WORDS]:
        query = query.where(or_(*(_mentions(spelling) for spelling in _spellings(word))))
    ascending = shelf is PublicList.OPEN
    last = db.session.scalar(select(Consultation).where(Consultation.slug == after)) if after else None
    if last is not None and last.closes_at is not None:
        ends, id_ = Consultation.closes_at, Consultation.id
        further = ends > last.closes_at if ascending else ends < last.closes_at
        query = query.where(or_(further, and_(ends == last.closes_at, id_ > last.id if ascending else id_ < last.id)))
    order = (
        (Consultation.closes_at, Consultation.id)
        if ascending
        else (Consultation.closes_at.desc(), Consultation.id.desc())
    )
    return list(db.session.scalars(query.order_by(*order).limit(limit)))


def _spellings(word: str) -> set[str]:
    """Return a word as it was typed, and in the form in which texts are searched: simplified, of ordinary width."""
    return {word, search_terms.normal(word).strip()} - {""}


def _mentions(word: str) -> ColumnElement[bool]:
    in_draft = exists().where(
        ProvisionRow.version_id == Consultation.public_version_id,
        or_(ProvisionRow.text.contains(word, autoescape=True), ProvisionRow.heading.contains(word, autoescape=True)),
    )
    return or_(
        Consultation.title.contains(word, autoescape=True),
        Consultation.summary.contains(word, autoescape=True),
        in_draft,
    )


def public_page(at: datetime, *, state: State | None = None, after: str = "", limit: int = PAGE) -> list[Consultation]:
    """Return public consultations, newest first, from beyond the slug ``after``; in one state, or in all."""
    query = select(Consultation).where(_public(at)).options(joinedload(Consultation.division))
    if state is not None:
        query = query.where(_in_state(state, at))
    if after:
        last = select(Consultation.id).where(Consultation.slug == after).scalar_subquery()
        query = query.where(Consultation.id < last)
    return list(db.session.scalars(query.order_by(Consultation.id.desc()).limit(limit)))


def _in_state(state: State, at: datetime) -> ColumnElement[bool]:
    if state in (State.OPEN, State.CLOSED):
        ended = Consultation.closes_at <= at
        return and_(Consultation.stage == Stage.RELEASED, ended if state is State.CLOSED else ~ended)
    return Consultation.stage == (Stage(state.value) if state.value in list(Stage) else None)


def provisions(
    consultation: Consultation, *, after: int = -1, limit: int = PAGE, anchor: str | None = None
) -> list[ProvisionRow]:
    """Return provisions of the draft out for comment in order, from beyond the position ``after``, or a single one."""
    query = select(ProvisionRow).where(
        ProvisionRow.version_id == consultation.public_version_id, ProvisionRow.position > after
    )
    if anchor is not None:
        query = query.where(ProvisionRow.anchor == anchor)
    return list(db.session.scalars(query.order_by(ProvisionRow.position).limit(limit)))


def kinds_in_use(at: datetime) -> list[str]:
    """Return the ids of the kinds of document among public consultations."""
    query = select(Consultation.kind).where(_public(at)).distinct().order_by(Consultation.kind)
    return list(db.session.scalars(query))


def released(slug: str) -> Consultation | None:
    """Return the consultation with this slug if it was ever released, even when it hasn't opened yet."""
    if "\x00" in slug:  # PostgreSQL refuses such text
        return None
    query = (
        select(Consultation)
        .where(Consultation.slug == slug, Consultation.opens_at.is_not(None))
        .options(joinedload(Consultation.division))
    )
    return db.session.scalar(query)


def by_slug(slug: str) -> Consultation | None:
    """Return the consultation with this slug, whatever its state."""
    if "\x00" in slug:  # PostgreSQL refuses such text
        return None
    return db.session.scalar(select(Consultation).where(Consultation.slug == slug))


def count_articles(consultation: Consultation) -> int:
    """Return how many articles the draft out for comment has."""
    query = select(func.count()).where(
        ProvisionRow.version_id == consultation.public_version_id, ProvisionRow.kind == "article"
    )
    return db.session.scalar(query) or 0


def draft_of(consultation: Consultation) -> draft_units.Draft:
    """Return the draft out for comment, for display."""
    return _units_of(consultation.public_version_id)


def draft_of_version(version: DraftVersion) -> draft_units.Draft:
    """Return the text of any version, for display."""
    return _units_of(version.id)


def _units_of(version_id: int | None) -> draft_units.Draft:
    query = select(ProvisionRow).where(ProvisionRow.version_id == version_id).order_by(ProvisionRow.position)
    return draft_units.read(db.session.scalars(query).all())


def anchors_of(version: DraftVersion) -> set[str]:
    """Return the anchors of all provisions of a version."""
    return set(db.session.scalars(select(ProvisionRow.anchor).where(ProvisionRow.version_id == version.id)))
