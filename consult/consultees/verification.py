"""Verification of the register, accounts of the portal, invitations, responses and places on lists."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select

from consult.consultees.ledger_statement import place_digests
from consult.consultees.models import Consultee, Invitation, Listed, Member, Response
from consult.consultees.status import FACET
from consult.ledger.faults import Damage, Fault
from consult.ledger.row_digests import digests_by_id
from consult.ledger.verification import subjects
from consult.ledger.verification.batches import detail_of, entries_by_subject, id_batches
from consult.ledger.verification.database_view import snapshot_read, stream
from consult.ledger.verification.subjects import STANDS, Subject
from consult.store import db
from consult.store.counters import Tally

SUBJECTS = (
    Subject("consultee", Consultee, "征求意见对象名录第", recorded=False),
    Subject(
        "member",
        Member,
        "企业端账号第",
        recorded=False,
        digests=lambda ids: digests_by_id(select(*Member.__table__.columns).where(Member.id.in_(ids))),
    ),
    Subject(
        "invitation",
        Invitation,
        "邀请第",
        digests=lambda ids: digests_by_id(select(*Invitation.__table__.columns).where(Invitation.id.in_(ids))),
    ),
    Subject(
        "response",
        Response,
        "答复第",
        recorded=False,  # older acts are on the invitation
        digests=lambda ids: digests_by_id(select(*Response.__table__.columns).where(Response.id.in_(ids))),
    ),
)


def faults() -> Iterator[Fault]:
    """Name every one that was changed, put in or deleted without an act."""
    for subject in SUBJECTS:
        yield from subjects.faults(subject)
    yield from _places()
    yield from _counts()


def _places() -> Iterator[Fault]:
    """Compare each place on a list with the last act on it; the acts are on its consultee."""
    with snapshot_read():
        for ids in id_batches(Listed):
            query = select(Listed.id, Listed.consultee_id).where(Listed.id.in_(ids)).order_by(Listed.id)
            places = list(db.session.execute(query))
            entries = entries_by_subject({f"consultee:{place.consultee_id}" for place in places})
            stored = place_digests(ids)
            for place in places:
                details = [detail_of(entry) for entry in entries[f"consultee:{place.consultee_id}"]]
                stands = [detail[STANDS] for detail in details if detail.get("place") == place.id and STANDS in detail]
                if stands and stands[-1] != stored.get(place.id):
                    message = f"征求意见名单第 {place.id} 行被改动：与最近一次办理的记录不符。"
                    yield Fault("place", str(place.id), Damage.CHANGED, message)


def _counts() -> Iterator[Fault]:
    """Compare the counts of each list with the places on it."""
    kept = select(Tally.consultation_id, Tally.value, func.sum(Tally.n)).where(Tally.facet == FACET)
    listed = select(Listed.consultation_id, Listed.counted, func.count()).where(Listed.counted != "")
    with snapshot_read():
        rows = {(row[0], row[1]): row[2] for row in stream(listed.group_by(Listed.consultation_id, Listed.counted))}
        sums = {(row[0], row[1]): row[2] for row in stream(kept.group_by(Tally.consultation_id, Tally.value))}
    for consultation_id, value in sorted(rows.keys() | sums.keys()):
        n, counted = rows.get((consultation_id, value), 0), sums.get((consultation_id, value), 0)
        if n != counted:
            message = f"第 {consultation_id} 号征求意见的名单计数（{value}）被改动：计数 {counted}，名单上实有 {n}。"
            yield Fault("tally", f"{consultation_id}/{FACET}/{value}", Damage.CHANGED, message)
