"""Rows of a spreadsheet imported, as a ratio against bare ``executemany`` measured in the same run.

    python -m benchmarks.imports            # SQLite in a temporary folder
    DATABASE_URL=postgresql://… python -m benchmarks.imports    # an empty database of its own

Prints rows per second of the import against writing the very same finished rows by the driver's ``executemany`` into
tables of the same columns, keys, indexes and foreign keys, with as many commits (goal: a third), and against one
``executemany`` of the read cells into one table without an index; and how much the memory grew from a table to one
four times as large. Rounds alternate, so that what else the machine does slows both; the ratio is that of the medians.
"""

from __future__ import annotations

import csv
import itertools
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import Column, Connection, ForeignKey, Index, MetaData, String, Table, Text, UniqueConstraint

from benchmarks.road import a_consultation, an_app
from consult.accounts.permissions import SYSTEM
from consult.clock import now
from consult.drafting.models import Consultation
from consult.files import tables
from consult.intake.import_columns import is_known
from consult.intake.models import Channel, RawForm, Submission, SubmissionPart
from consult.intake.spreadsheet_import import BATCH_ROWS, Import, open_sheets, run
from consult.ledger.models import LedgerEntry
from consult.store import db

ROUNDS, ROWS = 5, 10_000
LARGE = 40_000
"""Rows of the table that is imported before all others, to see whether memory grows with it."""
WORDS = ("建议", "意见", "居民", "改造", "费用", "公示", "期限", "街道", "社区", "安全", "电梯", "停车", "绿化", "施工")
MODELS = (Submission, SubmissionPart, RawForm, LedgerEntry)
HEADER = ["id", "sender", "subject", "sent_at", "body"]


def a_table(path: Path, first: int, rows: int = ROWS) -> Path:
    """Write a table of made-up messages of about 300 characters, numbered from ``first``."""
    dice = random.Random(first)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for n in range(first, first + rows):
            body = "，".join(dice.choices(WORDS, k=100)) + "。"
            writer.writerow([n, f"来件人{n}", dice.choice(WORDS), "2026/11/24 9:32:09", body])
    return path


def imported(path: Path, consultation: Consultation) -> float:
    """Import a table and return rows per second."""
    sheets = open_sheets(tables.read_book(path.name, path, is_known), {})
    began = time.perf_counter()
    work = Import(consultation, sheets, Channel.HOTLINE, SYSTEM, now())
    n = sum(1 for _ in run(work))
    return n / (time.perf_counter() - began)


Rows = Sequence[tuple[Any, ...]]


def bare(connection: Connection, writes: Sequence[tuple[Table, Rows]]) -> float:
    """Write rows by the driver's executemany, a batch of each table in each transaction; return the seconds."""
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    seconds = 0.0
    for start in range(0, max(len(rows) for _, rows in writes), BATCH_ROWS):
        batches = [(table, list(rows[start : start + BATCH_ROWS])) for table, rows in writes]
        began = time.perf_counter()
        for table, batch in batches:
            if batch:
                marks = ", ".join([mark] * len(table.columns))
                connection.exec_driver_sql(f"INSERT INTO {table.name} VALUES ({marks})", batch)
        connection.commit()
        seconds += time.perf_counter() - began
    return seconds


class Copies:
    """Tables like those that an import fills, which grow with them."""

    def __init__(self) -> None:
        metadata = MetaData()
        self._tables = [(model.__table__, _like(model.__table__, metadata)) for model in MODELS]
        self._written = dict.fromkeys(MODELS, 0)
        with db.engine.begin() as connection:
            metadata.create_all(connection)

    def same_rows(self) -> float:
        """Write the rows that came since the last call, and return submissions per second."""
        with db.engine.connect() as connection:
            writes = [
                (copy, self._fresh(connection, model, table))
                for model, (table, copy) in zip(MODELS, self._tables, strict=True)
            ]
            return len(writes[0][1]) / bare(connection, writes)

    def _fresh(self, connection: Connection, model: Any, table: Table) -> Rows:
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        (key,) = table.primary_key
        query = f"SELECT {names} FROM {table.name} WHERE {key.name} > {self._written[model]} ORDER BY {key.name}"
        rows = connection.exec_driver_sql(query).fetchall()
        place = list(table.columns).index(key)
        self._written[model] = rows[-1][place]
        return [tuple(Jsonb(value) if isinstance(value, dict) else value for value in row) for row in rows]


def _like(table: Table, metadata: MetaData) -> Table:
    """Return a table of the same columns, indexes and foreign keys under another name."""
    columns = [
        Column(
            c.name, c.type, *(ForeignKey(key.column) for key in c.foreign_keys),
            primary_key=c.primary_key, autoincrement=False, nullable=c.nullable,
        )
        for c in table.columns
    ]  # fmt: skip
    copy = Table(f"like_{table.name}", metadata, *columns)
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
        rows = [tuple(row) for row in itertools.islice(csv.reader(file), 1, None)]
    reading = time.perf_counter() - began
    with db.engine.connect() as connection:
        target.create(connection)
        connection.commit()
        seconds = bare(connection, [(target, rows)])
        target.drop(connection)
        connection.commit()
    return len(rows) / (seconds + reading)


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
            imported(a_table(folder / "first.csv", 0), consultation)
            before = memory()
            imported(a_table(folder / "large.csv", ROWS, LARGE), consultation)
            grown = memory() - before
            copies = Copies()
            copies.same_rows()
            ours, same, single = [], [], []
            for number in range(ROUNDS):
                path = a_table(folder / f"{number}.csv", ROWS + LARGE + number * ROWS)
                ours.append(imported(path, consultation))
                same.append(copies.same_rows())
                single.append(one_table(path))
            rate, least, cells = (statistics.median(rates) for rates in (ours, same, single))
            print(f"database: {db.engine.dialect.name}")
            print(f"import: {rate:,.0f} rows/s; the same rows by executemany: {least:,.0f}/s; ratio {rate / least:.2f}")
            print(f"one table without index by executemany: {cells:,.0f} rows/s; ratio {rate / cells:.2f}")
            print(f"memory grew by {grown:.0f} MB from {ROWS:,} rows to {LARGE:,}")
            db.engine.dispose()


if __name__ == "__main__":
    main()
