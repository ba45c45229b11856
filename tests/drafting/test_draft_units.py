"""The draft as it is read: headings, units that an opinion can be on, and what people call them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from consult.drafting.draft_units import Draft, Shape, read
from consult.text.parser import provisions
from tests.builders import DRAFT

NOTICE = """关于办好社区食堂的若干措施
为了方便居民就餐，提出如下措施。
一、总体要求
（一）坚持便民。就近设置。
1. 步行十五分钟可达。
2. 有无障碍通道。
（二）坚持公开。价格上墙。
二、保障措施
各区落实场地。
"""


@dataclass(frozen=True)
class Row:
    """A provision, flat."""

    kind: str
    depth: int
    anchor: str
    number: str
    heading: str
    text: str


def rows_of(text: str) -> list[Row]:
    """Return the rows that a version of this text would have."""
    return [
        Row(node.kind.value, step.depth, node.anchor, node.number, node.heading, node.text)
        for step in provisions.parse(text).walk()
        for node in (step.provision,)
    ]


def headings(draft: Draft) -> list[str]:
    """Return the labels of the blocks that are headings."""
    return [block.label for block in draft.blocks if block.shape is Shape.HEADING]


def test_an_article_with_its_paragraphs_and_items_is_one_unit() -> None:
    draft = read(rows_of(DRAFT))
    assert headings(draft) == ["第一章　总则", "第二章　运营", "第三章　附则"]
    assert [unit.anchor for unit in draft.units] == ["art-1", "art-2", "art-3", "art-4", "art-5"]
    unit = draft.unit_of("art-3-para-1-item-2")
    assert unit is not None
    assert unit.anchor == "art-3"
    assert "".join(row.text for row in unit.rows).endswith("优惠的具体标准由街道办事处规定。")


def test_units_and_places_are_called_as_people_call_them() -> None:
    draft = read(rows_of(DRAFT))
    assert draft.units[0].label == "第一条（目的）"
    assert draft.label_of("art-3-para-1-item-2") == "第三条第一款第二项"
    assert draft.label_of("") == "整个草案"


def test_in_notice_form_the_clauses_of_two_levels_are_units() -> None:
    draft = read(rows_of(NOTICE))
    assert headings(draft) == ["一、总体要求"]
    assert [unit.anchor for unit in draft.units] == ["head-1-sub-1", "head-1-sub-2", "head-2"]
    assert [row.text for row in draft.units[0].rows] == ["就近设置。", "步行十五分钟可达。", "有无障碍通道。"]
    assert [block.label for block, _n in draft.contents({})] == ["一、总体要求", "二、保障措施"]


def test_the_contents_count_the_opinions_under_each_chapter() -> None:
    draft = read(rows_of(DRAFT))
    counts = {"art-1": 2, "art-3": 5, "art-4": 1, "": 9}
    assert [(block.label, n) for block, n in draft.contents(counts)] == [
        ("第一章　总则", 2),
        ("第二章　运营", 6),
        ("第三章　附则", 0),
    ]


def test_without_chapters_the_contents_name_the_articles() -> None:
    draft = read(rows_of("某某办法\n第一条 甲。\n第二条 乙。\n"))
    assert [(block.label, n) for block, n in draft.contents({"art-2": 3})] == [("第一条", 0), ("第二条", 3)]


def test_neighbours_are_the_units_before_and_after() -> None:
    draft = read(rows_of(DRAFT))
    first, last = draft.units[0], draft.units[-1]
    assert draft.neighbours(first) == (None, draft.units[1])
    assert draft.neighbours(last) == (draft.units[-2], None)


KINDS = ["part", "chapter", "section", "article", "paragraph", "item", "point", "clause", "annex", "signature"]


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 4)), max_size=30))
def test_no_row_is_ever_lost_or_shown_twice(shape: Sequence[tuple[str, int]]) -> None:
    rows = [Row(kind, depth, f"a-{n}", "", "", f"字{n}") for n, (kind, depth) in enumerate(shape)]
    shown = [row.anchor for block in read(rows).blocks for row in block.rows]
    assert shown == [row.anchor for row in rows]
