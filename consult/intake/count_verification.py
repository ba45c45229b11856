"""Verification of the counts of submissions: each is the number of the rows that it counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sqlalchemy import func, select

from consult.intake.models import Submission, SubmissionPart
from consult.ledger.faults import Damage, Fault
from consult.ledger.verification.database_view import snapshot_read, stored_text, stream
from consult.store import db
from consult.store.counters import Tally
from consult.text.anchors import article_of

COUNTED = ("received", "channel", "state", "article")
WORDS = {"received": "按期、逾期的来件", "channel": "各渠道的来件", "state": "各状态的来件", "article": "各条文的来件"}

Counts = Counter[tuple[int, str, str]]
"""How many of a value of a facet there are in a consultation."""


def faults() -> Iterator[Fault]:
    """Yield a fault for every count of submissions that differs from the rows."""
    with snapshot_read():
        rows, kept = _rows(), _kept()
    for key in sorted(rows.keys() | kept.keys()):
        if rows[key] != kept[key]:
            consultation_id, facet, value = key
            message = (
                f"第 {consultation_id} 号征求意见的计数（{WORDS[facet]}，{value}）被改动："
                f"计数 {kept[key]}，实有 {rows[key]}。"
            )
            yield Fault("tally", f"{consultation_id}/{facet}/{value}", Damage.CHANGED, message)


def _kept() -> Counts:
    key = Tally.consultation_id, Tally.facet, Tally.value
    query = select(*key, func.sum(Tally.n)).where(Tally.facet.in_(COUNTED)).group_by(*key)
    return Counter({(consultation, facet, value): int(n) for consultation, facet, value, n in stream(query) if n})


def _rows() -> Counts:
    counts: Counts = Counter()
    columns = Submission.late, stored_text(Submission.channel), stored_text(Submission.state)
    query = select(Submission.consultation_id, *columns, func.count()).where(Submission.consultation_id.is_not(None))
    for consultation, late, channel, state, n in db.session.execute(
        query.group_by(Submission.consultation_id, Submission.late, Submission.channel, Submission.state)
    ):
        counts[consultation, "received", "late" if late else "in_time"] += n
        counts[consultation, "channel", str(channel)] += n
        counts[consultation, "state", str(state)] += n
    parts = select(Submission.consultation_id, SubmissionPart.submission_id, SubmissionPart.anchor).join(Submission)
    seen: set[tuple[int, str]] = set()
    for consultation, id_, anchor in stream(
        parts.where(Submission.consultation_id.is_not(None)).order_by(SubmissionPart.submission_id)
    ):
        if seen and next(iter(seen))[0] != id_:
            seen.clear()
        article = article_of(anchor)
        if (id_, article) not in seen:
            seen.add((id_, article))
            counts[consultation, "article", article] += 1
    return counts
