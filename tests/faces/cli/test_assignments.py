"""``flask adoption assign``, ``take-back`` and ``assignments``."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask

from consult.accounts.models import Role
from consult.clock import local, now
from consult.store import db
from tests.builders import a_user
from tests.faces.cli.console import run
from tests.world import accepted, open_consultation


def run_json(app: Flask, *arguments: str) -> Any:
    return json.loads(run(app, *arguments, "--json").stdout)


def test_articles_are_given_listed_and_taken_back(app: Flask) -> None:
    consultation = open_consultation("canteens")
    accepted(consultation, ("art-3", "优惠应当从六十五周岁起。"))
    accepted(consultation, "总体赞成。")
    helper = a_user(Role.DRAFTER, "helper", division="燃气处")
    db.session.commit()
    due = local(now()).date().isoformat()
    given = run_json(
        app, "adoption", "assign", "canteens", "--anchor", "art-3", "--anchor", "draft", "--to", "helper", "--due", due
    )
    assert (given["to"], len(given["assignments"])) == (helper.name, 2)
    whole, third = run_json(app, "adoption", "assignments", "canteens", "--by", "helper")["work"]
    assert (whole["anchor"], whole["to"], whole["open"]) == ("", "helper", 1)
    assert (third["anchor"], third["due_on"], third["overdue"]) == ("art-3", due, False)
    assert f"第三条　待处理 1 / 1　{helper.name}（{due}）" in run(app, "adoption", "assignments", "canteens").output
    run(app, "adoption", "assign", "canteens", "--anchor", "art-3", "--division", "燃气处")
    assert run_json(app, "adoption", "take-back", "canteens", "--anchor", "draft") == {
        "consultation": "canteens",
        "taken_back": 1,
    }
    whole, third = run_json(app, "adoption", "assignments", "canteens")["work"]
    assert (whole["to"], third["to"], third["division"]) == (None, None, "燃气处")


def test_a_holder_that_is_not_there_or_named_twice_is_refused(app: Flask) -> None:
    open_consultation("canteens")
    for arguments, code, words in (
        (("--to", "nobody"), 1, "没有用户名为“nobody”的账号"),
        (("--division", "无此处"), 1, "没有“无此处”这个处室"),
        ((), 2, "只写一项"),
        (("--to", "a", "--division", "b"), 2, "只写一项"),
    ):
        outcome = run(app, "adoption", "assign", "canteens", "--anchor", "draft", *arguments)
        assert (outcome.exit_code, words in outcome.stderr) == (code, True)


@pytest.mark.parametrize(
    "command",
    [
        ("adoption", "assign", "canteens", "--division", "社区服务处", "--group"),
        ("adoption", "take-back", "canteens", "--group"),
        ("mailbox", "test"),
        ("consultees", "list", "--after"),
    ],
)
def test_a_number_that_no_row_has_is_wrong_usage(app: Flask, command: tuple[str, ...]) -> None:
    open_consultation("canteens")
    outcome = run(app, *command, str(10**30))
    assert (outcome.exit_code, "超出范围" in outcome.stderr) == (2, True)
