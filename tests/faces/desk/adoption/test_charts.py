"""The page of charts: each bar and row leads to what it counts, and words to where they are said."""

from __future__ import annotations

import re

from flask import Flask

from tests.builders import an_open_consultation
from tests.faces.desk.adoption.test_workspace import DESK
from tests.faces.desk.conftest import SignIn, Staff
from tests.world import PUBLISHED, accepted


def test_each_part_leads_to_its_rows_and_each_word_to_where_it_is_said(
    app: Flask, staff: Staff, signed_in: SignIn
) -> None:
    consultation = an_open_consultation(staff.of("drafter"), staff.of("publisher"), at=PUBLISHED, slug="canteens")
    for n in range(8):
        accepted(consultation, ("art-3", f"食堂应当公示菜品价格，第{n}条。"), name="李四")
        accepted(consultation, ("art-2", f"助餐场所太少，第{n}处。"))
    client = signed_in("drafter")
    page = client.get(f"{DESK}/charts").text
    assert page.count("<svg xmlns") + page.count('class="chart"') >= 5
    assert "李四" not in page
    svgs = "".join(re.findall(r"(?s)<svg[^>]*class=\"chart\".*?</svg>", page))
    assert not re.search(r"<script|<style|style=|http://(?!www\.w3\.org/2000/svg)", svgs)
    rows = {*re.findall(r'href="(/desk/consultations/canteens/report/figures/[^"]+)"', page)}
    assert {address.rpartition("/")[2].partition(".")[0] for address in rows} == {
        "provision", "day", "channel", "sender", "undecided",
    }  # fmt: skip
    for address in rows:
        listed = client.get(address)
        assert listed.status_code == 200, address

    assert "助餐场所太少" in client.get(next(each for each in rows if each.endswith("provision.art-2"))).text
    words = client.get(f"{DESK}/charts?at=art-3").text
    assert re.search(r"words=[^\"]+\">价格</a>", words)
    assert ">助餐</a>" not in words
    assert client.get(f"{DESK}/charts?at=art-99").status_code == 404
    assert client.get("/desk/consultations/canteens/report/figures/day.nonsense").status_code == 404
    assert signed_in("other_drafter").get(f"{DESK}/charts").status_code == 404
