"""Fields that say in plain words what is wrong with what was typed."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from wtforms import Field, RadioField, StringField
from wtforms.validators import ValidationError
from wtforms.widgets import DateInput, NumberInput

from consult.clock import usable_day

_DAY = re.compile(r"\s*(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?\s*")
_DIGITS = re.compile(r"\s*\d{1,6}\s*[日天]?\s*")


class DayField(Field):
    """A local day: from the browser's calendar, or typed as 2026-12-01 or 2026年12月1日."""

    widget = DateInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return self.data.isoformat() if self.data is not None else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed; nothing is ``None``."""
        self.data: date | None = None
        typed = valuelist[0] if valuelist else ""
        if not typed.strip():
            return
        match = _DAY.fullmatch(typed)
        try:
            self.data = usable_day(date(int(match[1]), int(match[2]), int(match[3]))) if match else None
        except ValueError:
            self.data = None
        if self.data is None:
            raise ValueError(f"“{typed[:30]}”不是日期，请写成 2026-12-01 这样。")


class DaysField(Field):
    """A number of days."""

    widget = NumberInput()

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return str(self.data) if self.data is not None else ""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed; nothing is ``None``."""
        self.data: int | None = None
        typed = valuelist[0] if valuelist else ""
        if not typed.strip():
            return
        if not _DIGITS.fullmatch(typed):
            raise ValueError(f"“{typed[:30]}”不是天数，请写阿拉伯数字，例如 30。")
        self.data = int(typed.strip().rstrip("日天"))


class OneOfField(RadioField):
    """One of several, all in sight."""

    def pre_validate(self, form: Any) -> None:
        """Refuse what isn't one of them."""
        if self.data and self.data not in {value for value, *_ in self.iter_choices()}:
            raise ValidationError("请从列出的几项里选一项。")


class PlainField(StringField):
    """One line of text, without blanks around it."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take the line without outer blanks."""
        self.data: str | None = str(valuelist[0]).strip() if valuelist else self.data
