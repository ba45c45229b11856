"""Rows of a spreadsheet imported, as a ratio against bare ``executemany`` measured in the same run.

    python -m benchmarks.imports            # SQLite in a temporary folder
    DATABASE_URL=postgresql://… python -m benchmarks.imports    # an empty database of its own

Prints rows per second of the import against writing the very same finished rows into the same tables by the driver's
``executemany``, a commit for each batch (goal: a third), and against one ``executemany`` of the read cells into one
table without an index; and how much the memory grew from a quarter of the rows to all of them.
"""

from __future__ import annotations

import csv
import itertools
import random
import resource
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import Column, Connection, Index, MetaData, String, Table, Text, UniqueConstraint

from benchmarks.road import a_consultation, an_app
from consult.accounts.permissions import SYSTEM
from consult.clock import now
from consult.drafting.models import Consultation
from consult.files import tables
from consult.intake.columns import choose
from consult.intake.imports import BATCH_ROWS, Import, run
from consult.intake.models import Channel, RawForm, Submission, SubmissionPart
from consult.ledger.models import LedgerEntry
from consult.store import db

SMALL, ROWS = 10_000, 40_000
WORDS = ("建议", "意见", "居民", "改造", "费用", "公示", "期限", "街道", "社区", "安全", "电梯", "停车", "绿化", "施工")
MODELS = (Submission, SubmissionPart, RawForm, LedgerEntry)
HEADER = ["id", "sender", "subject", "sent_at", "body"]


def a_table(path: Path, rows: int) -> Path:
    """Write a table of made-up messages of about 300 characters."""
    dice = random.Random(1)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for n in range(rows):
            body = "，".join(dice.choices(WORDS, k=100)) + "。"
            writer.writerow([n, f"来件人{n}", dice.choice(WORDS), "2026/11/24 9:32:09", body])
    return path


def imported(path: Path, channel: Channel, consultation: Consultation) -> float:
    """Import a table and return rows per second."""
    table = tables.read(path.name, path)
    began = time.perf_counter()
    work = Import(consultation, table, choose(table.columns, {}), channel, SYSTEM, now())
    n = sum(1 for _ in run(work))
    return n / (time.perf_counter() - began)


def bare(target: Table, rows: Sequence[Sequence[Any]]) -> float:
    """Create a table, write rows by the driver's executemany, a commit for each batch, and return the seconds."""
    seconds = 0.0
    with db.engine.connect() as connection:
        target.create(connection)
        connection.commit()
        mark = "?" if connection.dialect.name == "sqlite" else "%s"
        marks = ", ".join([mark] * len(target.columns))
        statement = f"INSERT INTO {target.name} VALUES ({marks})"
        for start in range(0, len(rows), BATCH_ROWS):
            batch = [tuple(row) for row in rows[start : start + BATCH_ROWS]]
            began = time.perf_counter()
            connection.exec_driver_sql(statement, batch)
            connection.commit()
            seconds += time.perf_counter() - began
        target.drop(connection)
        connection.commit()
    return seconds


def same_rows() -> float:
    """Return submissions per second when the finished rows of the import are written into tables like theirs."""
    seconds = 0.0
    n = 0
    for model in MODELS:
        with db.engine.connect() as connection:
            rows = _as_driver_takes(connection, model.__table__)
        seconds += bare(_like(model.__table__), rows)
        n = len(rows) if model is Submission else n
    return n / seconds


def _as_driver_takes(connection: Connection, table: Table) -> list[tuple[Any, ...]]:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    rows = connection.exec_driver_sql(f"SELECT {names} FROM {table.name}").fetchall()
    return [tuple(Jsonb(value) if isinstance(value, dict) else value for value in row) for row in rows]


def _like(table: Table) -> Table:
    """Return a table of the same columns and indexes under another name."""
    columns = [Column(c.name, c.type, primary_key=c.primary_key, autoincrement=False) for c in table.columns]
    copy = Table(f"like_{table.name}", MetaData(), *columns)
    for index in table.indexes:
        Index(f"like_{index.name}", *(copy.c[column.name] for column in index.columns))
    for n, unique in enumerate(c for c in table.constraints if isinstance(c, UniqueConstraint)):
        Index(f"like_{table.name}_{n}", *(copy.c[column.name] for column in unique.columns), unique=True)
    return copy


def one_table(path: Path) -> float:
    """Return rows per second of reading the file and writing its cells into one table without an index."""
    target = Table("cells", MetaData(), *(Column(name, Text if name == "body" else String(80)) for name in HEADER))
    began = time.perf_counter()
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(itertools.islice(csv.reader(file), 1, None))
    reading = time.perf_counter() - began
    return len(rows) / (bare(target, rows) + reading)


def memory() -> float:
    """Return the most memory that this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print the ratios."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        app = an_app(folder)
        with app.app_context():
            consultation = a_consultation("imports")
            imported(a_table(folder / "small.csv", SMALL), Channel.LETTER, consultation)
            before = memory()
            rate = imported(a_table(folder / "all.csv", ROWS), Channel.HOTLINE, consultation)
            grown = memory() - before
            same, one = same_rows(), one_table(folder / "all.csv")
            print(f"database: {db.engine.dialect.name}")
            print(f"import: {rate:,.0f} rows/s; the same rows by executemany: {same:,.0f}/s; ratio {rate / same:.2f}")
            print(f"one table without index by executemany: {one:,.0f} rows/s; ratio {rate / one:.2f}")
            print(f"memory grew by {grown:.0f} MB from {SMALL:,} rows to {ROWS:,}")
            db.engine.dispose()


if __name__ == "__main__":
    main()
