"""The working-day calendar against the State Council's notices of several years."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.law.calendar import Calendar, DayKind, published, weekday

KINDS = [
    ("2026-11-24", "working", "a Tuesday"),
    ("2026-11-28", "rest", "a Saturday"),
    ("2026-10-01", "rest", "National Day"),
    ("2026-10-10", "working", "make-up Saturday"),
    ("2026-09-20", "working", "make-up Sunday"),
    ("2026-01-02", "rest", "a Friday off for New Year"),
    ("2026-01-04", "working", "make-up Sunday"),
    ("2015-09-03", "rest", "the holiday of 2015 alone"),
    ("2020-01-31", "rest", "Spring Festival of 2020 as extended"),
    ("2003-12-31", "unknown", "before the first notice"),
    ("2199-01-01", "unknown", "no notice yet"),
]


@pytest.mark.parametrize(("day", "kind", "why"), KINDS)
def test_what_a_day_is(day, kind, why):
    assert published().day_kind(date.fromisoformat(day)) == kind, why


COUNTED = [
    ("2026-11-24", 20, "2026-12-22", "no holiday on the way"),
    ("2026-09-24", 20, "2026-10-29", "over Mid-Autumn, National Day and one make-up Saturday"),
    ("2026-09-24", 7, "2026-10-12", "the legality review over both holidays"),
    ("2026-02-13", 1, "2026-02-14", "the next day is a make-up Saturday"),
    ("2026-02-14", 1, "2026-02-24", "over Spring Festival"),
    ("2026-04-30", 1, "2026-05-06", "over Labour Day"),
    ("2026-05-08", 2, "2026-05-11", "a make-up Saturday and a Monday"),
    ("2025-12-31", 1, "2026-01-04", "over New Year into a make-up Sunday"),
    ("2026-10-08", -1, "2026-09-30", "back over National Day"),
    ("2026-10-12", -1, "2026-10-10", "back to a make-up Saturday"),
    ("2026-11-28", 0, "2026-11-28", "nothing to count"),
]


@pytest.mark.parametrize(("start", "n", "day", "why"), COUNTED)
def test_counting_working_days(start, n, day, why):
    assert published().add_working_days(date.fromisoformat(start), n).day == date.fromisoformat(day), why


def test_a_count_that_runs_into_a_year_without_a_calendar_is_unknown():
    calendar = Calendar(published().rest, published().work, frozenset({2026}))
    answer = calendar.add_working_days(date(2026, 12, 15), 20)
    assert not answer.known
    assert answer.unknown_year == 2027
    assert answer.counted == 12


@given(st.dates(date(2005, 1, 1), date(2025, 12, 1)), st.integers(-200, 200))
def test_counting_there_and_asking_how_far_agree(start, n):
    day = published().add_working_days(start, n).day
    if day is None or n == 0:
        return
    assert published().day_kind(day) is DayKind.WORKING
    low, high = (start, day) if n > 0 else (day - timedelta(days=1), start - timedelta(days=1))
    between = (low + timedelta(days=ahead) for ahead in range(1, (high - low).days + 1))
    assert sum(published().day_kind(inside) is DayKind.WORKING for inside in between) == abs(n)


def test_too_long_a_count_is_refused():
    with pytest.raises(ValueError, match="工作日数"):
        published().add_working_days(date(2026, 1, 1), 10_001)


def test_a_day_is_described_in_words():
    assert published().describe(date(2026, 10, 1)) == "国庆节假期"
    assert published().describe(date(2026, 10, 10)) == "调休上班日"
    assert published().describe(date(2026, 11, 28)) == "休息日"
    assert published().describe(date(2199, 1, 1)) == "2199年放假安排尚未公布"
    assert weekday(date(2026, 11, 24)) == "星期二"
