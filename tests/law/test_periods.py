"""Comment periods, counted by hand against the State Council's holiday notices.

Sources: 《民法典》第二百零一条、第二百零三条; the notices of the State Council's office on the holidays of
2023 (国办发明电〔2022〕16号), 2024 (国办发明电〔2023〕7号),
2025 (国办发明电〔2024〕12号), 2026 (国办发明电〔2025〕7号).
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.law import loading, periods
from consult.law.calendar import DayKind, published
from consult.law.periods import BelowMinimum, PeriodError, ReasonMissing, period
from consult.law.rule_rows import Basis, CalendarYear, PeriodRule

CALENDAR = loading.national().calendar

# published, days, nominal last day, last day, why
WORKED = [
    ("2026-11-24", 30, "2026-12-24", "2026-12-24", "a Thursday worked"),
    ("2026-10-28", 30, "2026-11-27", "2026-11-27", "a Friday worked"),
    ("2026-10-29", 30, "2026-11-28", "2026-11-30", "a Saturday off: Monday"),
    ("2026-10-30", 30, "2026-11-29", "2026-11-30", "a Sunday off: Monday"),
    ("2026-12-01", 30, "2026-12-31", "2026-12-31", "31 December, a Thursday worked"),
    ("2025-12-01", 30, "2025-12-31", "2025-12-31", "31 December 2025, a Wednesday worked"),
    ("2025-12-02", 30, "2026-01-01", "2026-01-04", "New Year 1–3 January; Sunday the 4th is worked"),
    ("2025-12-05", 30, "2026-01-04", "2026-01-04", "a Sunday that is worked (调休)"),
    ("2026-01-15", 30, "2026-02-14", "2026-02-14", "a Saturday that is worked before Spring Festival"),
    ("2026-01-16", 30, "2026-02-15", "2026-02-24", "Spring Festival 15–23 February"),
    ("2026-01-24", 30, "2026-02-23", "2026-02-24", "the last day of Spring Festival"),
    ("2026-01-29", 30, "2026-02-28", "2026-02-28", "a Saturday that is worked, month's end"),
    ("2026-01-30", 30, "2026-03-01", "2026-03-02", "a Sunday off after a worked Saturday"),
    ("2026-03-05", 30, "2026-04-04", "2026-04-07", "Tomb-sweeping 4–6 April"),
    ("2026-04-01", 30, "2026-05-01", "2026-05-06", "Labour Day 1–5 May"),
    ("2026-04-09", 30, "2026-05-09", "2026-05-09", "a Saturday that is worked after Labour Day"),
    ("2026-04-10", 30, "2026-05-10", "2026-05-11", "the Sunday after it is off"),
    ("2026-05-20", 30, "2026-06-19", "2026-06-22", "Dragon Boat 19–21 June"),
    ("2026-05-31", 30, "2026-06-30", "2026-06-30", "published on a month's last day"),
    ("2026-08-21", 30, "2026-09-20", "2026-09-20", "a Sunday that is worked before National Day"),
    ("2026-08-26", 30, "2026-09-25", "2026-09-28", "Mid-Autumn 25–27 September"),
    ("2026-09-01", 30, "2026-10-01", "2026-10-08", "National Day 1–7 October"),
    ("2026-09-10", 30, "2026-10-10", "2026-10-10", "a Saturday that is worked after National Day"),
    ("2026-09-11", 30, "2026-10-11", "2026-10-12", "the Sunday after it is off"),
    ("2025-01-02", 30, "2025-02-01", "2025-02-05", "Spring Festival 28 January – 4 February 2025"),
    ("2025-01-09", 30, "2025-02-08", "2025-02-08", "a Saturday that is worked in 2025"),
    ("2025-09-01", 30, "2025-10-01", "2025-10-09", "National Day with Mid-Autumn, 1–8 October 2025"),
    ("2025-09-11", 30, "2025-10-11", "2025-10-11", "a Saturday that is worked in 2025"),
    ("2024-01-11", 30, "2024-02-10", "2024-02-18", "Spring Festival 10–17 February 2024; Sunday the 18th is worked"),
    ("2024-01-30", 30, "2024-02-29", "2024-02-29", "29 February of a leap year"),
    ("2023-12-01", 30, "2023-12-31", "2024-01-02", "31 December 2023 is a Sunday before New Year's Day"),
    ("2022-12-01", 30, "2022-12-31", "2023-01-03", "New Year 31 December 2022 – 2 January 2023"),
    ("2026-11-24", 7, "2026-12-01", "2026-12-01", "a shortened period"),
    ("2026-11-24", 4, "2026-11-28", "2026-11-30", "a shortened period that ends on a Saturday"),
    ("2026-08-01", 60, "2026-09-30", "2026-09-30", "sixty days, the day before National Day"),
]


@pytest.mark.parametrize(("start", "days", "nominal", "last", "why"), WORKED)
def test_a_worked_deadline(start, days, nominal, last, why):
    computed = period(date.fromisoformat(start), days, calendar=CALENDAR)
    assert computed.nominal_last_day == date.fromisoformat(nominal), why
    assert computed.last_day == date.fromisoformat(last), why
    assert computed.calendar_known


UNKNOWN = [
    ("2026-12-02", "2027-01-01", "2027-01-04", "1 January is a holiday by law, then a weekend"),
    ("2026-12-05", "2027-01-04", "2027-01-04", "a Monday: may yet turn out to be rest"),
    ("2026-12-10", "2027-01-09", "2027-01-11", "a Saturday: may yet turn out to be worked"),
    ("2027-04-01", "2027-05-01", "2027-05-03", "1 and 2 May are holidays by law"),
    ("2027-09-01", "2027-10-01", "2027-10-04", "1 to 3 October are holidays by law"),
    ("2027-01-09", "2027-02-08", "2027-02-09", "8 February 2027 is 正月初三, a holiday by law"),
    ("2027-01-06", "2027-02-05", "2027-02-09", "除夕, then the three days of 春节"),
    ("2027-03-06", "2027-04-05", "2027-04-06", "清明"),
    ("2027-05-10", "2027-06-09", "2027-06-10", "端午"),
    ("2027-08-16", "2027-09-15", "2027-09-16", "中秋"),
]


@pytest.mark.parametrize(("start", "nominal", "last", "why"), UNKNOWN)
def test_a_deadline_in_a_year_without_a_calendar_is_provisional_and_says_so(start, nominal, last, why):
    calendar = replace(CALENDAR, years=frozenset(range(2004, 2027)))
    computed = period(date.fromisoformat(start), 30, calendar=calendar)
    assert (computed.nominal_last_day, computed.last_day) == (date.fromisoformat(nominal), date.fromisoformat(last)), (
        why
    )
    assert not computed.calendar_known
    assert "2027年放假安排尚未公布" in computed.arithmetic
    assert "重新计算" in computed.arithmetic


def test_a_calendar_published_later_settles_a_provisional_deadline():
    notice = CalendarYear(
        "2027",
        (Basis(note="invented for this test"),),
        rest=(date(2027, 1, 1), date(2027, 1, 4), date(2027, 1, 5)),
        work=(date(2027, 1, 9),),
    )
    calendar = published().extended({"2027": notice})
    assert period(date(2026, 12, 2), 30, calendar=calendar).last_day == date(2027, 1, 6)
    settled = period(date(2026, 12, 10), 30, calendar=calendar)
    assert settled.last_day == date(2027, 1, 9)
    assert settled.calendar_known


def test_the_count_of_a_provisional_period_speaks_of_the_past_once_the_notice_is_out():
    unknown = replace(CALENDAR, years=frozenset(range(2004, 2027)))
    stored = period(date(2026, 12, 5), 30, calendar=unknown).arithmetic
    assert periods.as_of_now(stored, unknown) == stored
    known = replace(CALENDAR, years=CALENDAR.years | {2027})
    assert "（当时2027年放假安排尚未公布" in periods.as_of_now(stored, known)
    assert "重新计算" not in periods.as_of_now(stored, known)
    of_an_earlier_release = stored.replace("双休日和法定节日", "双休日和固定日期的法定节日")
    assert "重新计算" not in periods.as_of_now(of_an_earlier_release, known)


def test_the_day_of_publication_does_not_count_and_the_period_begins_the_next_day():
    assert period(date(2026, 11, 24), 30, calendar=CALENDAR).arithmetic.startswith(
        "公布日2026年11月24日不计入，自11月25日起算30日，第30日为12月24日（星期四"
    )


def test_the_words_tell_why_a_last_day_moved():
    arithmetic = period(date(2026, 9, 1), 30, calendar=CALENDAR).arithmetic
    assert "10月1日（星期四，国庆节假期）" in arithmetic
    assert "顺延至休息日结束的次日，即10月8日（星期四）" in arithmetic


def test_the_words_name_a_weekend_day_that_is_worked():
    assert "9月20日（星期日，调休上班日），即为最后一日" in period(date(2026, 8, 21), 30, calendar=CALENDAR).arithmetic


def test_the_words_name_the_year_where_it_changes():
    assert "2026年1月4日" in period(date(2025, 12, 5), 30, calendar=CALENDAR).arithmetic


def test_a_period_closes_at_midnight_in_shanghai():
    computed = period(date(2026, 11, 24), 30, calendar=CALENDAR)
    assert computed.closes_at == datetime(2026, 12, 24, 16, tzinfo=UTC)


@pytest.mark.parametrize("days", [0, -1, 3651])
def test_a_senseless_number_of_days_is_refused(days):
    with pytest.raises(PeriodError, match="征求意见期限"):
        period(date(2026, 11, 24), days, calendar=CALENDAR)


def test_the_basis_names_the_rule_and_the_civil_code():
    rule = loading.national().period("major-decision")
    assert (
        "《重大行政决策程序暂行条例》第十五条第一款"
        in period(date(2026, 11, 24), 30, rule=rule, calendar=CALENDAR).basis
    )
    assert "《民法典》第二百零三条" in period(date(2026, 11, 24), 30, rule=rule, calendar=CALENDAR).basis


@given(st.dates(date(2004, 1, 1), date(2026, 12, 31)), st.integers(1, 400))
def test_a_last_day_is_never_rest_and_never_before_the_count_ends(start, days):
    computed = period(start, days, calendar=CALENDAR)
    assert computed.nominal_last_day - start == timedelta(days=days)
    assert computed.last_day >= computed.nominal_last_day
    assert published().day_kind(computed.last_day) is not DayKind.REST
    skipped = (computed.last_day - computed.nominal_last_day).days
    if computed.calendar_known:
        moved = [computed.nominal_last_day + timedelta(days=n) for n in range(skipped)]
        assert all(published().day_kind(day) is DayKind.REST for day in moved)


@given(st.dates(date(2004, 1, 1), date(2030, 12, 31)), st.integers(1, 400))
def test_one_more_day_never_ends_a_period_earlier(start, days):
    assert period(start, days, calendar=CALENDAR).last_day <= period(start, days + 1, calendar=CALENDAR).last_day


def test_thirty_days_are_enough_everywhere():
    law = loading.national()
    for kind in law.periods:
        periods.check_minimum(law.period(kind), 30)


@pytest.mark.parametrize("kind", ["rules-draft", "administrative-regulation", "law-draft", "enterprise-related"])
def test_where_the_law_knows_no_urgent_case_no_reason_helps(kind):
    with pytest.raises(BelowMinimum, match="不得缩短"):
        periods.check_minimum(loading.national().period(kind), 29, "情况紧急")


def test_an_urgent_major_decision_may_be_shorter_with_a_reason():
    periods.check_minimum(loading.national().period("major-decision"), 10, "台风将至，须在汛期前施行")


@pytest.mark.parametrize("reason", [None, "", "  \n", "——！"])
def test_a_shorter_major_decision_without_a_reason_is_refused(reason):
    with pytest.raises(ReasonMissing, match="请填写缩短期限的理由"):
        periods.check_minimum(loading.national().period("major-decision"), 29, reason)


def test_a_major_decision_tied_to_enterprises_may_not_be_shortened():
    with pytest.raises(BelowMinimum, match="优化营商环境条例"):
        periods.check_minimum(loading.national().period("major-decision", enterprise_related=True), 10, "紧急")


def test_a_reason_reaches_no_lower_than_the_stricter_of_two_rules():
    rule = PeriodRule("both", (Basis("甲", "第一条"),), "甲", 45, shortening="紧急", floor=30)
    periods.check_minimum(rule, 30, "紧急情况")
    with pytest.raises(BelowMinimum, match="不得少于30日"):
        periods.check_minimum(rule, 29, "紧急情况")
