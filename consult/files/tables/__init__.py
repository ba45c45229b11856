"""Spreadsheets in and out: rows of CSV and XLSX files one at a time, in constant memory."""

from consult.files.tables.account import Account, Named, Tally, place_words
from consult.files.tables.errors import Odd, Remark
from consult.files.tables.sandboxed import read_all, read_beginning, read_beginnings, read_whole_book
from consult.files.tables.table_reader import (
    BadRow,
    Book,
    Heads,
    NamedCells,
    Row,
    Table,
    TableRefused,
    read,
    read_book,
    read_to_end,
)
from consult.files.tables.table_writer import Sheet, write_csv, write_xlsx

__all__ = [
    "Account",
    "BadRow",
    "Book",
    "Heads",
    "Named",
    "NamedCells",
    "Odd",
    "Remark",
    "Row",
    "Sheet",
    "Table",
    "TableRefused",
    "Tally",
    "place_words",
    "read",
    "read_all",
    "read_beginning",
    "read_beginnings",
    "read_book",
    "read_to_end",
    "read_whole_book",
    "write_csv",
    "write_xlsx",
]
