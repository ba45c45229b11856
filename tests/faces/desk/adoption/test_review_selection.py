"""The reviewer's filter and the page that confirms all that meets it."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from consult.adoption import service
from consult.adoption.models import Decision, Outcome
from consult.drafting.models import Consultation
from consult.store import db
from tests.builders import an_open_consultation
from tests.faces.desk.conftest import SignIn, Staff
from tests.world import AFTER, PUBLISHED, accepted, opinions_of

REVIEW = "/desk/consultations/canteens/adoption/review"
TEXTS = {"art-3": "菜价要公示在门口。", "art-1": "应当便民。", "": "总体赞成这个办法。"}


@pytest.fixture
def canteens(app: Flask, staff: Staff) -> Consultation:
    consultation = an_open_consultation(staff.of("drafter"), staff.of("publisher"), at=PUBLISHED, slug="canteens")
    for anchor, text in TEXTS.items():
        accepted(consultation, (anchor, text))
    for opinion in opinions_of(consultation):
        outcome = Outcome.ADOPTED if opinion.anchor else Outcome.EXPLAINED
        service.decide(staff.of("drafter"), opinion, outcome, "现行规定已经写明，见第三条。", at=AFTER)
    return consultation


def version(page: str) -> str:
    match = re.search(r'name="seen" value="([0-9a-f]{64})"', page)
    assert match is not None
    return match[1]


def states() -> list[str]:
    db.session.rollback()
    return [state.value for state in db.session.scalars(db.select(Decision.state).order_by(Decision.id))]


def test_the_list_is_narrowed_and_keeps_the_filter(canteens: Consultation, staff: Staff, signed_in: SignIn) -> None:
    client = signed_in("legal")
    for query, texts in (
        ("outcome=explained", [TEXTS[""]]),
        ("at=draft", [TEXTS[""]]),
        ("at=art-3", [TEXTS["art-3"]]),
        (f"author={staff.drafter.id}&outcome=adopted", [TEXTS["art-3"], TEXTS["art-1"]]),
        (f"author={staff.colleague.id}", []),
        ("group=groups", []),
        ("outcome=nonsense&author=x&group=x", list(TEXTS.values())),
    ):
        page = client.get(f"{REVIEW}?{query}").text
        assert re.findall(r'<span class="excerpt">([^<]+)</span>', page) == texts, query
    assert "adoption/review/all?outcome=explained" in client.get(f"{REVIEW}?outcome=explained").text


def test_all_that_meets_the_filter_is_counted_and_confirmed(canteens: Consultation, signed_in: SignIn) -> None:
    client = signed_in("legal")
    page = client.get(f"{REVIEW}/all?outcome=adopted").text
    assert "<strong>2 条处理</strong>" in page
    assert re.findall(r"<tr><td>(第[^<]+)</td><td class=\"num\">1</td>", page) == ["第三条", "第一条"]
    answer = client.post(f"{REVIEW}/all?outcome=adopted", data={"seen": version(page)}, follow_redirects=True)
    assert "已复核同意 2 条" in answer.text
    assert states() == ["reviewed", "reviewed", "proposed"]


def test_what_changed_meanwhile_is_shown_again_to_be_confirmed(
    canteens: Consultation, staff: Staff, signed_in: SignIn
) -> None:
    client = signed_in("legal")
    seen = version(client.get(f"{REVIEW}/all").text)
    service.decide(staff.of("colleague"), opinions_of(canteens)[2], Outcome.ADOPTED, "", at=AFTER)
    answer = client.post(f"{REVIEW}/all", data={"seen": seen})
    assert (answer.status_code, "符合条件的处理有变动" in answer.text) == (400, True)
    assert "reviewed" not in states()
    client.post(f"{REVIEW}/all", data={"seen": version(answer.text)})
    assert states().count("reviewed") == 3


def test_a_form_without_what_was_seen_confirms_nothing(canteens: Consultation, signed_in: SignIn) -> None:
    assert signed_in("legal").post(f"{REVIEW}/all").status_code == 400
    assert signed_in("auditor").post(f"{REVIEW}/all").status_code == 403
    assert signed_in("drafter").get(f"{REVIEW}/all").text.count("无符合条件的处理") == 1
    assert states() == ["proposed"] * 3
