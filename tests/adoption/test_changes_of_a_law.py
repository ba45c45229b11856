"""The lists on 立法法 of 2015 and of 2023, against tables that were made by reading both texts side by side."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from consult.adoption.models import Outcome
from consult.drafting.models import Consultation
from tests.adoption.test_changes import changes_of, decided, lists, revised
from tests.world import open_consultation

pytestmark = pytest.mark.corpus

ADOPTED, PARTLY, NO = Outcome.ADOPTED, Outcome.PARTLY_ADOPTED, Outcome.NOT_ADOPTED
EXPLAINED, OUT = Outcome.EXPLAINED, Outcome.OUT_OF_SCOPE
OF_2015: tuple[tuple[str, Outcome, str], ...] = (
    # The provision of 2015, the decision on it, and what became of it: the provision of 2023 that says the same, where
    # the decision promised a change ("=…"); "done" where it changed; "" where the decision promised nothing.
    ("", ADOPTED, "done"),
    ("art-1", ADOPTED, "=art-1"),
    ("art-2-para-2", PARTLY, "=art-2-para-2"),
    ("art-3", ADOPTED, "done"),  # split in two
    ("art-4", PARTLY, "done"),
    ("art-5-para-1", ADOPTED, "=art-6-para-2"),  # a paragraph was put before it
    ("art-6-para-1", NO, ""),
    ("art-7-para-1", PARTLY, "done"),  # 根据宪法规定
    ("art-7-para-2", ADOPTED, "=art-10-para-2"),
    ("art-8-para-1-item-2", ADOPTED, "done"),  # 监察委员会
    ("art-8-para-1-item-3", ADOPTED, "=art-11-para-1-item-3"),
    ("art-8-para-1-item-10", EXPLAINED, ""),
    ("art-9", ADOPTED, "=art-12"),  # only 第八条 became 第十一条
    ("art-10", EXPLAINED, ""),
    ("art-13", NO, ""),
    ("art-14-para-2", PARTLY, "done"),  # 国家监察委员会
    ("art-17", ADOPTED, "done"),
    ("art-20", OUT, ""),
    ("art-45", ADOPTED, "=art-48"),  # only a colon became wider
    ("art-45-para-2-item-1", EXPLAINED, ""),
    ("art-46", PARTLY, "done"),  # two paragraphs of one
    ("art-52-para-2", ADOPTED, "done"),
    ("art-58-para-3", ADOPTED, "=art-62-para-3"),
    ("art-61", ADOPTED, "done"),  # a paragraph was added
    ("art-61-para-1", PARTLY, "=art-65-para-1"),
    ("art-65", NO, ""),
    ("art-72-para-1", ADOPTED, "=art-80-para-1"),  # an article of its own
    ("art-72-para-2", ADOPTED, "done"),
    ("art-72-para-5", PARTLY, "=art-81-para-4"),  # only 本条第二款 became 本条第一款
    ("art-73-para-2", PARTLY, "=art-82-para-2"),  # only 第八条 became 第十一条
    ("art-73-para-3", ADOPTED, "=art-82-para-3"),  # only 第七十二条第二款 became 第八十一条第一款
    ("art-86-para-2", ADOPTED, "=art-97-para-2"),
    ("art-95-para-1-item-2", ADOPTED, "=art-106-para-1-item-2"),
    ("art-96", PARTLY, "=art-107"),  # only 第九十七条 became 第一百零八条
    ("art-97-para-1-item-1", ADOPTED, "=art-108-para-1-item-1"),
    ("art-98-para-1-item-5", ADOPTED, "done"),
    ("art-99-para-3", ADOPTED, "done"),  # an article of its own
    ("art-100-para-1", NO, ""),
    ("chapter-6", PARTLY, "done"),
    ("art-105", ADOPTED, "=art-120"),
)
UNASKED_2015 = """
    +8 +9 13>16 20>23 24>27 26>29 29>32 30>33 33>36 36>39 38>41 39>42 41>44 42>45 48>51 +55 54>58 60>64 +68 +70 +71
    65>72 66>73 +79 +83 74>84 79>89 +90 80>91 82>93 100>112 101>113 +115 +116
"""
"""Articles that changed and that no adopted opinion is on: old>new, +new; those under 附则 were asked for."""
OF_2023: tuple[tuple[str, Outcome, str], ...] = (
    # As above, with the revision read backwards: articles and paragraphs are deleted ("gone") and merged.
    ("art-1", PARTLY, "=art-1"),
    ("art-4-para-1", PARTLY, "done"),  # merged into 第三条
    ("art-6-para-1", ADOPTED, "gone"),
    ("art-6-para-2", ADOPTED, "=art-5-para-1"),
    ("art-8", ADOPTED, "gone"),
    ("art-9", NO, "gone"),
    ("art-10-para-4", ADOPTED, "gone"),
    ("art-11-para-1-item-2", ADOPTED, "done"),
    ("art-12", NO, ""),
    ("art-14", ADOPTED, "=art-11"),
    ("art-16-para-2", OUT, "gone"),
    ("art-49-para-1", ADOPTED, "done"),  # merged with the paragraph below it
    ("art-55-para-1", EXPLAINED, "gone"),
    ("art-65-para-4", ADOPTED, "gone"),
    ("art-68", OUT, "gone"),
    ("art-80-para-1", ADOPTED, "=art-72-para-1"),  # merged with the article below it
    ("art-81-para-1", NO, ""),
    ("art-82-para-3", PARTLY, "=art-73-para-3"),
    ("art-83-para-2", PARTLY, "gone"),
    ("art-84-para-1", EXPLAINED, ""),
    ("art-84-para-2", PARTLY, "gone"),
    ("art-107", ADOPTED, "=art-96"),
    ("art-111-para-2", NO, "gone"),
    ("art-118", ADOPTED, "gone"),
    ("art-119-para-1", ADOPTED, "=art-104-para-1"),
    ("art-120", NO, ""),
)
UNASKED_2023 = """
    5>4 9- 12>9 16>13 17>14 20>17 23>20 27>24 29>26 32>29 33>30 36>33 39>36 41>38 42>39 44>41 45>42 48>45 51>48 55-
    56>52 58>54 62>58 64>60 68- 70- 71- 72>65 73>66 79- 89>79 90- 91>80 93>82 106>95 108>97 109>98 110>99 111>99
    112>100 113>101 115- 116- 117>103
"""


@pytest.fixture
def texts(corpus: Path) -> Callable[[int], str]:
    days = {2015: "2015-03-15", 2023: "2023-03-13"}
    return lambda year: (corpus / "statutes" / f"立法法({days[year]}).txt").read_text(encoding="utf-8")


Line = tuple[str | None, str | None, list[int], str | None]


def decide(consultation: Consultation, table: tuple[tuple[str, Outcome, str], ...]) -> dict[tuple[str, Outcome], int]:
    return {(anchor, outcome): decided(consultation, anchor, outcome)[0] for anchor, outcome, _ in table}


def promised(table: tuple[tuple[str, Outcome, str], ...], ids: dict[tuple[str, Outcome], int]) -> dict[str, list[Line]]:
    """Return the lists of decisions that a table has; the order is that of the older version, as in the table."""
    lines: dict[str, list[Line]] = {"adopted_unchanged": [], "adopted_otherwise": [], "provision_gone": []}
    for anchor, outcome, became in table:
        key = ids[(anchor, outcome)]
        if became.startswith("="):
            lines["adopted_unchanged"].append((anchor, became[1:], [key], outcome.value))
        elif became == "gone":
            lines["provision_gone"].append((anchor, None, [key], outcome.value))
    return lines


def unasked(written: str, ids: dict[tuple[str, Outcome], int]) -> list[Line]:
    """Return the list of articles written as ``13>16``, ``+8`` or ``9-``, with the opinions on each."""
    lines: list[Line] = []
    for each in written.split():
        old, _, new = (
            each.partition(">") if ">" in each else (each[:-1], "", "") if each[-1] == "-" else ("", "", each[1:])
        )
        article = f"art-{old}"
        on = sorted(key for (anchor, _), key in ids.items() if old and f"{anchor}-".startswith(f"{article}-"))
        lines.append((article if old else None, f"art-{new}" if new else None, on, None))
    return lines


def test_what_a_revision_made_of_the_decisions_is_what_a_reader_finds(app: Flask, texts: Callable[[int], str]) -> None:
    consultation = open_consultation(text=texts(2015))
    ids = decide(consultation, OF_2015)
    expected = promised(OF_2015, ids) | {"changed_unasked": unasked(UNASKED_2015, ids)}
    assert lists(changes_of(revised(consultation, texts(2023)))) == expected


def test_what_is_deleted_and_merged_is_what_a_reader_finds(app: Flask, texts: Callable[[int], str]) -> None:
    consultation = open_consultation(text=texts(2023))
    ids = decide(consultation, OF_2023)
    expected = promised(OF_2023, ids) | {"changed_unasked": unasked(UNASKED_2023, ids)}
    assert lists(changes_of(revised(consultation, texts(2015)))) == expected


def test_the_command_says_the_same_in_either_order_of_the_versions(app: Flask, texts: Callable[[int], str]) -> None:
    consultation = open_consultation(text=texts(2015))
    ids = decide(consultation, OF_2015)
    revised(consultation, texts(2023))

    def asked(*numbers: str) -> dict[str, list[Line]]:
        shown = app.test_cli_runner().invoke(args=["adoption", "changes", "canteens", "--json", *numbers])
        assert shown.exit_code == 0, shown.output
        facts = json.loads(shown.output)
        return {
            name: [(each["anchor"], each["new_anchor"], each["opinions"], each["outcome"]) for each in facts[name]]
            for name in ("adopted_unchanged", "adopted_otherwise", "changed_unasked", "provision_gone")
        }

    forwards = promised(OF_2015, ids) | {"changed_unasked": unasked(UNASKED_2015, ids)}
    assert asked() == asked("--from", "1", "--to", "2") == forwards
    back = asked("--from", "2", "--to", "1")
    for name in ("adopted_unchanged", "changed_unasked"):
        mirrored = [(new, old, opinions, outcome) for old, new, opinions, outcome in forwards[name]]
        assert sorted(map(str, back[name])) == sorted(map(str, mirrored))
    assert (back["adopted_otherwise"], back["provision_gone"]) == ([], [])
