"""PDFs give their paragraphs back, without page numbers and running heads."""

from __future__ import annotations

import subprocess

import pytest
import typst

from config import ROOT
from consult.files import drafts
from consult.files.errors import UnreadableFile
from consult.text.parser.frame import frame_of
from consult.text.parser.outline import outline
from consult.text.parser.provisions import parse
from tests.chromium import CHROMIUM
from tests.conftest import missing

_FILLER = "停车场经营者应当按照规定公示收费标准、服务时间和监督电话，接受市民监督，并对场内车辆的停放秩序负责。"
_STYLES = {
    "indented": ("#set par(justify: true)\n", "　　"),
    "first lines set in by the layout": ("#set par(justify: true, first-line-indent: (amount: 2em, all: true))\n", ""),
    "ragged": ("#set par(justify: false)\n", "　　"),
    "apart by space only": ("#set par(justify: true, spacing: 1.8em)\n", ""),
}


def statute(articles: int = 40) -> list[str]:
    """A draft of several pages, whose lines end all over the page."""
    lines = ["某市停车管理办法", "第一章 总则"]
    for n in range(1, articles + 1):
        if n == articles // 2:
            lines.append("第二章 收费")
        lines.append(f"第{n}条 {_FILLER * (n % 3)}{_FILLER[: n % 40]}有下列情形之一的，不得停车：")
        lines += [f"（一）{_FILLER[: 7 + n % 30]}；", f"（二）{_FILLER[: 5 + n % 41]}。"]
        lines.append(f"前款规定由公安机关执行。{_FILLER * (n % 2)}")
    return lines


def pdf(lines: list[str], style: str, page: str = 'numbering: "— 1 —"') -> bytes:
    setting, indent = _STYLES[style]
    body = "\n\n".join(
        f"{indent}{line}" if line.startswith(("第", "（", "前")) and "章" not in line[:4] else f"#align(center)[{line}]"
        for line in lines
    )
    font = '#set text(font: "Noto Serif CJK SC", lang: "zh", size: 12pt)\n'
    return typst.compile(f'#set page(paper: "a4", {page})\n{font}{setting}{body}'.encode())


@pytest.mark.parametrize("style", _STYLES)
def test_a_draft_printed_to_pdf_has_the_outline_of_its_text(style):
    lines = statute()
    structure = outline(parse(drafts.read("草案.pdf", pdf(lines, style)).text))
    expected = outline(parse("\n".join(lines)))
    for key in ("title", "chapters", "articles"):
        assert structure[key] == expected[key]


def test_page_numbers_and_running_heads_are_left_out():
    data = pdf(statute(), "indented", 'numbering: "第 1 页 共 1 页", header: [某市停车管理局文件稿]')
    text = drafts.read("草案.pdf", data).text
    assert "共" not in text
    assert "文件稿" not in text


def test_a_pdf_without_a_text_layer_is_refused_with_what_to_do():
    data = typst.compile(b"#rect(width: 5cm)")
    with pytest.raises(UnreadableFile, match="没有文字层"):
        drafts.read("扫描件.pdf", data)


def test_a_damaged_pdf_is_refused():
    with pytest.raises(UnreadableFile, match="已损坏"):
        drafts.read("草案.pdf", b"%PDF-1.7\n1 0 obj garbage")


@pytest.mark.parametrize("style", ["indented", "first lines set in by the layout", "ragged"])
@pytest.mark.parametrize("page", ["columns: 2", 'columns: 2, numbering: "— 1 —", header: [某市停车管理局文件稿]'])
def test_two_columns_are_read_one_after_the_other(style, page):
    lines = statute()
    source = drafts.read("草案.pdf", pdf(lines, style, page))
    structure = outline(parse(source.text))
    expected = outline(parse("\n".join(lines)))
    for key in ("title", "chapters", "articles"):
        assert structure[key] == expected[key]
    assert not any("分栏" in warning for warning in source.warnings)


def test_a_title_across_both_columns_stays_above_them():
    lines = statute(12)
    title = '#place(top + center, scope: "parent", float: true)[某市停车管理办法]\n'
    body = "\n\n".join(f"　　{line}" for line in lines[1:])
    setting = '#set page(paper: "a4", columns: 2)\n#set text(font: "Noto Serif CJK SC", lang: "zh", size: 12pt)\n'
    text = drafts.read("草案.pdf", typst.compile(f"{setting}#set par(justify: true)\n{title}{body}".encode())).text
    assert text.split("\n")[0] == "某市停车管理办法"
    assert [a["n"] for a in outline(parse(text))["articles"]] == list(range(1, 13))


def test_the_cells_of_a_table_are_no_columns():
    cells = ", ".join(f"[{kind}], [{price}元]" for kind, price in [(f"第{n}类车辆", n * 5) for n in range(1, 30)])
    font = '#set text(font: "Noto Serif CJK SC", lang: "zh", size: 12pt)\n'
    source = drafts.read("表.pdf", typst.compile(f"{font}#table(columns: 2, {cells})".encode()))
    assert not any("分栏" in warning for warning in source.warnings)
    text = "".join(source.text.split())
    assert text.index("5元") < text.index("第2类车辆")


@pytest.mark.parametrize("place", ["top", "bottom"])
def test_a_small_head_printed_over_the_text_of_every_page_is_left_out(place):
    head = f"#set page(foreground: place({place} + center, dy: {'' if place == 'top' else '-'}3.1cm, "
    setting = (
        f'{head}text(size: 8pt)[某局文件稿　内部资料]))\n#set text(font: "Noto Serif CJK SC", lang: "zh", size: 14pt)\n'
    )
    lines = statute(30)
    body = "\n\n".join(f"　　{line}" for line in lines)
    source = drafts.read("草案.pdf", typst.compile(f"{setting}#set par(justify: true)\n{body}".encode()))
    assert "内部资料" not in source.text
    assert any("内部资料" in warning for warning in source.warnings)
    expected = outline(parse("\n".join(lines)))["articles"]
    assert outline(parse(source.text))["articles"] == expected


def test_lines_that_end_inside_sentences_are_pointed_at():
    lines = [f"{_FILLER[: 30 + n % 7]}" for n in range(40)]  # a line each, of every length
    source = drafts.read("草案.pdf", pdf(lines, "ragged"))
    assert any("句子中间" in warning for warning in source.warnings)
    assert not any("句子中间" in warning for warning in drafts.read("草案.pdf", pdf(statute(), "indented")).warnings)


def test_a_letter_printed_to_pdf_keeps_its_frame_apart():
    lines = [
        "　　为加强供水管理，现将有关事项通知如下。",
        "　　一、提高认识。各地要高度重视供水工作。",
        "　　二、抓好落实。",
    ]
    body = "\n\n".join(
        [
            "#align(center)[某市人民政府关于做好供水管理和用水节约工作的通知]",
            "各县（市、区）人民政府：",
            *lines,
            "　　附件：1.供水单位名单\n\n　　　　　2.供水价格表",
            "#align(right)[某市人民政府]",
            "#align(right)[2026年5月8日]",
            "（此件公开发布）",
            "#pagebreak()附件1",
            "#align(center)[供水单位名单]",
            "　　甲公司",
        ]
    )
    font = '#set page(paper: "a4")\n#set text(font: "Noto Serif CJK SC", lang: "zh", size: 16pt)\n'
    draft = drafts.read("通知.pdf", typst.compile(f"{font}#set par(justify: true)\n{body}".encode())).draft()
    frame = frame_of(draft)
    assert frame.title == "某市人民政府关于做好供水管理和用水节约工作的通知"
    assert (frame.addressee, frame.signers, frame.date) == ("各县（市、区）人民政府", ("某市人民政府",), "2026年5月8日")
    assert (frame.attachments, frame.annexes) == (("供水单位名单", "供水价格表"), ("供水单位名单",))


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("name", "articles", "named"), [("p2-two-columns", 25, ""), ("p4-header-footer", 47, "内部征求意见稿")]
)
@pytest.mark.browser
def test_the_cases_printed_by_a_browser_are_read(tmp_path, name, articles, named):
    path = ROOT.parent / "shared" / "cases" / "text" / f"{name}.html"
    if not path.exists():
        missing(f"the cases are not at {path.parent}")
    printed = f"--print-to-pdf={tmp_path / '草案.pdf'}"
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", printed]
    subprocess.run([CHROMIUM, *options, path.as_uri()], check=True, capture_output=True, timeout=120)
    source = drafts.read("草案.pdf", (tmp_path / "草案.pdf").read_bytes())
    read = outline(source.draft())
    numbers = [article["n"] for article in read["articles"]]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= min(articles, 20)  # a page as wide as its columns holds what fits, and no more is printed
    assert read["title"] == "住房公积金管理条例"
    assert named in "".join(source.warnings)
    assert not named or named not in source.text
