"""Ten thousand damaged messages, taken in as the mailbox takes them: all accounted for, in bounded time and memory.

    python -m benchmarks.damaged_mail [--seed N] [--count N]    # SQLite in a temporary folder
    DATABASE_URL=postgresql://… python -m benchmarks.damaged_mail    # an empty database of its own

Mutations of real structure: header fields, boundaries, encodings, depth, size. Prints what became of them, the slowest
and the hungriest message, and exits 1 when one is missing, counted twice, or its bytes aren't those that came.
"""

from __future__ import annotations

import argparse
import hashlib
import resource
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.road import a_consultation, an_app
from consult.clock import now
from consult.intake import verification
from consult.intake.models import Submission
from consult.mailbox import deduplication, message_store, service
from consult.mailbox.message_store import RawMessage
from consult.mailbox.models import MailMessage, Outcome
from consult.store import db
from tests.files.mail.mutation import mutants

COUNT, SEED = 10_000, 2_026
WARM_UP = 200
"""Messages after which the memory that the process holds is taken as its own."""


@dataclass(frozen=True)
class Cost:
    """What one message took: its place, bytes, seconds of the processor, and bytes by which the process grew."""

    place: int
    size: int
    seconds: float
    grown: int


def take_in(count: int, seed: int) -> tuple[list[Cost], Counter[Outcome], dict[str, str]]:
    """Take the messages in, one after the other; return the costs, the outcomes, and the SHA-256 of each by digest."""
    costs, outcomes, came = [], Counter[Outcome](), {}
    for place, raw in enumerate(mutants(seed=seed, count=count)):
        held, began = _held(), time.process_time()
        (ingested,) = service.ingest_many([RawMessage(raw, f"{place}.eml")], at=now())
        costs.append(Cost(place, len(raw), time.process_time() - began, _held() - held))
        outcomes[ingested.outcome] += 1
        came.setdefault(deduplication.digest_of(raw), hashlib.sha256(raw).hexdigest())
        db.session.remove()
    return costs, outcomes, came


def missing(came: dict[str, str]) -> list[str]:
    """Return what isn't as it should be: messages lost, doubled, altered, uncounted."""
    wrong = []
    rows = list(db.session.scalars(select(MailMessage)))
    kept = {row.digest: row for row in rows if row.enclosed_in is None}
    wrong += [f"not stored: {digest}" for digest in came.keys() - kept.keys()]
    wrong += [f"never sent: {digest}" for digest in kept.keys() - came.keys()]
    for digest, row in kept.items():
        if hashlib.sha256(message_store.raw_of(row)).hexdigest() != came.get(digest):
            wrong.append(f"other bytes: {digest}")
        became_any = row.submission_id is not None or "letters" in (row.facts or {})
        if row.outcome is None or became_any is (row.outcome is Outcome.AUTOMATIC):
            wrong.append(f"unaccounted: {digest}")
    submissions = db.session.scalar(select(func.count()).select_from(Submission)) or 0
    expected = sum(row.submission_id is not None for row in rows)
    if submissions != expected:
        wrong.append(f"{submissions} submissions, {expected} expected")
    broken = db.session.scalar(select(func.count()).where(MailMessage.why.contains("出错"))) or 0
    if broken:
        wrong.append(f"{broken} messages broke the sorting")
    return wrong + [str(fault) for fault in verification.faults()]


def _held() -> int:
    """Return the most bytes that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> int:
    """Run and print; return the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--count", type=int, default=COUNT)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        app = an_app(Path(folder))
        with app.app_context():
            a_consultation("bench")
            costs, outcomes, came = take_in(wanted.count, wanted.seed)
            wrong = missing(came)
            name = db.engine.dialect.name
    by_outcome = ", ".join(f"{outcome.value} {n:,}" for outcome, n in sorted(outcomes.items()))
    print(f"damaged messages on {name}: {sum(outcomes.values()):,} taken, {len(came):,} different; {by_outcome}")
    slow = max(costs, key=lambda cost: cost.seconds)
    seconds = sorted(cost.seconds for cost in costs)
    print(
        f"processor time: median {1000 * seconds[len(seconds) // 2]:.1f} ms, 99% below"
        f" {1000 * seconds[len(seconds) * 99 // 100]:.0f} ms, slowest {1000 * slow.seconds:.0f} ms"
        f" (message {slow.place}, {slow.size:,} bytes)"
    )
    later = costs[WARM_UP:] or costs
    hungry = max(later, key=lambda cost: cost.grown)
    print(
        f"memory: {_held() >> 20} MB at most; after the first {WARM_UP} it grew by"
        f" {sum(cost.grown for cost in later) >> 20} MB in all, {hungry.grown >> 20} MB at one message"
        f" ({hungry.size:,} bytes)"
    )
    print("\n".join(wrong[:20]) or "all stored, all accounted for, every byte as it came")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
