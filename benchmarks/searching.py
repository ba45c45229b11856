"""Finding submissions by their words at 100,000 against 1,000, as ratios measured in the same run.

    python -m benchmarks.searching            # SQLite in a temporary folder
    DATABASE_URL=postgresql://… python -m benchmarks.searching    # an empty database of its own

Prints how many submissions a second the worker reads, against storing them in batches, and the time of a search
for a word that most hold, for one that a few hold and for one that none holds, at both sizes (goal: at most 1.2 times);
the same for their opinions, with the 95th percentile of searches for different words (goal: under 50 ms).
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import quantiles

from sqlalchemy import false, insert, select

from benchmarks.road import LARGE, SMALL, a_consultation, an_app, fill, median_ms
from consult.adoption import opinion_search
from consult.adoption.models import Opinion
from consult.clock import now
from consult.intake import search
from consult.intake.models import Submission, SubmissionPart
from consult.store import db

WORDS = {"a word that all hold": "办理时间", "a number that few hold": "第777条", "words that none holds": "停车收费"}


def draw_opinions() -> None:
    """Make an opinion of every part, as acceptance does."""
    columns = [Opinion.consultation_id, Opinion.submission_id, Opinion.part_id, Opinion.anchor, Opinion.content]
    more = [Opinion.created_at, Opinion.withdrawn]
    parts = select(
        Submission.consultation_id,
        Submission.id,
        SubmissionPart.id,
        SubmissionPart.anchor,
        SubmissionPart.content,
        Submission.received_at,
        false(),
    ).join(SubmissionPart, SubmissionPart.submission_id == Submission.id)
    db.session.rollback()
    names = [column.key for column in (*columns, *more)]
    with db.engine.begin() as connection:
        connection.execute(insert(Opinion.__table__).from_select(names, parts, include_defaults=False))


def ms(search_once: Callable[[], object]) -> float:
    """Return the milliseconds of one call."""
    start = time.perf_counter()
    search_once()
    return (time.perf_counter() - start) * 1000


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        app = an_app(Path(folder))
        with app.app_context():
            small, large = a_consultation("bench-small"), a_consultation("bench-large")
            start = time.perf_counter()
            fill(small, SMALL)
            fill(large, LARGE)
            filled = time.perf_counter() - start
            read = time.perf_counter()
            while search.read_new(now()):
                pass
            seconds = time.perf_counter() - read
            print(
                f"reading what came in: {(SMALL + LARGE) / seconds:,.0f}/s, "
                f"{seconds / filled:.2f} times what storing them took"
            )
            for name, words in WORDS.items():
                times = {
                    consultation.slug: median_ms(partial(search.find, consultation.id, words))
                    for consultation in (small, large)
                }
                ratio = times["bench-large"] / times["bench-small"]
                print(
                    f"{name}: {times['bench-large']:.1f} ms at {LARGE:,} submissions, "
                    f"{times['bench-small']:.1f} ms at {SMALL:,}: {ratio:.2f} times (goal: at most 1.2)"
                )
            draw_opinions()
            for name, words in WORDS.items():
                small_ms, large_ms = (
                    median_ms(partial(opinion_search.find, consultation.id, words)) for consultation in (small, large)
                )
                print(
                    f"opinions, {name}: {large_ms:.1f} ms at {LARGE:,}, {small_ms:.1f} ms at {SMALL:,}: "
                    f"{large_ms / small_ms:.2f} times (goal: at most 1.2)"
                )
            assert opinion_search.find(large.id, WORDS["a word that all hold"])
            taken = [ms(partial(opinion_search.find, large.id, f"第{n}条 办理")) for n in range(1, LARGE, LARGE // 200)]
            print(f"opinions, 200 searches: 95 % within {quantiles(taken, n=20)[-1]:.1f} ms (goal: under 50)")
            db.engine.dispose()


if __name__ == "__main__":
    main()
