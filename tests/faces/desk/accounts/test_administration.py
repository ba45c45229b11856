"""Accounts and divisions on the desk; one's own password."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import select

from consult.accounts import service as accounts
from consult.accounts.models import Division, User
from consult.clock import now
from consult.store import db
from tests.faces.desk.conftest import PASSWORD, SignIn, Staff

NEW = {"name": "新来的", "username": "xinlai", "role": "moderator", "division": "信息中心"}


def shown_password(page: str) -> str:
    """Return the password that a page shows."""
    match = re.search(r"data-password>([^<]+)<", page)
    assert match is not None
    return match[1]


def user(username: str) -> User:
    """Return an account as it is stored now."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(User).where(User.username == username)).one()


def test_a_new_account_gets_a_password_that_is_shown_once_and_works(app: Flask, signed_in: SignIn) -> None:
    client = signed_in("admin")
    answer = client.post("/desk/accounts", data=NEW)
    password = shown_password(answer.text)
    assert accounts.sign_in("xinlai", password, None, at=now()).name == "新来的"
    assert password not in client.get("/desk/accounts").text
    with client.session_transaction() as session:
        assert password not in str(dict(session)), "a cookie is no place for a password"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"username": "drafter"}, "已经有人用了"),
        ({"username": "有 空格"}, "不能用"),
        ({"name": ""}, "请填写姓名"),
        ({"role": ""}, "请选择角色"),
        ({"division": ""}, "请写明处室"),
        ({"division": "长" * 81}, "处室名称最多 80 字"),
    ],
)
def test_what_is_wrong_with_a_new_account_is_said_beside_what_was_typed(
    signed_in: SignIn, changes: dict[str, str], words: str
) -> None:
    answer = signed_in("admin").post("/desk/accounts", data=NEW | changes)
    assert answer.status_code == 400
    assert words in answer.text
    for name in ("name", "username", "division"):
        assert f'value="{(NEW | changes)[name]}"' in answer.text


def test_a_closed_account_is_out_at_once_and_can_be_opened_again(signed_in: SignIn, staff: Staff) -> None:
    admin, drafter = signed_in("admin"), signed_in("drafter")
    assert drafter.get("/desk/").status_code == 200
    key = staff.drafter.id
    assert admin.post(f"/desk/accounts/{key}/deactivate").status_code == 303
    assert drafter.get("/desk/").status_code == 302
    assert "已停用" in admin.get("/desk/accounts").text
    admin.post(f"/desk/accounts/{key}/reactivate")
    assert drafter.get("/desk/").status_code == 302, "the session of before stays over"
    assert signed_in("drafter").get("/desk/").status_code == 200


def test_closing_an_account_is_asked_before_it_is_done(signed_in: SignIn, staff: Staff) -> None:
    page = signed_in("admin").get("/desk/accounts").text
    asked = re.search(
        rf"<details[^>]*>((?!</details>).)*/desk/accounts/{staff.drafter.id}/deactivate.*?</details>", page, re.S
    )
    assert asked is not None
    assert "立即退出登录" in asked[0]
    assert "确定停用" in asked[0]


def test_nobody_closes_their_own_account(signed_in: SignIn, staff: Staff) -> None:
    page = signed_in("admin").post(f"/desk/accounts/{staff.admin.id}/deactivate", follow_redirects=True)
    assert "不能停用自己的账号" in page.text
    assert user("admin").active


def test_a_reset_password_ends_the_sessions_of_before(signed_in: SignIn, staff: Staff) -> None:
    admin, drafter = signed_in("admin"), signed_in("drafter")
    assert drafter.get("/desk/").status_code == 200
    password = shown_password(admin.post(f"/desk/accounts/{staff.drafter.id}/password").text)
    assert drafter.get("/desk/").status_code == 302
    assert accounts.sign_in("drafter", password, None, at=now())


def test_divisions_are_added_and_renamed(signed_in: SignIn, staff: Staff) -> None:
    client = signed_in("admin")
    assert client.post("/desk/accounts/divisions", data={"name": "燃气处"}).status_code == 303
    taken = client.post("/desk/accounts/divisions", data={"name": "燃气处"})
    assert taken.status_code == 400
    assert "已经有“燃气处”了" in taken.text
    assert "请填写处室名称" in client.post("/desk/accounts/divisions", data={"name": " "}).text
    key = db.session.scalars(select(Division.id).where(Division.name == "燃气处")).one()
    client.post(f"/desk/accounts/divisions/{key}", data={"name": "燃气和供热处"})
    assert "燃气和供热处" in client.get("/desk/accounts").text
    again = client.post(f"/desk/accounts/divisions/{key}", data={"name": "保障处"}, follow_redirects=True)
    assert "已经有“保障处”了" in again.text


@pytest.mark.parametrize("name", ["drafter", "moderator", "publisher", "legal", "auditor"])
def test_only_an_administrator_comes_near_accounts(signed_in: SignIn, staff: Staff, name: str) -> None:
    client, key = signed_in(name), staff.drafter.id
    before = user("drafter").password_hash
    assert client.get("/desk/accounts").status_code == 403
    for path in ("", f"/{key}/password", f"/{key}/deactivate", f"/{key}/reactivate", "/divisions", "/divisions/1"):
        assert client.post(f"/desk/accounts{path}", data=NEW).status_code == 403, path
    assert user("drafter").active
    assert user("drafter").password_hash == before
    assert "/desk/accounts" not in client.get("/desk/").text


def test_everybody_changes_their_own_password_and_stays_signed_in(app: Flask, signed_in: SignIn) -> None:
    client, elsewhere = signed_in("auditor"), signed_in("auditor")
    form = {"present": PASSWORD, "fresh": "another horse 9", "again": "another horse 9"}
    for wrong, words in (
        ({"present": "wrong"}, "现在的密码不对"),
        ({"again": "something else"}, "两次输入的新密码不一致"),
        ({"fresh": "short", "again": "short"}, "密码要有 10 到 200 个字符"),
        ({"present": ""}, "请填写现在的密码"),
    ):
        answer = client.post("/desk/password", data=form | wrong)
        assert answer.status_code == 400
        assert words in answer.text
    assert client.post("/desk/password", data=form).status_code == 303
    assert client.get("/desk/").status_code == 200
    assert elsewhere.get("/desk/").status_code == 302
    assert accounts.sign_in("auditor", "another horse 9", None, at=now())
