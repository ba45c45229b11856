"""One line of the list of what waits."""

from __future__ import annotations

from dataclasses import dataclass

from consult.drafting.models import Consultation


@dataclass(frozen=True)
class Todo:
    """``n`` of something to do, what about, and the page that lists it."""

    n: int
    unit: str
    what: str
    title: str
    href: str
    consultation: Consultation | None = None
    note: str = ""
