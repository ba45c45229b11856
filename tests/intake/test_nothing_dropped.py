"""Whatever workbook comes, each cell with something typed in it is taken or named: by sheet, column, row or itself."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.comments import Comment
from sqlalchemy import select

from consult.accounts.permissions import SYSTEM
from consult.consultees import register_columns, register_import
from consult.consultees.models import Consultee
from consult.files import tables
from consult.files.tables import Account, TableRefused, place_words
from consult.intake import import_columns, spreadsheet_import
from consult.intake.models import Channel, Submission
from consult.store import db
from tests.world import DURING, open_consultation

_numbers = itertools.count(1)
OPINIONS = ["序号", "姓名", "联系电话", "对第一条的意见", "修改理由", "其他意见", "受理时间", "备注", ""]
REGISTER = ["序号", "企业名称", "统一社会信用代码", "企业规模", "所属行业", "联系人", "联系电话", "邮箱", "备注", ""]
WORDS = [
    "无",
    "/",
    "同上",
    "(空)",
    "1.38E+10",
    "无意见",
    "11月10日",
    "=A1",
    20261120001,
    9.12e17,
    None,
    None,
    "合计",
    "注：见上",
]


@dataclass
class Sheet:
    """A sheet as it is to be written."""

    titles: list[str]
    head: list[str]
    rows: list[list[Any]]
    merged: list[tuple[int, int]] = field(default_factory=list)
    """Rows from 0 and column from 0 of cells that are merged with the one below."""
    hidden_rows: list[int] = field(default_factory=list)
    hidden: bool = False
    comments: int = 0


def typed(number: int) -> str:
    """Return a text that stands in no other cell."""
    return f"第{number}处应当写明"


cells = st.one_of(
    st.sampled_from(WORDS), st.builds(lambda: typed(next(_numbers))), st.builds(lambda: typed(next(_numbers)))
)


@st.composite
def sheets(draw: st.DrawFn, names: list[str]) -> Sheet:
    """Return a sheet with these columns in some order, notes, merged cells and hidden rows."""
    head = draw(st.permutations(names).map(lambda order: order[: draw(st.integers(2, len(names)))]))
    head = [*head, *draw(st.lists(st.sampled_from(names), max_size=2))]
    rows = draw(st.lists(st.lists(cells, min_size=len(head), max_size=len(head) + 1), min_size=1, max_size=7))
    places = st.tuples(st.integers(0, max(0, len(rows) - 2)), st.integers(0, len(head) - 1))
    merged = draw(st.lists(places, max_size=2, unique_by=lambda place: place[1])) if len(rows) > 1 else []
    return Sheet(
        titles=draw(st.lists(st.builds(lambda: typed(next(_numbers))), max_size=2)),
        head=head,
        rows=rows,
        merged=merged,
        hidden_rows=draw(st.lists(st.integers(0, len(rows) - 1), max_size=2, unique=True)),
        hidden=draw(st.booleans().map(lambda hidden: hidden and draw(st.booleans()))),
        comments=draw(st.integers(0, 1)),
    )


def written(parts: list[Sheet]) -> tuple[bytes, list[tuple[str, int, str, str]]]:
    """Return a workbook, and what is typed in it: sheet, row, column, text; the first sheet is always shown."""
    book = Workbook()
    book.remove(book.active)
    for number, part in enumerate(parts, 1):
        sheet = book.create_sheet(f"表{number}")
        for title in part.titles:
            sheet.append([title])
        sheet.append([name or None for name in part.head])
        for row in part.rows:
            sheet.append(row)
        first = len(part.titles) + 2
        for row, column in part.merged:
            sheet.merge_cells(
                start_row=first + row, end_row=first + row + 1, start_column=column + 1, end_column=column + 1
            )
        for row in part.hidden_rows:
            sheet.row_dimensions[first + row].hidden = True
        if part.comments:
            sheet.cell(first, 1).comment = Comment("请再看", "处长")
        if part.hidden and number > 1:
            sheet.sheet_state = "hidden"
    buffer = io.BytesIO()
    book.save(buffer)
    texts = [
        (sheet.title, cell.row, cell.column, cell.value)
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, str) and cell.value.startswith("第") and "处应当写明" in cell.value
    ]
    return buffer.getvalue(), texts


def check(book: tables.Book, read: Any, account: Account, texts: list[tuple[str, int, str, str]], kept: str) -> None:
    """Check that the account sums, counts what the file holds, and names every text that isn't kept."""
    assert account.sums
    titles = {sheet.table.sheet: sheet for sheet in read.sheets}
    assert account.sheets.total == len(titles) + len(read.unread)
    assert account.columns.total == sum(len(sheet.table.columns) for sheet in read.sheets)
    rows = {(title, number) for title, number, _, _ in rows_of(book) if title in titles}
    assert account.rows.total == len(rows)
    named = {kind: {name.where for name in tally.named} for kind, tally in account.tallies()}
    for title, row, column, text in texts:
        if text in kept:
            continue
        if title not in titles:
            assert place_words(title) in named["sheets"], (title, text)
            continue
        sheet = titles[title]
        names = sheet.table.columns
        name = names[column - 1] if column <= len(names) else ""
        assert (
            place_words(sheet.title, 0, name) in named["columns"]
            or place_words(sheet.title, row) in named["rows"]
            or place_words(sheet.title, row, name) in named["cells"]
        ), (title, row, name, text, named)


def rows_of(book: tables.Book) -> Iterator[tuple[str, int, str, str]]:
    """Yield the rows of a book that aren't of its heads, counted from the raw rows."""
    for table in book.tables:
        head = range(table.header_row + 1 - table.header_rows, table.header_row + 1)
        for number, row in table.cells.rows():
            unread = getattr(row, "odd", {}).keys() - getattr(row, "carried", {}).keys()
            if number not in head and (not isinstance(row, list) or any(row) or unread):
                yield table.sheet, number, "", ""


SETTINGS = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.mark.slow
@SETTINGS
@given(parts=st.lists(sheets(OPINIONS), min_size=1, max_size=3))
def test_nothing_of_a_table_of_submissions_is_dropped_in_silence(app: Flask, parts: list[Sheet]) -> None:
    consultation = open_consultation(f"c{next(_numbers)}")
    data, texts = written(parts)
    book = tables.read_book("a.xlsx", data, import_columns.is_known)
    try:
        read = spreadsheet_import.open_sheets(book, {})
    except TableRefused:
        return
    account = read.account(import_columns.hint)
    for row in spreadsheet_import.run(spreadsheet_import.Import(consultation, read, Channel.HOTLINE, SYSTEM, DURING)):
        row.account_to(account)
    account.cells.add(read.beside())
    stored = db.session.scalars(select(Submission).where(Submission.consultation_id == consultation.id)).all()
    kept = [part.content for submission in stored for part in submission.parts]
    kept += [text or "" for s in stored for text in (s.name, s.contact, s.subject, s.external_id)]
    check(book, read, account, texts, "\n".join(kept))


@pytest.mark.slow
@SETTINGS
@given(parts=st.lists(sheets(REGISTER), min_size=1, max_size=3), mend=st.booleans())
def test_nothing_of_a_list_of_organisations_is_dropped_in_silence(app: Flask, parts: list[Sheet], mend: bool) -> None:
    data, texts = written(parts)
    book = tables.read_book("a.xlsx", data, register_columns.names_a_field)
    try:
        read = register_import.open_sheets(book, {})
    except TableRefused:
        return
    account = read.account(register_columns.hint)
    for row in register_import.run(register_import.Import(read, SYSTEM, DURING, mend=mend)):
        row.account_to(account)
    account.cells.add(read.beside())
    kept = [text for c in db.session.scalars(select(Consultee)) for text in (c.name, c.region, c.address)]
    kept += [
        text for c in db.session.scalars(select(Consultee)) for each in c.contacts for text in (each.name, each.phone)
    ]
    check(book, read, account, texts, "\n".join(kept))
