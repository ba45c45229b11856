"""Days and numbers as people type them."""

from __future__ import annotations

from datetime import date

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import Form
from wtforms.fields.choices import SelectChoice

from consult.faces.desk.form_fields import DayField, DaysField, OneOfField


class Sample(Form):
    """One field of each kind."""

    day = DayField()
    days = DaysField()
    choice = OneOfField(choices=[SelectChoice("a", "甲"), SelectChoice("b", "乙")])


def typed(**values: str) -> Sample:
    """Return the form with what was typed, checked."""
    form = Sample(MultiDict({"choice": "a"} | values))
    form.validate()
    return form


@pytest.mark.parametrize("text", ["2026-12-01", "2026年12月1日", "2026/12/1", " 2026.12.01 ", "2026 年 12 月 1 日"])
def test_a_day_is_understood_however_it_is_written(text: str) -> None:
    assert typed(day=text).day.data == date(2026, 12, 1)


@pytest.mark.parametrize("text", ["12-01", "2026-13-01", "2026-02-29", "明天", "2026-12-01T10:00", "0000-01-01"])
def test_what_is_no_day_is_shown_again_as_it_was_typed(text: str) -> None:
    field = typed(day=text).day
    assert field.data is None
    assert "不是日期" in field.errors[0]
    assert field._value() == text


@pytest.mark.parametrize(("text", "days"), [("30", 30), (" 45日", 45), ("20 天", 20), ("", None)])
def test_a_number_of_days_is_understood(text: str, days: int | None) -> None:
    assert typed(days=text).days.data == days


@pytest.mark.parametrize("text", ["三十", "-5", "3.5", "1e3", "9999999"])
def test_what_is_no_number_of_days_is_said(text: str) -> None:
    field = typed(days=text).days
    assert field.data is None
    assert "不是天数" in field.errors[0]
    assert field._value() == text


def test_a_choice_that_is_not_offered_is_refused_in_plain_words() -> None:
    assert typed(choice="c").choice.errors == ["请从列出的几项里选一项。"]
    assert not typed(choice="b").choice.errors
