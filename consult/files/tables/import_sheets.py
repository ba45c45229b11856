"""The sheets of a file that are imported together: their rows in one order, and what of the file isn't among them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from consult.files.tables.account import Account, Named, Tally, place_words
from consult.files.tables.asides import aside_of
from consult.files.tables.table_reader import BadRow, Book, NamedCells, Table, TableRefused

Field = TypeVar("Field")
Columns = Mapping[Field, tuple[str, ...]]
"""The names of a field's columns; a field that the table doesn't have is left out."""

_SHOWN = 6
"""Columns by which a sheet that isn't read is shown."""
HIDDEN = "隐藏或者筛选掉的行，未导入"
BEYOND = "表头右侧没有列名的单元格，未导入"


@dataclass(frozen=True)
class Aside:
    """A row that isn't imported though nothing is wrong with it, and why, in Chinese."""

    reason: str


class Line(NamedTuple, Generic[Field]):
    """A row of one of the sheets.

    ``position`` numbers the rows of all sheets in one order, with gaps; for a single sheet it is the row's number.
    """

    position: int
    sheet: ImportSheet[Field]
    row: int
    cells: NamedCells | BadRow | Aside


@dataclass(frozen=True)
class ImportSheet(Generic[Field]):
    """A sheet with the columns of each field; ``title`` is empty where no other is read."""

    table: Table
    columns: Columns[Field]
    title: str = ""

    @property
    def used(self) -> tuple[str, ...]:
        """All columns that a field has, in the table's order."""
        taken = {column for columns in self.columns.values() for column in columns}
        return tuple(column for column in self.table.columns if column in taken)


@dataclass(frozen=True)
class ImportSheets(Generic[Field]):
    """Sheets to be imported together.

    Arguments:
        unread: the other sheets, with the reason.
        main: the field without which a row is no record; ``prose`` whether people write sentences in it.
    """

    name: str
    sheets: Sequence[ImportSheet[Field]]
    unread: Sequence[Named]
    main: Field
    prose: bool
    with_hidden: bool = False

    @property
    def encoding(self) -> str:
        """How the file is written: a charset for CSV, `xlsx` for a workbook."""
        return self.sheets[0].table.encoding

    @property
    def progress(self) -> float:
        """How much of the file the present iteration has read, 0 to 1."""
        return sum(sheet.table.progress for sheet in self.sheets) / len(self.sheets)

    @property
    def columns(self) -> dict[Field, tuple[str, ...]]:
        """The columns of each field in all sheets."""
        merged: dict[Field, tuple[str, ...]] = {}
        for sheet in self.sheets:
            for field, names in sheet.columns.items():
                merged[field] = tuple(dict.fromkeys((*merged.get(field, ()), *names)))
        return merged

    @property
    def names(self) -> list[str]:
        """The names of all columns of all sheets, each once, in order."""
        return list(dict.fromkeys(column for sheet in self.sheets for column in sheet.table.columns))

    def lines(self) -> Iterator[Line[Field]]:
        """Yield every row of every sheet in which anything is written, but for the heads."""
        before = 0
        for sheet in self.sheets:
            number = 0
            for number, cells in sheet.table.all_rows():
                yield Line(before + number, sheet, number, self._read(sheet, number, cells))
            before += number

    def records(self) -> Iterator[tuple[Line[Field], NamedCells | BadRow]]:
        """Yield the rows that are imported, or would be if they could be read."""
        return ((line, line.cells) for line in self.lines() if not isinstance(line.cells, Aside))

    def _read(
        self, sheet: ImportSheet[Field], number: int, cells: dict[str, str] | BadRow
    ) -> NamedCells | BadRow | Aside:
        if number < sheet.table.header_row:
            return Aside("表头上方的标题或者说明，未导入")
        if isinstance(cells, BadRow):
            return cells
        row = cells if isinstance(cells, NamedCells) else NamedCells(cells, {})
        reason = aside_of(row, row.odd, sheet.columns[self.main], prose=self.prose)
        if row.hidden and not self.with_hidden:
            return Aside(HIDDEN)
        if reason:
            return Aside(reason)
        return BadRow(row.wrong) if row.wrong else row

    def account(self, hint: Callable[[str], str]) -> Account:
        """Return the account of sheets and columns; rows and cells are added as they are read.

        Arguments:
            hint: says of a column that isn't used what it seems to be, or nothing.
        """
        account = Account(Tally(len(self.sheets) + len(self.unread), len(self.sheets), list(self.unread)))
        for sheet in self.sheets:
            used = sheet.used
            named = [
                Named(place_words(sheet.title, 0, column), hint(column) or "未对应到字段，未导入")
                for column in sheet.table.columns
                if column not in used
            ]
            account.columns.add(Tally(len(sheet.table.columns), len(used), named))
        return account

    def beside(self) -> Tally:
        """Return what stands beside the rows (comments, pictures), none of which is imported."""
        named = [
            Named(f"{place_words(sheet.title)}{where}" or "工作表", why)
            for sheet in self.sheets
            for where, why in sheet.table.cells.beside()
        ]
        return Tally(len(named), 0, named)


def read_together(
    book: Book,
    choose: Callable[[Table], Columns[Field]],
    belongs: Callable[[Table, Columns[Field]], str],
    *,
    main: Field,
    prose: bool,
    with_hidden: bool = False,
) -> ImportSheets[Field]:
    """Return the sheets of a book that are read together: the one with most of the fields, and those like it.

    Arguments:
        choose: returns the columns of a sheet, or raises TableRefused.
        belongs: returns why another sheet isn't read with that one, given its columns; empty if it is.

    Raises:
        TableRefused: the columns of no sheet can be chosen; says why not those of the first.
    """
    columns: list[Columns[Field] | TableRefused] = []
    for table in book.tables:
        try:
            columns.append(choose(table))
        except TableRefused as refusal:
            columns.append(refusal)
    fitting = [chosen for chosen in columns if not isinstance(chosen, TableRefused)]
    if not fitting:
        raise next(refusal for refusal in columns if isinstance(refusal, TableRefused))
    best = max(fitting, key=len)
    taken: list[tuple[Table, Columns[Field]]] = []
    unread: list[Named] = []
    for table, chosen in zip(book.tables, columns, strict=True):
        if isinstance(chosen, TableRefused):
            why = f"表头不同（{'、'.join(table.columns[:_SHOWN])}），请另行导入"
        else:
            why = "" if chosen is best else belongs(table, best)
            if not why:
                taken.append((table, chosen))
                continue
        unread.append(Named(place_words(table.sheet), f"未读取：{why}"))
    several = len(taken) > 1
    sheets = [ImportSheet(table, chosen, table.sheet if several else "") for table, chosen in taken]
    return ImportSheets(book.name, sheets, [*unread, *book.unread], main, prose, with_hidden)
