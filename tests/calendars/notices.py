"""A notice of 2027 that was invented for tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from consult.calendars.service import YearNotice
from tests.law.test_holidays import REST, WORK

BASIS = "国务院办公厅关于2027年部分节假日安排的通知（国办发明电〔2026〕7号）"
ISSUED = date(2026, 11, 4)


def days(*written: str) -> tuple[date, ...]:
    """Return ISO dates as days."""
    return tuple(map(date.fromisoformat, written))


def a_notice(**changed: object) -> YearNotice:
    """Return the notice of 2027."""
    return replace(YearNotice(2027, days(*REST), days(*WORK), BASIS, ISSUED), **changed)  # type: ignore[arg-type]
