"""Two versions of a draft beside each other, as a careful reader would lay them."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consult.text.comparison.versions import Relation, compare
from consult.text.comparison.wording import Op, changed_characters
from consult.text.numerals import write_number
from consult.text.parser.provisions import Kind, parse
from tests.conftest import CORPUS, missing
from tests.text.drafts import draft

STATUTES = CORPUS / "statutes"

SUBJECTS = ["停车场", "充电桩", "道路泊位", "共享单车", "公交站", "出租车", "隔离栏", "人行道", "地下车库", "消防通道"]
DUTIES = [
    "应当按照规定备案，并向社会公示备案信息",
    "由交通主管部门统一规划，会同公安机关组织实施",
    "禁止擅自占用、改变用途或者拆除",
    "收费标准由价格主管部门核定，实行明码标价",
    "应当配备无障碍设施，并保持完好",
    "发生事故的，应当立即报告并采取措施",
]


def articles(count):
    """Articles that a reader would never take for one another."""
    return [
        f"{SUBJECTS[n % 10]}{DUTIES[n % 6]}；违反第{n}号目录要求的，"
        f"由{SUBJECTS[(n * 7 + 3) % 10]}管理机构依{n * 37}号文处理。"
        for n in range(count)
    ]


def statute(texts):
    return parse(
        "某市停车管理办法\n" + "\n".join(f"　　第{write_number(n)}条 {text}" for n, text in enumerate(texts, 1))
    )


def table(comparison):
    return [
        (match.relation.value, [node.anchor for node in match.old], [node.anchor for node in match.new])
        for match in comparison.matches
    ]


@given(st.integers(1, 60), st.randoms(use_true_random=False), st.integers(0, 100))
@settings(max_examples=60)
def test_articles_shuffled_deleted_and_renumbered_by_machine_are_found_again(count, random, share):
    texts = articles(count)
    kept = [n for n in range(count) if random.randrange(100) >= share]
    random.shuffle(kept)
    compared = compare(statute(texts), statute([texts[n] for n in kept]))
    pairs = {m.old[0].anchor: m.new[0].anchor for m in compared.matches if m.relation is Relation.SAME}
    assert pairs == {f"art-{n + 1}": f"art-{place}" for place, n in enumerate(kept, 1)}
    gone = {m.old[0].anchor for m in compared.matches if m.relation is Relation.DELETED}
    assert gone == {f"art-{n + 1}" for n in range(count) if n not in kept}
    assert len(compared.matches) == count
    for n in range(count):
        here = compared.locate(f"art-{n + 1}-para-1")
        assert here.anchor == (f"art-{kept.index(n) + 1}-para-1" if n in kept else None)


def test_only_the_article_that_changed_its_place_has_moved():
    texts = articles(8)
    compared = compare(statute(texts), statute([*texts[1:5], texts[0], *texts[5:]]))
    assert [m.old[0].anchor for m in compared.matches if m.moved] == ["art-1"]


def test_an_added_article_renumbers_those_behind_it():
    texts = articles(5)
    compared = compare(
        statute(texts), statute([*texts[:2], "新增一条，规定停车诱导系统的建设和数据接入要求。", *texts[2:]])
    )
    assert table(compared) == [
        ("same", ["art-1"], ["art-1"]),
        ("same", ["art-2"], ["art-2"]),
        ("added", [], ["art-3"]),
        ("same", ["art-3"], ["art-4"]),
        ("same", ["art-4"], ["art-5"]),
        ("same", ["art-5"], ["art-6"]),
    ]
    assert [m.renumbered for m in compared.matches] == [False, False, False, True, True, True]
    assert [m.new[0].anchor for m in compared.changes] == ["art-3", "art-4", "art-5", "art-6"]


def test_changed_characters_are_shown_within_the_article():
    old = statute(["停车场应当在二十日内备案。"])
    new = statute(["停车场应当在三十个工作日内备案。"])
    (match,) = compare(old, new).matches
    assert match.relation is Relation.CHANGED
    assert "".join(p.text for p in match.pieces if p.op is Op.DELETE) == "二"
    assert "".join(p.text for p in match.pieces if p.op is Op.INSERT) == "三个工作"


def test_an_article_split_in_two_is_recognised():
    old = draft("""
        某办法
        第一条 停车场应当向交通主管部门备案，并提交经营主体的身份证明和场地使用证明。
        停车场经营者应当在入口显著位置公示收费标准、服务时间、监督电话。
        第二条 本办法自公布之日起施行。
    """)
    new = draft("""
        某办法
        第一条 停车场应当向交通主管部门备案，并提交经营主体的身份证明和场地使用证明。
        第二条 停车场经营者应当在入口显著位置公示收费标准、服务时间、监督电话。
        第三条 本办法自公布之日起施行。
    """)
    compared = compare(old, new)
    assert table(compared)[0] == ("split", ["art-1"], ["art-1", "art-2"])
    assert compared.locate("art-1-para-2").anchor == "art-2-para-1"
    back = compare(new, old)
    assert table(back)[0] == ("merged", ["art-1", "art-2"], ["art-1"])
    assert back.locate("art-2-para-1").anchor == "art-1-para-2"


def test_an_opinion_on_a_deleted_item_follows_to_what_stood_around_it():
    old = draft(
        "某办法\n第一条 禁止停车的地点：\n（一）消防通道；\n（二）盲道；\n（三）公交站。\n第二条 停车收费实行明码标价。"
    )
    new = draft(
        "某办法\n第一条 制定本办法。\n第二条 禁止停车的地点：\n（一）消防通道；\n（二）公交站。\n"
        "第三条 停车收费实行明码标价。"
    )
    compared = compare(old, new)
    assert compared.locate("art-1-para-1-item-1").anchor == "art-2-para-1-item-1"
    assert compared.locate("art-1-para-1-item-3").anchor == "art-2-para-1-item-2"
    gone = compared.locate("art-1-para-1-item-2")
    assert (gone.anchor, gone.exact) == ("art-2-para-1", False)
    assert compared.locate("draft").exact


def test_chapters_are_followed_by_their_titles():
    old = draft("某办法\n第一章 总则\n第一条 甲乙丙丁。\n第二章 停车收费\n第二条 收费实行明码标价。")
    new = draft(
        "某办法\n第一章 总则\n第一条 甲乙丙丁。\n第二章 规划建设\n第二条 规划应当公示。\n"
        "第三章 停车收费\n第三条 收费实行明码标价。"
    )
    assert compare(old, new).locate("chapter-2").anchor == "chapter-3"


def test_clauses_of_a_notice_are_compared_too():
    old = draft("关于停车的通知\n一、加强巡查\n（一）每周巡查不少于两次。\n二、落实责任\n（一）明确责任人和联系电话。")
    new = draft("关于停车的通知\n一、落实责任\n（一）明确责任人和联系电话。\n二、加强巡查\n（一）每周巡查不少于三次。")
    compared = compare(old, new)
    assert compared.locate("head-1-sub-1").anchor == "head-2-sub-1"
    assert compared.locate("head-2-sub-1").anchor == "head-1-sub-1"


def test_a_version_compared_with_itself_shows_no_change():
    same = statute(articles(20))
    assert compare(same, same).changes == ()


@given(
    st.text(alphabet="停车场应当备案公示，。一二三", max_size=60),
    st.text(alphabet="停车场应当备案公示，。一二三", max_size=60),
)
def test_the_pieces_of_a_change_give_both_texts_back(old, new):
    pieces = changed_characters(old, new)
    assert "".join(p.text for p in pieces if p.op is not Op.INSERT) == old
    assert "".join(p.text for p in pieces if p.op is not Op.DELETE) == new


LEGISLATION_LAW = (
    "1-1 2-2 3-3+4 4-5 5-6 6-7 7-10 8-11 9-12 10-13 11-14 12-15 13-16 14-17 15-18 16-19 17-20 18-21 19-22 20-23 21-24 "
    "22-25 23-26 24-27 25-28 26-29 27-30 28-31 29-32 30-33 31-34 32-35 33-36 34-37 35-38 36-39 37-40 38-41 39-42 40-43 "
    "41-44 42-45 43-46 44-47 45-48 46-49 47-50 48-51 49-52 50-53 51-54 52-56 53-57 54-58 55-59 56-60 57-61 58-62 59-63 "
    "60-64 61-65 62-66 63-67 64-69 65-72 66-73 67-74 68-75 69-76 70-77 71-78 72-80+81 73-82 74-84 75-85 76-86 77-87 "
    "78-88 79-89 80-91 81-92 82-93 83-94 84-95 85-96 86-97 87-98 88-99 89-100 90-101 91-102 92-103 93-104 94-105 "
    "95-106 96-107 97-108 98-109 99-110+111 100-112 101-113 102-114 103-117 104-119 105-120"
)
ADDED_TO_LEGISLATION_LAW = {8, 9, 55, 68, 70, 71, 79, 83, 90, 115, 116, 118}


def statutes(*names):
    paths = [STATUTES / f"{name}.txt" for name in names]
    present = all(path.exists() for path in paths)
    assert present or not os.environ.get("CI"), f"the corpus is not at {STATUTES}"
    if not present:
        missing(f"the corpus is not at {STATUTES}")
    return [parse(path.read_text("utf-8")) for path in paths]


def numbers(nodes):
    return [int(node.anchor.removeprefix("art-")) for node in nodes]


@pytest.mark.corpus
def test_the_legislation_law_of_2015_is_found_in_that_of_2023_article_by_article():
    old, new = statutes("立法法(2015-03-15)", "立法法(2023-03-13)")
    compared = compare(old, new)
    pairs = {tuple(numbers(m.old)): numbers(m.new) for m in compared.matches if m.old}
    assert pairs == {
        (int(left),): [int(number) for number in right.split("+")]
        for left, right in (pair.split("-") for pair in LEGISLATION_LAW.split())
    }
    assert {n for m in compared.matches if not m.old for n in numbers(m.new)} == ADDED_TO_LEGISLATION_LAW
    assert not any(m.moved for m in compared.matches)


@pytest.mark.corpus
def test_the_business_regulation_of_2020_is_found_in_that_of_2024_and_nothing_is_lost():
    old, new = statutes("上海市优化营商环境条例(2020-04-10)", "上海市优化营商环境条例(2024-09-27)")
    compared = compare(old, new)
    assert sorted(n for m in compared.matches for n in numbers(m.old)) == list(range(1, 81))
    assert sorted(n for m in compared.matches for n in numbers(m.new)) == list(range(1, 98))
    assert all(m.old for m in compared.matches if m.relation != Relation.ADDED)
    assert {n for m in compared.matches if not m.old for n in numbers(m.new)} == {
        *(23, 35, 38, 39, 46, 54, 62, 63, 64, 65, 67, 76, 78, 79, 80, 82, 87),
    }


@pytest.mark.corpus
def test_a_real_statute_shuffled_and_halved_is_found_again():
    (law,) = statutes("刑法")
    texts = list(
        dict.fromkeys(
            "\n".join(n.text for n in s.provision.walk() if n.text)
            for s in law.walk()
            if s.provision.kind is Kind.ARTICLE
        )
    )
    kept = [n for n in range(len(texts)) if n % 2]
    kept = [kept[(n * 37) % len(kept)] for n in range(len(kept))]
    assert len(set(kept)) == len(kept)
    compared = compare(statute(texts), statute([texts[n] for n in kept]))
    pairs = {m.old[0].anchor: m.new[0].anchor for m in compared.matches if m.relation is Relation.SAME}
    assert pairs == {f"art-{n + 1}": f"art-{place}" for place, n in enumerate(kept, 1)}
    assert sum(m.relation is Relation.DELETED for m in compared.matches) == len(texts) - len(kept)
