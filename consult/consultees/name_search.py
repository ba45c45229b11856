"""Finds consultees by a part of their name, in a time that hardly depends on the size of the register.

Every run of one, two and three adjacent characters of a name is kept beside the register; a part of a name is looked up
by the rarest of its longest runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, and_, delete, false, func, insert, select

from consult.consultees.models import Consultee, NameRun
from consult.store import db
from consult.text.fingerprint import normalise

LONGEST = 3
"""Maximum characters of a run."""
COUNTED = 500
"""Number of names from which a run counts as common."""
AT_ONCE = 400


def runs_of(text: str, lengths: Iterable[int] = range(1, LONGEST + 1)) -> set[str]:
    """Return the runs of adjacent characters of a normalised text."""
    plain = normalise(text)
    return {plain[start : start + n] for n in lengths for start in range(len(plain) - n + 1)}


def index_names(consultees: Sequence[Consultee]) -> None:
    """Store the runs of the names of new or renamed consultees, in the caller's transaction."""
    for start in range(0, len(consultees), AT_ONCE):
        some = consultees[start : start + AT_ONCE]
        db.session.execute(delete(NameRun).where(NameRun.consultee_id.in_([consultee.id for consultee in some])))
        rows = [{"run": run, "consultee_id": named.id} for named in some for run in sorted(runs_of(named.name))]
        if rows:
            db.session.execute(insert(NameRun), rows)


def has_in_name(part: str) -> ColumnElement[bool]:
    """Return the condition that a consultee's name contains every run of a part of a name."""
    plain = normalise(part)
    runs = runs_of(plain, [min(LONGEST, len(plain))]) if plain else set()
    if not runs:
        return false()
    first, *others = sorted(runs, key=_count)
    rarest = select(NameRun.consultee_id).where(NameRun.run == first)
    return and_(
        Consultee.id.in_(rarest),
        *(
            select(NameRun.run).where(NameRun.run == run, NameRun.consultee_id == Consultee.id).exists()
            for run in others
        ),
    )


def _count(run: str) -> int:
    some = select(NameRun.consultee_id).where(NameRun.run == run).limit(COUNTED)
    return db.session.scalar(select(func.count()).select_from(some.subquery())) or 0
