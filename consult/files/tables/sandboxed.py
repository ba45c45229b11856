"""Reads tables in a sandbox: what comes out of it is rows already read, and no more of them than there is room for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from consult.files.sandbox import ReaderDied, Sandbox, SandboxStopped
from consult.files.tables.errors import BadCells, Cells, TableRefused
from consult.files.tables.table_reader import Table, read

MAX_ROWS = 50_000
MAX_CHARACTERS = 6_000_000
BEGINNING_ROWS = 40
"""Enough for the header, the rows above it, and a preview."""


@dataclass
class KeptRows:
    """The raw rows of a table that were read before, each as the line of JSON that takes the least room."""

    encoding: str
    ragged: bool
    numbers: list[int] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    progress = 1.0

    def keep(self, number: int, cells: Cells) -> int:
        """Add a row; return its length in characters."""
        line = json.dumps(cells.reason if isinstance(cells, BadCells) else cells, ensure_ascii=False)
        self.numbers.append(number)
        self.lines.append(line)
        return len(line)

    def rows(self) -> Iterator[tuple[int, Cells]]:
        """Yield every row with its number in the file."""
        for number, line in zip(self.numbers, self.lines, strict=True):
            cells = json.loads(line)
            yield number, BadCells(cells) if isinstance(cells, str) else cells


def read_all(name: str, file: Path, sandbox: Sandbox) -> Table:
    """Read a table to its end; for tables whose rows are taken at once.

    Raises:
        TableRefused: as ``read``; or it has too many rows, or reading it took too much.
    """
    return _read(name, file, sandbox, None)


def read_beginning(name: str, file: Path, sandbox: Sandbox) -> Table:
    """Read the header of a table and its first rows.

    Raises:
        TableRefused: as ``read``; or reading it took too much.
    """
    return _read(name, file, sandbox, BEGINNING_ROWS)


def try_reading(name: str, file: Path, rows: int | None) -> KeptRows | TableRefused:
    """Read a table, or return the error; for a subprocess, where errors are returned, not raised."""
    try:
        cells = read(name, file).cells
        kept = KeptRows(cells.encoding, cells.ragged)
        room = MAX_CHARACTERS
        for number, row in islice(cells.rows(), rows):
            room -= kept.keep(number, row)
            if room < 0 or len(kept.numbers) > MAX_ROWS:
                return TableRefused(
                    f"《{name}》读到第 {number} 行，已经超过一次能导入的 {MAX_ROWS:,} 行、{MAX_CHARACTERS:,} 字。"
                    "请拆成几个文件，分几次导入。"
                )
    except TableRefused as refusal:
        return refusal
    return kept


def _read(name: str, file: Path, sandbox: Sandbox, rows: int | None) -> Table:
    try:
        with sandbox:
            kept = sandbox.of(try_reading, name, file, rows)
    except (ReaderDied, SandboxStopped) as why:
        raise TableRefused(
            f"《{name}》没有读完：读取它用的时间或者内存超过了限度。请用 Excel 或 WPS 打开，只留要导入的一张工作表，"
            "另存为新的 .xlsx 后重新上传。"
        ) from why
    if isinstance(kept, TableRefused):
        raise kept
    return Table(name, kept)
