"""The provision that a free text is about: cited, quoted, named by its caption, or alike."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from consult.text.parser.provisions import parse
from consult.text.parser.tree import Kind
from consult.text.placing import Because, Places

DRAFT = """某市停车场管理办法（征求意见稿）

第一章 总则
第一条（目的）为了规范停车场的建设和管理，制定本办法。
第二条（公示）停车场应当公示收费标准和投诉电话。
第三条（无障碍车位）停车场应当设置无障碍车位，并在入口处设置标志。
停车场经营者应当履行下列职责：
（一）建立安全管理制度；
（二）配备专门的值班人员。
第二章 收费管理
第四条（费用分摊）道路停车泊位的维护费用由财政负担。
第五条（计费）停车收费实行明码标价，首小时免费。
第十二条（处罚）违反本办法第二条的，由城市管理部门责令改正。
"""
PLACES = Places(parse(DRAFT))


@pytest.mark.parametrize(
    ("text", "anchor"),
    [
        ("第五条中的首小时免费建议改为前两小时免费。", "art-5"),
        ("第 12 条的处罚太轻了", "art-12"),
        ("12条要写清楚由谁处罚", "art-12"),
        ("建议对第三条第二款第二项作出细化", "art-3-para-2-item-2"),
        ("第三條第2款（一）項不夠明確", "art-3-para-2-item-1"),
        ("第三条第九款写得不好", "art-3"),
        ("根据《民法典》第五条，建议把第四条删去", "art-4"),
        ("《某市停车场管理办法（征求意见稿）》第二条应当增加公示的位置", "art-2"),
        ("该办法第二条应当增加公示的位置", "art-2"),
        ("第二条和第五条相比，建议修改第五条", "art-5"),
        ("第二章的标题不准确", "chapter-2"),
    ],
)
def test_a_citation_leads_to_its_provision(text: str, anchor: str) -> None:
    place = PLACES.propose(text)
    assert place is not None
    assert (place.anchor, place.because) == (anchor, Because.CITED)


@pytest.mark.parametrize(
    "text",
    [
        "根据《民法典》第五条，业主有权知情。",
        "民法典第五条已有规定。",
        "按照物业服务合同第二条办理。",
        "中央一号文件第四条提出的目标要落实。",
        "我家门口有一条路坏了，共12条管线。",
        "第九十九条写得好。",
        "好。",
        "",
    ],
)
def test_what_is_said_of_something_else_proposes_nothing_by_citation(text: str) -> None:
    place = PLACES.propose(text)
    assert place is None or place.because is not Because.CITED


@pytest.mark.parametrize(
    ("text", "anchor", "because"),
    [
        ("“并在入口处设置标志”不够，出口也要。", "art-3-para-1", Because.QUOTED),
        ("草案规定「配备专门的值班人员」，夜间也要吗？", "art-3-para-2-item-2", Because.QUOTED),
        ("“停车收费应实行明码标价，首小时免费”建议改为“首两小时免费并在入口处设置标志”", "art-5", Because.QUOTED),
        ("关于费用分摊，希望由业主共同负担。", "art-4", Because.CAPTION),
        ("【无障碍车位】太少", "art-3", Because.CAPTION),
        ("停车场都应当把收费标准和投诉电话公示出来才行", "art-2", Because.LIKENESS),
    ],
)
def test_quotations_captions_and_likeness(text: str, anchor: str, because: Because) -> None:
    place = PLACES.propose(text)
    assert place is not None
    assert (place.anchor, place.because) == (anchor, because)


def test_a_draft_without_provisions_proposes_nothing() -> None:
    assert Places(parse("只有一句话。")).propose("第五条太长") is None


@pytest.mark.corpus
def test_cited_and_quoted_articles_of_real_statutes_are_found(corpus: Path) -> None:
    """Each article of real statutes, cited and quoted inside real messages: at least 95 of 100 are found."""
    dice = random.Random(20)
    rows = (corpus / "citizen-messages.csv").read_text(encoding="utf-8-sig").splitlines()
    messages = [row for row in rows if 60 < len(row) < 400 and "第" not in row and "“" not in row]
    right: dict[Because, list[bool]] = {Because.CITED: [], Because.QUOTED: []}
    for path in sorted((corpus / "statutes").glob("*.txt"))[::3]:
        draft = parse(path.read_text(encoding="utf-8"))
        places = Places(draft)
        articles = [step.provision for step in draft.walk() if step.provision.kind is Kind.ARTICLE]
        wording = {node.anchor: re.sub(r"\s", "", "".join(part.text for part in node.walk())) for node in articles}
        for node in dice.sample(articles, min(len(articles), 12)):
            message = dice.choice(messages)
            place = places.propose(f"{message}。建议对{node.number}作出修改，标准太低。")
            right[Because.CITED].append(place is not None and place.anchor == node.anchor)
            quote = wording[node.anchor][:14]
            if len(quote) < 14 or sum(quote in words for words in wording.values()) > 1 or "第" in quote:
                continue
            place = places.propose(f"{message}。文中“{quote}”这句话做不到。")
            right[Because.QUOTED].append(place is not None and place.anchor.split("-para-")[0] == node.anchor)
    assert {because: sum(each) / len(each) >= 0.95 for because, each in right.items()} == dict.fromkeys(right, True)
