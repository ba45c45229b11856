"""The record on the desk: filtered, by key, for those who may."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import consult
from consult.accounts.permissions import SYSTEM, Act
from consult.adoption.models import DecisionState, Outcome
from consult.clock import now
from consult.drafting.models import State
from consult.faces.audit_wording import ACTS, _shown
from consult.intake.models import SubmissionState
from consult.ledger.queries import PAGE
from consult.ledger.service import record
from consult.reporting.models import ReportState
from consult.store import db, transaction
from tests.faces.desk.conftest import SignIn, Staff
from tests.faces.desk.making import received, released


def test_the_record_has_a_word_for_every_state_and_outcome() -> None:
    states = [*State, *SubmissionState, *DecisionState, *ReportState]
    assert [state for state in states if _shown("state", state.value).isascii()] == []
    assert [outcome for outcome in Outcome if _shown("outcome", outcome.value).isascii()] == []


def recorded_acts() -> set[str]:
    """Return every act that the stages name where they write to the record, and those that need a permission."""
    acts: set[str] = set()
    for source in Path(consult.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or len(node.args) < 2:
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if not called.lstrip("_").startswith("record"):
                continue
            act = node.args[1]
            if isinstance(act, ast.Constant):
                acts.add(str(act.value))
            elif isinstance(act, ast.Attribute) and act.attr in Act.__members__:
                acts.add(Act[act.attr].value)
    return acts


def test_the_record_has_a_word_for_every_act() -> None:
    acts = recorded_acts()
    assert {"submission.receive", "consultee.invite"} <= acts
    assert acts - set(ACTS) == set()


def rows(page: str) -> int:
    """Return how many lines of the record a page shows."""
    return page.count('data-head="操作"')


def test_the_record_tells_who_did_what_in_words(signed_in: SignIn, staff: Staff) -> None:
    slug = released(staff).slug
    page = signed_in("auditor").get("/desk/ledger").text
    for words in ("审核发布", "发布甲", "送审", "起草甲", "新建征求意见", "社区食堂管理办法", "创建账号"):
        assert words in page
    assert f"/desk/consultations/{slug}" in page
    assert "角色 起草处室" in page
    assert "角色 drafter" not in page
    assert not re.search(r"<b>[a-z_]+\.[a-z_]+</b>", page), "every act has its words"


def test_it_is_filtered_by_consultation_and_by_kind(signed_in: SignIn, staff: Staff) -> None:
    consultation, other = released(staff), released(staff)
    received(consultation, 3)
    client = signed_in("admin")
    assert rows(client.get(f"/desk/ledger?consultation={consultation.slug}").text) == 7
    assert rows(client.get(f"/desk/ledger?consultation={other.slug}").text) == 4
    assert rows(client.get(f"/desk/ledger?consultation={consultation.slug}&act=submission.").text) == 3
    unknown = client.get("/desk/ledger?consultation=2099-999")
    assert "没有编号为“2099-999”的征求意见" in unknown.text
    assert client.get("/desk/ledger?act=%27;drop&before=x").status_code == 200


def test_pages_follow_one_another_and_show_everything_once(signed_in: SignIn, staff: Staff) -> None:
    with transaction():
        for n in range(PAGE * 2):
            record(SYSTEM, "consultation.edit", f"consultation:{n}", at=now())
    client = signed_in("auditor")
    address, seen = "/desk/ledger?act=consultation.", []
    while address:
        page = client.get(address).text
        seen += re.findall(r'<span class="muted">(\d+)</span></td>', page)
        following = re.search(r'href="([^"]+)" [^>]*>更早的', page)
        address = following[1].replace("&amp;", "&") if following else ""
    assert seen == [str(n) for n in reversed(range(PAGE * 2))]


@pytest.mark.parametrize(("name", "status"), [("drafter", 403), ("moderator", 403), ("publisher", 403), ("legal", 200)])
def test_the_whole_record_is_for_a_few(signed_in: SignIn, name: str, status: int) -> None:
    assert signed_in(name).get("/desk/ledger").status_code == status


def test_the_record_of_a_consultation_is_for_whoever_may_see_it(signed_in: SignIn, staff: Staff) -> None:
    slug = released(staff).slug
    db.session.rollback()
    page = signed_in("drafter").get(f"/desk/consultations/{slug}/ledger")
    assert rows(page.text) == 4
    assert signed_in("other_drafter").get(f"/desk/consultations/{slug}/ledger").status_code == 404
