"""``flask consultees``: the register from a table, invitations, reminders; what a script reads and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from consult.accounts.models import Role
from consult.app_context import settings
from consult.clock import now
from consult.consultees.models import Consultee, Invitation
from consult.drafting.models import Consultation
from consult.store import db
from tests.builders import an_actor, an_open_consultation
from tests.faces.cli.console import run
from tests.post import a_mail_server

TABLE = """企业名称,统一社会信用代码,联系人,电子邮箱
和顺餐饮有限公司,91350100M000100Y43,钱二,a@example.com
丰源饭店,,孙三,b@example.com
写错的公司,91350100M000100Y44,,
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "名录.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


@pytest.fixture
def consultation(app: Flask) -> Consultation:
    for old in (settings().data_dir / "outbox").glob("*.eml"):
        old.unlink()
    return an_open_consultation(an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER), at=now())


def count(model: type[Consultee | Invitation]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def outbox() -> list[Path]:
    return list((settings().data_dir / "outbox").glob("*.eml"))


def test_an_import_accounts_for_every_row_and_the_same_again_registers_nobody(app: Flask, table: Path) -> None:
    checked = json.loads(run(app, "consultees", "import", str(table), "--dry-run", "--json").stdout)
    assert (checked["dry_run"], checked["taken"], count(Consultee)) == (True, 3, 0)
    done = run(app, "consultees", "import", str(table), "--json")
    assert done.exit_code == 0
    printed = json.loads(done.stdout)
    assert [(row["row"], row["outcome"]) for row in printed["account"]] == [(2, "taken"), (3, "taken"), (4, "taken")]
    assert "校验位" in printed["account"][2]["reason"]
    again = json.loads(run(app, "consultees", "import", str(table), "--json").stdout)
    assert (again["taken"], again["already"], again["refused"], count(Consultee)) == (0, 3, 0, 3)
    assert "第 4 行 写错的公司" in run(app, "consultees", "import", str(table)).stdout


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("没有名称.csv", "代码,电话\n1,2\n".encode(), "表头现有：代码、电话"),
        ("截断.xlsx", b"PK\x03\x04 cut off", "截断.xlsx"),
        ("全错.csv", "企业名称,统一社会信用代码\n,123\n".encode(), "未登记任何一行"),
    ],
)
def test_a_table_that_gives_nobody_ends_with_1_and_says_why(
    app: Flask, tmp_path: Path, name: str, data: bytes, words: str
) -> None:
    (tmp_path / name).write_bytes(data)
    result = run(app, "consultees", "import", str(tmp_path / name))
    assert result.exit_code == 1
    assert words in result.stderr
    assert "Traceback" not in result.output
    assert count(Consultee) == 0


def test_a_path_where_no_file_is_and_a_column_nobody_knows_are_refused(app: Flask, table: Path) -> None:
    gone = run(app, "consultees", "import", str(table.with_name("没有.csv")))
    assert (gone.exit_code, "没有这个文件" in gone.stderr) == (1, True)
    typed = run(app, "consultees", "import", str(table), "--map", "colour=颜色")
    assert (typed.exit_code, "字段=列名" in typed.stderr) == (2, True)


def test_who_is_named_is_invited_once_and_the_letter_goes_out_once(
    app: Flask, table: Path, consultation: Consultation
) -> None:
    run(app, "consultees", "import", str(table))
    invite = ("consultees", "invite", consultation.slug, "--json", "--consultee")
    made = run(app, *invite, "91350100m000100y43", "--consultee", "丰源饭店")
    assert made.exit_code == 0, made.stderr
    assert [invited["name"] for invited in json.loads(made.stdout)["invited"]] == ["和顺餐饮有限公司", "丰源饭店"]
    again = run(app, *invite, "丰源饭店")
    assert again.exit_code == 1
    assert json.loads(again.stdout)["refused"][0]["reason"] in again.stderr
    sent = [json.loads(run(app, "consultees", "remind", "--json").stdout)["invitations"] for _ in range(2)]
    assert [[invitation["sent"] for invitation in group] for group in sent] == [[True, True], []]
    assert (len(outbox()), count(Invitation)) == (2, 2)


def test_a_letter_that_fails_is_told_with_exit_1_and_the_others_go_out(
    app: Flask, table: Path, consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(app, "consultees", "import", str(table))
    for name in ("和顺餐饮有限公司", "丰源饭店"):
        run(app, "consultees", "invite", consultation.slug, "--consultee", name)
    with a_mail_server(monkeypatch) as post:
        post.refuses = {"a@example.com": "451 later"}
        failed = run(app, "consultees", "remind", "--json")
        assert failed.exit_code == 1
        assert "和顺餐饮有限公司" in failed.stderr
        assert "451" in failed.stderr
        assert [invitation["sent"] for invitation in json.loads(failed.stdout)["invitations"]] == [False, True]
        assert [envelope.rcpt_tos for envelope in post.taken] == [["b@example.com"]]
        post.refuses = {}
        again = run(app, "consultees", "remind")
        assert (again.exit_code, again.stderr) == (0, "")
        assert [envelope.rcpt_tos for envelope in post.taken[1:]] == [["a@example.com"]]


def test_nobody_to_invite_an_unknown_name_and_an_unknown_slug_are_refused(
    app: Flask, consultation: Consultation
) -> None:
    for arguments, words in (
        ((consultation.slug,), "无未邀请的单位"),
        ((consultation.slug, "--consultee", "没有这一家"), "名录里没有“没有这一家”"),
        (("no-such",), "没有编号为“no-such”的征求意见"),
    ):
        result = run(app, "consultees", "invite", *arguments)
        assert (result.exit_code, words in result.stderr) == (1, True), result.output
    assert run(app, "consultees", "remind", "--by", "nobody").exit_code == 1
    assert count(Invitation) == 0
