"""The account of an import, row by row, on disk until it is printed: a million rows need no memory."""

from __future__ import annotations

import csv
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

import click

from consult.files import tables
from consult.intake.spreadsheet_import import ACCOUNT_HEADS, RowAccount, RowOutcome

SHOWN_REFUSALS = 20
WORDS = {
    "sheets": "工作表",
    "columns": "列",
    "rows": "行",
    "cells": "单元格",
    "attachments": "附件",
}


class Account:
    """Collects what became of each row, and prints it; ``path`` is where a CSV of it goes, if anywhere.

    ``accounted`` is the account of sheets and columns; what isn't taken of rows and cells goes to disk.
    """

    def __init__(self, path: Path | None, accounted: tables.Account) -> None:
        self._path, self._accounted = path, accounted
        self._counts: Counter[RowOutcome] = Counter()
        self._refusals: list[RowAccount] = []
        self._remarks: Counter[str] = Counter()
        self._first: dict[str, list[tables.Named]] = {"rows": [], "cells": []}
        self._more: dict[str, tables.Tally] = {}
        self._open = ExitStack()

    def __enter__(self) -> Account:
        self._spool = self._open.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8"))
        self._rows = self._open.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8"))
        self._cells = self._open.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8"))
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
        if row.sheet:
            line["sheet"] = row.sheet
        self._spool.write(json.dumps(line, ensure_ascii=False) + "\n")
        if self._csv is not None:
            self._csv.writerow(row.cells())
        of_row = tables.Account()
        row.account_to(of_row)
        self._name("rows", of_row.rows)
        self._name("cells", of_row.cells)

    def _name(self, kind: str, tally: tables.Tally) -> None:
        """Add a tally; what it names goes to disk."""
        file = self._rows if kind == "rows" else self._cells
        for name in tally.named:
            file.write(json.dumps(name._asdict(), ensure_ascii=False) + "\n")
        first = self._first[kind]
        first += tally.named[: SHOWN_REFUSALS - len(first)]
        (self._accounted.rows if kind == "rows" else self._accounted.cells).add(tally, keep=0)

    def finish(self, comments: tables.Tally, attachments: tables.Tally | None) -> None:
        """Add what is known once all rows were read."""
        self._name("cells", comments)
        if attachments is not None:
            self._more["attachments"] = attachments

    def totals(self) -> dict[str, int]:
        """Return what became of the rows."""
        return {outcome.value: self._counts[outcome] for outcome in RowOutcome}

    def show(self, facts: Mapping[str, Any], as_json: bool) -> None:
        """Print the account; leave with exit code 1 when rows were refused and none was taken, now or before."""
        if as_json:
            self._show_json(facts, sys.stdout)
        else:
            click.echo(self._lines(dry_run=bool(facts["dry_run"])))
        totals = self.totals()
        if totals["refused"] and not totals["taken"] and not totals["already"]:
            row = self._refusals[0]
            click.echo(f"未登记任何一行：{row.reason}（{tables.place_words(row.sheet, row.row)}）。", err=True)
            sys.exit(1)

    def _show_json(self, facts: Mapping[str, Any], out: TextIO) -> None:
        """Print one JSON document, its long lists read back one line at a time."""
        heads = {"sheets": self._accounted.sheets.as_json(), "columns": self._accounted.columns.as_json()}
        more = {name: tally.as_json() for name, tally in self._more.items()}
        head = json.dumps({**facts, **self.totals(), **heads, **more}, ensure_ascii=False)
        out.write(head[:-1])
        for name, tally, file in (
            ("rows", self._accounted.rows, self._rows),
            ("cells", self._accounted.cells, self._cells),
        ):
            out.write(f', "{name}": {{"in": {tally.total}, "taken": {tally.taken}, "named": [')
            out.writelines(_listed(file))
            out.write("]}")
        out.write(', "account": [')
        out.writelines(_listed(self._spool))
        out.write("]}\n")

    def _lines(self, *, dry_run: bool) -> str:
        totals = self.totals()
        verb = "可登记" if dry_run else "收下"
        lines = [
            f"共 {self.rows} 行：{verb} {totals['taken']} 行，已登记 {totals['already']} 行，"
            f"未登记 {totals['refused']} 行，不是来件 {totals['left']} 行。"
        ]
        lines += [f"  说明：{reason}（{n} 行）" for reason, n in self._remarks.items()]
        lines += [f"  {tables.place_words(row.sheet, row.row)}未登记：{row.reason}" for row in self._refusals]
        if totals["refused"] > len(self._refusals):
            lines.append(f"  ……另有 {totals['refused'] - len(self._refusals)} 行，用 --account 文件.csv 看全部。")
        for name, tally in [*self._accounted.tallies(), *self._more.items()]:
            lines += named_lines(name, tally, self._first.get(name, tally.named))
        return "\n".join(lines)


def named_lines(kind: str, tally: tables.Tally, named: list[tables.Named]) -> list[str]:
    """Return in words what of a kind isn't taken, the first of it one by one."""
    left = tally.total - tally.taken
    if not left:
        return []
    lines = [f"{WORDS[kind]}共 {tally.total} 个，未原样导入 {left} 个："]
    lines += [f"  {name.where}：{name.why}" for name in named[:SHOWN_REFUSALS]]
    shown = min(len(named), SHOWN_REFUSALS)
    return [*lines, f"  ……另有 {left - shown} 个，用 --json 看全部。"] if left > shown else lines


def _listed(file: TextIO) -> Iterator[str]:
    """Yield the lines of a file as the items of a JSON array."""
    file.seek(0)
    for place, line in enumerate(file):
        yield (",\n" if place else "\n") + line.rstrip("\n")
