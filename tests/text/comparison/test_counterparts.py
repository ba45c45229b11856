"""Counterparts that are rewritten, merged or split are found or offered, and nothing is that isn't one."""

from __future__ import annotations

from itertools import combinations
from random import Random

import pytest

from consult.text.comparison.versions import Comparison, Relation, compare
from consult.text.numerals import write_number
from consult.text.parser.provisions import Draft, parse
from tests.conftest import missing
from tests.text.comparison.counterparts import AT_HAND, CORPUS, TABLE, pair, read

LEAST = 0.9
UNRELATED = 20


def matched(comparison: Comparison) -> set[tuple[str, str]]:
    return {
        (old.anchor, new.anchor)
        for match in comparison.matches
        for old in match.old
        for new in match.new
        if old.anchor.startswith("art-") and new.anchor.startswith("art-")
    }


def offered(comparison: Comparison) -> set[tuple[str, str]]:
    return {(each.old.anchor, each.new.anchor) for each in comparison.possible}


def test_the_table_has_ten_pairs() -> None:
    assert len(TABLE) == 10
    if not CORPUS.is_dir():
        missing("the corpus (../shared/corpus) isn't beside this checkout")
    assert len(AT_HAND) >= 2


@pytest.mark.parametrize("title", AT_HAND)
def test_what_a_reader_found_is_matched_or_offered_and_no_match_is_false(title: str) -> None:
    versions = pair(title)
    assert versions is not None
    compared = compare(versions.old, versions.new)
    assert compared.related
    found_or_offered = matched(compared) | offered(compared)
    assert len(versions.expected & found_or_offered) >= LEAST * len(versions.expected)
    assert matched(compared) - versions.expected == set()


def test_two_statutes_that_have_nothing_to_do_with_each_other_have_no_counterparts() -> None:
    names = sorted(path.name for path in (CORPUS / "statutes").glob("*.txt")) if CORPUS.is_dir() else []
    if len(names) < 10:
        missing("the corpus (../shared/corpus) isn't beside this checkout")
    apart = [two for two in combinations(names, 2) if two[0].split("(")[0].strip() not in two[1]]
    for first, second in Random(7).sample(apart, UNRELATED):
        old, new = read(first), read(second)
        assert old is not None
        assert new is not None
        compared = compare(old, new)
        assert (compared.related, offered(compared)) == (False, set()), (first, second)
        assert [m for m in compared.matches if m.old and m.new and m.relation is not Relation.SAME] == []


BEFORE = [
    "为了规范社区食堂的建设和运营，保障居民就餐，制定本办法。",
    "本办法所称社区食堂，是指在社区内为居民提供助餐服务的场所。",
    "民政部门会同市场监督管理部门负责社区食堂的指导和监督。",
    "社区食堂的运营单位通过公开招标方式选定，合同期限不超过三年。",
    "对在助餐工作中成绩突出的志愿者和单位，由街道办事处给予表扬。",
    "离职的食堂厨师应当交回健康证明，三个月内不得带走菜谱。",
    "运营单位应当公示菜品价格和食材来源，接受居民查询。",
    "食堂每日应当留存食品样品四十八小时，并作留样记录。",
    "伪造食品留样记录的，由市场监督管理部门处一千元以上五千元以下罚款。",
    "隐匿或者销毁食品留样记录的，由市场监督管理部门处一千元以上五千元以下罚款。",
    "任何人不得散布有关社区食堂食品安全的虚假消息。",
    "外来送餐人员违反门禁规定的，可以劝离小区。",
    "本办法自2020年3月1日起施行。2015年发布的《老年食堂暂行规定》同时废止。",
]
AFTER = [
    "为了规范社区食堂的建设和运营，保障居民就餐，制定本办法。",
    "本办法所称社区食堂，是指在社区内为居民提供助餐服务的场所。",
    "市和区建立社区食堂信息公开制度。民政部门应当按月公布检查结果。任何单位和个人不得编造、散布有关社区食堂食品安全的"
    "虚假消息，发现的，民政部门应当及时澄清。",
    "民政部门会同市场监督管理部门负责社区食堂的指导和监督。",
    "社区食堂的运营单位通过公开招标方式选定，合同期限不超过五年。",
    "鼓励公益组织开展适老化改造培训。在助餐工作中成绩突出的志愿者和单位，按照规定给予表彰奖励，并记入社会信用档案。",
    "运营单位应当公示菜品价格和食材来源，接受居民查询。",
    "厨师离职应当遵守本市餐饮从业规定。运营单位应当进行离职谈话，收回工装和门禁卡，办理健康证明交回手续；离职后三个月内"
    "不得带走菜谱，不得泄露供货价格，违反的由运营单位报告民政部门处理。",
    "食堂每日应当留存食品样品四十八小时，并作留样记录。",
    "伪造、隐匿或者销毁食品留样记录的，由市场监督管理部门责令改正，给予警告，可以处五千元以上三万元以下罚款；情节严重的，"
    "责令停业整顿。",
    "外来送餐人员违反门禁规定的，物业服务企业可以登记后劝离，一年内三次以上的可以停止其入内资格，并告知其所属平台。"
    "平台对处理有异议的，可以向居民委员会申诉。",
    "街道办事处可以委托第三方评估助餐服务质量，评估结果作为续签合同的依据。",
    "本办法自2027年7月1日起施行。",
]
"""Siblings of what was missed once: rewritten around the old words, two made one, a closing article."""


def draft_of(articles: list[str]) -> Draft:
    return parse(
        "\n".join(["社区食堂管理办法", *(f"第{write_number(n)}条 {text}" for n, text in enumerate(articles, 1))])
    )


def test_rewritten_and_merged_provisions_are_found_or_offered() -> None:
    compared = compare(draft_of(BEFORE), draft_of(AFTER))
    both = matched(compared) | offered(compared)
    expected = {(5, 6), (6, 8), (9, 10), (10, 10), (11, 3), (12, 11), (13, 13)}
    assert {(f"art-{old}", f"art-{new}") for old, new in expected} <= both
    assert ("art-13", "art-13") in matched(compared)
    assert not any(new == "art-12" for _, new in both), "what is new has no counterpart"


def test_a_pair_that_a_person_confirmed_is_one_match_that_names_all_its_parts() -> None:
    old, new = draft_of(BEFORE), draft_of(AFTER)
    compared = compare(old, new, confirmed=[("art-9", "art-10"), ("art-10", "art-10")])
    match = next(match for match in compared.matches if match.new and match.new[0].anchor == "art-10")
    assert match.relation is Relation.MERGED
    assert [node.anchor for node in match.old] == ["art-9", "art-10"]
    assert compared.locate("art-9").anchor == compared.locate("art-10").anchor == "art-10"


def test_a_pair_that_a_person_rejected_is_not_offered_again() -> None:
    old, new = draft_of(BEFORE), draft_of(AFTER)
    first = next(iter(offered(compare(old, new))))
    assert first not in offered(compare(old, new, rejected=[first]))


def test_a_pair_of_articles_that_are_gone_is_ignored() -> None:
    old, new = draft_of(BEFORE), draft_of(AFTER)
    assert matched(compare(old, new, confirmed=[("art-99", "art-1")])) == matched(compare(old, new))


CHAPTERS = ["总则", "运营", "监督", "附则"]


def in_chapters(chapters: list[list[int]]) -> Draft:
    lines, number = ["社区食堂管理办法"], 0
    for n, places in enumerate(chapters):
        lines.append(f"第{write_number(n + 1)}章 {CHAPTERS[n]}")
        for place in places:
            number += 1
            lines.append(f"第{write_number(number)}条 {BEFORE[place]}")
    return parse("\n".join(lines))


def test_what_left_its_chapter_has_moved_and_not_what_it_passed() -> None:
    old, new = in_chapters([[0], [1], [2, 3, 6], [7]]), in_chapters([[0], [1, 3, 6], [2], [7]])
    moved = [match.old[0].anchor for match in compare(old, new).matches if match.moved]
    assert moved == ["art-4", "art-5"]
