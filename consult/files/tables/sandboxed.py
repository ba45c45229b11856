"""Reads tables in a sandbox: what comes out of it is rows already read, and no more of them than there is room for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TypeVar

from consult.files.sandbox import ReaderDied, Sandbox, SandboxStopped
from consult.files.tables.account import Named
from consult.files.tables.errors import BadCells, Cells, MarkedCells, Odd, Remark, TableRefused
from consult.files.tables.table_reader import Book, Heads, RawRows, Table, read, read_book

Result = TypeVar("Result")

MAX_ROWS = 50_000
MAX_CHARACTERS = 6_000_000
BEGINNING_ROWS = 40
"""Enough for the header, the rows above it, and a preview."""


@dataclass
class KeptRows:
    """The raw rows of a table that were read before, each as the line of JSON that takes the least room."""

    encoding: str
    ragged: bool
    title: str
    numbers: list[int] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    noticed: list[Remark] = field(default_factory=list)
    beside_rows: list[tuple[str, str]] = field(default_factory=list)
    progress = 1.0

    def keep(self, number: int, cells: Cells) -> int:
        """Add a row; return its length in characters."""
        what: object = cells.reason if isinstance(cells, BadCells) else cells
        if isinstance(cells, MarkedCells):
            what = {"cells": cells, "odd": [*cells.odd.items()], "hidden": cells.hidden, "up": [*cells.carried.items()]}
        line = json.dumps(what, ensure_ascii=False)
        self.numbers.append(number)
        self.lines.append(line)
        return len(line)

    def rows(self) -> Iterator[tuple[int, Cells]]:
        """Yield every row with its number in the file."""
        for number, line in zip(self.numbers, self.lines, strict=True):
            cells = json.loads(line)
            if isinstance(cells, dict):
                odd = {place: Odd(odd) for place, odd in cells["odd"]}
                yield number, MarkedCells(cells["cells"], odd, hidden=cells["hidden"], carried=dict(cells["up"]))
            else:
                yield number, BadCells(cells) if isinstance(cells, str) else cells

    def remarks(self) -> list[Remark]:
        """Return what of the file isn't among the rows."""
        return self.noticed

    def beside(self) -> list[tuple[str, str]]:
        """Return what isn't in cells."""
        return self.beside_rows


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


def read_whole_book(name: str, file: Path, sandbox: Sandbox, heads: Heads | None = None) -> Book:
    """Read all sheets of a file to their end, as ``read_all`` does; of all together no more than it takes."""
    return _book(name, file, sandbox, None, heads)


def read_beginnings(name: str, file: Path, sandbox: Sandbox, heads: Heads | None = None) -> Book:
    """Read the heads of all sheets of a file and their first rows, as ``read_beginning`` does."""
    return _book(name, file, sandbox, BEGINNING_ROWS, heads)


def _book(name: str, file: Path, sandbox: Sandbox, rows: int | None, heads: Heads | None) -> Book:
    kept, noticed, unread = _in_sandbox(name, sandbox, try_reading_book, name, file, rows)
    return Book(name, [Table(name, sheet, heads) for sheet in kept], noticed, unread)


def try_reading(name: str, file: Path, rows: int | None) -> KeptRows | TableRefused:
    """Read a table, or return the error; for a subprocess, where errors are returned, not raised."""
    try:
        return _Room(name).kept(read(name, file).cells, rows)
    except TableRefused as refusal:
        return refusal


def try_reading_book(
    name: str, file: Path, rows: int | None = None
) -> tuple[list[KeptRows], list[Remark], list[Named]] | TableRefused:
    """Read all sheets of a file, or return the error."""
    try:
        book, room = read_book(name, file), _Room(name)
        return [room.kept(table.cells, rows) for table in book.tables], [*book.noticed], [*book.unread]
    except TableRefused as refusal:
        return refusal


class _Room:
    """How much of a file is kept."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._rows, self._characters = MAX_ROWS, MAX_CHARACTERS

    def kept(self, cells: RawRows, rows: int | None = None) -> KeptRows:
        """Return the rows of a table, the first ``rows`` of them if given.

        Raises:
            TableRefused: there is no room for them.
        """
        kept = KeptRows(cells.encoding, cells.ragged, cells.title)
        for number, row in islice(cells.rows(), rows):
            self._characters -= kept.keep(number, row)
            self._rows -= 1
            if self._characters < 0 or self._rows < 0:
                raise TableRefused(
                    f"《{self._name}》读到第 {number} 行，已经超过一次能导入的 {MAX_ROWS:,} 行、{MAX_CHARACTERS:,} 字。"
                    "请拆成几个文件，分几次导入。"
                )
        if rows is None:
            kept.noticed, kept.beside_rows = cells.remarks(), cells.beside()
        return kept


def _read(name: str, file: Path, sandbox: Sandbox, rows: int | None) -> Table:
    return Table(name, _in_sandbox(name, sandbox, try_reading, name, file, rows))


def _in_sandbox(name: str, sandbox: Sandbox, work: Callable[..., Result | TableRefused], *arguments: object) -> Result:
    try:
        with sandbox:
            read = sandbox.of(work, *arguments)
    except (ReaderDied, SandboxStopped) as why:
        raise TableRefused(
            f"《{name}》没有读完：读取它用的时间或者内存超过了限度。请用 Excel 或 WPS 打开，只留要导入的一张工作表，"
            "另存为新的 .xlsx 后重新上传。"
        ) from why
    if isinstance(read, TableRefused):
        raise read
    return read
