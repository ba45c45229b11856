"""A department that has a virus scanner: fixtures for every room that scans."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from consult.app_context import settings
from tests.clamd import listening


@pytest.fixture(scope="module")
def scanner() -> Iterator[str]:
    """Where a scanner listens."""
    with listening() as address:
        yield address


@pytest.fixture
def with_scanner(app: Flask, scanner: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name the scanner in the settings."""
    monkeypatch.setattr(settings(), "clamd_address", scanner)
    return scanner
