"""The days of a year are read out of lines as a notice has them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.text.day_lists import as_lines, read_days, stretches


def iso(text, year=2027):
    days, unread = read_days(text, year)
    return [day.isoformat()[5:] for day in days], list(unread)


LINES = [
    ("2027-02-05", ["02-05"]),
    ("2月5日", ["02-05"]),
    ("2月5日（除夕、星期五）至2月7日（星期日）", ["02-05", "02-06", "02-07"]),
    ("2月5日至7日", ["02-05", "02-06", "02-07"]),
    ("2027-02-27 至 2027-03-01", ["02-27", "02-28", "03-01"]),
    ("２０２７年２月５日、２月２０日", ["02-05", "02-20"]),
    ("2027/2/5,2027.2.6;2027-02-07", ["02-05", "02-06", "02-07"]),
    ("\n 2月5日 \r\n\n2月6日\n", ["02-05", "02-06"]),
    ("", []),
]


@pytest.mark.parametrize(("text", "days"), LINES)
def test_days_and_stretches_are_read(text, days):
    assert iso(text) == (days, [])


@pytest.mark.parametrize(
    "text", ["春节", "2月30日", "5日", "2月7日至5日", "2月5日至12月5日", "13月1日", "2027-02-05-2027", "46000"]
)
def test_what_is_no_day_is_named(text):
    assert iso(text) == ([], [text])


def test_a_day_of_another_year_stays_one_of_it():
    assert read_days("2026-02-05", 2027) == ((date(2026, 2, 5),), ())


@given(st.sets(st.dates(date(2027, 1, 1), date(2027, 12, 31)), max_size=40))
def test_lines_are_read_back(days):
    read, unread = read_days(as_lines(days), 1999)
    assert (sorted(set(read)), unread) == (sorted(days), ())
    assert len(read) == len(days)
    assert sum((last - first).days + 1 for first, last in stretches(days)) == len(days)
