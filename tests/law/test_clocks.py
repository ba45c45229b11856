"""The statutory clocks other than the comment period."""

from dataclasses import replace
from datetime import date

import pytest

from consult.law import loading
from consult.law.clocks import compute
from consult.law.months import add_months

CLOCKS = loading.national().clocks
CALENDAR = loading.national().calendar


def test_information_is_disclosed_within_twenty_working_days():
    clock = compute(CLOCKS["disclosure"], date(2026, 9, 24), CALENDAR)
    assert clock.day == date(2026, 10, 29)
    assert "其间中秋节、国庆节放假不计，调休上班日10月10日计入" in clock.arithmetic
    assert clock.basis == "《政府信息公开条例》第二十六条"
    assert clock.satisfied(date(2026, 10, 29))
    assert not clock.satisfied(date(2026, 10, 30))


def test_hearing_material_arrives_seven_days_before():
    clock = compute(CLOCKS["hearing-material"], date(2026, 11, 24), CALENDAR)
    assert clock.day == date(2026, 11, 17)
    assert clock.satisfied(date(2026, 11, 17))
    assert not clock.satisfied(date(2026, 11, 18))


def test_hearing_material_due_in_a_holiday_is_advised_for_the_working_day_before():
    clock = compute(CLOCKS["hearing-material"], date(2026, 10, 12), CALENDAR)
    assert clock.day == date(2026, 10, 5)
    assert clock.advised == date(2026, 9, 30)
    assert "国庆节假期，宜提前至9月30日" in clock.arithmetic


def test_the_legality_review_has_seven_working_days():
    clock = compute(CLOCKS["legality-review"], date(2026, 11, 20), CALENDAR)
    assert clock.day == date(2026, 12, 1)
    assert not clock.satisfied(date(2026, 11, 30))
    assert clock.satisfied(date(2026, 12, 1))


def test_network_logs_are_kept_for_six_months():
    clock = compute(CLOCKS["network-logs"], date(2026, 8, 31), CALENDAR)
    assert clock.day == date(2027, 2, 28)
    assert "没有对应日，以月末日为准" in clock.arithmetic


def test_a_clock_that_runs_into_a_year_without_a_calendar_has_no_day():
    calendar = replace(CALENDAR, years=frozenset({2026}))
    clock = compute(CLOCKS["disclosure"], date(2026, 12, 15), calendar)
    assert clock.day is None
    assert clock.provisional == date(2027, 1, 13)
    assert "2027年放假安排尚未公布" in clock.arithmetic
    assert clock.satisfied(date(2026, 12, 16)) is None


@pytest.mark.parametrize(
    ("start", "months", "day"),
    [
        ("2026-08-31", 6, "2027-02-28"),
        ("2027-08-31", 6, "2028-02-29"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2026-12-31", 2, "2027-02-28"),
        ("2026-06-30", 6, "2026-12-30"),
        ("2026-03-31", -1, "2026-02-28"),
    ],
)
def test_a_month_ends_on_the_corresponding_day_or_the_months_last(start, months, day):
    assert add_months(date.fromisoformat(start), months) == date.fromisoformat(day)
