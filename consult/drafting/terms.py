"""The terms of a consultation: the columns needed to accept a submission, loaded without the notice and the rest."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Protocol

from sqlalchemy import bindparam, select

from consult.drafting.errors import NoSuchConsultation
from consult.drafting.models import Consultation, Stage
from consult.store.compiled_query import Query


class Terms(Protocol):
    """Period, stage and draft of a consultation: the consultation itself, or these columns of its row."""

    @property
    def id(self) -> int: ...

    @property
    def opens_at(self) -> datetime | None: ...

    @property
    def closes_at(self) -> datetime | None: ...

    @property
    def stage(self) -> Stage: ...

    @property
    def public_version_id(self) -> int | None: ...


@dataclass(frozen=True)
class BySlug:
    """A consultation by its slug, whose terms are loaded on demand."""

    slug: str


@dataclass(frozen=True)
class _Terms:
    """Terms loaded by a query."""

    id: int
    opens_at: datetime | None
    closes_at: datetime | None
    stage: Stage
    public_version_id: int | None


_SELECT = select(*(getattr(Consultation, field.name) for field in fields(_Terms)))
_OF_ID = Query(_SELECT.where(Consultation.id == bindparam("key")))
_OF_SLUG = Query(_SELECT.where(Consultation.slug == bindparam("key"), Consultation.opens_at.is_not(None)))


def current_terms(consultation: Terms | BySlug) -> Terms:
    """Return the current terms from the database, bypassing the session.

    Raises:
        NoSuchConsultation: no consultation with this slug was ever released.
    """
    if not isinstance(consultation, BySlug):
        rows = _OF_ID(key=consultation.id)
    elif "\x00" in consultation.slug:  # PostgreSQL refuses such text
        rows = []
    else:
        rows = _OF_SLUG(key=consultation.slug)
    if not rows:
        raise NoSuchConsultation("没有这件征求意见。")
    return _Terms(*rows[0])
