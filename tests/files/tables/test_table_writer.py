"""Tables out: what people sent stays text."""

import csv
import tracemalloc
import zipfile

import pytest
from openpyxl import load_workbook

from consult.files.tables import Sheet, read, write_csv, write_xlsx

NASTY = [
    "=1+1",
    "+86 138",
    "-建议删去第三条",
    "@all",
    "\t=cmd|' /C calc'!A0",
    "＝SUM(A1)",
    "_x000D_ 原样",
    "普通",
]


def test_what_was_written_is_read_back(tmp_path):
    path = tmp_path / "out.xlsx"
    write_xlsx(path, [Sheet("意见", ["内容", "数"], [[text, number] for number, text in enumerate(NASTY)])])
    assert [row["内容"] for _, row in read("out.xlsx", path)] == [text.strip() for text in NASTY]
    assert [row["数"] for _, row in read("out.xlsx", path)] == [str(number) for number in range(len(NASTY))]


def test_nothing_that_was_sent_becomes_a_formula(tmp_path):
    path = tmp_path / "out.xlsx"
    write_xlsx(path, [Sheet("意见", ["=HYPERLINK()"], [[text] for text in NASTY])])
    with zipfile.ZipFile(path) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
        assert b"quotePrefix" in archive.read("xl/styles.xml")
    cells = [cell for row in load_workbook(path).active.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.quotePrefix for cell in cells[1:7])


def test_characters_that_xml_cannot_hold_are_replaced(tmp_path):
    path = tmp_path / "out.xlsx"
    write_xlsx(path, [Sheet("a", ["内容"], [["好\x00的\x0b\ud800\uffff末"]])])
    assert next(iter(read("out.xlsx", path)))[1] == {"内容": "好�的���末"}


def test_a_text_longer_than_a_cell_is_cut_and_says_so(tmp_path):
    path = tmp_path / "out.xlsx"
    write_xlsx(path, [Sheet("a", ["内容"], [["好" * 40_000], ["𠮷" * 20_000], ["好" * 32_767]])])
    texts = [row["内容"] for _, row in read("out.xlsx", path)]
    assert all(len(text.encode("utf-16-le")) <= 32_767 * 2 for text in texts)
    assert "全文见平台" in texts[0]
    assert "全文见平台" in texts[1]
    assert texts[2] == "好" * 32_767


def test_sheet_names_are_made_to_fit(tmp_path):
    path = tmp_path / "out.xlsx"
    write_xlsx(path, [Sheet("a/b:c" * 20, ["x"], []), Sheet("a/b:c" * 20, ["x"], []), Sheet("", ["x"], [])])
    names = load_workbook(path).sheetnames
    assert len(set(names)) == 3
    assert all(0 < len(name) <= 31 for name in names)


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "out.xlsx"

    def rows():
        yield ["a"]
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_xlsx(path, [Sheet("a", ["x"], rows())])
    assert list(tmp_path.iterdir()) == []


def test_csv_for_excel_carries_a_mark_and_no_formula(tmp_path):
    path = tmp_path / "out.csv"
    write_csv(path, ["内容"], [[text] for text in NASTY])
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        texts = [row[0] for row in csv.reader(file)][1:]
    assert not any(text.startswith(("=", "+", "-", "@", "\t")) for text in texts)
    assert [text.removeprefix("'") for text in texts] == NASTY


def test_only_editable_cells_are_open_and_only_words_of_the_list_are_let_in(tmp_path):
    path = tmp_path / "out.xlsx"
    write_xlsx(
        path,
        [Sheet("a", ["编号", "结论"], [["1", "=甲"], ["2", ""]], choices={"结论": ["甲", "乙"]}, editable=["结论"])],
    )
    page = load_workbook(path).active
    assert (page.protection.sheet, page.protection.password, page.protection.autoFilter) == (True, None, False)
    assert [[cell.protection.locked for cell in row] for row in page.iter_rows(min_row=1)] == [
        [True, True], [True, False], [True, False],
    ]  # fmt: skip
    assert (page["B2"].number_format, page["B2"].quotePrefix, page["B3"].number_format) == ("@", True, "@")
    (choice,) = page.data_validations.dataValidation
    assert (choice.errorStyle, choice.showErrorMessage, choice.formula1) == ("stop", True, '"甲,乙"')
    assert (page.auto_filter.ref, page.freeze_panes) == ("A1:B3", "A2")


def test_a_sheet_without_editable_columns_is_not_protected(tmp_path):
    path = tmp_path / "out.xlsx"
    write_xlsx(path, [Sheet("a", ["编号"], [["1"]])])
    page = load_workbook(path).active
    assert (page.protection.sheet, page.auto_filter.ref) == (False, None)


def test_a_long_table_is_written_without_being_held(tmp_path):
    def peak(rows):
        tracemalloc.start()
        write_xlsx(tmp_path / "out.xlsx", [Sheet("a", ["x"], (["好" * 100] for _ in range(rows)), editable=["x"])])
        try:
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)
    assert peak(6_000) < peak(1_000) + (1 << 20)
