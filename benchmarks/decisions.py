"""Decisions out to a spreadsheet and back, in milliseconds a row.

    python -m benchmarks.decisions            # SQLite in a temporary folder
    DATABASE_URL=postgresql://… python -m benchmarks.decisions    # an empty database of its own

Half of the opinions are in groups of ten. Every row of both sheets is filled in, previewed and imported (goal: at most
2 ms a row); and the memory of an export of all against one of a tenth.
"""

from __future__ import annotations

import tempfile
import time
import tracemalloc
from pathlib import Path

from sqlalchemy import insert, select, update

from benchmarks.road import a_consultation, an_app, fill
from benchmarks.searching import draw_opinions
from consult.accounts.permissions import SYSTEM
from consult.adoption import spreadsheet
from consult.adoption.models import Opinion, OpinionGroup
from consult.adoption.sheet_export import EDITABLE, Export
from consult.clock import now
from consult.drafting.models import Consultation
from consult.files import tables
from consult.store import db

ROWS, FEW = 5_000, 500
GROUP = 10


def group_half(consultation: Consultation) -> None:
    """Put every second hundred of opinions into groups of ten."""
    ids = list(db.session.scalars(select(Opinion.id).where(Opinion.consultation_id == consultation.id)))
    anchor = {"anchor": "art-1", "consultation_id": consultation.id, "title": "相同意见", "created_at": now()}
    db.session.rollback()
    with db.engine.begin() as connection:
        for start in range(0, len(ids) // 2, GROUP):
            made = insert(OpinionGroup.__table__).values(**anchor, concentrated=False).returning(OpinionGroup.id)
            group_id = connection.scalar(made)
            members = Opinion.__table__.c.id.in_(ids[start : start + GROUP])
            connection.execute(update(Opinion.__table__).where(members).values(group_id=group_id, anchor="art-1"))


def filled_in(consultation: Consultation, path: Path) -> int:
    """Write the sheets with every row filled in; return how many rows."""
    export = Export(consultation)
    words = dict(zip(EDITABLE, ("未采纳", "现行办法第三条已有相应规定，不再重复。", ""), strict=True))
    sheets = []
    for sheet in export.sheets():
        rows = [
            [words.get(column, value) for column, value in zip(sheet.columns, row, strict=True)] for row in sheet.rows
        ]
        sheets.append(tables.Sheet(sheet.name, sheet.columns, rows, sheet.widths))
    tables.write_xlsx(path, sheets)
    return export.rows


def peak(consultation: Consultation, path: Path) -> float:
    """Return the megabytes that an export takes at most."""
    tracemalloc.start()
    spreadsheet.export_decisions(SYSTEM, consultation, path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / 1e6


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        app, path = an_app(Path(folder)), Path(folder) / "sheet.xlsx"
        with app.app_context():
            few, many = a_consultation("bench-few"), a_consultation("bench-many")
            fill(few, FEW)
            fill(many, ROWS)
            draw_opinions()
            for consultation in (few, many):
                group_half(consultation)
            start = time.perf_counter()
            spreadsheet.export_decisions(SYSTEM, many, path)
            print(f"export: {(time.perf_counter() - start) / ROWS * 1000:.2f} ms an opinion")
            print(f"memory of an export: {peak(few, path):.0f} MB for {FEW:,}, {peak(many, path):.0f} MB for {ROWS:,}")
            rows = filled_in(many, path)
            start = time.perf_counter()
            preview = spreadsheet.preview_decisions(SYSTEM, many, tables.read_book("a.xlsx", path), digest="")
            print(f"preview: {(time.perf_counter() - start) / rows * 1000:.2f} ms a row")
            start = time.perf_counter()
            result = spreadsheet.import_decisions(SYSTEM, many, tables.read_book("a.xlsx", path), at=now())
            print(f"import: {(time.perf_counter() - start) / rows * 1000:.2f} ms a row, all {result.taken:,} changed")
            assert (result.taken, len(result.refused), preview.result.taken) == (rows, 0, rows)
            start = time.perf_counter()
            spreadsheet.import_decisions(SYSTEM, many, tables.read_book("a.xlsx", path), at=now())
            print(f"import again: {(time.perf_counter() - start) / rows * 1000:.2f} ms a row, none changed")


if __name__ == "__main__":
    main()
