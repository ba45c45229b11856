"""Reads CSV as programs write it: any usual encoding and separator, and occasional broken rows."""

from __future__ import annotations

import csv
import io
from codecs import getincrementaldecoder
from collections import Counter, deque
from collections.abc import Iterator
from typing import BinaryIO

from consult.files import charsets
from consult.files.tables.byte_source import Source
from consult.files.tables.errors import BadCells, Cells, Remark, TableRefused

_BLOCK = 1 << 20  # bytes
_MAX_LINES = 2_000  # lines in one row: beyond that a quotation mark was left open
_MAX_RECORD = 1_000_000  # characters in one row
_SEPARATORS = (",", "\t", ";", "|")
_CHINESE_COMMA = "，"
csv.field_size_limit(max(csv.field_size_limit(), 2 * _MAX_RECORD))


class _LeftOpen(Exception):
    """A quotation mark was opened and never closed."""


class Delimited:
    """The raw rows of a CSV file. A row that can't be parsed costs that row only."""

    title = ""
    ragged = False

    def __init__(self, name: str, source: Source) -> None:
        self._source = source
        self._stream: BinaryIO | None = None
        self.encoding, self._whole = _encoding(source)
        sample = source.head().decode(self.encoding, "replace")
        if sample.count("\ufffd") * 10 > len(sample):
            raise TableRefused(f"《{name}》的文字编码无法识别。请用 Excel 或 WPS 另存为 .xlsx 后重新上传。")
        self.separator = _separator(sample)

    @property
    def progress(self) -> float:
        """How much of the file was read, 0 to 1."""
        if self._stream is None or self._stream.closed:
            return 0.0 if self._stream is None else 1.0
        return min(1.0, self._stream.tell() / max(1, self._source.size))

    def rows(self) -> Iterator[tuple[int, Cells]]:
        """Yield every row with its number; a row may run over several lines of the file."""
        with self._source.open() as self._stream:
            text = io.TextIOWrapper(self._stream, self.encoding, "replace", newline="")
            yield from enumerate(self._records(_Lines(text)), start=1)

    def remarks(self) -> list[Remark]:
        """Return nothing: all of a CSV file is rows."""
        return []

    def beside(self) -> list[tuple[str, str]]:
        """Return nothing: a CSV file has no comments and no pictures."""
        return []

    def _records(self, lines: _Lines) -> Iterator[Cells]:
        reader = self._reader(lines)
        while True:
            lines.forget()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (csv.Error, _LeftOpen) as error:
                lines.give_back_all_but_the_first()
                reader = self._reader(lines)
                yield BadCells(_why(error))
                continue
            if not self._whole and any("\ufffd" in cell for cell in cells):
                yield BadCells("有无法识别的字符，可能是文件在传输中损坏")
            else:
                yield [cell.strip() for cell in cells]

    def _reader(self, lines: _Lines) -> Iterator[list[str]]:
        return csv.reader(lines, delimiter=self.separator, strict=True)


class _Lines:
    """Lines for the csv module that can be taken back when a row turns out broken."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._returned: deque[str] = deque()
        self._taken: list[str] = []
        self._length = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._returned.popleft() if self._returned else next(self._lines)
        self._taken.append(line)
        self._length += len(line)
        if len(self._taken) > _MAX_LINES or self._length > _MAX_RECORD:
            raise _LeftOpen
        return line

    def forget(self) -> None:
        """Drop the lines of a row that was parsed."""
        self._taken.clear()
        self._length = 0

    def give_back_all_but_the_first(self) -> None:
        """Return the lines that a broken row swallowed: each may be a row of its own."""
        self._returned.extendleft(reversed(self._taken[1:]))
        self.forget()


def _why(error: Exception) -> str:
    if isinstance(error, _LeftOpen) or "unexpected end" in str(error):
        return "引号没有成对，后面的行已另行读取"
    if "expected after" in str(error):
        return "引号的位置不对：单元格里的引号要写成两个"
    return "这一行太长或者写法不对"


def _encoding(source: Source) -> tuple[str, bool]:
    """Return the charset of the file and whether all of it is valid in that charset."""
    head = source.head()
    marked = charsets.mark(head) or charsets.looks_wide(head)
    if marked:
        return marked, _valid(source, marked)
    if _valid(source, "utf-8"):
        return "utf-8", True
    valid = [charset for charset in ("gb18030", "big5hkscs") if _valid(source, charset)]
    candidates = valid or ["utf-8", "gb18030", "big5hkscs"]
    sample = charsets.sample(head)
    best = max(candidates, key=lambda charset: charsets.readable(sample.decode(charset, "replace")))
    return best, bool(valid)


def _valid(source: Source, charset: str) -> bool:
    decoder = getincrementaldecoder(charset)()
    with source.open() as stream:
        try:
            while block := stream.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeError:
            return False
    return True


def _separator(sample: str) -> str:
    """Find the separator: the one that cuts the first lines into the same number of cells, and into most.

    What the first line doesn't agree with counts little, since a text may hold as many commas in every row; the comma
    of Chinese texts is taken only where no other separator makes a table.
    """
    lines = sample.splitlines()[:50]
    scores = {separator: _evenness(lines, separator) for separator in _SEPARATORS}
    best = max(_SEPARATORS, key=lambda separator: scores[separator])
    return best if scores[best] else _SEPARATORS[0] if not _evenness(lines, _CHINESE_COMMA) else _CHINESE_COMMA


def _evenness(lines: list[str], separator: str) -> float:
    """Return how well a separator cuts lines into a table; 0 when it cuts none."""
    rows = csv.reader(lines, delimiter=separator)
    widths = Counter(len(row) for row in rows if any(cell.strip() for cell in row))
    if not widths:
        return 0.0
    width, times = widths.most_common(1)[0]
    first = next(csv.reader(lines[:1], delimiter=separator), [])
    agrees = 1.0 if len(first) == width else 0.1
    return agrees * (times / sum(widths.values())) * min(width - 1, 30)
