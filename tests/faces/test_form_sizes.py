"""A form of a million fields is refused before it costs anything, however it is sent; long forms are taken."""

from __future__ import annotations

import tracemalloc

import pytest
from flask import request
from flask.testing import FlaskClient

from consult.bounded_forms import FIELDS

FORM = "application/x-www-form-urlencoded"
ADDRESSES = ("/receipts", "/desk/sign-in", "/portal/sign-in", "/consultations/none/comment")
BOMBS = {
    "a million fields": b"&".join(b"a%d=1" % n for n in range(1_000_000)),
    "forty million separators": b"&" * 40_000_000,
    "a value of forty megabytes": b"a=" + b"x" * 40_000_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_form_beyond_measure_is_refused_and_not_parsed(client: FlaskClient, name: str) -> None:
    for address in ADDRESSES:
        client.get(address)
        tracemalloc.start()
        refused = client.post(address, data=BOMBS[name], content_type=FORM)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert refused.status_code == 413, address
        assert peak < 64 << 20, "the body's beginning, and nothing made of it"


def test_a_long_form_is_read_whole(client: FlaskClient) -> None:
    typed = {f"field{n}": "意见" * 50 for n in range(FIELDS)}
    with client.application.test_request_context("/", method="POST", data=typed):
        assert request.form.to_dict() == typed


def test_one_field_more_is_not(client: FlaskClient) -> None:
    assert client.post("/receipts", data={f"field{n}": "a" for n in range(FIELDS + 1)}).status_code == 413
