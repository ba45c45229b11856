"""Suspected doubles in the register: consultees with similar names, until merged or marked as distinct."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import aliased, joinedload

from consult.accounts.permissions import Act, Actor, require
from consult.consultees.errors import ConsulteeRefused
from consult.consultees.models import Consultee, Listed, NameKey, SuspectedDouble
from consult.consultees.name_search import index_names
from consult.drafting.models import Consultation
from consult.ledger.service import record
from consult.store import db, transaction
from consult.store.locking import advisory_lock
from consult.text.organisation_names import keys, parse, why_alike

REGISTER_LOCK = "consultee.register"
"""Advisory lock of changes to the register, and of additions to lists."""
KEYS_AT_ONCE = 400
CANDIDATES = 50
"""Maximum consultees with a common key that are compared, per name on average."""


Item = TypeVar("Item")


class Candidates:
    """Registered consultees that share a key with some names, read in batches."""

    def __init__(self, names: Iterable[str]) -> None:
        self._by_key: defaultdict[str, list[Consultee]] = defaultdict(list)
        wanted = sorted({key for name in names for key in keys(name)})
        for some in _batches(wanted):
            query = (
                select(NameKey.key, Consultee)
                .join(Consultee, Consultee.id == NameKey.consultee_id)
                .where(NameKey.key.in_(some), Consultee.merged_into_id.is_(None))
                .order_by(NameKey.consultee_id)
                .limit(CANDIDATES * len(some))
            )
            for key, consultee in db.session.execute(query):
                self._by_key[key].append(consultee)

    def add(self, consultee: Consultee) -> None:
        """Add a consultee that is about to be registered."""
        for key in keys(consultee.name):
            self._by_key[key].append(consultee)

    def similar(self, name: str, credit_code: str | None) -> dict[Consultee, str]:
        """Return the consultees that may be the same as one with this name and code, and why."""
        others = dict.fromkeys(other for key in sorted(keys(name)) for other in self._by_key[key])
        reasons = {other: _why_same(name, credit_code, other.name, other.credit_code) for other in others}
        return {other: why for other, why in reasons.items() if why}


def _why_same(name: str, code: str | None, other: str, other_code: str | None) -> str:
    """Return why two may be the same organisation; two codes differ, except of a branch, which is no legal person."""
    if code and other_code and (parse(name).branch is None) == (parse(other).branch is None):
        return ""
    return why_alike(name, other)


def _batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), KEYS_AT_ONCE):
        yield items[start : start + KEYS_AT_ONCE]


def register_names(consultees: Sequence[Consultee], *, at: datetime, renamed: bool = False) -> None:
    """Store the keys and suspected doubles of new or changed consultees, in the caller's transaction.

    Arguments:
        renamed: forget that they were marked as distinct by their former names.
    """
    if not consultees:
        return
    ids = [consultee.id for consultee in consultees]
    for some in _batches(ids):
        db.session.execute(delete(NameKey).where(NameKey.consultee_id.in_(some)))
    index_names(consultees)
    db.session.add_all(
        NameKey(key=key, consultee_id=named.id) for named in consultees for key in sorted(keys(named.name))
    )
    db.session.flush()
    known = _pairs_of(ids)
    candidates = Candidates(consultee.name for consultee in consultees)
    reasons: dict[tuple[int, int], str] = {}
    for consultee in consultees:
        for other, why in candidates.similar(consultee.name, consultee.credit_code).items():
            if other.id != consultee.id:
                reasons[min(consultee.id, other.id), max(consultee.id, other.id)] = why
    for pair, double in known.items():
        if pair not in reasons:
            db.session.delete(double)
            continue
        double.because = reasons[pair]
        if renamed:
            double.distinct_at, double.distinct_by_id, double.distinct_reason = None, None, ""
    db.session.add_all(
        SuspectedDouble(first_id=first, second_id=second, because=why, found_at=at)
        for (first, second), why in sorted(reasons.items())
        if (first, second) not in known
    )
    db.session.flush()


def remove_keys(consultee: Consultee) -> None:
    """Remove the keys and suspected doubles of a merged consultee, in the caller's transaction."""
    db.session.execute(delete(NameKey).where(NameKey.consultee_id == consultee.id))
    for double in _pairs_of([consultee.id]).values():
        db.session.delete(double)
    db.session.flush()


def _pairs_of(consultee_ids: Sequence[int]) -> dict[tuple[int, int], SuspectedDouble]:
    pairs: dict[tuple[int, int], SuspectedDouble] = {}
    for some in _batches(consultee_ids):
        query = select(SuspectedDouble).where(
            or_(SuspectedDouble.first_id.in_(some), SuspectedDouble.second_id.in_(some))
        )
        pairs |= {(double.first_id, double.second_id): double for double in db.session.scalars(query)}
    return pairs


def mark_distinct(actor: Actor, double: SuspectedDouble, reason: str, *, at: datetime) -> None:
    """Mark two consultees with similar names as distinct, with a reason.

    Raises:
        ConsulteeRefused: no reason.
    """
    require(actor, Act.MANAGE_CONSULTEES)
    if not reason.strip():
        raise ConsulteeRefused("请写明为什么不是同一家，例如统一社会信用代码、住所或者法定代表人不同。")
    with transaction():
        advisory_lock(REGISTER_LOCK)
        double.distinct_at, double.distinct_by_id, double.distinct_reason = at, actor.id, reason.strip()
        record(
            actor,
            "consultee.tell_apart",
            f"consultee:{double.first_id}",
            at=at,
            other=double.second_id,
            names=[double.first.name, double.second.name],
            reason=reason.strip(),
        )


def of(consultee: Consultee) -> list[SuspectedDouble]:
    """Return the unresolved pairs of a consultee, oldest first."""
    pairs = _pairs_of([consultee.id]).values()
    return sorted((double for double in pairs if double.distinct_at is None), key=lambda double: double.id)


def page(*, after: int = 0, limit: int) -> list[SuspectedDouble]:
    """Return the unresolved pairs of the register with ids above ``after``."""
    query = (
        select(SuspectedDouble)
        .where(SuspectedDouble.distinct_at.is_(None), SuspectedDouble.id > after)
        .options(joinedload(SuspectedDouble.first), joinedload(SuspectedDouble.second))
        .order_by(SuspectedDouble.id)
        .limit(limit)
    )
    return list(db.session.scalars(query))


def unresolved(consultation: Consultation) -> list[set[int]]:
    """Return sets of ids of consultees on a list that may be the same organisation."""
    first, second = aliased(Listed), aliased(Listed)
    query = (
        select(SuspectedDouble.first_id, SuspectedDouble.second_id)
        .join(first, first.consultee_id == SuspectedDouble.first_id)
        .join(second, second.consultee_id == SuspectedDouble.second_id)
        .where(
            SuspectedDouble.distinct_at.is_(None),
            first.consultation_id == consultation.id,
            second.consultation_id == consultation.id,
            first.removed_at.is_(None),
            second.removed_at.is_(None),
        )
        .order_by(SuspectedDouble.id)
    )
    sets: list[set[int]] = []
    for pair in db.session.execute(query):
        touched = [ids for ids in sets if ids & set(pair)]
        sets = [ids for ids in sets if ids not in touched]
        sets.append(set(pair).union(*touched))
    return sets
