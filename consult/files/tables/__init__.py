"""Spreadsheets in and out: rows of CSV and XLSX files one at a time, in constant memory."""

from consult.files.tables.sandboxed import read_all, read_beginning
from consult.files.tables.table_reader import BadRow, Row, Table, TableRefused, read, read_to_end
from consult.files.tables.table_writer import Sheet, write_csv, write_xlsx

__all__ = [
    "BadRow",
    "Row",
    "Sheet",
    "Table",
    "TableRefused",
    "read",
    "read_all",
    "read_beginning",
    "read_to_end",
    "write_csv",
    "write_xlsx",
]
