"""What the register said of a consultee when it was heard: a later change doesn't count, a correction does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import select

from consult.accounts.permissions import Actor
from consult.consultees.models import Consultee, RegisterCorrection
from consult.store import db
from consult.text.organisation_names import is_lawyers_association

FIELDS = ("kind", "size", "sector", "traits")
"""Fields by which consultees are counted; a snapshot has these, the name and its time ``at``."""
LABOUR, LAWYERS = "labour", "lawyers"

Snapshot = Mapping[str, str]


def snapshot(consultee: Consultee, at: datetime) -> dict[str, str]:
    """Return the register's data of a consultee, to be stored with its answer."""
    return {**fields_of(consultee), "name": consultee.name, "at": at.isoformat()}


def fields_of(consultee: Consultee) -> dict[str, str]:
    """Return the values that a consultee is counted by, as text; empty where the register says nothing."""
    size = consultee.size.value if consultee.size is not None else ""
    return dict(zip(FIELDS, (consultee.kind.value, size, consultee.sector, traits_of(consultee)), strict=True))


def traits_of(consultee: Consultee) -> str:
    """Return what else a consultee is counted by: who owns it, whether many hands work there, that lawyers join it."""
    traits = (
        consultee.ownership.value if consultee.ownership is not None else "",
        LABOUR if consultee.labour_intensive else "",
        LAWYERS if is_lawyers_association(consultee.name) else "",
    )
    return "+".join(trait for trait in traits if trait)


def corrections_of(consultee_ids: Iterable[int]) -> dict[int, list[RegisterCorrection]]:
    """Return the corrections of these consultees' entries, oldest first."""
    by_consultee: defaultdict[int, list[RegisterCorrection]] = defaultdict(list)
    query = select(RegisterCorrection).where(RegisterCorrection.consultee_id.in_(list(consultee_ids)))
    for correction in db.session.scalars(query.order_by(RegisterCorrection.id)):
        by_consultee[correction.consultee_id].append(correction)
    return by_consultee


def corrections(consultee: Consultee) -> list[RegisterCorrection]:
    """Return the corrections of a consultee's entry, newest first."""
    return corrections_of([consultee.id]).get(consultee.id, [])[::-1]


def counted_as(
    kept: Snapshot | None, consultee: Consultee, corrections: Iterable[RegisterCorrection]
) -> dict[str, str]:
    """Return the values that a consultee counts by: as on the day of its hearing, corrected by what was wrong then.

    Arguments:
        kept: what the register said on that day; None where nobody was heard, or it wasn't kept then.
    """
    if kept is None:
        return fields_of(consultee)
    values = {name: kept.get(name, "") for name in FIELDS}
    heard_at = datetime.fromisoformat(kept["at"])
    for correction in corrections:
        if correction.at < heard_at:
            continue
        for name, (wrong, right) in correction.changes.items():
            if values.get(name) == wrong:
                values[name] = right
    return values


def note_correction(
    actor: Actor, consultee: Consultee, before: Mapping[str, str], reason: str, *, at: datetime
) -> RegisterCorrection | None:
    """Keep that the entry was wrong before, where it says something else now; in the caller's transaction."""
    after = fields_of(consultee)
    changes = {name: [before[name], after[name]] for name in FIELDS if before[name] != after[name]}
    if not changes:
        return None
    correction = RegisterCorrection(
        consultee_id=consultee.id, at=at, by_id=actor.id, reason=reason.strip(), changes=changes
    )
    db.session.add(correction)
    db.session.flush()
    return correction
