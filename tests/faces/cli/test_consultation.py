"""``flask consultation``: from a draft file to a published period, by commands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from consult.clock import now
from consult.drafting.models import Consultation
from consult.files import drafts
from consult.ledger.models import LedgerEntry
from consult.store import db
from consult.text.parser.provisions import Draft, parse
from tests.faces.cli.console import run

DRAFT = """某市停车场管理办法
（征求意见稿）

第一章 总则

第一条【目的】为了规范停车场管理，制定本办法。

第二条 本市停车场的规划、建设和管理适用本办法。

第二章 附则

第三条 本办法自公布之日起施行。
"""


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    path = tmp_path / "停车场管理办法.txt"
    path.write_text(DRAFT, encoding="utf-8")
    return path


def created(app: Flask, draft: Path, *more: str) -> str:
    result = run(app, "consultation", "create", "--title", "某市停车场管理办法", "--kind", "rules-draft",
                 "--file", str(draft), *more)  # fmt: skip
    assert result.exit_code == 0, result.stderr
    return result.stdout.strip()


def shown(app: Flask, slug: str) -> dict[str, Any]:
    return json.loads(run(app, "consultation", "show", slug, "--json").stdout)


def refused(result: Result) -> str:
    assert result.exit_code == 1
    assert "Traceback" not in result.stderr
    return result.stderr


def user(app: Flask, name: str, role: str) -> None:
    made = run(app, "user", "create", "--username", name, "--name", name, "--role", role, "--division", "法规处",
               "--password", "a long enough phrase 2026")  # fmt: skip
    assert made.exit_code == 0, made.stderr


def test_create_prints_the_slug_and_nothing_else(app: Flask, draft: Path) -> None:
    assert created(app, draft, "--slug", "parking") == "parking"


def test_without_a_slug_the_year_and_a_count_name_the_page(app: Flask, draft: Path) -> None:
    assert created(app, draft).startswith(f"{now().year}-")


def test_show_has_the_period_with_its_basis_before_and_after_the_publication(app: Flask, draft: Path) -> None:
    slug = created(app, draft, "--enterprise-related", "--division", "城建处")
    before = shown(app, slug)
    assert (before["state"], before["articles"], before["division"]) == ("drafting", 3, "城建处")
    assert before["period"]["proposed"] is True
    assert run(app, "consultation", "publish", slug).exit_code == 0
    after = shown(app, slug)
    assert after["state"] == "open"
    assert after["period"]["days"] >= 30
    assert "《规章制定程序条例》第十五条" in after["period"]["basis"]
    assert "优化营商环境条例" in after["period"]["basis"]
    assert "公布日" in after["period"]["arithmetic"]
    assert after["counts"] == {"total": 0, "in_time": 0, "late": 0, "channels": {}, "states": {}}


def test_an_unknown_kind_is_refused_with_those_that_there_are(app: Flask, draft: Path) -> None:
    words = refused(run(app, "consultation", "create", "--title", "甲", "--kind", "nonsense", "--file", str(draft)))
    assert "nonsense" in words
    assert "major-decision" in words
    assert "normative-document" in words


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("没有.txt", None, "没有这个文件"),
        ("空.txt", "", "空"),
        ("闲话.txt", "今天天气很好。", "未找到条文"),
        ("旧.doc", "\xd0\xcf\x11\xe0", "doc"),
    ],
)
def test_a_file_that_is_no_draft_is_refused_in_words(
    app: Flask, tmp_path: Path, name: str, content: str | None, says: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_text(content, encoding="latin-1" if name.endswith(".doc") else "utf-8")
    words = refused(run(app, "consultation", "create", "--title", "甲", "--kind", "rules-draft", "--file", str(path)))
    assert says in words


def test_a_slug_that_is_taken_is_refused(app: Flask, draft: Path) -> None:
    created(app, draft, "--slug", "parking")
    again = run(app, "consultation", "create", "--title", "乙", "--kind", "rules-draft", "--file", str(draft),
                "--slug", "parking")  # fmt: skip
    assert "已经用过" in refused(again)


def test_the_author_may_not_publish_and_nothing_is_left_half_done(app: Flask, draft: Path) -> None:
    user(app, "chen", "admin")
    user(app, "fang", "publisher")
    slug = created(app, draft, "--by", "chen")
    assert "起草人" in refused(run(app, "consultation", "publish", slug, "--by", "chen"))
    assert shown(app, slug)["state"] == "drafting"
    assert run(app, "consultation", "publish", slug, "--by", "fang").exit_code == 0
    assert shown(app, slug)["reviewer"] == "fang"


def test_a_drafter_may_not_publish(app: Flask, draft: Path) -> None:
    user(app, "liang", "drafter")
    slug = created(app, draft)
    assert "信息发布员" in refused(run(app, "consultation", "publish", slug, "--by", "liang"))


def test_sending_for_review_is_recorded_as_the_operators_act(app: Flask, draft: Path) -> None:
    user(app, "fang", "publisher")
    slug = created(app, draft)
    run(app, "consultation", "publish", slug, "--by", "fang")
    entries = db.session.scalars(
        select(LedgerEntry).where(LedgerEntry.subject == f"consultation:{slug}").order_by(LedgerEntry.id)
    ).all()
    assert [(entry.act.partition(".")[2], entry.actor_kind) for entry in entries] == [
        ("create", "system"),
        ("submit_for_review", "system"),
        ("publish", "user"),
    ]


def test_a_period_below_the_minimum_is_refused_and_the_draft_stays_in_drafting(app: Flask, draft: Path) -> None:
    slug = created(app, draft)
    words = refused(run(app, "consultation", "publish", slug, "--days", "7", "--reason", "赶时间"))
    assert "30日" in words
    assert shown(app, slug)["state"] == "drafting"


def test_an_urgent_major_decision_may_be_shorter_with_a_reason_that_is_shown(app: Flask, draft: Path) -> None:
    made = run(app, "consultation", "create", "--title", "甲", "--kind", "major-decision", "--file", str(draft))
    slug = made.stdout.strip()
    assert "理由" in refused(run(app, "consultation", "publish", slug, "--days", "10"))
    assert run(app, "consultation", "publish", slug, "--days", "10", "--reason", "汛期将至").exit_code == 0
    assert shown(app, slug)["period"]["shortened_reason"] == "汛期将至"


def test_a_date_to_come_schedules_and_a_past_one_is_refused(app: Flask, draft: Path) -> None:
    slug = created(app, draft)
    assert "已经过去" in refused(run(app, "consultation", "publish", slug, "--from", "2020-01-01"))
    assert run(app, "consultation", "publish", slug, "--from", "2099-01-05").exit_code == 0
    assert shown(app, slug)["state"] == "scheduled"


def test_the_explanation_comes_with_the_draft_and_its_absence_is_said(app: Flask, draft: Path, tmp_path: Path) -> None:
    file = tmp_path / "说明.txt"
    file.write_text("为了规范停车场管理。\n分三章。", encoding="utf-8")
    slug = created(app, draft, "--explanation", str(file))
    assert db.session.scalars(select(Consultation)).one().explanation_html == (
        "<p>为了规范停车场管理。</p><p>分三章。</p>"
    )
    assert "起草说明" not in run(app, "consultation", "publish", slug).stderr
    assert "没有起草说明" in run(app, "consultation", "publish", created(app, draft)).stderr


def test_an_extension_to_a_day_of_rest_names_the_next_working_day(app: Flask, draft: Path) -> None:
    slug = created(app, draft)
    run(app, "consultation", "publish", slug)
    asked = run(app, "consultation", "extend", slug, "--until", "2100-01-02", "--reason", "意见较多")
    assert "休息日结束的次日是1月4日（星期一）" in refused(asked)
    assert shown(app, slug)["extensions"] == []


def test_extending_and_withdrawing_keep_their_reasons(app: Flask, draft: Path) -> None:
    slug = created(app, draft)
    run(app, "consultation", "publish", slug)
    assert run(app, "consultation", "extend", slug, "--until", "2099-12-31", "--reason", "意见较多").exit_code == 0
    assert shown(app, slug)["extensions"][0]["reason"] == "意见较多"
    assert shown(app, slug)["period"]["last_day"] == "2099-12-31"
    assert run(app, "consultation", "withdraw", slug, "--reason", "上位法修改").exit_code == 0
    assert shown(app, slug)["state"] == "withdrawn"
    listed = json.loads(run(app, "consultation", "list", "--json").stdout)["consultations"]
    assert [(row["slug"], row["state"]) for row in listed] == [(slug, "withdrawn")]


def test_an_unknown_slug_is_refused_and_a_missing_option_is_wrong_usage(app: Flask) -> None:
    assert "没有编号为" in refused(run(app, "consultation", "show", "nowhere"))
    assert run(app, "consultation", "create", "--title", "甲").exit_code == 2


def test_a_draft_is_parsed_once_by_the_command(app: Flask, draft: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = []

    def counted(text: str) -> Draft:
        parsed.append(text)
        return parse(text)

    monkeypatch.setattr(drafts, "parse", counted)
    created(app, draft)
    assert len(parsed) == 1
