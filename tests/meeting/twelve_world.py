"""The consultation with 12 consultees for the tests of what is made of it, built once a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.meeting import twelve
from tests.meeting.twelve import Twelve
from tests.snapshot import Kept, kept


@pytest.fixture(scope="module")
def twelve_world(session_app: Flask) -> Iterator[Kept[Twelve]]:
    """The consultation, brought to the meeting once, and a way back to it."""
    with kept(session_app, twelve.build) as world:
        yield world


@pytest.fixture
def made(twelve_world: Kept[Twelve]) -> Iterator[Twelve]:
    """The consultation as it was brought to the meeting."""
    with twelve_world.turn() as made:
        yield made
