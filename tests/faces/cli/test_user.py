"""``flask user``."""

from __future__ import annotations

import json

import pyotp
import pytest
from flask import Flask

from consult.accounts import queries, second_factor, service
from consult.accounts.models import Division
from consult.clock import now
from consult.store import db, transaction

CREATE = ["user", "create", "--username", "chen", "--name", "陈一", "--role", "drafter", "--division", "建设处"]


def test_a_created_account_signs_in_with_the_password_given(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=[*CREATE, "--password", "correct horse 8", "--json"])
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["username"] == "chen"
    assert "password" not in document
    assert service.sign_in("chen", "correct horse 8", None, at=now()).name == "陈一"


def test_without_a_password_one_is_generated_and_shown_once(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=[*CREATE, "--json"])
    assert service.sign_in("chen", json.loads(result.stdout)["password"], None, at=now())


def test_a_refusal_goes_to_standard_error_with_exit_code_1(app: Flask) -> None:
    app.test_cli_runner().invoke(args=CREATE)
    result = app.test_cli_runner().invoke(args=CREATE)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "已经有人用了" in result.stderr


def test_who_meets_another_at_the_same_moment_is_told_so_without_a_traceback(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of_the_same_name(*_: object, **__: object) -> None:
        with transaction() as session:
            session.add_all([Division(name="建设处"), Division(name="建设处")])

    monkeypatch.setattr(service, "create_user", of_the_same_name)
    result = app.test_cli_runner().invoke(args=CREATE)
    assert result.exit_code == 1
    assert "他人同时办理了同一事项" in result.stderr


def test_an_unknown_role_is_wrong_usage(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["user", "create", "--username", "x", "--name", "x", "--role", "king"])
    assert result.exit_code == 2


def test_accounts_are_listed_with_their_state(app: Flask) -> None:
    app.test_cli_runner().invoke(args=CREATE)
    assert app.test_cli_runner().invoke(args=["user", "deactivate", "chen"]).exit_code == 0
    result = app.test_cli_runner().invoke(args=["user", "list", "--json"])
    assert [(u["username"], u["active"]) for u in json.loads(result.stdout)["users"]] == [("chen", False)]
    assert "已停用" in app.test_cli_runner().invoke(args=["user", "list"]).stdout


def test_a_lost_second_factor_is_removed_on_the_host(app: Flask) -> None:
    runner = app.test_cli_runner()
    runner.invoke(args=[*CREATE, "--password", "correct horse 8"])
    remove = ["user", "remove-second-factor", "chen"]
    without = runner.invoke(args=remove)
    assert (without.exit_code, without.stdout) == (1, "")
    assert "没有设置两步验证" in without.stderr
    user = queries.by_username("chen")
    assert user is not None
    offer = second_factor.offer(user)
    code = pyotp.TOTP(second_factor.offered_secret(user, offer)).at(now())
    second_factor.set_up_totp(user, "correct horse 8", offer, code, at=now())
    done = runner.invoke(args=remove)
    assert done.exit_code == 0, done.output
    db.session.rollback()
    assert not queries.has_second_factor(user)
