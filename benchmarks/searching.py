"""Finding submissions by their words at 100,000 against 1,000, as ratios measured in the same run.

    python -m benchmarks.searching            # SQLite in a temporary folder
    DATABASE_URL=postgresql://… python -m benchmarks.searching    # an empty database of its own

Prints how many submissions a second the worker reads, against storing them in batches, and the time of a search
for a word that most hold, for one that a few hold and for one that none holds, at both sizes (goal: at most 1.2 times).
"""

from __future__ import annotations

import tempfile
import time
from functools import partial
from pathlib import Path

from benchmarks.road import LARGE, SMALL, a_consultation, an_app, fill, median_ms
from consult.clock import now
from consult.intake import search
from consult.store import db

WORDS = {"a word that all hold": "办理时间", "a number that few hold": "第777条", "words that none holds": "停车收费"}


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
            db.engine.dispose()


if __name__ == "__main__":
    main()
