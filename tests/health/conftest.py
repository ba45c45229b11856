"""Sites that things are taken away from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backup.sites import Sites


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[Sites]:
    """Makes sites in a folder of the test."""
    made = Sites(tmp_path)
    yield made
    made.close()
