"""Workbooks as other programs write them: what openpyxl reads of each, the streaming reader reads too."""

from __future__ import annotations

import io
import zipfile

import pytest
from openpyxl import load_workbook

from consult.files.tables import BadRow, read

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_OFFICE = "http://purl.oclc.org/ooxml/officeDocument/relationships"
TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
)
KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml."
STYLES = (
    '<styleSheet xmlns="{main}"><numFmts count="1"><numFmt numFmtId="176" formatCode="yyyy&quot;年&quot;m&quot;月&quot;'
    'd&quot;日&quot;;@"/></numFmts><fonts count="1"><font/></fonts><fills count="1"><fill><patternFill/></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="4"><xf numFmtId="0"/><xf numFmtId="22"/><xf numFmtId="176"/><xf numFmtId="2"/></cellXfs>'
    "</styleSheet>"
)


def workbook(
    rows: str,
    *,
    shared: str = "",
    main: str = MAIN,
    office: str = OFFICE,
    book: str = "xl/workbook.xml",
    names: tuple[str, str, str] = ("worksheets/sheet1.xml", "sharedStrings.xml", "styles.xml"),
    properties: str = "",
) -> bytes:
    """Return a workbook of one sheet whose rows, and whose shared texts, are given as XML."""
    folder = book.rpartition("/")[0]
    sheet, texts, styles = (f"{folder}/{name}".lstrip("/") for name in names)
    kinds = {book: "sheet.main", sheet: "worksheet", texts: "sharedStrings", styles: "styles"}
    overrides = "".join(
        f'<Override PartName="/{part}" ContentType="{KIND}{kind}+xml"/>' for part, kind in kinds.items()
    )
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{office}/{kind}" Target="{name}"/>'
        for n, (kind, name) in enumerate(zip(("worksheet", "sharedStrings", "styles"), names, strict=True), 1)
    )
    parts = {
        "[Content_Types].xml": TYPES.format(overrides=overrides),
        "_rels/.rels": f'<Relationships xmlns="{RELATIONS}">'
        f'<Relationship Id="rId1" Type="{office}/officeDocument" Target="{book}"/></Relationships>',
        book: f'<workbook xmlns="{main}" xmlns:r="{office}">{properties}'
        '<sheets><sheet name="来件" sheetId="1" r:id="rId1"/></sheets></workbook>',
        f"{folder}/_rels/{book.rpartition('/')[2]}.rels".lstrip(
            "/"
        ): f'<Relationships xmlns="{RELATIONS}">{links}</Relationships>',
        sheet: f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>',
        texts: f'<sst xmlns="{main}">{shared}</sst>',
        styles: STYLES.format(main=main),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + text)
    return buffer.getvalue()


def inline(*texts: str) -> str:
    """Return cells with texts of their own, without references."""
    return "".join(f'<c t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>' for text in texts)


HEAD = f"<row>{inline('编号', '内容', '时间')}</row>"
SHARED = (
    '<si><t>编号</t></si><si><t>内容</t></si><si><t xml:space="preserve"> 建议\n分段 </t></si>'
    '<si><r><t>支持</t></r><r><rPr><b/></rPr><t>第三条</t></r><rPh sb="0" eb="2"><t>zhichi</t></rPh></si>'
    '<si><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh><phoneticPr fontId="1"/></si>'
)
FILES = {
    "no references": workbook(HEAD + f"<row>{inline('1', '好', '')}</row>"),
    "some references": workbook(
        f'<row r="3">{inline("编号", "内容")}</row>'
        f'<row><c r="B4" t="inlineStr"><is><t>好</t></is></c>{inline("无名列")}</row>'.replace(inline("无名列"), "")
    ),
    "inline runs": workbook(
        HEAD + '<row><c t="n"><v>1</v></c><c t="inlineStr"><is><r><t>支持</t></r><r><t>第三条</t></r>'
        '<rPh sb="0" eb="1"><t>zhi</t></rPh></is></c></row>'
    ),
    "shared runs": workbook(
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
        + "".join(
            f'<row r="{n}"><c r="A{n}"><v>{n}</v></c><c r="B{n}" t="s"><v>{n}</v></c></row>' for n in range(2, 5)
        ),
        shared=SHARED,
    ),
    "dates": workbook(
        HEAD + '<row><c><v>1</v></c><c t="str"><v>好</v></c><c s="1"><v>46023.5</v></c></row>'
        '<row><c><v>2</v></c><c t="str"><v>好</v></c><c s="2"><v>46023</v></c></row>'
    ),
    "dates from 1904": workbook(
        HEAD + '<row><c><v>1</v></c><c t="str"><v>好</v></c><c s="1"><v>44561.5</v></c></row>',
        properties='<workbookPr date1904="1"/>',
    ),
    "strict": workbook(
        HEAD + '<row><c><v>1</v></c><c t="str"><v>好</v></c><c s="1" t="d"><v>2026-01-01T12:00:00</v></c></row>',
        main=STRICT,
        office=STRICT_OFFICE,
    ),
    "parts elsewhere": workbook(
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
        '<row r="2"><c r="A2" s="1"><v>46023</v></c><c r="B2" t="s"><v>3</v></c></row>',
        shared=SHARED,
        book="spreadsheet/book.xml",
        names=("s/one.xml", "t/texts.xml", "u/looks.xml"),
    ),
    "formulas with their values": workbook(
        HEAD + '<row><c><f>ROW()-1</f><v>1</v></c><c t="str"><f>"支持"&amp;"第三条"</f><v>支持第三条</v></c></row>'
        '<row><c><f t="shared" si="0"/><v>2</v></c><c t="b"><v>1</v></c></row>'
    ),
}
JUDGED_BY_HAND = {
    "strict": [["1", "好", "2026-01-01 12:00:00"]],
    "parts elsewhere": [["2026-01-01 00:00:00", "支持第三条"]],
}
"""What openpyxl doesn't read."""


def by_openpyxl(data: bytes) -> list[list[str]]:
    """Return the rows below the header as openpyxl reads them, in the words in which a person would write them."""
    rows = load_workbook(io.BytesIO(data), data_only=True).active.iter_rows(values_only=True)
    full = [row for row in rows if any(value is not None for value in row)]
    words = {True: "是", None: ""}
    return [
        [
            str(words.get(value, value) if not isinstance(value, int) or value is True else value).strip()
            for value in row
        ]
        for row in full[1:]
    ]


@pytest.mark.filterwarnings("ignore:Workbook contains no default style")
@pytest.mark.parametrize("name", FILES)
def test_other_programs_workbooks_are_read_as_openpyxl_reads_them(name: str) -> None:
    table = read("a.xlsx", FILES[name])
    expected = JUDGED_BY_HAND.get(name) or by_openpyxl(FILES[name])
    assert expected
    rows = [list(cells.values()) for _, cells in table if isinstance(cells, dict)]
    width = max(map(len, expected))
    assert [row + [""] * (width - len(row)) for row in rows] == [row + [""] * (width - len(row)) for row in expected]


def test_a_formula_that_was_never_computed_is_not_taken_for_an_empty_cell() -> None:
    rows = HEAD + f'<row><c><v>1</v></c><c><f>A1&amp;"好"</f></c></row><row>{inline("2", "好", "")}</row>'
    first, second = read("a.xlsx", workbook(rows))
    assert isinstance(first[1], BadRow)
    assert "第 2 列" in first[1].reason
    assert "公式" in first[1].reason
    assert second[1] == {"编号": "2", "内容": "好", "时间": ""}


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_headings_of_two_rows_are_one_header(ending: str) -> None:
    rows = [
        ["序号", "来信人", "", "来信", "", "答复"],
        ["", "姓名", "电话", "时间", "内容", ""],
        ["1", "张三", "", "", "好", "已办"],
    ]
    text = "\n".join(",".join(row) for row in rows).encode()
    xml = "".join(f"<row>{inline(*row)}</row>" for row in rows)
    table = read(f"a.{ending}", text if ending == "csv" else workbook(xml))
    assert table.columns == ["序号", "姓名", "电话", "时间", "内容", "答复"]
    assert table.header_row == 2
    assert list(table) == [(3, dict(zip(table.columns, rows[2], strict=True)))]


def test_sub_headings_that_come_twice_are_told_apart_by_their_group() -> None:
    rows = "编号,来信,,答复,\n,时间,内容,时间,内容\n1,a,b,c,d\n"
    assert read("a.csv", rows.encode()).columns == ["编号", "来信 时间", "来信 内容", "答复 时间", "答复 内容"]


def test_a_row_below_a_header_without_some_names_stays_a_row() -> None:
    table = read("a.csv", "编号,,内容\n1,x,好\n,y,好\n".encode())
    assert table.columns == ["编号", "第2列", "内容"]
    assert [number for number, _ in table] == [2, 3]
