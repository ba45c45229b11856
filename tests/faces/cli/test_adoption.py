"""``flask adoption``: groups, and decisions out to a spreadsheet and back, by commands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask

from consult.accounts.models import Role
from consult.adoption import queries
from consult.drafting.models import Consultation
from consult.store import db
from tests.builders import a_user
from tests.faces.cli.console import run
from tests.world import accepted, open_consultation

AGE = "建议把老年人优惠的年龄从七十周岁降到六十五周岁，惠及更多人。"


@pytest.fixture
def canteens(app: Flask) -> int:
    """A consultation with three opinions, two of which say the same; its id."""
    consultation = open_consultation()
    for anchor, text in (("art-3", AGE), ("art-3", AGE + "谢谢"), ("", "总体赞成。")):
        accepted(consultation, (anchor, text))
    a_user(Role.DRAFTER, "chen")
    a_user(Role.LEGAL, "zhao")
    return consultation.id


def printed(app: Flask, *arguments: str) -> dict[str, Any]:
    result = run(app, "adoption", *arguments, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def filled(app: Flask, path: Path, cells: dict[str, str]) -> Path:
    printed(app, "export", "canteens", "--out", str(path))
    book = openpyxl.load_workbook(path)
    for cell, words in cells.items():
        book.active[cell] = words  # type: ignore[index]
    book.save(path)
    return path


def progress(key: int) -> queries.Progress:
    db.session.rollback()
    return queries.progress(key)


def test_groups_are_printed_with_place_size_and_members(app: Flask, canteens: int) -> None:
    groups = printed(app, "group", "canteens")["groups"]
    assert [(group["place"], group["opinions"], group["concentrated"]) for group in groups] == [("第三条", 2, False)]
    assert len(groups[0]["members"]) == 2
    assert printed(app, "group", "canteens")["groups"] == groups
    assert printed(app, "group", "canteens", "--threshold", "1")["groups"] == []
    assert "归并为 0 组" in run(app, "adoption", "group", "canteens", "--threshold", "1").stdout


def test_a_threshold_out_of_range_is_refused(app: Flask, canteens: int) -> None:
    result = run(app, "adoption", "group", "canteens", "--threshold", "7")
    assert (result.exit_code, "0 和 1 之间" in result.stderr) == (1, True)


def test_a_filled_in_table_is_taken_and_reviewed(app: Flask, canteens: int, tmp_path: Path) -> None:
    path = filled(app, tmp_path / "out.xlsx", {"D2": "采纳", "D4": "解释说明", "E4": "起草说明已有解释。"})
    facts = printed(app, "import", str(path), "--consultation", "canteens", "--by", "chen", "--review-by", "zhao")
    assert (facts["taken"], facts["unchanged"], facts["reviewed"], facts["refused"]) == (2, 1, 2, [])
    assert progress(canteens) == queries.Progress(total=3, undecided=1, reviewed=2)
    assert (facts["rows"], facts["conflicts"]) == (3, [])
    assert [(change["kind"], change["cell"], change["old"], change["new"]) for change in facts["applied"]] == [
        ("opinion", "采纳情况", "", "采纳"),
        ("opinion", "采纳情况", "", "解释说明"),
        ("opinion", "理由", "", "起草说明已有解释。"),
    ]


def test_a_row_decided_meanwhile_is_a_conflict(app: Flask, canteens: int, tmp_path: Path) -> None:
    first = filled(app, tmp_path / "first.xlsx", {"D2": "采纳"})
    second = filled(app, tmp_path / "second.xlsx", {"D2": "解释说明", "E2": "起草说明已有解释。", "D3": "采纳"})
    printed(app, "import", str(first), "--consultation", "canteens", "--by", "chen")
    facts = printed(app, "import", str(second), "--consultation", "canteens", "--by", "chen")
    assert (facts["taken"], [row["row"] for row in facts["conflicts"]]) == (1, [2])
    assert facts["refused"] == facts["conflicts"]


def test_rows_that_are_not_taken_are_named_and_nothing_taken_is_a_failure(
    app: Flask, canteens: int, tmp_path: Path
) -> None:
    path = filled(app, tmp_path / "out.xlsx", {"D2": "未采纳"})
    result = run(app, "adoption", "import", str(path), "--consultation", "canteens", "--by", "chen")
    assert result.exit_code == 1
    assert "第 2 行" in result.stdout
    assert "请写明理由" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("export", "nothing", "--out", "x.xlsx"), "没有编号为"),
        (("export", "canteens", "--out", "x.csv"), ".xlsx"),
        (("import", "missing.xlsx", "--consultation", "canteens"), "没有这个文件"),
        (("group", "canteens", "--by", "nobody"), "没有用户名"),
    ],
)
def test_what_cannot_be_done_is_said_without_a_traceback(
    app: Flask, canteens: int, arguments: tuple[str, ...], words: str
) -> None:
    result = run(app, "adoption", *arguments)
    assert result.exit_code == 1
    assert words in result.stderr
    assert "Traceback" not in result.output


def test_the_reviewer_is_another_person_than_the_author(app: Flask, canteens: int, tmp_path: Path) -> None:
    path = filled(app, tmp_path / "out.xlsx", {"D2": "采纳"})
    result = run(
        app, "adoption", "import", str(path), "--consultation", "canteens", "--by", "chen", "--review-by", "chen"
    )
    assert (result.exit_code, "两个不同的账号" in result.stderr) == (1, True)
    assert progress(canteens).undecided == 3


def test_who_may_not_decide_imports_nothing_by_the_console_either(app: Flask, canteens: int, tmp_path: Path) -> None:
    path = filled(app, tmp_path / "out.xlsx", {"D2": "采纳"})
    result = run(app, "adoption", "import", str(path), "--consultation", "canteens", "--by", "zhao")
    assert (result.exit_code, "不能做这一步" in result.stderr) == (1, True)
    assert db.session.get_one(Consultation, canteens).slug == "canteens"


def test_proposed_provisions_are_printed_and_applied_by_somebody(app: Flask, canteens: int) -> None:
    consultation = db.session.get_one(Consultation, canteens)
    number = accepted(consultation, "第三条的优惠年龄建议改为六十周岁。").number
    lines = run(app, "adoption", "place", "canteens", "--json").stdout.splitlines()
    (fact,) = [json.loads(line) for line in lines]
    assert {name: fact[name] for name in ("number", "anchor", "proposed", "because", "score", "applied")} == {
        "number": number,
        "anchor": "",
        "proposed": "art-3",
        "because": "cited",
        "score": 1.0,
        "applied": False,
    }
    (fact,) = map(
        json.loads, run(app, "adoption", "place", "canteens", "--apply", "--by", "chen", "--json").stdout.splitlines()
    )
    assert fact["applied"]
    assert run(app, "adoption", "place", "canteens", "--json").stdout == ""
    assert "提出所属条文 0 条" in run(app, "adoption", "place", "canteens").stdout


def test_the_lists_of_changes_ask_for_a_later_version(app: Flask, canteens: int) -> None:
    result = run(app, "adoption", "changes", "canteens", "--json")
    assert (result.exit_code, "还没有征求意见之后的文稿" in result.stderr) == (1, True)
