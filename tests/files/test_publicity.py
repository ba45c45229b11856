"""Kits for new media: each file is what it says, whatever the words are, and nothing of the text is lost."""

from __future__ import annotations

import struct
from dataclasses import replace

import pypdfium2
import pytest

from consult.files.publicity import FILES, Kit, Point, draw, text_of

KIT = Kit(
    eyebrow="公开征求意见",
    title="某市养犬管理办法（征求意见稿）",
    department="某市公安局",
    site="决策意见征集",
    day="2026年11月30日",
    facts=(("征求意见", "2026年11月30日至2026年12月30日24时"), ("联系方式", "某市公安局治安支队")),
    paragraphs=("为了规范养犬行为，我局起草了草案，现向社会公开征求意见。",),
    points_head="草案目录",
    points=(Point("第一章　总则"), Point("第二章　登记")),
    figures=(),
    call="扫码看草案全文、提意见",
    url="https://zqyj.example.cn/consultations/2026-001",
)
HOSTILE = (
    '#import "x": * $x$ <b>粗</b> <script>alert(1)</script> \\u{0} "引号" `#eval("1")` @a 𠮷\u200b\u202e &amp; =cmd|x'
)
LONG = "城镇老旧小区改造资金由财政补助、业主出资和专项维修资金组成，" * 12


def png_size(data: bytes) -> tuple[int, int]:
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def pdf_text(data: bytes) -> tuple[str, tuple[int, int], int]:
    with pypdfium2.PdfDocument(data) as document:
        width, height = (round(points / 72 * 25.4) for points in document[0].get_size())
        return document[0].get_textpage().get_text_bounded(), (width, height), len(document)


@pytest.fixture(scope="module")
def drawn() -> dict[str, bytes]:
    return draw(KIT)


def test_a_kit_has_every_file_in_its_size(drawn: dict[str, bytes]) -> None:
    assert list(drawn) == list(FILES)
    assert png_size(drawn["card.png"]) == (1200, 630)
    assert png_size(drawn["card-square.png"]) == (600, 600)
    width, height = png_size(drawn["long.png"])
    assert width == 1080
    assert height > width
    for name, size in (("poster-a4.pdf", (210, 297)), ("poster-a3.pdf", (297, 420))):
        text, page, pages = pdf_text(drawn[name])
        assert (page, pages) == (size, 1)
        plain = "".join(text.split())
        for words in (KIT.title, KIT.department, KIT.paragraphs[0], "第二章", KIT.url, KIT.call):
            assert "".join(words.split()) in plain


@pytest.mark.parametrize(
    "kit",
    [
        replace(KIT, title="题" * 200, paragraphs=(LONG,) * 20, points=tuple(Point(f"{n}{LONG}") for n in range(40))),
        replace(KIT, facts=tuple((f"事项{n}", LONG) for n in range(12))),
        replace(KIT, title="A" * 200, figures=(("1,234,567", "件来件"),) * 5),
        replace(KIT, title="短", facts=(), paragraphs=(), points=()),
    ],
    ids=["long", "many facts", "Latin", "hardly anything"],
)
def test_however_much_there_is_a_poster_is_one_page_and_the_text_whole(kit: Kit) -> None:
    files = draw(kit)
    for name in ("poster-a4.pdf", "poster-a3.pdf"):
        text, _, pages = pdf_text(files[name])
        assert pages == 1
        assert kit.url in "".join(text.split())
        plain = "".join(text.split()).replace("\u200b", "")
        wanted = (*kit.paragraphs, *(point.head for point in kit.points), *(words for _, words in kit.facts))
        left_out = not all("".join(words.split()) in plain for words in wanted)
        assert ("因篇幅所限" in text) is left_out
    words = files["text.txt"].decode()
    for part in (
        kit.title,
        *kit.paragraphs,
        *(point.head for point in kit.points),
        *(b for _, b in kit.facts),
        kit.url,
    ):
        assert part in words
    assert png_size(files["card.png"]) == (1200, 630)
    assert png_size(files["long.png"])[1] < 24_000


def test_words_are_words_in_every_file() -> None:
    point = Point(HOSTILE, (HOSTILE,), HOSTILE)
    files = draw(
        replace(KIT, title=HOSTILE, facts=((HOSTILE, HOSTILE),), paragraphs=(HOSTILE,), points=(point,), note=HOSTILE)
    )
    text, _, _ = pdf_text(files["poster-a4.pdf"])
    assert "<script>alert(1)</script>" in text
    assert "#import" in text
    article = files["article.html"].decode()
    assert "<script>" not in article
    assert "&lt;script&gt;" in article
    assert HOSTILE in files["text.txt"].decode()


def test_the_text_says_each_point_with_what_became_of_it() -> None:
    kit = replace(
        KIT,
        points=(Point("建议放宽登记条件", ("第五条，12 条。已经放宽。", "原文：七日", "已修改为：三十日"), "采纳"),),
    )
    lines = text_of(kit).splitlines()
    assert "1. 建议放宽登记条件【采纳】" in lines
    assert "   已修改为：三十日" in lines
