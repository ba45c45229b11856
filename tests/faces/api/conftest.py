"""A consultation that is open, and what a program says to the interface."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from consult.accounts.models import Role
from consult.accounts.permissions import Actor
from consult.clock import now
from consult.drafting.models import Consultation
from tests.builders import an_actor, an_open_consultation


@pytest.fixture
def drafter(app: Flask) -> Actor:
    return an_actor(Role.DRAFTER)


@pytest.fixture
def publisher(app: Flask) -> Actor:
    return an_actor(Role.PUBLISHER)


@pytest.fixture
def moderator(app: Flask) -> Actor:
    return an_actor(Role.MODERATOR)


@pytest.fixture
def consultation(drafter: Actor, publisher: Actor) -> Consultation:
    """A consultation that opened ten days ago."""
    return an_open_consultation(drafter, publisher, at=now() - timedelta(days=10), slug="canteen")
