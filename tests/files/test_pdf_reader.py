"""PDFs give their paragraphs back, without page numbers and running heads."""

from __future__ import annotations

import pytest
import typst

from consult.files import drafts
from consult.files.errors import UnreadableFile
from consult.text.parser.outline import outline
from consult.text.parser.provisions import parse

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
