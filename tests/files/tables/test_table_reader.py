"""Tables in: every row is read or reported."""

import datetime as dt
import io
import random
import zipfile

import pytest
from openpyxl import Workbook

from consult.files.tables import BadRow, TableRefused, read
from tests.files import samples
from tests.memory import grown_kib

ROWS = [["编号", "内容", "姓名"], ["1", "支持第三条", "张三"], ["2", "第五条太严，\n建议放宽", "李四"]]
CSV = '编号,内容,姓名\r\n1,支持第三条,张三\r\n2,"第五条太严，\n建议放宽",李四\r\n'
EXPECTED = [
    (2, {"编号": "1", "内容": "支持第三条", "姓名": "张三"}),
    (3, {"编号": "2", "内容": "第五条太严，\n建议放宽", "姓名": "李四"}),
]


@pytest.mark.parametrize("written", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("separator", [",", "\t", ";", "|"])
def test_csv_is_read_in_any_encoding_and_with_any_separator(written, separator):
    table = read("留言.csv", CSV.replace(",", separator).encode(written))
    assert table.columns == ["编号", "内容", "姓名"]
    assert list(table) == EXPECTED


@pytest.mark.parametrize("mark", ["，", "|", ";"])
def test_marks_inside_the_texts_are_no_separators(mark):
    body = mark.join(["建议"] * 20)
    data = "编号,内容,姓名\n" + "".join(f"{n},{body},张三\n" for n in range(60))
    assert next(iter(read("a.csv", data.encode()))) == (2, {"编号": "0", "内容": body, "姓名": "张三"})


def test_a_table_parted_by_chinese_commas_is_read():
    assert list(read("a.csv", "编号，内容\n1，好\n".encode())) == [(2, {"编号": "1", "内容": "好"})]


def test_traditional_csv_is_read():
    table = read("a.csv", "編號,內容\n1,建議將這個條例的規定刪除\n".encode("big5"))
    assert list(table) == [(2, {"編號": "1", "內容": "建議將這個條例的規定刪除"})]


def test_a_workbook_says_the_same_as_the_csv():
    table = read("留言.xlsx", samples.xlsx(ROWS))
    assert table.columns == ["编号", "内容", "姓名"]
    assert list(table) == EXPECTED
    assert list(table) == EXPECTED


def test_a_table_is_read_from_a_path_too(tmp_path):
    path = tmp_path / "留言.csv"
    path.write_text(CSV, encoding="gb18030")
    table = read(path.name, path)
    assert table.encoding == "gb18030"
    assert list(table) == EXPECTED
    assert table.progress == 1.0


def test_a_title_above_the_header_is_passed_over():
    rows = [["2026年市民留言汇总表"], [], ["单位：件", "", ""], *ROWS]
    table = read("a.xlsx", samples.xlsx(rows))
    assert table.columns == ["编号", "内容", "姓名"]
    assert [number for number, _ in table] == [5, 6]


def test_a_table_of_one_column_has_a_header_too():
    assert list(read("a.csv", "内容\n同意\n".encode())) == [(2, {"内容": "同意"})]


def test_names_that_come_twice_or_are_missing_are_told_apart():
    assert read("a.csv", "内容,内容,,内容\n1,2,3,4\n".encode()).columns == [
        "内容",
        "内容（2）",
        "第3列",
        "内容（3）",
    ]


def test_a_missing_column_is_named_with_those_that_are_there():
    table = read("留言.csv", CSV.encode())
    table.require(["内容"])
    with pytest.raises(TableRefused, match=r"《留言.csv》缺少列：联系方式。表头（第 1 行）现有：编号、内容、姓名"):
        table.require(["内容", "联系方式"])


def test_a_broken_row_is_reported_with_its_number_and_costs_no_other():
    lines = [
        "编号,内容,姓名",
        "1,好,甲",
        "2,断",
        "开的内容,乙",
        "3,多,一,列",
        '4,"没有闭合的引号,丙',
        "5,好,丁",
    ]
    rows = dict(read("a.csv", "\n".join(lines).encode()))
    assert rows[2] == {"编号": "1", "内容": "好", "姓名": "甲"}
    assert "只有 2 列" in rows[3].reason
    assert "只有 2 列" in rows[4].reason
    assert "有 4 列" in rows[5].reason
    assert "引号没有成对" in rows[6].reason
    assert rows[7] == {"编号": "5", "内容": "好", "姓名": "丁"}


def test_damaged_bytes_cost_their_row_only():
    data = CSV.encode("utf-8").replace("支持".encode(), b"\xff\xfe\xff") + "3,好,王五\n".encode() * 20
    rows = list(read("a.csv", data))
    assert isinstance(rows[0][1], BadRow)
    assert rows[1] == EXPECTED[1]


def test_control_characters_do_not_come_through():
    assert list(read("a.csv", "内容,b\n好\x00的\x07,1\n".encode())) == [(2, {"内容": "好的", "b": "1"})]


def test_dates_numbers_and_truths_are_written_as_people_write_them():
    rows = [
        ["时间", "日", "电话", "金额", "是"],
        [
            dt.datetime(2026, 5, 4, 9, 32, 9),  # noqa: DTZ001 - a cell has no zone
            dt.date(2026, 5, 4),
            13800138000,
            1.5,
            True,
        ],
    ]
    assert list(read("a.xlsx", samples.xlsx(rows))) == [
        (
            2,
            {
                "时间": "2026-05-04 09:32:09",
                "日": "2026-05-04 00:00:00",
                "电话": "13800138000",
                "金额": "1.5",
                "是": "是",
            },
        )
    ]


def test_an_error_value_is_reported():
    (row,) = read("a.xlsx", _with_error())
    assert row[0] == 2
    assert "#NAME?" in row[1].reason


def _with_error():
    book = Workbook()
    book.active.append(["内容", "b"])
    book.active.append(["x", 1])
    book.active["A2"].value = "#NAME?"
    book.active["A2"].data_type = "e"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_empty_rows_are_no_rows_and_hidden_sheets_no_sheets():
    book = Workbook()
    book.active.sheet_state = "hidden"
    book.active.append(["秘密"])
    page = book.create_sheet("可见")
    for row in (["内容"], [None], [" "], ["好"]):
        page.append(row)
    buffer = io.BytesIO()
    book.active = 1
    book.save(buffer)
    assert list(read("a.xlsx", buffer.getvalue())) == [(4, {"内容": "好"})]


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.csv", b"", "空文件"),
        ("a.csv", b"\n\n \n", "没有表头"),
        ("a.xls", samples.ole("Workbook"), "另存为 .xlsx"),
        ("a.xlsx", samples.ole("EncryptedPackage"), "加了密码"),
        ("a.xls", b"<html><table><tr><td>1</td></tr></table>", "其实是网页"),
        ("a.xlsx", "各位领导：\n  建议延长营业时间。\n".encode(), "名称以 .xlsx 结尾，内容却是纯文本"),
        ("A.XLSX", "内容\n建议延长营业时间。\n".encode(), "把名称改成 .csv"),
        ("a.xlsx", samples.xlsx(ROWS)[:2000], "已损坏"),
        ("a.xlsx", samples.docx("x"), "已损坏"),
        ("a.xlsx", samples.zipped({"x": b"y"}), "已损坏"),
        ("a.csv", b"\x89PNG\r\n\x1a\n\x00\x00", "不是表格"),
        ("a.xlsx", samples.xlsx([]), "没有内容"),
    ],
)
def test_what_is_no_table_is_refused_with_what_to_do(name, data, says):
    with pytest.raises(TableRefused, match=says) as refusal:
        list(read(name, data))
    assert name in str(refusal.value)


def test_columns_that_can_be_told_apart_are_read_whatever_the_name_says():
    assert read("a.xlsx", "内容,来电人\n建议延长。,某市民\n".encode()).columns == ["内容", "来电人"]


def test_entities_in_a_workbook_are_refused():
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet><sheetData/></worksheet>'
    with pytest.raises(TableRefused, match="已损坏"):
        read("a.xlsx", _with_sheet(bomb))


def test_a_workbook_that_expands_without_measure_is_refused():
    sheet = b"<worksheet><sheetData><row><c t='str'><v>x</v></c></row>" + b" " * 120_000_000
    with pytest.raises(TableRefused, match="已损坏"):
        list(read("a.xlsx", _with_sheet(sheet)))


def _with_sheet(sheet):
    with zipfile.ZipFile(io.BytesIO(samples.xlsx([["x"]]))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    return samples.zipped({**members, "xl/worksheets/sheet1.xml": sheet})


def test_random_damage_to_a_workbook_ends_in_rows_or_a_refusal():
    whole = samples.xlsx([ROWS[0], *([str(n), f"意见 {n}", "某人"] for n in range(200))])
    chance = random.Random(5)
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 8)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            list(read("a.xlsx", bytes(data)))
        except TableRefused:
            continue


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_long_table_is_read_in_constant_memory(tmp_path, ending):
    path = tmp_path / f"long.{ending}"
    _write_long(path, 60_000)
    grown = grown_kib(
        "from consult.files.tables import read\npath = Path(sys.argv[1])",
        "assert sum(1 for _ in read(path.name, path)) == 60_000",
        str(path),
    )
    assert grown < 12_000, f"{grown} KiB for a file of {path.stat().st_size >> 10} KiB"


def _write_long(path, rows):
    texts = ([str(n), f"第 {n} 条意见，" + "建议明确办理时限。" * 20] for n in range(rows))
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8") as file:
            file.write("编号,内容\n")
            file.writelines(",".join(row) + "\n" for row in texts)
        return
    book = Workbook(write_only=True)
    page = book.create_sheet()
    page.append(["编号", "内容"])
    for row in texts:
        page.append(row)
    book.save(path)
