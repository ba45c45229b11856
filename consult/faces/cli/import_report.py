"""The account of an import, row by row, on disk until it is printed: a million rows need no memory."""

from __future__ import annotations

import csv
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

import click

from consult.intake.spreadsheet_import import ACCOUNT_HEADS, RowAccount, RowOutcome

SHOWN_REFUSALS = 20


class Account:
    """Collects what became of each row, and prints it; ``path`` is where a CSV of it goes, if anywhere."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._counts: Counter[RowOutcome] = Counter()
        self._refusals: list[RowAccount] = []
        self._remarks: Counter[str] = Counter()
        self._open = ExitStack()

    def __enter__(self) -> Account:
        self._spool = self._open.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8"))
        self._csv: Any = None
        if self._path is not None:
            self._part = self._path.with_name(f".{self._path.name}.{os.getpid()}")
            file = self._open.enter_context(self._part.open("w", encoding="utf-8-sig", newline=""))
            self._csv = csv.writer(file)
            self._csv.writerow(ACCOUNT_HEADS)
        return self

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        self._open.close()
        if self._path is not None:
            if failed is None:
                self._part.replace(self._path)
            else:
                self._part.unlink(missing_ok=True)

    @property
    def rows(self) -> int:
        """How many rows are accounted for."""
        return self._counts.total()

    def add(self, row: RowAccount) -> None:
        """Write down what became of a row."""
        self._counts[row.outcome] += 1
        if row.outcome is RowOutcome.REFUSED and len(self._refusals) < SHOWN_REFUSALS:
            self._refusals.append(row)
        if row.outcome is RowOutcome.TAKEN and row.reason:
            self._remarks[row.reason if len(self._remarks) < SHOWN_REFUSALS else "其他说明"] += 1
        line = {"row": row.row, "outcome": row.outcome.value, "number": row.number, "reason": row.reason}
        self._spool.write(json.dumps(line, ensure_ascii=False) + "\n")
        if self._csv is not None:
            self._csv.writerow(row.cells())

    def totals(self) -> dict[str, int]:
        """Return how many rows there are, and what became of them."""
        return {"rows": self.rows, **{outcome.value: self._counts[outcome] for outcome in RowOutcome}}

    def show(self, facts: Mapping[str, Any], as_json: bool) -> None:
        """Print the account; leave with exit code 1 when rows were refused and none was taken, now or before."""
        if as_json:
            self._show_json(facts, sys.stdout)
        else:
            click.echo(self._lines(dry_run=bool(facts["dry_run"])))
        totals = self.totals()
        if totals["refused"] and not totals["taken"] and not totals["already"]:
            click.echo(f"未登记任何一行：{self._refusals[0].reason}（第 {self._refusals[0].row} 行）。", err=True)
            sys.exit(1)

    def _show_json(self, facts: Mapping[str, Any], out: TextIO) -> None:
        """Print one JSON document, its rows read back one at a time."""
        head = json.dumps({**facts, **self.totals()}, ensure_ascii=False)
        out.write(f'{head[:-1]}, "account": [')
        self._spool.seek(0)
        for place, line in enumerate(self._spool):
            out.write((",\n" if place else "\n") + line.rstrip("\n"))
        out.write("]}\n")

    def _lines(self, *, dry_run: bool) -> str:
        totals = self.totals()
        verb = "可登记" if dry_run else "收下"
        lines = [
            f"共 {totals['rows']} 行：{verb} {totals['taken']} 行，已登记 {totals['already']} 行，"
            f"未登记 {totals['refused']} 行。"
        ]
        lines += [f"  说明：{reason}（{n} 行）" for reason, n in self._remarks.items()]
        lines += [f"  第 {row.row} 行未登记：{row.reason}" for row in self._refusals]
        if totals["refused"] > len(self._refusals):
            lines.append(f"  ……另有 {totals['refused'] - len(self._refusals)} 行，用 --account 文件.csv 看全部。")
        return "\n".join(lines)
