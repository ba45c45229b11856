"""A consultation's terms: all that who takes an opinion must know of it, read without the notice and the rest."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Protocol

from sqlalchemy import bindparam, select

from consult.drafting.errors import NoSuchConsultation
from consult.drafting.models import Consultation, Stage
from consult.store.query import Query


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
class Named:
    """A consultation by its address, whose terms are read when they are needed."""

    slug: str


@dataclass(frozen=True)
class _Present:
    """Terms as a query gave them."""

    id: int
    opens_at: datetime | None
    closes_at: datetime | None
    stage: Stage
    public_version_id: int | None


_TERMS = select(*(getattr(Consultation, field.name) for field in fields(_Present)))
_OF_ID = Query(_TERMS.where(Consultation.id == bindparam("key")))
_OF_SLUG = Query(_TERMS.where(Consultation.slug == bindparam("key"), Consultation.opens_at.is_not(None)))


def present(consultation: Terms | Named) -> Terms:
    """Return the terms as they are in the database now, whatever was read of them before.

    Raises:
        NoSuchConsultation: none of this address was ever released.
    """
    if not isinstance(consultation, Named):
        found = _OF_ID(key=consultation.id)
    elif "\x00" in consultation.slug:  # PostgreSQL takes no such text
        found = []
    else:
        found = _OF_SLUG(key=consultation.slug)
    if not found:
        raise NoSuchConsultation("没有这件征求意见。")
    return _Present(*found[0])
