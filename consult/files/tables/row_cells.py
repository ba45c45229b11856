"""The words of a row that is imported: what its cells mean, and the account of those that are no words."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Generic, TypeVar

from consult.files.tables.account import Named, Tally, place_words
from consult.files.tables.cell_values import RUINED_WORDS, is_ditto, is_no_opinion, is_nothing, is_ruined
from consult.files.tables.errors import Odd
from consult.files.tables.import_sheets import BEYOND, Line
from consult.files.tables.table_reader import NamedCells

Field = TypeVar("Field")

_LEAKED = re.compile(r"_x000[dD]_\r?\n?")
_SHORT = 20
UNREAD_WORDS = {
    Odd.UNCOMPUTED: "公式没有算出的结果，请用 Excel 或 WPS 打开后保存一次，或者改成文字",
    Odd.ERROR: "是错误值，请改成文字",
}


class RowCells(Generic[Field]):
    """The words of a row's used cells, with what isn't words named.

    Arguments:
        previous: what the row above says, by column.
        numbers: the fields in which a number in the form of a spreadsheet program is a fault.
        opinion: the field in which “无意见” says nothing.
        literal: the fields in which 无 and / are values.
    """

    def __init__(
        self,
        line: Line[Field],
        previous: Mapping[str, str],
        *,
        numbers: Collection[Field] = (),
        opinion: Field | None = None,
        literal: Collection[Field] = (),
    ) -> None:
        assert isinstance(line.cells, NamedCells)
        self._line, self._row, self._previous = line, line.cells, previous
        self._numbers, self._opinion, self._literal = numbers, opinion, literal
        self.order = line.sheet.table.columns
        self.words: dict[str, str] = {}
        self.resolved: dict[str, str] = {}
        """Cells that mean what stands above them, by column."""
        self.empty_words: dict[str, str] = {}
        """Cells that say in words that there is nothing, by column."""
        self._taken: set[str] = set()
        self._named: dict[str, str] = {}
        for field, columns in line.sheet.columns.items():
            for column in columns:
                self.words[column] = self._read(field, column)

    def name(self, column: str, why: str) -> None:
        """Name a cell in which something is written: it isn't taken as it is."""
        self._taken.discard(column)
        self._named.setdefault(column, why)

    def why(self, columns: Sequence[str]) -> str:
        """Return why the first of these columns that is named wasn't taken."""
        return next((self._named[column] for column in columns if column in self._named), "")

    def tally(self) -> Tally:
        """Return the account of the row's cells."""
        sheet, row = self._line.sheet.title, self._line.row
        named = [Named(place_words(sheet, row, column), why) for column, why in self._named.items()]
        named += [Named(place_words(sheet, row), f"{BEYOND}：“{shortened(text)}”") for text in self._row.beyond]
        return Tally(len(self._taken) + len(named), len(self._taken), named)

    def _read(self, field: Field, column: str) -> str:
        text, odd = plain(self._row[column]), self._row.odd.get(column)
        if odd in UNREAD_WORDS:
            return self._nothing(column, UNREAD_WORDS[odd])
        if column in self._row.carried:
            words = self.resolved[column] = plain(self._row.carried[column])
            self.name(column, f"合并单元格，按首格填入“{shortened(words)}”")
            return words
        if not text:
            return ""
        if is_ditto(text):
            words = self.resolved[column] = self._previous.get(column, "")
            self.name(column, f"“{text}”，" + (f"按上一行填入“{shortened(words)}”" if words else "上一行没有内容"))
            return words
        if field in self._numbers and (odd is Odd.RUINED or is_ruined(text)):
            return self._nothing(column, RUINED_WORDS.format(text=text))
        if (is_nothing(text) and field not in self._literal) or (field is self._opinion and is_no_opinion(text)):
            self.empty_words[column] = text
            return self._nothing(column, f"“{shortened(text)}”，没有内容可以登记")
        self._taken.add(column)
        return text

    def _nothing(self, column: str, why: str) -> str:
        self.name(column, why)
        return ""


def plain(text: str) -> str:
    """Remove escaped line ends (``_x000D_``) that a spreadsheet program left in a CSV file."""
    return (_LEAKED.sub("\n", text) if "_x000" in text else text).strip()


def shortened(text: str) -> str:
    """Return the beginning of a text, to name it by."""
    return text if len(text) <= _SHORT else f"{text[:_SHORT]}…"
