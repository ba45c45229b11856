"""The search on the home page finds what is meant, however it is typed."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from consult import clock
from consult.accounts.models import Role
from consult.drafting.queries import PublicList, listing
from tests.builders import NOON, an_actor, an_open_consultation


@pytest.mark.parametrize(
    ("typed", "is_found"),
    [
        ("食堂", True),
        ("社區食堂", True),
        ("食品樣品", True),
        ("２０２７年", True),
        ("電梯", False),
        ("食堂 電梯", False),
    ],
)
def test_traditional_characters_and_full_width_find_what_the_draft_says(app: Flask, typed: str, is_found: bool) -> None:
    consultation = an_open_consultation(an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER))
    listed = listing(PublicList.OPEN, NOON, words=typed)
    assert listed == ([consultation] if is_found else [])


def test_the_page_itself_takes_traditional_characters(client: FlaskClient) -> None:
    an_open_consultation(an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER), at=clock.now(), slug="canteen")
    assert "/consultations/canteen" in client.get("/?q=社區食堂").text
    assert "/consultations/canteen" not in client.get("/?q=電梯").text
