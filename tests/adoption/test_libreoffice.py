"""The sheet of decisions through a real spreadsheet program: what was edited there comes back, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from consult.accounts.models import Role
from consult.adoption import groups, queries, service, spreadsheet
from consult.adoption.models import Outcome
from consult.files import tables
from tests.calc.libreoffice import LibreOffice
from tests.world import AFTER, accepted, actor, open_consultation, opinions_of

pytestmark = pytest.mark.calc
REASON = "=第三条已有规定，\n不再重复"


@pytest.fixture(scope="session")
def libreoffice() -> Iterator[LibreOffice]:
    """A real LibreOffice, once for each test process."""
    office = LibreOffice.start()
    yield office
    office.stop()


def test_a_sheet_that_was_sorted_filtered_and_edited_comes_back_with_exactly_the_edits(
    app: Flask, tmp_path: Path, libreoffice: LibreOffice
) -> None:
    consultation, drafter = open_consultation(), actor(Role.DRAFTER)
    for number in range(4):
        accepted(consultation, ("art-3", "菜价要公示。"), contact=f"{number}@example.cn")
    alike = opinions_of(consultation)
    for number in range(6):
        accepted(consultation, ("art-4", f"=选定要公开，第 {number} 件。\n另起一行"))
    single = opinions_of(consultation)[4:]
    made = groups.create_group(drafter, alike, "菜价公示", at=AFTER)
    service.decide(drafter, alike[3], Outcome.EXPLAINED, REASON, at=AFTER)
    service.decide(drafter, single[0], Outcome.NOT_ADOPTED, REASON, at=AFTER)
    out, edited = tmp_path / "out.xlsx", tmp_path / "edited.xlsx"
    spreadsheet.export_decisions(drafter, consultation, out)

    saw = libreoffice.edit(
        out,
        edited,
        {
            "采纳情况": {
                "cells": {
                    f"归并{made.id}": {"采纳情况": "采纳", "拟修改为": "3-4"},
                    str(single[2].id): {"采纳情况": "解释说明", "理由": "起草说明已有解释。"},
                },
                "sort": "编号",
                "descending": True,
                "filter": ["采纳情况", "解释说明"],
            },
            "成员": {
                "cells": {str(alike[1].id): {"采纳情况": "部分采纳", "理由": "增加公示期五日。"}},
                "sort": "来件",
            },
        },
    )
    assert saw == {
        title: {"protected": True, "open": ["采纳情况", "理由", "拟修改为"], "alert": "STOP"}
        for title in ("采纳情况", "成员")
    }

    book = tables.read_book("edited.xlsx", edited)
    preview = spreadsheet.preview_decisions(drafter, consultation, book, digest="").result
    result = spreadsheet.import_decisions(drafter, consultation, tables.read_book("edited.xlsx", edited), at=AFTER)
    changes = {(change.kind, change.id, change.cell, change.old, change.new) for change in result.applied}
    assert changes == {
        ("group", made.id, "采纳情况", "", "采纳"),
        ("group", made.id, "拟修改为", "", "3-4"),
        ("opinion", single[2].id, "采纳情况", "", "解释说明"),
        ("opinion", single[2].id, "理由", "", "起草说明已有解释。"),
        ("opinion", alike[1].id, "采纳情况", "", "部分采纳"),
        ("opinion", alike[1].id, "理由", "", "增加公示期五日。"),
    }
    assert (result.rows, result.taken, result.unchanged, result.refused, result.missing) == (11, 3, 8, [], 0)
    assert [remark.words for remark in result.remarks] == ["有 6 行处于隐藏或者筛选状态，已一并读取"]
    assert preview.applied == result.applied
    outcomes = {row.opinion.id: row.decision for row in queries.with_decisions(consultation.id) if row.decision}
    assert [outcomes[opinion.id].outcome for opinion in alike] == [
        Outcome.ADOPTED, Outcome.PARTLY_ADOPTED, Outcome.ADOPTED, Outcome.EXPLAINED,
    ]  # fmt: skip
    assert outcomes[single[0].id].reason == REASON


def test_a_sheet_saved_without_an_edit_changes_nothing(app: Flask, tmp_path: Path, libreoffice: LibreOffice) -> None:
    consultation, drafter = open_consultation(), actor(Role.DRAFTER)
    texts = ("+86 起的电话要公布。", "'引号开头", "_x000D_ 原样", " 空格  两头 ", "好\x0b" * 300 + "\U00020bb7", "1/2")
    for text in texts:
        accepted(consultation, ("art-3", text))
    for opinion in opinions_of(consultation)[:3]:
        service.decide(drafter, opinion, Outcome.PARTLY_ADOPTED, f"{opinion.content}\n已改。", at=AFTER)
    out, edited = tmp_path / "out.xlsx", tmp_path / "edited.xlsx"
    spreadsheet.export_decisions(drafter, consultation, out)
    libreoffice.edit(out, edited, {"采纳情况": {}})
    result = spreadsheet.import_decisions(drafter, consultation, tables.read_book("edited.xlsx", edited), at=AFTER)
    assert (result.unchanged, result.applied, result.refused, result.remarks) == (6, [], [], [])
