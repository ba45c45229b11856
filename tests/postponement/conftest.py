"""A platform whose own calendar ends with 2026, whatever the package of notices knows by now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from consult.law import calendar, rules


@pytest.fixture(autouse=True)
def until_2026() -> Iterator[None]:
    """Let the published calendar end with 2026."""
    known = calendar.published()
    shorter = replace(known, years=frozenset(year for year in known.years if year <= 2026))
    with pytest.MonkeyPatch.context() as patch:  # some fixtures undo what the common one did
        patch.setattr(rules, "published", lambda: shorter)
        yield
