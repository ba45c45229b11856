"""Spreadsheets in and out: rows of CSV and XLSX files one at a time, in constant memory."""

from consult.files.tables.reading import BadRow, Row, Table, TableRefused, read, read_to_end
from consult.files.tables.writing import Sheet, write_csv, write_xlsx

__all__ = ["BadRow", "Row", "Sheet", "Table", "TableRefused", "read", "read_to_end", "write_csv", "write_xlsx"]
