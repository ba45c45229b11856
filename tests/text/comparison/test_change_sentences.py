"""What became of a provision, in words."""

from __future__ import annotations

import pytest

from consult.text.comparison import change_sentences
from consult.text.comparison.change_sentences import count_changes, one_side
from consult.text.comparison.versions import Match, compare
from consult.text.comparison.wording import Op
from consult.text.parser.provisions import parse

ARTICLES = (
    "为了规范露天烧烤，保护环境和居民健康，制定本办法。",
    "市城市管理部门负责露天烧烤的监督管理工作。",
    "经营者应当在划定的区域和时段内从事烧烤经营活动。",
    "违反本办法规定的，处五百元以上二千元以下罚款。",
)


def describe(match: Match) -> str:
    old, new = ("、".join(map(change_sentences.name, side)) for side in (match.old, match.new))
    return "，".join(change_sentences.sentences(match, old, new))


def draft(*articles: str) -> str:
    numbers = "一二三四五六七八九"
    return "露天烧烤管理办法\n" + "\n".join(f"第{numbers[n]}条 {text}" for n, text in enumerate(articles))


def sentences(*new: str) -> list[str]:
    return [describe(match) for match in compare(parse(draft(*ARTICLES)), parse(draft(*new))).changes]


@pytest.mark.parametrize(
    ("new", "words"),
    [
        (ARTICLES, []),
        ((*ARTICLES[:3], ARTICLES[3].replace("五百元", "三百元")), ["修改第四条"]),
        ((ARTICLES[0], ARTICLES[2], ARTICLES[3]), ["删去第二条", "第三条改为第二条", "第四条改为第三条"]),
        (
            (*ARTICLES[:3], "鼓励行业协会制定自律公约，开展培训。", ARTICLES[3].replace("二千元", "三千元")),
            ["新增第四条", "第四条改为第五条，内容修改"],
        ),
    ],
)
def test_a_change_is_told_in_one_line(new: tuple[str, ...], words: list[str]) -> None:
    assert sentences(*new) == words


def test_an_article_cut_in_two_is_told_as_split() -> None:
    whole = "经营者应当公示价格和投诉电话，接受社会监督。经营者应当及时清理场地，不得将油污排入雨水管网。"
    old = draft(ARTICLES[0], whole, ARTICLES[3])
    new = draft(ARTICLES[0], *(f"{half}。" for half in whole.split("。")[:2]), ARTICLES[3])
    comparison = compare(parse(old), parse(new))
    assert describe(comparison.changes[0]) == "第二条拆分为第二条、第三条"
    assert describe(next(iter(compare(parse(new), parse(old)).changes))) == "第二条、第三条合并为第二条"
    assert dict(count_changes(comparison)) == {"拆分": 1, "只改序号或者位置": 1}


def test_each_side_shows_its_own_words_whole() -> None:
    match = compare(parse(draft("罚款五百元。")), parse(draft("罚款三百元以上。"))).changes[0]
    assert "".join(text for _, text in one_side(match, Op.INSERT)) == "罚款五百元。"
    assert "".join(text for _, text in one_side(match, Op.DELETE)) == "罚款三百元以上。"
