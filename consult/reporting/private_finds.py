"""The private data that the last scan of a consultation's report found, for whoever decides on them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from consult.accounts.permissions import Act, Actor, require
from consult.drafting.models import Consultation
from consult.ledger.service import digest
from consult.reporting import private_decisions, private_scan
from consult.reporting.errors import ReportRefused
from consult.reporting.models import FindChoice, FindDecision, ReportScan
from consult.reporting.private_scan import Find, Row
from consult.store import db
from consult.text.privacy.kinds import RANK, Kind

CONTEXT = 40
"""Characters before and after a datum."""
PLACES = 3
"""Places of a datum that are shown; more are counted."""
ROWS = 500


@dataclass(frozen=True)
class Place:
    """Where a datum stands, with the words around it."""

    find: Find
    before: str
    after: str
    submission: str = ""
    """Number of the submission behind the row."""
    group: int | None = None
    """Id of the group whose title or reason it is."""


@dataclass
class Listed:
    """One private datum, wherever it stands: how often, and what was decided."""

    kind: Kind
    digest: str
    decision: FindDecision | None
    n: int = 0
    rows: list[int] = field(default_factory=list)
    """The first rows that have it."""
    places: list[Place] = field(default_factory=list)
    """Filled for those that are shown."""


def scan(actor: Actor, consultation: Consultation) -> None:
    """Detect private data in what a report would print, for ``listed``."""
    require(actor, Act.COMPILE_REPORT, consultation)
    private_scan.scan(consultation)


def was_scanned(consultation_id: int) -> bool:
    """Whether a report of a consultation was ever scanned."""
    query = select(ReportScan.row).where(ReportScan.consultation_id == consultation_id).limit(1)
    return db.session.scalar(query) is not None


def listed(consultation: Consultation) -> list[Listed]:
    """Return all data that the last scan found: the undecided first, then by kind and by how often they stand."""
    decisions = private_decisions.in_force(consultation.id)
    by_key: dict[tuple[Kind, str], Listed] = {}
    query = select(ReportScan.row, ReportScan.finds).where(
        ReportScan.consultation_id == consultation.id, ReportScan.finds != ""
    )
    for row, finds in db.session.execute(query.order_by(ReportScan.row)):
        for _, kind, _, _, known_by in json.loads(finds):
            key = Kind(kind), known_by
            entry = by_key.get(key)
            if entry is None:
                entry = by_key[key] = Listed(*key, decisions.get(key))
            entry.n += 1
            if len(entry.rows) < PLACES and row not in entry.rows:
                entry.rows.append(row)
    return sorted(by_key.values(), key=lambda entry: (entry.decision is not None, RANK[entry.kind], -entry.n))


def undecided(entries: Sequence[Listed], kinds: Collection[Kind] = tuple(Kind)) -> list[Listed]:
    """Return those of some kinds that nobody has decided on."""
    return [entry for entry in entries if entry.decision is None and entry.kind in kinds]


def by_kind(entries: Sequence[Listed]) -> dict[Kind, tuple[int, int]]:
    """Return how many data of each kind there are, and in how many places."""
    data, places = Counter[Kind](), Counter[Kind]()
    for entry in entries:
        data[entry.kind] += 1
        places[entry.kind] += entry.n
    return {kind: (data[kind], places[kind]) for kind in Kind if data[kind]}


def with_places(consultation: Consultation, entries: Sequence[Listed]) -> list[Listed]:
    """Return data with the words around them; those that have gone from the report since are left out."""
    by_key = {(entry.kind, entry.digest): entry for entry in entries}
    for (_, submission, values), finds in _rows_of(consultation, entries):
        texts = dict(private_scan.texts_of(values))
        for find in finds:
            entry = by_key.get(find.key)
            if entry is not None and len(entry.places) < PLACES:
                text, start, end = texts[find.column], find.datum.start, find.datum.end
                number = submission.number if submission is not None else ""
                around = text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT]
                entry.places.append(Place(find, *around, number, _group(find, values)))
    return [entry for entry in entries if entry.places]


def _group(find: Find, values: Mapping[str, Any]) -> int | None:
    """Return the group that a find in a main opinion belongs to."""
    part, _, rest = find.column.partition(".")
    place = rest.partition(".")[0]
    return values[part][int(place)].get("group") if part == "main_opinions" and place.isdecimal() else None


def _rows_of(consultation: Consultation, entries: Sequence[Listed]) -> Iterator[tuple[Row, list[Find]]]:
    in_order = sorted({row for entry in entries for row in entry.rows})
    for some in (in_order[start : start + ROWS] for start in range(0, len(in_order), ROWS)):
        yield from private_scan.scanned(consultation.id, private_scan.rows_of(consultation, some))


def decide(
    actor: Actor, consultation: Consultation, known_by: str, choice: FindChoice, *, at: datetime, reason: str = ""
) -> FindDecision | None:
    """Mask or release one datum, known by its digest. Returns nothing where it was decided so already.

    Raises:
        ReportRefused: the report doesn't have it any more, or it is released without a reason.
    """
    require(actor, Act.COMPILE_REPORT, consultation)
    finds = _finds(consultation, [entry for entry in listed(consultation) if entry.digest == known_by])
    if not finds:
        raise ReportRefused("这处个人信息已不在反馈中，请重新检查。")
    made = private_decisions.decide(actor, consultation, finds, choice, at=at, reason=reason)
    return made[0] if made else None


def seen_digest(entries: Sequence[Listed]) -> str:
    """Return what tells whether others are to be masked now than those that were shown."""
    return digest({"finds": sorted(entry.digest for entry in entries)})


def mask_kinds(
    actor: Actor, consultation: Consultation, kinds: Collection[Kind], *, at: datetime, seen: str | None = None
) -> list[FindDecision]:
    """Mask all data of some kinds on which nobody has decided.

    Arguments:
        seen: ``seen_digest`` of those that the actor was shown.

    Raises:
        ReportRefused: there are others now.
    """
    require(actor, Act.COMPILE_REPORT, consultation)
    entries = undecided(listed(consultation), kinds)
    if seen is not None and seen != seen_digest(entries):
        raise ReportRefused("预览之后疑似个人信息有变化，本次未遮盖。请重新核对。")
    return private_decisions.decide(actor, consultation, _finds(consultation, entries), FindChoice.MASK, at=at)


def _finds(consultation: Consultation, entries: Sequence[Listed]) -> list[Find]:
    wanted = {(entry.kind, entry.digest) for entry in entries}
    return [find for _, finds in _rows_of(consultation, entries) for find in finds if find.key in wanted]
