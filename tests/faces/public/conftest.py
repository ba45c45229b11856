"""The public's world: an open consultation, and one whose feedback is published."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from consult.accounts.models import Role
from consult.accounts.permissions import Actor
from consult.app import create_app
from consult.app_context import settings
from consult.drafting.models import Consultation
from consult.faces.guards import limiter
from tests.builders import NOON, an_actor, an_open_consultation


@dataclass(frozen=True)
class Staff:
    """The people behind the pages."""

    drafter: Actor
    publisher: Actor
    moderator: Actor
    legal: Actor


@pytest.fixture
def staff(app: Flask) -> Staff:
    """A drafter, a publisher, a moderator and a lawyer of one division."""
    return Staff(
        drafter=an_actor(Role.DRAFTER),
        publisher=an_actor(Role.PUBLISHER),
        moderator=an_actor(Role.MODERATOR),
        legal=an_actor(Role.LEGAL),
    )


@pytest.fixture
def canteen(staff: Staff) -> Consultation:
    """A consultation that opened at noon of 1 September 2026 and takes opinions until the end of 8 October."""
    return an_open_consultation(staff.drafter, staff.publisher, slug="canteen")


@pytest.fixture
def limited(app: Flask) -> Iterator[FlaskClient]:
    """A browser on the same site with its rate limits on."""
    strict = create_app(settings().model_copy(update={"ratelimit_enabled": True}))
    strict.config["WTF_CSRF_ENABLED"] = False
    yield strict.test_client()
    limiter.reset()
    limiter.enabled = False


def field(page: str, name: str) -> str:
    """Return the value of an input of a page."""
    match = re.search(rf'<input[^>]*name="{re.escape(name)}"[^>]*value="([^"]*)"', page)
    assert match, f"no input {name}"
    return html.unescape(match[1])


def fill(client: FlaskClient, slug: str = "canteen", **fields: object) -> TestResponse:
    """Open the form, write into it and send it, as a browser without script does."""
    page = client.get(f"/consultations/{slug}/comment").text
    typed: dict[str, object] = {
        "verb": "send",
        "token": field(page, "token"),
        "pieces-0-anchor": "",
        "pieces-0-content": "建议周末也开放。",
        "sender_kind": "person",
    }
    return client.post(f"/consultations/{slug}/comment", data=typed | fields, content_type="multipart/form-data")


A_DAY_IN = NOON + timedelta(days=1)
