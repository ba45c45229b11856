"""``flask review``: a review recorded from the console, and which reviews stand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine
from click.testing import Result
from flask import Flask

from consult.accounts.models import User
from consult.store import db
from tests.faces.cli.console import run
from tests.meeting.green import READY, build
from tests.snapshot import Kept, kept

Names = dict[str, str]
"""Usernames of the people behind the green consultation, by part."""


def people() -> Names:
    """Bring a consultation to its reviews."""
    green = build(reviewed=False)
    actors = {"drafter": green.drafter, "second": green.second, "legal": green.legal, "publisher": green.publisher}
    return {part: db.session.get_one(User, actor.id).username for part, actor in actors.items()}


@pytest.fixture(scope="module")
def world(session_app: Flask) -> Iterator[Kept[Names]]:
    """The consultation that waits for its reviews, made once."""
    with kept(session_app, people) as world:
        yield world


@pytest.fixture
def names(world: Kept[Names]) -> Iterator[Names]:
    """Its people."""
    with world.turn() as names:
        yield names


@pytest.fixture
def paper(tmp_path: Path) -> str:
    path = tmp_path / "审核意见书.txt"
    path.write_text("经审核，合法。", "utf-8")
    return str(path)


def record(app: Flask, *arguments: str) -> Result:
    with time_machine.travel(READY, tick=False):
        return run(app, "review", "record", "green", *arguments)


def test_a_review_is_recorded_and_shown_to_stand(session_app: Flask, names: Names, paper: str) -> None:
    lawful = ("--kind", "legality", "--conclusion", "lawful", "--by", names["legal"])
    dates = ("--sent", "2026-11-12", "--returned", "2026-11-20", "--document", paper)
    made = record(session_app, *lawful, *dates, "--json")
    assert made.exit_code == 0, made.output
    with time_machine.travel(READY, tick=False):
        shown = json.loads(run(session_app, "review", "show", "green", "--json").stdout)
    assert [(row["kind"], row["conclusion"], row["stands"]) for row in shown["reviews"]] == [
        ("legality", "lawful", True)
    ]
    assert shown["reviews"][0]["documents"][0]["name"] == "审核意见书.txt"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--kind", "legality", "--conclusion", "lawful", "--by", "{second}", "--document", "{paper}"), "法规处"),
        (("--kind", "legality", "--conclusion", "lawful", "--by", "{legal}", "--sent", "2026-11-12"), "退回日期"),
        (("--kind", "fair-competition", "--conclusion", "conforms", "--by", "{legal}"), "原件"),
        (("--kind", "risk", "--conclusion", "not_applicable", "--by", "{legal}"), "说明"),
        (("--kind", "risk", "--conclusion", "lawful", "--by", "{legal}"), "没有“lawful”"),
        (("--kind", "risk", "--conclusion", "nonsense", "--by", "{legal}"), "没有“nonsense”"),
        (("--kind", "experts", "--conclusion", "supported", "--by", "{legal}", "--meeting", "9"), "编号为 9"),
        (("--kind", "fair-competition", "--conclusion", "conforms", "--by", "{legal}", "--version", "9"), "第 9 稿"),
    ],
)
def test_what_is_missing_is_said_and_nothing_recorded(
    session_app: Flask, names: Names, paper: str, arguments: tuple[str, ...], words: str
) -> None:
    refused = record(session_app, *(argument.format(paper=paper, **names) for argument in arguments))
    assert refused.exit_code == 1
    assert words in refused.stderr
    assert json.loads(run(session_app, "review", "show", "green", "--json").stdout)["reviews"] == []
