"""Every format of a report prints the same figures and rows, hostile text as text, and is read by its programs."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, overload

import jsonschema_rs
import pypdfium2
import pytest
from docx import Document
from lxml import etree
from openpyxl import load_workbook

from consult.files.errors import UnreadableFile
from consult.files.feedback import (
    CountLine,
    Counts,
    FeedbackDocument,
    FigureLine,
    Layout,
    MainOpinion,
    OtherAnswer,
    Rewording,
    Row,
    render,
)
from consult.files.feedback import layout as layouts
from consult.files.feedback.as_json import SCHEMA
from consult.files.feedback.layout import SECTIONS
from consult.text.percentages import shares

HOSTILE = (
    "<script>alert(1)</script> & \"引号\" '单'",
    "=cmd|' /C calc'!A0",
    "+86 的意见",
    "-1 不行",
    "@SUM(A1)",
    "#set page(width: 1pt) #panic() *粗* _斜_ $x$ `code` \\ ] [ { }",
    "</w:t></w:r></w:p> ]]> &amp; &#0;",
    "\u202e右到左\u202c 零宽\u200b字 表情😀👨‍👩‍👧 生僻𠮷𪚥",
    "第一行\n第二行\r\n第三行\t制表",
    "控制\x00\x01\x0b字符",
)


class Many(Sequence[Row]):
    """Rows that are made while they are read."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        return self.rows[index]


def rows(*contents: str) -> list[Row]:
    return [
        Row(
            number=number,
            sender=f"{content[:20]}**",
            place="第三条（价格）",
            content=content,
            outcome="采纳" if number % 2 else "未采纳",
            reason="" if number % 2 else content,
            channel="网站",
            sender_kind="个人",
            rewording=f"拟修改为：{content}" if number % 2 else "",
            late=number == 4,
        )
        for number, content in enumerate(contents, 1)
    ]


OUTCOMES = {"采纳": 5, "未采纳": 4, "部分采纳": 0}


def report(*contents: str, **fields: Any) -> FeedbackDocument:
    line = CountLine("网站", 9, 9, OUTCOMES)
    document = FeedbackDocument(
        title="《社区食堂管理办法（草案）》公众意见采纳情况",
        department="某局",
        consultation="社区食堂管理办法（草案）",
        slug="canteen",
        version=2,
        dates=(("征求意见", "2026年7月1日至7月31日"),),
        statement=("感谢参与。",),
        figures=(
            FigureLine("received", "件来件", 9),
            FigureLine("channel.web", "网站", 9),
            FigureLine("opinions", "条意见", 9),
            FigureLine("outcome.adopted", "采纳", 5),
            FigureLine("outcome.not_adopted", "未采纳", 4),
            FigureLine("grouped", "条归并的意见", 6),
            FigureLine("groups", "类意见", 1),
            FigureLine("late", "件逾期来件", 1),
            FigureLine("opinions_late", "条逾期意见", 1),
        ),
        main_opinions=(
            MainOpinion(
                "公开收费标准",
                "第三条",
                6,
                "采纳",
                "",
                (OtherAnswer(1, "未采纳", "已有规定。"),),
                Rewording("食堂应当明码标价。", "食堂应当明码标价并公开收费标准。", made=True),
            ),
        ),
        rows=Many(rows(*contents)),
        digest="a" * 64,
        day="2026年9月1日",
        at=datetime(2026, 9, 1, tzinfo=UTC),
        counts=Counts(
            (line,),
            (replace(line, words="个人"),),
            (replace(line, words="公众"),),
            (CountLine("第三条", None, 9, OUTCOMES),),
        ),
        rejections=(("与草案无关", 2),),
        heard=(("发出", 3), ("答复无意见", 1)),
        checkpoint="公布前公开记录的最新检查点：共120条。",
    )
    return replace(document, **fields)


def table_in_docx(data: bytes) -> list[list[str]]:
    table = Document(io.BytesIO(data)).tables[-1]
    return [[cell.text for cell in row.cells] for row in table.rows][1:]


def table_in_html(data: bytes) -> list[list[str]]:
    table = etree.HTML(data.decode()).xpath("//table")[-1]
    return [["".join(cell.itertext()) for cell in row.xpath("td")] for row in table.xpath("tbody/tr")]


def table_in_xlsx(data: bytes) -> list[tuple[Any, ...]]:
    return list(load_workbook(io.BytesIO(data))["逐条意见"].values)[1:]


def printable(text: str) -> str:
    return "".join(c for c in text.replace("\r\n", "\n").replace("\r", "\n") if c in "\t\n" or ord(c) >= 32)


def test_all_formats_have_the_same_rows_and_hostile_text_stays_text() -> None:
    document = report(*HOSTILE)
    data = json.loads(render(document, "json"))
    assert [row["content"] for row in data["opinions"]] == list(HOSTILE)
    wanted = [[str(row.number), row.place, row.sender, row.content, row.outcome, row.answer] for row in document.rows]
    as_printed = [[printable(cell) for cell in row] for row in wanted]
    docx, html = table_in_docx(render(document, "docx")), table_in_html(render(document, "html"))
    assert [[printable(cell) for cell in row] for row in docx] == as_printed
    assert [[printable(cell) for cell in row] for row in html] == as_printed
    sheet = table_in_xlsx(render(document, "xlsx"))
    assert [(row[0], printable(row[5]), printable(row[7] or "")) for row in sheet] == [
        (row.number, printable(row.content), printable(row.reason)) for row in document.rows
    ]
    book = load_workbook(io.BytesIO(render(document, "xlsx")))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.quotePrefix for cell in cells)
    assert (book["逐条意见"].freeze_panes, book["逐条意见"].auto_filter.ref) == ("A2", f"A1:J{len(HOSTILE) + 1}")
    lines = list(csv.reader(io.StringIO(render(document, "csv").decode("utf-8-sig"), newline="")))
    assert len(lines) == len(HOSTILE) + 1
    for line, row in zip(lines[1:], document.rows, strict=True):
        assert line[5].removeprefix("'") == row.content.replace("\x00", "")
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in line)


def test_the_pdf_has_every_row_in_order_and_none_is_torn() -> None:
    document = report(*[f"意见第{number}号，" + "内容。" * (number % 40) for number in range(1, 61)], rows=Many([]))
    document = replace(
        document, rows=Many(rows(*[f"意见{number:04}号" + "内容。" * (number % 40) for number in range(1, 61)]))
    )
    with pypdfium2.PdfDocument(render(document, "pdf")) as made:
        pages = [page.get_textpage().get_text_bounded().replace("\r\n", "") for page in made]
        assert made.get_metadata_dict()["Title"] == document.title
        assert (round(made[0].get_width()), round(made[0].get_height())) == (595, 842)
        assert made[len(made) - 1].get_width() > made[len(made) - 1].get_height()
    text = "".join(pages)
    places = [text.index(f"意见{number:04}号") for number in range(1, 61)]
    assert places == sorted(places)
    tables = [page for page in pages if "意见内容" in page and "采纳情况" in page and "条款" in page]
    assert len(tables) >= 3
    for number in range(1, 61):
        whole = f"意见{number:04}号" + "内容。" * (number % 40)
        assert any(whole in page for page in pages), number
    assert "第三条" in pages[0]
    assert f"— {len(pages)} —" in pages[-1]


@pytest.mark.parametrize("text", HOSTILE)
def test_the_pdf_sets_hostile_text_as_text(text: str) -> None:
    with pypdfium2.PdfDocument(render(report(text, title=f"标题{text}", statement=(text,)), "pdf")) as made:
        assert "意见内容" in made[len(made) - 1].get_textpage().get_text_bounded()


def test_a_text_of_100000_characters_is_whole_in_every_format() -> None:
    long = "".join(f"{number:05}字" for number in range(17_000))
    document = report("短的。", long)
    assert json.loads(render(document, "json"))["opinions"][1]["content"] == long
    assert table_in_docx(render(document, "docx"))[1][3] == long
    assert table_in_html(render(document, "html"))[1][3] == long
    sheet = table_in_xlsx(render(document, "xlsx"))
    assert "".join(row[5] or "" for row in sheet[1:]) == long
    assert {row[0] for row in sheet[1:]} == {2}
    assert list(csv.reader(io.StringIO(render(document, "csv").decode("utf-8-sig"), newline="")))[2][5] == long
    with pypdfium2.PdfDocument(render(document, "pdf")) as made:
        text = "".join(page.get_textpage().get_text_bounded() for page in made)
    assert all(f"{number:05}" in text for number in range(0, 17_000, 500))


def test_the_json_follows_its_schema_with_and_without_content() -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    check = jsonschema_rs.validator_for(schema)
    empty = FeedbackDocument("标题", "某局", "草案", "x", 0, (), (), (), (), Many([]), draft=True)
    for document in (report(*HOSTILE), report(), empty):
        check.validate(json.loads(render(document, "json")))
    wrong = json.loads(render(report("一条"), "json"))
    del wrong["opinions"][0]["outcome"]
    assert not check.is_valid(wrong)


def test_the_figures_are_the_same_in_every_format() -> None:
    document = report(*HOSTILE)
    html = "".join(etree.HTML(render(document, "html").decode()).itertext())
    docx = Document(io.BytesIO(render(document, "docx")))
    words = "\n".join(paragraph.text for paragraph in docx.paragraphs)
    with pypdfium2.PdfDocument(render(document, "pdf")) as made:
        pdf = "".join(page.get_textpage().get_text_bounded() for page in made).replace("\r\n", "").replace("\n", "")
    sheet = "\n".join(
        str(cell) for row in load_workbook(io.BytesIO(render(document, "xlsx")))["统计"].values for cell in row
    )
    for phrase in (
        "共收到来件9件（网站9件）",
        "内容相同或者相近的6条归并为1类，其余3条逐条处理",
        "采纳5条（55.6%），未采纳4条（44.4%）",
        "食堂应当明码标价并公开收费标准。",
        "检查点：共120条",
    ):
        for text in (html, words, pdf, sheet):
            assert phrase in text.replace(" ", ""), phrase
    assert "2026年9月1日" in words
    assert docx.core_properties.title == document.title
    assert docx.core_properties.author == "某局"


@pytest.mark.parametrize("label", ["第四条", *HOSTILE])
def test_charts_say_what_they_show_whatever_their_labels(label: str) -> None:
    articles = (CountLine("第三条", None, 7, OUTCOMES), CountLine(label, None, 2, OUTCOMES))
    document = report("一条", counts=Counts(articles=articles))
    drawn = etree.HTML(render(document, "html").decode()).findall(".//svg")
    assert len(drawn) == 2
    assert all(not svg.findall(".//script") for svg in drawn)
    docx = Document(io.BytesIO(render(document, "docx")))
    described = [shape._inline.docPr.get("descr") for shape in docx.inline_shapes]
    assert described[0] == "采纳情况：采纳5，未采纳4"
    assert described[1].startswith("各条意见：第三条7，")
    with pypdfium2.PdfDocument(render(document, "pdf")) as made:
        words = "".join(page.get_textpage().get_text_bounded() for page in made)
    assert "各条意见分布" in words


def test_of_many_articles_the_chart_has_the_largest_and_the_table_all() -> None:
    articles = tuple(CountLine(f"第{n}条", None, n, OUTCOMES) for n in range(1, 31))
    (chart,) = layouts.chart_of("各条", [(line.words, line.opinions, "") for line in articles])
    assert chart.words == "各条：" + "，".join(f"第{n}条{n}" for n in range(31 - layouts.BARS, 31))
    assert list(layouts.chart_of("一条", [("第一条", 3, "")])) == []
    html = etree.HTML(render(report("一条", counts=Counts(articles=articles)), "html").decode())
    assert sum("第" in (cell.text or "") and "条" in cell.text for cell in html.iter("td")) >= 30


def test_a_report_of_nothing_reads_as_a_person_would_write_it() -> None:
    empty = report(figures=(FigureLine("received", "", 0),), main_opinions=(), counts=Counts(), rejections=(), heard=())
    assert empty.participation() == "征求意见期间没有收到来件。"
    assert empty.adoption() == "没有需要答复的意见。"
    rejected = (
        FigureLine("received", "", 2),
        FigureLine("channel.web", "网站", 2),
        FigureLine("state.rejected", "不予公开", 2),
    )
    only = report(figures=rejected, main_opinions=())
    assert only.participation() == "征求意见期间共收到来件2件（网站2件），均不予公开，没有需要处理的意见。"
    late = report(figures=(FigureLine("received", "", 0), FigureLine("opinions_late", "", 1)), main_opinions=())
    assert late.adoption() == "期限内没有需要答复的意见；逾期收到的1条列在意见表中。"


@pytest.mark.parametrize(
    ("opinions", "outcomes", "paragraph"),
    [
        (1, {"未采纳": 1}, "采纳情况：未采纳。"),
        (3, {"未采纳": 3}, "采纳情况：3条均未采纳。"),
        (2, {"不属于本次征求意见范围": 2}, "采纳情况：2条均不属于本次征求意见范围。"),
        (3, {"采纳": 2}, "采纳情况：采纳2条（100.0%）。"),
        (3, {"采纳": 2, "未采纳": 1}, "采纳情况：采纳2条（66.7%），未采纳1条（33.3%）。"),
        (2, {}, "征求意见期间收到的意见均尚未答复。"),
    ],
)
def test_one_answer_for_all_is_no_list_of_shares(opinions: int, outcomes: dict[str, int], paragraph: str) -> None:
    """Unless some have no answer yet: then not all have the one that is given."""
    lines = (FigureLine(f"outcome.{n}", words, count) for n, (words, count) in enumerate(outcomes.items()))
    assert report(figures=(FigureLine("opinions", "", opinions), *lines)).adoption() == paragraph


@pytest.mark.parametrize(
    ("numbers", "wanted"),
    [
        ([1, 1, 1], ["33.4%", "33.3%", "33.3%"]),
        ([0, 0], ["–", "–"]),
        ([7], ["100.0%"]),
        ([1, 2, 3, 5, 7], ["5.5%", "11.1%", "16.7%", "27.8%", "38.9%"]),
    ],
)
def test_percentages_sum_to_a_hundred(numbers: list[int], wanted: list[str]) -> None:
    phrase = shares(numbers)
    assert sorted(phrase) == sorted(wanted)
    if sum(numbers):
        assert sum(round(float(words.rstrip("%")) * 10) for words in phrase) == 1000


def test_a_department_picks_sections_order_wording_and_fonts(tmp_path: Path) -> None:
    path = tmp_path / "report.toml"
    path.write_text(
        '[fonts]\nbody = "楷体"\n[[section]]\nid = "articles"\nheading = "按条款"\n[[section]]\nid = "main"\n',
        encoding="utf-8",
    )
    chosen = layouts.read(path)
    data = render(report("一条意见"), "docx", chosen)
    words = [paragraph.text for paragraph in Document(io.BytesIO(data)).paragraphs]
    assert [line for line in words if line.startswith(("一、", "二、", "三、"))] == [
        "一、按条款",
        "二、主要意见和采纳情况",
    ]
    assert "附：逐条意见采纳情况" not in words
    assert "楷体".encode() in __import__("zipfile").ZipFile(io.BytesIO(data)).read("word/styles.xml")


@pytest.mark.parametrize(
    "content",
    [
        "[[section]]\nid = 'nothing'",
        "[[section]]\nid = 'main'\n[[section]]\nid = 'main'",
        "[[section]]\nid = 'table'\n[[section]]\nid = 'main'",
        "[fonts]\nbody = 3",
        "[fonts]\nbody = ''",
        "[fonts]\nnose = 'x'",
        "section = 3",
        "other = 1",
        "not toml",
        "[[section]]\nid = 'main'\nheading = \"a\\nb\"",
    ],
)
def test_a_template_that_says_something_else_is_refused_with_words(tmp_path: Path, content: str) -> None:
    path = tmp_path / "report.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UnreadableFile, match="版式文件"):
        layouts.read(path)
    with pytest.raises(UnreadableFile, match="没有"):
        layouts.read(tmp_path / "none.toml")


def test_the_usual_layout_has_every_section() -> None:
    assert [section.id for section in Layout().sections] == list(SECTIONS)


@pytest.mark.calc
def test_libreoffice_opens_word_file_and_workbook(tmp_path: Path) -> None:
    for extension in ("docx", "xlsx"):
        path = tmp_path / f"report.{extension}"
        path.write_bytes(render(report(*HOSTILE), extension))
        command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "pdf"]
        done = subprocess.run(
            [*command, "--outdir", str(tmp_path / extension), str(path)], timeout=150, check=True, capture_output=True
        )
        with pypdfium2.PdfDocument(tmp_path / extension / "report.pdf") as made:
            text = "".join(page.get_textpage().get_text_bounded() for page in made)
        assert "SUM(A1)" in text, done.stderr
        assert "采纳" in text
