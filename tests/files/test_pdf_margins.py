"""Page numbers and running heads of a PDF are left out and named; what looks like them stays."""

from __future__ import annotations

from collections import Counter

import pytest
import typst

from consult.files import drafts
from consult.files.drafts import DraftText

SENTENCE = (
    "经营者应当按照规定公示收费标准、服务时间和监督电话，接受市民监督，并对场内车辆的停放秩序负责，不得擅自改变用途。"
)
ARTICLES = [f"第{n}条 {SENTENCE * (n % 3 + 1)}" for n in range(1, 81)]
HEAD = "某市停车管理局文件稿"


def printed(lines: list[str], layout: str) -> DraftText:
    """Return what is read of lines printed on A4, a paragraph each; ``layout`` sets typst's heads and numbers."""
    setting = f'#set page(paper: "a4", {layout})\n#set text(font: "Noto Serif CJK SC", lang: "zh", size: 12pt)\n'
    body = "#set par(justify: true)\n" + "\n\n".join(lines)
    return drafts.read("草案.pdf", typst.compile((setting + body).encode()))


def characters(*lines: str) -> Counter[str]:
    return Counter(character for line in lines for character in line if not character.isspace())


LISTS = {
    "articles that differ in their numbers": [f"第{n}条 {SENTENCE}" for n in range(1, 121)],
    "items of a line that differ in their numbers": [f"{n}．每日营业结束后清点一次" for n in range(1, 201)],
    "rows that come again and again": [
        ("某县　市级　县级", "停车场　路侧　公共", "合计　甲　乙")[n % 3] for n in range(200)
    ],
    "the same row on every page": ["填表人：　　审核人"] * 200,
    "a column of numbers": [str(100 + 7 * n) for n in range(200)],
    "a column of Chinese numbers": ["一二三"[n % 3] for n in range(200)],
}


@pytest.mark.parametrize("lines", LISTS.values(), ids=LISTS)
@pytest.mark.parametrize("layout", ["numbering: none", 'numbering: "— 1 —"', f'numbering: "1", header: [{HEAD}]'])
def test_lines_that_repeat_at_the_foot_of_pages_are_text(lines: list[str], layout: str) -> None:
    source = printed(lines, layout)
    assert characters(source.text) == characters(*lines)


def test_the_name_of_a_form_that_fills_every_page_is_text() -> None:
    form = [
        "#align(center, text(size: 16pt)[停车场备案表])",
        *(f"第{n}项　　　　" for n in range(1, 20)),
        "#pagebreak()",
    ]
    source = printed(form * 5, 'margin: 2cm, numbering: "— 1 —"')
    assert source.text.count("停车场备案表") == 5


HEADS = {
    "on every page": (f"header: [{HEAD}]", [HEAD]),
    "of two lines": (f"header: [某市停车管理局 \\ {HEAD}]", [HEAD, "某市停车管理局"]),
    "one on odd and one on even pages": (
        f"header: context if calc.odd(here().page()) [{HEAD}] else [某市公报]", [HEAD, "某市公报"],
    ),
    "that counts the pages": (
        "footer: context [#text(size: 9pt)[内部资料　第 #counter(page).display() 页]]", ["内部资料 第 1 页"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("layout", "named"), HEADS.values(), ids=HEADS)
def test_a_running_head_is_left_out_and_named(layout: str, named: list[str]) -> None:
    source = printed(ARTICLES, layout)
    assert characters(source.text) == characters(*ARTICLES)
    [warning] = source.warnings
    assert all(f"“{head}”" in warning for head in named), warning


@pytest.mark.parametrize("numbering", ["1", "— 1 —", "第1页", "1/1", "一"])
@pytest.mark.parametrize("count", [1, 12, 80])
def test_page_numbers_are_left_out_and_counted(numbering: str, count: int) -> None:
    source = printed(ARTICLES[:count], f'numbering: "{numbering}"')
    assert characters(source.text) == characters(*ARTICLES[:count])
    assert "页码" in source.warnings[0]


def test_page_numbers_that_begin_again_in_an_annex_are_left_out() -> None:
    lines = [*ARTICLES[:40], "#pagebreak()", "#counter(page).update(1)", *ARTICLES[40:60]]
    source = printed(lines, 'numbering: "1"')
    assert characters(source.text) == characters(*ARTICLES[:60])


def test_a_line_in_the_margin_of_few_pages_is_text() -> None:
    layout = f"header: context if here().page() in (2, 3, 5) [{HEAD}]"
    assert printed(ARTICLES, layout).text.count(HEAD) == 3


def test_a_pdf_without_margins_has_no_warning() -> None:
    assert printed(ARTICLES[:2], "numbering: none").warnings == ()
