"""Reads the rows of a list of organisations: only the name must be right, any other cell in doubt is left open."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from consult.consultees.errors import ConsulteeRefused
from consult.consultees.register import Entry, check_code, is_mail_address
from consult.consultees.register_columns import (
    Field,
    read_kind,
    read_labour,
    read_ownership,
    read_sector,
    read_size,
)
from consult.files.tables import BadRow, NamedCells, Tally
from consult.files.tables.import_sheets import Aside, ImportSheet, Line
from consult.files.tables.row_cells import RowCells

Value = TypeVar("Value")

DOUBT = "待补："
OFFER = "可能是"
"""Stands before what a cell is offered mended as."""
_NUMBERS = (Field.CREDIT_CODE, Field.PHONE)
_CONFUSED = str.maketrans({"O": "0", "I": "1", "Z": "2", "S": "5"})
"""Letters that codes don't have (GB 32100-2015), and the figures that they are typed for."""
_BETWEEN_ADDRESSES = re.compile(r"[;；,，、/\\|\s]+")
_LIMITS = {Field.NAME: 200, Field.REGION: 80, Field.ADDRESS: 300, Field.CONTACT_NAME: 80, Field.PHONE: 40}
"""Longest text that the register keeps of a field, in characters."""
_BETWEEN = {Field.CONTACT_NAME: "、", Field.PHONE: "，", Field.EMAIL: ";"}


@dataclass(frozen=True)
class NotRead:
    """A row that isn't an entry, and why; ``aside`` where nothing is wrong with it."""

    reason: str
    aside: bool = False


@dataclass(frozen=True)
class ReadEntry:
    """An entry, what is in doubt of it, and the account of its cells."""

    entry: Entry
    doubts: Sequence[str]
    cells: Tally


class EntryReader:
    """Reads rows in order.

    Arguments:
        mend: whether a code or an address is taken as it is offered mended.
    """

    def __init__(self, *, mend: bool = False) -> None:
        self._mend = mend
        self._sheet: ImportSheet[Field] | None = None
        self._previous: dict[str, str] = {}

    def read(self, line: Line[Field]) -> ReadEntry | NotRead:
        """Return a row as an entry, or why it is none."""
        if isinstance(line.cells, Aside):
            return NotRead(line.cells.reason, aside=True)
        if isinstance(line.cells, BadRow):
            return NotRead(line.cells.reason)
        if line.sheet is not self._sheet:
            self._sheet, self._previous = line.sheet, {}
        cells = RowCells(line, self._previous, numbers=_NUMBERS, literal=(Field.LABOUR_INTENSIVE,))
        self._previous = {column: text for column, text in cells.words.items() if text}
        return _Row(line.sheet, cells, line.cells, mend=self._mend).read()


class _Row:
    """One row while it is read."""

    def __init__(self, sheet: ImportSheet[Field], cells: RowCells[Field], row: NamedCells, *, mend: bool) -> None:
        self._columns, self._cells, self._row, self._mend = sheet.columns, cells, row, mend
        self._doubts: list[str] = []

    def read(self) -> ReadEntry | NotRead:
        name = self._text(Field.NAME)
        if not name:
            why = self._cells.why(self._columns[Field.NAME])
            return NotRead(f"单位名称是空的：{why}" if why else "单位名称是空的")
        kind = self._words(Field.KIND)
        named = read_kind("", name)
        entry = Entry(
            name=name,
            kind=self._value(Field.KIND, lambda: read_kind(kind, name), named),
            credit_code=self._code(),
            size=self._value(Field.SIZE, lambda: read_size(self._words(Field.SIZE)), None),
            sector=self._value(Field.SECTOR, lambda: read_sector(self._words(Field.SECTOR)), ""),
            ownership=self._value(Field.OWNERSHIP, lambda: read_ownership(self._words(Field.OWNERSHIP), kind), None),
            labour_intensive=self._value(
                Field.LABOUR_INTENSIVE, lambda: read_labour(self._words(Field.LABOUR_INTENSIVE), kind), None
            ),
            region=self._text(Field.REGION),
            address=self._text(Field.ADDRESS),
            contact_name=self._text(Field.CONTACT_NAME),
            phone=self._text(Field.PHONE),
            email=self._address(),
        )
        return ReadEntry(entry, self._doubts, self._cells.tally())

    def _words(self, field: Field) -> str:
        """Return what the cells of a field say, on one line."""
        words = dict.fromkeys(filter(None, (self._cells.words[column] for column in self._columns.get(field, ()))))
        return " ".join(_BETWEEN.get(field, " ").join(words).split())

    def _text(self, field: Field) -> str:
        """Return the words of a field as far as the register keeps them."""
        words, most = self._words(field), _LIMITS[field]
        if len(words) > most:
            self._doubt(field, f"{field.label.words}超过 {most} 字，只登记前 {most} 字")
        return words[:most]

    def _value(self, field: Field, read: Callable[[], Value], otherwise: Value) -> Value:
        """Return the value of a field; ``otherwise`` where it is in doubt."""
        try:
            return read()
        except ConsulteeRefused as refusal:
            self._doubt(field, refusal.message)
            return otherwise

    def _code(self) -> str:
        words = unicodedata.normalize("NFKC", self._words(Field.CREDIT_CODE))
        try:
            return check_code(words) or ""
        except ConsulteeRefused as refusal:
            mended = mended_code(words)
            if mended:
                return self._offered(Field.CREDIT_CODE, words, mended, "校验位相符")
            self._doubt(Field.CREDIT_CODE, refusal.message.rstrip("。"))
            return ""

    def _address(self) -> str:
        words = self._words(Field.EMAIL)
        parts = [part for part in _BETWEEN_ADDRESSES.split(words) if part]
        addresses = [address for part in parts if is_mail_address(address := unicodedata.normalize("NFKC", part))]
        if len(addresses) > 1:
            others = "、".join(addresses[1:])
            self._doubt(Field.EMAIL, f"有 {len(addresses)} 个邮箱，登记第一个，另有“{others}”")
        elif words and not addresses:
            mended = re.sub(r"[,，。、]", ".", re.sub(r"\s", "", unicodedata.normalize("NFKC", words)))
            if is_mail_address(mended):
                return self._offered(Field.EMAIL, words, mended, "")
            self._doubt(Field.EMAIL, f"电子邮箱“{words}”不对，请核对")
        elif len(parts) > len(addresses):
            rest = "、".join(part for part in parts if unicodedata.normalize("NFKC", part) not in addresses)
            self._doubt(Field.EMAIL, f"“{rest}”不是邮箱，未登记")
        return addresses[0] if addresses else ""

    def _offered(self, field: Field, words: str, mended: str, because: str) -> str:
        because = f"（{because}）" if because else ""
        if self._mend:
            self._doubt(field, f"“{words}”按“{mended}”登记{because}，请核对", prefix="订正：")
            return mended
        self._doubt(field, f"“{words}”不对，{OFFER}“{mended}”{because}，核对后可采用订正")
        return ""

    def _doubt(self, field: Field, why: str, *, prefix: str = DOUBT) -> None:
        """Name the cells of a field; a doubt that another column made is said of the row alone."""
        self._doubts.append(f"{prefix}{why}")
        for column in self._columns.get(field, ()):
            if self._cells.words[column]:
                self._cells.name(column, f"{prefix}{why}")


def mended_code(code: str) -> str:
    """Return the code that is meant by one in which letters were typed for figures (O for 0, I for 1), if it is right.

    Codes have no I, O, S, V, Z (GB 32100-2015).
    """
    compact = "".join(code.upper().split())
    mended = compact.translate(_CONFUSED)
    try:
        return (check_code(mended) or "") if mended != compact else ""
    except ConsulteeRefused:
        return ""
