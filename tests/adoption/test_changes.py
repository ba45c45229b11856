"""Decisions against a later version: adopted but unchanged, changed unasked, decided on what is gone."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role
from consult.adoption import service
from consult.adoption.changes import LISTS, Changes, changes
from consult.adoption.errors import DecisionRefused
from consult.adoption.models import DecisionState, Outcome
from consult.drafting import versions
from consult.drafting.models import Consultation, VersionKind
from tests.world import AFTER, accepted, actor, open_consultation, opinions_of

WHY = "现行法规已有规定。"
BEFORE = """某市停车场管理办法

第一章 总则
第一条 为了规范停车场的建设和管理，制定本办法。
第二条 停车场应当公示收费标准和投诉电话。
第三条 停车场应当设置无障碍车位，并在入口处设置标志。
第二章 管理
第四条 道路停车泊位由公安机关会同城市管理部门施划。
道路停车泊位每半年评估一次。
第五条 停车收费实行明码标价，首小时免费。
第六条 共享单车停放区域由街道办事处划定。
第七条 本办法自2027年1月1日起施行。
"""
LATER = """某市停车场管理办法

第一章 总则
第一条 为了规范停车场的建设和管理，制定本办法。
第二条 停车场应当公示收费标准、车位数量和投诉电话。
第三条 停车场应当设置无障碍车位，并在入口处设置标志。
第二章 管理
第四条 道路停车泊位由公安机关会同城市管理部门施划。
道路停车泊位每季度评估一次，评估结果向社会公布。
第五条 停车收费实行明码标价，前两小时免费。
第六条 停车场经营者应当建立车辆进出的电子记录，保存期限不少于九十日。
第七条 本办法自2027年3月1日起施行。
"""


def decided(
    consultation: Consultation, anchor: str, outcome: Outcome, *, proposed_text: str = "", n: int = 1
) -> list[int]:
    """Return the ids of so many new opinions on a provision, each decided alike."""
    ids = []
    for _ in range(n):
        (opinion,) = opinions_of(accepted(consultation, (anchor, "请再斟酌这一处。")))
        reason = "" if outcome is Outcome.ADOPTED else WHY
        service.decide(actor(Role.DRAFTER), opinion, outcome, reason, at=AFTER, proposed_text=proposed_text)
        ids.append(opinion.id)
    return ids


def revised(consultation: Consultation, text: str = LATER) -> Consultation:
    versions.add_version(
        actor(Role.DRAFTER),
        consultation,
        kind=VersionKind.REVISED,
        file_name="revised.txt",
        data=text.encode(),
        at=AFTER,
    )
    return consultation


def lists(held: Changes) -> dict[str, list[tuple[str | None, str | None, list[int], str | None]]]:
    return {
        name: [
            (line.anchor, line.new_anchor, list(line.opinions), line.outcome.value if line.outcome else None)
            for line in getattr(held, name)
        ]
        for name in LISTS
    }


def changes_of(consultation: Consultation, **numbers: int) -> Changes:
    return changes(actor(Role.DRAFTER), consultation, **numbers)


def test_without_a_later_version_there_is_nothing_to_hold_the_decisions_against(app: Flask) -> None:
    consultation = open_consultation(text=BEFORE)
    with pytest.raises(DecisionRefused, match="还没有征求意见之后的文稿"):
        changes_of(consultation)
    with pytest.raises(DecisionRefused, match="没有第 7 稿，现有：1"):
        changes_of(consultation, since=7)


def test_who_may_not_see_the_submissions_may_not_see_the_lists(app: Flask) -> None:
    consultation = revised(open_consultation(text=BEFORE))
    with pytest.raises(NotAllowed):
        changes(actor(Role.DRAFTER, "另一处"), consultation)


def test_each_decision_is_on_the_list_where_a_reader_would_put_it(app: Flask) -> None:
    consultation = open_consultation(text=BEFORE)
    whole = decided(consultation, "", Outcome.ADOPTED)
    kept = decided(consultation, "art-3", Outcome.ADOPTED, n=2)
    partly = decided(consultation, "art-3", Outcome.PARTLY_ADOPTED)
    decided(consultation, "art-2", Outcome.ADOPTED)  # done
    no = decided(consultation, "art-5", Outcome.NOT_ADOPTED)
    gone = decided(consultation, "art-6", Outcome.EXPLAINED)
    assert whole
    assert lists(changes_of(revised(consultation))) == {
        "adopted_unchanged": [
            ("art-3", "art-3", kept, "adopted"),
            ("art-3", "art-3", partly, "partly_adopted"),
        ],
        "adopted_otherwise": [],
        "changed_unasked": [
            ("art-4", "art-4", [], None),
            ("art-5", "art-5", no, None),
            ("art-6", None, gone, None),
            (None, "art-6", [], None),
            ("art-7", "art-7", [], None),
        ],
        "provision_gone": [("art-6", None, gone, "explained")],
    }


def test_a_paragraph_is_held_against_its_own_words_not_its_neighbour_s(app: Flask) -> None:
    consultation = open_consultation(text=BEFORE)
    first = decided(consultation, "art-4-para-1", Outcome.ADOPTED)
    decided(consultation, "art-4-para-2", Outcome.ADOPTED)
    got = lists(changes_of(revised(consultation)))
    assert got["adopted_unchanged"] == [("art-4-para-1", "art-4-para-1", first, "adopted")]
    assert "art-4" not in [line[0] for line in got["changed_unasked"]]


def test_a_heading_asks_for_what_is_under_it(app: Flask) -> None:
    consultation = open_consultation(text=BEFORE)
    decided(consultation, "chapter-2", Outcome.ADOPTED)
    assert [line[0] for line in lists(changes_of(revised(consultation)))["changed_unasked"]] == ["art-2"]


def test_renumbering_alone_is_no_change_of_words(app: Flask) -> None:
    consultation = open_consultation(text=BEFORE)
    ids = decided(consultation, "art-3", Outcome.ADOPTED)
    text = BEFORE.replace("第三条 停车场", "第三条 停车场经营者应当投保公众责任保险，并公示保险单。\n第四条 停车场")
    for old, new in (
        ("第七条 本", "第八条 本"),
        ("第六条 共", "第七条 共"),
        ("第五条 停", "第六条 停"),
        ("第四条 道", "第五条 道"),
    ):
        text = text.replace(old, new)
    got = lists(changes_of(revised(consultation, text)))
    assert got["adopted_unchanged"] == [("art-3", "art-4", ids, "adopted")]
    assert got["changed_unasked"] == [(None, "art-3", [], None)]


def test_the_words_that_were_promised_are_looked_for(app: Flask) -> None:
    consultation = open_consultation(text=BEFORE)
    decided(consultation, "art-2", Outcome.ADOPTED, proposed_text="公示收费标准、车位数量和投诉电话")
    other = decided(consultation, "art-5", Outcome.PARTLY_ADOPTED, proposed_text="前三小时免费")
    decided(consultation, "", Outcome.ADOPTED, proposed_text="建立车辆进出的电子记录，保存期限不少于九十日")
    got = lists(changes_of(revised(consultation)))
    assert got["adopted_otherwise"] == [("art-5", "art-5", other, "partly_adopted")]
    assert (None, "art-6", [], None) not in got["changed_unasked"]


def test_a_decision_that_was_returned_promises_nothing(app: Flask) -> None:
    consultation = open_consultation(text=BEFORE)
    (key,) = decided(consultation, "art-3", Outcome.ADOPTED)
    (opinion,) = (opinion for opinion in opinions_of(consultation) if opinion.id == key)
    decision = service.current(opinion)
    assert decision is not None
    service.return_decision(actor(Role.LEGAL), decision, "请写明改在何处。", at=AFTER)
    assert decision.state is DecisionState.RETURNED
    assert lists(changes_of(revised(consultation)))["adopted_unchanged"] == []


def test_two_later_versions_may_be_held_against_each_other(app: Flask) -> None:
    consultation = open_consultation(text=BEFORE)
    ids = decided(consultation, "art-5", Outcome.ADOPTED)
    revised(consultation)
    versions.add_version(
        actor(Role.DRAFTER),
        consultation,
        kind=VersionKind.REVISED,
        file_name="third.txt",
        data=LATER.replace("3月1日", "4月1日").encode(),
        at=AFTER,
    )
    got = lists(changes_of(consultation, since=2, until=3))
    assert got["adopted_unchanged"] == [("art-5", "art-5", ids, "adopted")]
    assert [line[0] for line in got["changed_unasked"]] == ["art-7"]


def test_what_is_not_adopted_has_no_words_for_the_draft(app: Flask) -> None:
    consultation = open_consultation(text=BEFORE)
    with pytest.raises(DecisionRefused, match="不填“拟修改为”"):
        decided(consultation, "art-3", Outcome.NOT_ADOPTED, proposed_text="改为五个车位")


def test_what_a_later_version_lacks_already_is_not_taken_for_what_has_its_number_there(app: Flask) -> None:
    consultation = open_consultation(text=BEFORE)
    decided(
        consultation, "art-6", Outcome.ADOPTED
    )  # deleted in the second version, where another article has its number
    revised(consultation)
    revised(consultation, LATER.replace("不少于九十日", "不少于六十日"))
    got = lists(changes_of(consultation, since=2, until=3))
    assert (got["adopted_unchanged"], got["provision_gone"]) == ([], [])
    assert got["changed_unasked"] == [("art-6", "art-6", [], None)]


def test_what_comes_back_as_it_was_asked_for_is_not_unasked(app: Flask) -> None:
    consultation = open_consultation(text=BEFORE)
    decided(consultation, "art-6", Outcome.ADOPTED)
    revised(consultation)
    got = lists(changes_of(consultation, since=2, until=1))
    assert [line[:2] for line in got["changed_unasked"] if line[1] == "art-6"] == []


@pytest.mark.corpus
def test_the_lists_on_a_real_statute_and_its_revision_are_those_of_a_reader(app: Flask, corpus: Path) -> None:
    """Decisions on articles of a law whose revision is known: kept, split, rewritten, renumbered, added beside."""
    before, after = (
        (corpus / "statutes" / f"立法法({day}).txt").read_text(encoding="utf-8") for day in ("2015-03-15", "2023-03-13")
    )
    consultation = open_consultation(text=before)
    first = decided(consultation, "art-1", Outcome.ADOPTED)
    decided(consultation, "art-3", Outcome.ADOPTED)  # split in two: it was done
    decided(consultation, "art-4", Outcome.PARTLY_ADOPTED)  # rewritten: it was done
    no = decided(consultation, "art-5", Outcome.NOT_ADOPTED)
    moved = decided(consultation, "art-6", Outcome.PARTLY_ADOPTED)
    decided(consultation, "art-8", Outcome.ADOPTED)
    kept = decided(consultation, "art-10", Outcome.EXPLAINED)
    got = lists(changes_of(revised(consultation, after)))
    assert got["adopted_unchanged"] == [
        ("art-1", "art-1", first, "adopted"),
        ("art-6", "art-7", moved, "partly_adopted"),
    ]
    assert got["changed_unasked"][:5] == [
        ("art-5", "art-6", no, None),
        (None, "art-8", [], None),
        (None, "art-9", [], None),
        ("art-7", "art-10", [], None),
        ("art-9", "art-12", [], None),
    ]
    assert kept[0] not in [key for line in got["changed_unasked"] for key in line[2]]
    assert got["provision_gone"] == []
