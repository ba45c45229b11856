"""The last day to answer is counted in the department's own calendar."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from flask import Flask

from consult.consultees.deadlines import check_working_day, deadline
from consult.consultees.errors import InvitationRefused
from consult.consultees.reminders import working_days_before
from consult.law import loading

NOTICE = """
[[calendar]]
id = "2027"
rest = ["2027-03-03", "2027-03-04"]
work = ["2027-03-06"]
basis = [{ note = "放假通知" }]
"""
BEFORE = date(2027, 3, 2)


@pytest.fixture
def own_calendar(app: Flask, tmp_path: Path) -> Iterator[None]:
    """The department's rule file holds the notice of a year that the platform's calendar doesn't know."""
    file = tmp_path / "rules.toml"
    file.write_text(NOTICE, encoding="utf-8")
    app.extensions["consult.rules"] = loading.load(file)
    yield
    del app.extensions["consult.rules"]


@pytest.mark.usefixtures("app")
def test_a_year_that_is_not_published_is_counted_in_weekdays_and_said_to_be() -> None:
    last, words = deadline(BEFORE)
    assert last == date(2027, 3, 16)
    assert "2027年放假安排尚未公布" in words


@pytest.mark.usefixtures("own_calendar")
def test_the_departments_own_notice_counts() -> None:
    last, words = deadline(BEFORE)
    assert last == date(2027, 3, 17)
    assert "尚未公布" not in words
    assert working_days_before(date(2027, 3, 8), 2) == date(2027, 3, 5)
    check_working_day(date(2027, 3, 6))
    with pytest.raises(InvitationRefused, match="例如 2027-03-05"):
        check_working_day(date(2027, 3, 3))
