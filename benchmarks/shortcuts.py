"""What three shortcuts save: the processor time of the same work with and without each, in turns in one process.

    DATABASE_URL=postgresql://… python -m benchmarks.shortcuts    # an empty database of its own
    python -m benchmarks.shortcuts    # SQLite in a temporary folder: statements are batched on PostgreSQL only

The work is `receive` for the first two (`store/statement_batching.py`, `store/compiled_query.py`), and parsing a
statute of 505 articles for the third (`text/parser/fast_path.py`). The time is that of this process, and of the
PostgreSQL process that answers it; the median of several rounds. A shortcut that saves less than a tenth isn't worth
its lines.
"""

from __future__ import annotations

import gc
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import process_time_ns
from typing import Any
from unittest import mock

from sqlalchemy import Connection, text

from benchmarks.road import a_consultation, an_app
from benchmarks.text import made_up_statute
from consult.clock import now
from consult.drafting.terms import BySlug
from consult.intake import service
from consult.intake.arrival import Arrival, ArrivalPart
from consult.intake.models import Channel
from consult.store import database, db
from consult.store.compiled_query import Query
from consult.text.parser import provisions

ROUNDS = 21
SENDINGS = 50
"""Submissions of a round, with the shortcut and as many without."""

Work = Callable[[], object]
Seconds = Callable[[], float]


def query_without_compiler(query: Query, **values: Any) -> list[tuple[Any, ...]]:
    """Answer a query by SQLAlchemy's own execution in the running transaction, as `Query` would be without its plan."""
    running = database.driver()
    connection = Connection(db.engine, running.cursor.connection, _allow_autobegin=False)
    return [tuple(row) for row in connection.execute(query.statement, values)]


@contextmanager
def without_batching() -> Iterator[None]:
    """Send each INSERT as a statement of its own."""
    with mock.patch.object(database, "StatementBatch", return_value=None):
        yield


@contextmanager
def without_compiler() -> Iterator[None]:
    """Let SQLAlchemy prepare each query and read its rows."""
    with mock.patch.object(Query, "__call__", query_without_compiler):
        yield


@contextmanager
def without_fast_path() -> Iterator[None]:
    """Parse every draft line by line."""
    with mock.patch.object(provisions, "read_runs", return_value=None):
        yield


def processor_seconds(backend: int | None) -> float:
    """Return the processor time of this process and of the database's process ``backend``, in seconds."""
    seconds = process_time_ns() / 1e9
    if backend is not None:  # nanoseconds on the processor come first
        seconds += int(Path(f"/proc/{backend}/schedstat").read_text().split()[0]) / 1e9
    return seconds


@dataclass(frozen=True)
class Measured:
    """Seconds of the work with a shortcut and without it, and the share of them that it saves: medians of rounds."""

    shortcut: float
    plain: float
    saved: float


def compared(work: Work, without: Callable[[], Any], clock: Seconds) -> Measured:
    """Measure the work with the shortcut and without it, in turns."""
    taken: tuple[list[float], list[float]] = [], []
    for round_ in range(-1, ROUNDS):  # the first warms up
        for seconds in taken if round_ % 2 else reversed(taken):
            gc.collect()
            began = clock()
            if seconds is taken[1]:
                with without():
                    work()
            else:
                work()
            if round_ >= 0:
                seconds.append(clock() - began)
    saved = statistics.median(1 - shortcut / plain for shortcut, plain in zip(*taken, strict=True))
    return Measured(statistics.median(taken[0]), statistics.median(taken[1]), saved)


def report(name: str, units: int, measured: Measured) -> None:
    """Print what a shortcut saves, in milliseconds of one unit of work."""
    shortcut, plain = (1000 * seconds / units for seconds in (measured.shortcut, measured.plain))
    print(
        f"{name:<20} {shortcut:6.2f} ms with it, {plain:6.2f} ms without: "
        f"saves {100 * measured.saved:.0f} % (goal: at least 10)"
    )


def sendings(consultation: BySlug) -> Work:
    """Return the work of taking submissions in, one after the other."""
    arrival = Arrival(
        Channel.WEB,
        (ArrivalPart("建议延长办理时间，方便上班的人。", "art-1"),),
        raw=b"{}",
        raw_media_type="application/json",
    )

    def work() -> None:
        for _ in range(SENDINGS):
            service.receive(consultation, arrival, at=now())

    return work


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        app = an_app(Path(folder))
        with app.app_context():
            work = sendings(BySlug(a_consultation("shortcuts").slug))
            on_postgresql = db.engine.dialect.name == "postgresql"
            db.session.remove()
            backend = None
            if on_postgresql:  # the pool hands the same connection out again
                with db.engine.connect() as connection:
                    backend = connection.scalar(text("SELECT pg_backend_pid()"))
            print(f"database: {db.engine.dialect.name}; processor time of one submission, of one parsed statute")

            def clock() -> float:
                return processor_seconds(backend)

            if on_postgresql:
                report("statement batching", SENDINGS, compared(work, without_batching, clock))
            report("query compiler", SENDINGS, compared(work, without_compiler, clock))
            db.session.remove()
            db.engine.dispose()
    statute = made_up_statute(505)
    measured = compared(lambda: provisions.parse(statute), without_fast_path, lambda: processor_seconds(None))
    report("fast path", 1, measured)


if __name__ == "__main__":
    main()
