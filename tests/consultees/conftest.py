"""Who asks, and the consultation that enterprises and associations are heard on."""

from __future__ import annotations

import pytest
from flask import Flask

from consult.accounts.models import Role
from consult.accounts.permissions import Actor
from consult.drafting.models import Consultation
from tests.builders import an_actor, an_open_consultation


@pytest.fixture
def drafter(app: Flask) -> Actor:
    """The drafter whose consultation it is."""
    return an_actor(Role.DRAFTER)


@pytest.fixture
def consultation(drafter: Actor) -> Consultation:
    """A consultation that enterprises must be heard on."""
    return an_open_consultation(drafter, an_actor(Role.PUBLISHER), enterprise_related=True)
