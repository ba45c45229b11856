"""All sheets of a file: each a table, its odd cells marked, and what isn't among the rows named."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.comments import Comment

from consult.files.sandbox import Sandbox
from consult.files.tables import NamedCells, Odd, TableRefused, read, read_book, read_whole_book


def saved(tmp_path: Path, book: openpyxl.Workbook) -> Path:
    path = tmp_path / "a.xlsx"
    book.save(path)
    return path


def two_sheets(first: list[list[Any]], second: list[list[Any]]) -> tuple[openpyxl.Workbook, Any, Any]:
    book = openpyxl.Workbook()
    first_sheet: Any = book.active
    first_sheet.title = "一"
    second_sheet = book.create_sheet("二")
    for sheet, rows in ((first_sheet, first), (second_sheet, second)):
        for row in rows:
            sheet.append(row)
    return book, first_sheet, second_sheet


def rows_of(path: Path) -> dict[str, list[Any]]:
    return {table.sheet: [cells for _, cells in table] for table in read_book(path.name, path).tables}


def odd_of(path: Path) -> list[dict[str, Odd]]:
    (table,) = read_book(path.name, path).tables
    return [dict(cells.odd) if isinstance(cells, NamedCells) else {} for _, cells in table]


def test_every_visible_sheet_with_rows_is_a_table_and_the_others_are_named(tmp_path: Path) -> None:
    book, _, _ = two_sheets([["甲", "乙"], ["1", "2"]], [["丙"], ["3"]])
    book.create_sheet("空")
    book.create_sheet("藏").append(["丁"])
    book["藏"].sheet_state = "hidden"
    path = saved(tmp_path, book)
    assert rows_of(path) == {"一": [{"甲": "1", "乙": "2"}], "二": [{"丙": "3"}]}
    remarks = read_book("a.xlsx", path).remarks()
    assert [(remark.where, remark.words) for remark in remarks] == [("藏", "隐藏的工作表，未读取")]
    assert read("a.xlsx", path).columns == ["甲", "乙"]


def test_a_csv_file_is_one_table() -> None:
    (table,) = read_book("a.csv", "甲,乙\n1,2\n".encode()).tables
    assert (table.sheet, [cells for _, cells in table]) == ("", [{"甲": "1", "乙": "2"}])


def test_formulas_and_dates_are_marked_where_they_stand(tmp_path: Path) -> None:
    book, _, second_sheet = two_sheets(
        [["甲", "乙", "丙"], ["字", "=1+1", dt.date(2026, 3, 4)], ["字", "字", 12], ["=A2", "", ""]], []
    )
    book.remove(second_sheet)
    path = saved(tmp_path, book)
    assert odd_of(path) == [{"乙": Odd.UNCOMPUTED, "丙": Odd.DATE}, {}, {"甲": Odd.UNCOMPUTED}]


def test_a_formula_costs_only_its_own_cell(tmp_path: Path) -> None:
    book, _, second_sheet = two_sheets([["甲", "乙"], ["字", "=1+1"]], [])
    book.remove(second_sheet)
    path = saved(tmp_path, book)
    assert rows_of(path) == {"一": [{"甲": "字", "乙": ""}]}


def test_what_merged_cells_hide_is_marked_and_named(tmp_path: Path) -> None:
    book, first_sheet, second_sheet = two_sheets([["甲", "乙"], ["1", "采纳"], ["2", ""], ["3", ""]], [])
    book.remove(second_sheet)
    first_sheet.merge_cells("B2:B3")
    path = saved(tmp_path, book)
    assert odd_of(path) == [{}, {"乙": Odd.MERGED}, {}]
    read_all = read_book("a.xlsx", path)
    assert [remark.words for remark in read_all.remarks()] == ["合并单元格 1 处（B2:B3），只有左上角的内容"]


def test_merged_cells_are_found_wherever_the_file_is_cut_into_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book, first_sheet, second_sheet = two_sheets([["甲", "乙"], *([str(n), "字"] for n in range(20))], [])
    book.remove(second_sheet)
    ranges = ["A2:A3", "B4:B9", "A10:B10", "A12:A20"]
    for cells in ranges:
        first_sheet.merge_cells(cells)
    path = saved(tmp_path, book)
    for size in (1, 7, 50, 333):
        monkeypatch.setattr("consult.files.tables.workbook_parts._BLOCK", size)
        (remark,) = read_book("a.xlsx", path).remarks()
        assert remark.words.startswith("合并单元格 4 处（")
        assert all(cells in remark.words for cells in ranges)


def test_more_merged_cells_than_anybody_makes_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book, first_sheet, second_sheet = two_sheets([["甲"], ["1"]], [])
    book.remove(second_sheet)
    monkeypatch.setattr("consult.files.tables.workbook_reader._MAX_MERGED", 1_000)
    for row in range(2, 2_500, 2):
        first_sheet.merge_cells(f"A{row}:A{row + 1}")
    path = saved(tmp_path, book)
    with pytest.raises(TableRefused, match="合并单元格超过"):
        list(read_book("a.xlsx", path).tables[0])


def test_comments_and_hidden_rows_are_named_and_hidden_rows_are_read(tmp_path: Path) -> None:
    book, first_sheet, second_sheet = two_sheets([["甲"], ["1"], ["2"], ["3"]], [])
    book.remove(second_sheet)
    first_sheet["A3"].comment = Comment("请再看", "处长")
    first_sheet.row_dimensions[4].hidden = True
    path = saved(tmp_path, book)
    book_read = read_book("a.xlsx", path)
    assert [cells for _, cells in book_read.tables[0]] == [{"甲": "1"}, {"甲": "2"}, {"甲": "3"}]
    assert [remark.words for remark in book_read.remarks()] == [
        "批注 1 处（A3）未导入",
        "有 1 行处于隐藏或者筛选状态，已一并读取",
    ]


def test_in_the_sandbox_the_same_is_read(tmp_path: Path) -> None:
    book, first_sheet, second_sheet = two_sheets(
        [["甲", "乙"], ["字", "=1+1"], ["", dt.date(2026, 3, 4)]], [["丙"], ["3"]]
    )
    second_sheet["A2"].comment = Comment("请再看", "处长")
    first_sheet.merge_cells("A2:A3")
    path = saved(tmp_path, book)
    direct, boxed = read_book("a.xlsx", path), read_whole_book("a.xlsx", path, Sandbox())
    for here, there in zip(direct.tables, boxed.tables, strict=True):
        assert (here.sheet, list(here)) == (there.sheet, list(there))
        assert [getattr(cells, "odd", {}) for _, cells in here] == [getattr(cells, "odd", {}) for _, cells in there]
    assert direct.remarks() == boxed.remarks() != []


def test_all_sheets_together_have_no_more_room_than_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consult.files.tables.sandboxed.MAX_ROWS", 3)
    from consult.files.tables.sandboxed import try_reading_book

    book, _, _ = two_sheets([["甲"], ["1"]], [["丙"], ["3"]])
    refused = try_reading_book("a.xlsx", saved(tmp_path, book))
    assert isinstance(refused, TableRefused)
    assert "拆成几个文件" in str(refused)
