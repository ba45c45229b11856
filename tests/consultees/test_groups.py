"""Saved groups of consultees: those that a division asks again and again."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from flask import Flask

from consult.accounts.models import Role
from consult.accounts.permissions import Actor
from consult.consultees import groups, register
from consult.consultees import service as hearing
from consult.consultees.errors import ConsulteeRefused
from consult.consultees.models import Consultee, ConsulteeKind
from consult.drafting.models import Consultation
from tests.builders import NOON, an_actor


def enterprise(drafter: Actor, name: str) -> Consultee:
    return register.add(drafter, register.Entry(name, ConsulteeKind.ENTERPRISE), at=NOON)


def test_a_list_is_saved_under_a_name_and_a_second_time_replaces_it(drafter: Actor, consultation: Consultation) -> None:
    first, second = enterprise(drafter, "甲公司"), enterprise(drafter, "乙公司")
    hearing.add(drafter, consultation, [(first, ""), (second, "")], at=NOON)
    groups.save(drafter, " 餐饮 企业 ", groups.listed(consultation), at=NOON)
    again = groups.save(drafter, "餐饮 企业", [second], at=NOON + timedelta(hours=1))
    assert [(group.id, group.name) for group in groups.offered(drafter)] == [(again.id, "餐饮 企业")]
    assert groups.members(groups.named(drafter, "餐饮 企业")) == [second]
    for name, members in (("", [first]), ("空", [])):
        with pytest.raises(ConsulteeRefused):
            groups.save(drafter, name, members, at=NOON)


def test_another_division_sees_none_of_it_and_who_left_the_register_is_not_asked(
    drafter: Actor, consultation: Consultation
) -> None:
    first, second = enterprise(drafter, "甲公司"), enterprise(drafter, "乙公司")
    saved = groups.save(drafter, "餐饮", [first, second], at=NOON)
    elsewhere = an_actor(Role.DRAFTER, "elsewhere", "别处")
    assert list(groups.offered(elsewhere)) == []
    with pytest.raises(ConsulteeRefused, match="没有常用名单"):
        groups.named(elsewhere, "餐饮")
    with pytest.raises(ConsulteeRefused, match="本处室"):
        groups.retire(elsewhere, saved, at=NOON)
    register.retire(drafter, first, "注销", at=NOON)
    assert groups.members(saved) == [second]


def test_the_command_saves_and_invites_by_a_group(app: Flask, drafter: Actor, consultation: Consultation) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        result = app.test_cli_runner().invoke(args=["consultees", *arguments])
        return result.exit_code, result.stdout

    enterprise(drafter, "甲公司")
    code, shown = run("group", "--save", "餐饮", "--consultee", "甲公司", "--json")
    assert (code, json.loads(shown)["groups"][0]["consultees"]) == (0, ["甲公司"])
    code, shown = run("invite", consultation.slug, "--group", "餐饮", "--method", "letter", "--json")
    assert [row["name"] for row in json.loads(shown)["invited"]] == ["甲公司"]
    assert run("invite", consultation.slug, "--group", "没有的")[0] == 1
    assert run("group", "--retire", "餐饮")[1].strip() == "没有常用名单。"
