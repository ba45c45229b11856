"""The deadline of an invitation, in working days."""

from __future__ import annotations

from datetime import date, timedelta

from consult.app_context import rules
from consult.consultees.errors import InvitationRefused
from consult.law.calendar import DayKind
from consult.law.periods import in_words


def deadline(start: date) -> tuple[date, str]:
    """Return the last day to answer, in working days from ``start``, and the count in Chinese.

    Where the calendar isn't published that far, weekdays are counted, and the text says so.
    """
    n = rules().invitation.working_days
    answer = rules().calendar.add_working_days(start, n)
    if answer.day is not None:
        return answer.day, f"自{in_words(start)}次日起{n}个工作日，至{in_words(answer.day)}"
    day, left = start, n
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < 5
    return day, f"自{in_words(start)}次日起{n}个工作日，暂计至{in_words(day)}（{day.year}年放假安排尚未公布）"


def check_working_day(day: date, what: str = "") -> None:
    """Refuse a day of rest as the last day to answer.

    Raises:
        InvitationRefused: names the working day after it.
    """
    calendar = rules().calendar
    if calendar.day_kind(day) is not DayKind.REST:
        return
    after = calendar.add_working_days(day, 1).day
    advice = f"，例如 {after.isoformat()}" if after is not None else ""
    raise InvitationRefused(f"{what}{day.isoformat()} 是休息日，请改为工作日{advice}。")
