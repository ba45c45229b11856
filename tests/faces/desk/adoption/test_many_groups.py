"""A provision with more groups than a page holds: every group is on some page, the opinions follow the last."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from consult.adoption import groups
from consult.faces.desk.adoption import panes
from tests.builders import an_open_consultation
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
