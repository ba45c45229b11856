"""Looking a receipt up at 1,000 and at 1,000,000 submissions, as a ratio measured in the same run.

    python -m benchmarks.receipts            # SQLite in a temporary folder
    DATABASE_URL=postgresql://… python -m benchmarks.receipts    # an empty database of its own

Prints the time of one look-up by number and key, of one with a wrong key, and of the receipt's page, at both sizes,
each as a multiple of a bare look-up in a table of one row that is taken in turns with it (goal: at most 1.2 times).
The many submissions are written straight into their tables.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select, text

from benchmarks.road import a_consultation, an_app
from consult.accounts.permissions import PUBLIC
from consult.clock import now
from consult.drafting.models import Consultation
from consult.intake import receipts, service
from consult.intake.arrival import Arrival, ArrivalPart
from consult.intake.errors import ReceiptNotFound
from consult.intake.models import Channel, RawForm, Submission, SubmissionPart
from consult.store import bulk, db, transaction

SMALL, LARGE = 1_000, 1_000_000
TOGETHER = 20_000
LOOK_UPS, PAGES = 1_000, 100
SLUG = "receipts"


def fill(consultation: Any, size: int) -> list[str]:
    """Bring the submissions to ``size``, copies of one but for number and key; return their numbers."""
    arrival = Arrival(
        Channel.WEB, (ArrivalPart("建议延长办理时间，方便上班的人。"),), raw=b"{}", raw_media_type="application/json"
    )
    receipt = service.receive(consultation, arrival, at=now(), actor=PUBLIC)
    model = db.session.get_one(Submission, receipt.submission_id)
    template = {column.name: getattr(model, column.name) for column in Submission.__table__.columns}
    there = db.session.scalar(text("SELECT count(*) FROM submission")) or 0
    numbers = [receipt.number]
    while there < size:
        n = min(TOGETHER, size - there)
        with transaction():
            ids = bulk.reserve_ids(Submission, n)
            fresh = [f"29990101-{id_:08d}" for id_ in ids]  # random ones would meet now and then among a million
            hashes = [receipts.hash_key(receipts.key_of(number)) for number in fresh]
            rows = zip(ids, fresh, hashes, strict=True)
            bulk.insert_rows(
                Submission, [{**template, "id": id_, "number": number, "key_hash": key} for id_, number, key in rows]
            )
            part = {"position": 0, "anchor": "", "quote": "", "content": "建议延长办理时间，方便上班的人。"}
            bulk.insert_rows(SubmissionPart, [{"submission_id": id_, **part} for id_ in ids])
            raw = {"media_type": "application/json", "body": b"{}", "blob": None}
            bulk.insert_rows(RawForm, [{"submission_id": id_, **raw} for id_ in ids])
        numbers += fresh
        there += n
    db.session.remove()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    return numbers


def compared(act: Callable[[str], object], numbers: Sequence[str]) -> tuple[float, float]:
    """Return the milliseconds of an act and of a bare look-up in a table of one row, taken in turns: the fastest tenth
    of each, since the machine may be busy."""
    times: tuple[list[float], list[float]] = [], []
    for number in numbers:
        for into, call in zip(times, (act, bare), strict=True):
            began = time.perf_counter()
            call(number)
            into.append((time.perf_counter() - began) * 1000)
    first, second = (statistics.quantiles(each, n=10)[0] for each in times)
    return first, second


def bare(_number: str) -> None:
    """Look a row up by its key where there is only one."""
    db.session.remove()
    db.session.scalars(select(Consultation).where(Consultation.slug == SLUG)).one()


def found(number: str) -> None:
    """Look a receipt up as its holder does."""
    db.session.remove()
    assert receipts.find(number, receipts.key_of(number)).number == number


def refused(number: str) -> None:
    """Look a receipt up with a wrong key."""
    db.session.remove()
    with suppress(ReceiptNotFound):
        receipts.find(number, "AAAA-AAAA-AAAA-AAAA")
        raise AssertionError(number)


def measured(app: Flask, numbers: list[str]) -> dict[str, tuple[float, float]]:
    """Return for each kind its milliseconds, and how many bare look-ups that is."""
    client, dice = app.test_client(), random.Random(1)

    def shown(number: str) -> None:
        assert client.get(f"/receipts/{number}", query_string={"key": receipts.key_of(number)}).status_code == 303
        assert client.get(f"/receipts/{number}").status_code == 200

    acts = {"look-up": (found, LOOK_UPS), "with a wrong key": (refused, LOOK_UPS), "page": (shown, PAGES)}
    taken = {}
    for name, (act, n) in acts.items():
        ours, plain = compared(act, dice.sample(numbers, n))
        taken[name] = ours, ours / plain
    return taken


def main() -> None:
    """Measure at both sizes and print the ratios."""
    with tempfile.TemporaryDirectory() as folder:
        app = an_app(Path(folder))
        with app.app_context():
            consultation = a_consultation(SLUG)
            numbers = fill(consultation, SMALL)
            small = measured(app, numbers)
            began = time.perf_counter()
            numbers += fill(db.session.merge(consultation), LARGE)
            print(f"{LARGE:,} submissions written straight into their tables in {time.perf_counter() - began:.0f} s")
            large = measured(app, numbers)
            assert db.session.scalar(select(Submission.id).limit(1)) is not None
            db.session.remove()
            db.engine.dispose()
    for name, (before, before_in_bare) in small.items():
        after, after_in_bare = large[name]
        print(
            f"{name}: {before:.2f} ms, {before_in_bare:.1f} bare look-ups at {SMALL:,}; {after:.2f} ms, "
            f"{after_in_bare:.1f} at {LARGE:,}: {after_in_bare / before_in_bare:.2f} times"
        )


if __name__ == "__main__":
    main()
