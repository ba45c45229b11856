"""``flask adoption kinds``, ``themes``, ``mark``, ``hand-over`` and their kin."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from consult.accounts.permissions import SYSTEM
from consult.adoption import groups
from consult.clock import local, now
from consult.store import db
from tests.faces.cli.console import run
from tests.world import AFTER, accepted, open_consultation, opinions_of


def run_json(app: Flask, *arguments: str) -> Any:
    return json.loads(run(app, "adoption", *arguments, "--json").stdout)


def test_kinds_are_listed_and_set_themes_made_and_opinions_handed_over(app: Flask, tmp_path: Path) -> None:
    consultation = open_consultation("canteens")
    accepted(consultation, ("art-3", "请问停车如何收费？"), "停车太难。")
    for _ in range(2):
        accepted(consultation, ("art-3", "停车收费应当公示在门口。"))
    first, second, *_ = (str(opinion.id) for opinion in opinions_of(consultation))
    number = opinions_of(consultation)[0].submission.number
    (group,) = groups.group(SYSTEM, consultation, at=AFTER)
    key = str(group.id)
    db.session.commit()
    assert {each["kind"]: each["opinions"] for each in run_json(app, "kinds", "canteens")["kinds"]}["question"] == 1
    asked = ("set-kind", "canteens", "--opinion", first, "--opinion", second)
    assert run_json(app, *asked, "--kind", "complaint")["changed"] == 2
    assert run_json(app, *asked)["changed"] == 0
    assert run_json(app, "mark", "canteens", "停车", "--group", key, "--opinion", first)["marked"] == 2
    assert run_json(app, "mark", "canteens", "停车", "--words", "停车")["marked"] == 3
    assert run_json(app, "mark", "canteens", "停车", "--off", "--opinion", first)["unmarked"] == 1
    assert run_json(app, "mark", "canteens", "收费", "--opinion", first)["theme"] == "收费"
    assert run_json(app, "theme", "canteens", "停车", "--public")["public"] is True
    assert [each["opinions"] for each in run_json(app, "themes", "canteens")["themes"]] == [3, 1]
    assert "proposals" in run_json(app, "themes", "canteens", "--propose")
    assert run_json(app, "theme", "canteens", "收费", "--into", "停车")["stands"] is False
    assert run_json(app, "theme", "canteens", "停车", "--rename", "停车难")["theme"] == "停车难"
    assert run_json(app, "theme", "canteens", "停车难", "--remove")["stands"] is False
    made = run_json(app, "hand-over", "canteens", "--opinion", first, "--to", "市交通局", "--number", "1号")
    (handed,) = made["hand_overs"]
    today = local(now()).date().isoformat()
    assert run_json(app, "hand-over-answered", "canteens", str(handed), "--on", today)["state"] == "answered"
    (wrong,) = run_json(app, "hand-over", "canteens", "--opinion", second, "--to", "市信访局", "--hidden")["hand_overs"]
    assert (
        run_json(app, "take-back-hand-over", "canteens", str(wrong), "--reason", "转错单位。")["state"] == "taken_back"
    )
    (listed,) = run_json(app, "hand-overs", "canteens", "--state", "answered")["hand_overs"]
    assert (listed["to"], listed["submission"], listed["number"]) == ("市交通局", number, "1号")
    assert f"{today} 转市交通局（1号），已答复" in run(app, "adoption", "hand-overs", "canteens").output
    assert run_json(app, "hand-overs", "canteens", "--out", str(tmp_path / "a.csv"))["rows"] == 2


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("set-kind", "canteens", "--opinion", "99"), 1, "不是这件征求意见的意见"),
        (("set-kind", "canteens"), 1, "尚未选择意见"),
        (("mark", "canteens", "停车", "--group", "99"), 1, "不是这件征求意见的归并意见"),
        (("theme", "canteens", "停车", "--remove"), 1, "没有主题“停车”"),
        (("theme", "canteens", "停车"), 2, "写一项"),
        (("hand-over", "canteens", "--to", "甲"), 1, "尚未选择要转办的意见"),
        (("hand-over", "canteens", "--to", "甲", "--opinion", "99"), 1, "没有第 99 号意见"),
        (("hand-over", "canteens", "--to", "甲", "--submission", "无此号"), 1, "没有编号为 无此号 的来件"),
        (("hand-over-answered", "canteens", "99"), 1, "没有第 99 号转办"),
        (("hand-overs", "canteens", "--out", "a.txt"), 1, "不认识的文件类型"),
    ],
)
def test_what_is_not_there_is_refused_in_words(app: Flask, arguments: tuple[str, ...], code: int, words: str) -> None:
    open_consultation("canteens")
    db.session.commit()
    outcome = run(app, "adoption", *arguments)
    assert (outcome.exit_code, words in outcome.stderr) == (code, True)
