"""What the journal and the record's upkeep add to a submission, as ratios against the same without, in the same run.

    python -m benchmarks.record    # SQLite in a temporary folder
    DATABASE_URL=postgresql://… python -m benchmarks.record    # an empty database of its own

Times are those of the whole call, the disk included, the median over rounds in turns. A round of upkeep ships the
journal, makes leaves and nodes, signs the tree head and copies it; its cost is divided by the submissions of the round.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from unittest import mock

from benchmarks.road import a_consultation, an_app
from consult.clock import now
from consult.drafting.terms import BySlug
from consult.intake import service
from consult.intake.arrival import Arrival, ArrivalPart
from consult.intake.models import Channel
from consult.ledger import tree
from consult.ledger.journal import files
from consult.ledger.upkeep import Upkeep

ROUNDS = 15
SENDINGS = 40
PER_ROUND = (1, 10, 100)
"""Submissions between two rounds of upkeep: at one every two seconds, at five and at fifty a second."""
SLUG = "record"


def send(n: int) -> None:
    """Receive ``n`` submissions."""
    for _ in range(n):
        part = ArrivalPart("建议延长办理时间，方便上班的人。")
        service.receive(BySlug(SLUG), Arrival(Channel.WEB, (part,), raw=b"{}", raw_media_type="text/plain"), at=now())


def seconds(work: Callable[[], object]) -> float:
    """Return how long the work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def without_journal() -> AbstractContextManager[object]:
    """Write no lines."""
    return mock.patch.object(files, "append", return_value=None)


def without_waiting() -> AbstractContextManager[object]:
    """Write lines without waiting for the disk."""
    return mock.patch.object(files, "is_durable", return_value=False)


def journal_ratios() -> tuple[float, float, float]:
    """Return a submission's seconds without the journal, and the ratios with it and with it unsynced."""
    times: dict[str, list[float]] = {"without": [], "with": [], "unsynced": []}
    for _ in range(ROUNDS):
        for way, setting in (("without", without_journal()), ("with", nullcontext()), ("unsynced", without_waiting())):
            with setting:
                times[way].append(seconds(lambda: send(SENDINGS)) / SENDINGS)
    bare = statistics.median(times["without"])
    ratios = [
        statistics.median(b / a for a, b in zip(times["without"], times[way], strict=True))
        for way in ("with", "unsynced")
    ]
    return bare, ratios[0], ratios[1]


def upkeep_seconds(upkeep: Upkeep, n: int) -> tuple[float, float]:
    """Return what upkeep takes, and what sealing alone does, for each of the ``n`` submissions of a round."""
    whole, sealing = [], []
    for _ in range(ROUNDS):
        send(n)
        whole.append(seconds(lambda: upkeep.round(now())) / n)
        send(n)
        sealing.append(seconds(lambda: tree.seal(now())) / n)
        upkeep.round(now())
    return statistics.median(whole), statistics.median(sealing)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        app = an_app(Path(folder))
        with app.app_context():
            a_consultation(SLUG)
            upkeep = Upkeep()
            send(SENDINGS)
            upkeep.round(now())
            bare, ratio, unsynced = journal_ratios()
            print(f"a submission without the journal: {bare * 1e3:.2f} ms")
            print(f"with the journal: {ratio:.2f} times; without waiting for the disk for it: {unsynced:.2f} times")
            upkeep.round(now())
            for n in PER_ROUND:
                whole, sealing = upkeep_seconds(upkeep, n)
                print(
                    f"upkeep at {n} a round: {whole * 1e3:.2f} ms a submission, {whole / bare:.2f} times its receipt"
                    f" (sealing alone {sealing * 1e3:.2f} ms, {sealing / bare:.2f} times)"
                )
            idle = statistics.median(seconds(lambda: upkeep.round(now())) for _ in range(ROUNDS))
            print(f"a round with nothing to do: {idle * 1e3:.2f} ms, every {app.config['SETTINGS'].seal_seconds} s")


if __name__ == "__main__":
    main()
