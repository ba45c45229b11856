"""A provision with more groups than a page holds: every group is on some page, the opinions follow the last."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from consult.adoption import groups, service, undo
from consult.adoption.models import Opinion, Outcome
from consult.faces.desk.adoption import panes
from consult.store import db
from tests.builders import an_open_consultation
from tests.consultees.test_doubles import statements
from tests.faces.desk.adoption.test_workspace import DESK
from tests.faces.desk.conftest import SignIn, Staff
from tests.world import AFTER, PUBLISHED, accepted, opinions_of


def test_every_group_is_on_one_page_and_opinions_follow_the_last(
    app: Flask, staff: Staff, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panes, "GROUPS", 2)
    consultation = an_open_consultation(staff.of("drafter"), staff.of("publisher"), at=PUBLISHED, slug="canteens")
    for number in range(5):
        for _ in range(2):
            accepted(consultation, ("art-3", f"第{number}种意见：菜价要公示。"))
        groups.create_group(staff.of("drafter"), opinions_of(consultation)[-2:], f"第{number}组", at=AFTER)
    accepted(consultation, ("art-3", "单独的意见。"))
    client, address, seen, opinions = signed_in("drafter"), f"{DESK}?at=art-3", [], []
    for _ in range(5):
        page = client.get(address).text
        seen.append(re.findall(r"<b>第(\d)组</b>", page))
        opinions.append("单独的意见" in re.sub(r"(?s)id=\"work\".*", "", page))
        following = re.search(r'rel="next"\s+href="([^"]+)"', page)
        if following is None:
            break
        address = following[1].replace("&amp;", "&")
    assert seen == [["0", "1"], ["2", "3"], ["4"]]
    assert opinions == [False, False, True]


def test_the_next_open_line_is_found_past_any_number_of_decided_ones_and_before_this_page(
    app: Flask, staff: Staff, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panes, "PAGE", 2)
    consultation = an_open_consultation(staff.of("drafter"), staff.of("publisher"), at=PUBLISHED, slug="canteens")
    for number in range(30):
        accepted(consultation, ("art-3", f"第{number}条意见。"))
    keys = [opinion.id for opinion in opinions_of(consultation)]
    client, asked = signed_in("drafter"), {}

    def next_after(key: int, place: str) -> str:
        data = {"outcome": "adopted", "reason": ""}
        with statements() as noted:
            answer = client.post(f"{DESK}/opinions/{key}/decide?{place}", data=data)
        assert answer.status_code == 303, answer.text
        asked[key] = len(noted)
        address = answer.headers["Location"]
        assert f"open=o{address.split('open=o')[1].split('#')[0]}" in client.get(address).text
        return address

    def opened(address: str) -> int:
        return int(address.split("open=o")[1].split("#")[0])

    assert opened(next_after(keys[0], "at=all")) == keys[1]
    for key in keys[2:6]:
        service.decide(staff.of("drafter"), db.session.get_one(Opinion, key), Outcome.ADOPTED, "", at=AFTER)
    assert opened(next_after(keys[1], "at=all")) == keys[6]
    for key in keys[7:28]:
        service.decide(staff.of("drafter"), db.session.get_one(Opinion, key), Outcome.ADOPTED, "", at=AFTER)
    assert opened(next_after(keys[6], f"at=all&after={keys[5]}")) == keys[28]
    assert asked[keys[6]] <= asked[keys[1]] + 2, "past ten pages it asks as often as past two"
    taken_back = db.session.get_one(Opinion, keys[3])
    undo.undo_many(staff.of("drafter"), [service.current(taken_back)], at=AFTER)  # type: ignore[list-item]
    service.decide(staff.of("drafter"), db.session.get_one(Opinion, keys[28]), Outcome.ADOPTED, "", at=AFTER)
    assert opened(next_after(keys[29], f"at=all&after={keys[27]}")) == keys[3]
