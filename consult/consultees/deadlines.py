"""The deadline of an invitation, in working days of the calendar in force."""

from __future__ import annotations

import re
from datetime import date, timedelta

from consult.app_context import rules
from consult.calendars.in_force import calendar
from consult.clock import local
from consult.consultees.errors import InvitationRefused
from consult.consultees.models import Invitation
from consult.law.calendar import Calendar
from consult.law.periods import in_words

_PROVISIONAL = re.compile(r"暂计至([^（]*)（(\d{4})年放假安排尚未公布）")
_COUNTED = re.compile(r"次日起(\d+)个工作日")


def deadline(start: date) -> tuple[date, str]:
    """Return the last day to answer, in working days from ``start``, and the count in Chinese.

    Where the calendar isn't published that far, weekends and statutory holidays are left out, and the text says so.
    """
    return _counted(start, rules().invitation.working_days, calendar())


def _counted(start: date, n: int, by: Calendar) -> tuple[date, str]:
    answer = by.add_working_days(start, n)
    begins = f"自{in_words(start)}次日起{n}个工作日，"
    if answer.known:
        return answer.presumed, f"{begins}至{in_words(answer.presumed)}"
    return answer.presumed, f"{begins}暂计至{in_words(answer.presumed)}（{answer.unknown_year}年放假安排尚未公布）"


def recount(invitation: Invitation, by: Calendar) -> tuple[date, str]:
    """Return the last day to answer by another calendar, and the count in Chinese: never a day of rest.

    A deadline that somebody chose, or extended, only moves past rest. It may be earlier than the deadline given, which
    then stands.
    """
    last = local(invitation.answer_by - timedelta(microseconds=1)).date()
    counted = _COUNTED.search(invitation.deadline_words)
    if counted is None:
        day = by.after_rest(last)
        return day, f"顺延至{in_words(day)}"
    day, words = _counted(local(invitation.created_at).date(), int(counted[1]), by)
    rolled = by.after_rest(last)
    return (day, words) if day >= rolled or day < last else (rolled, f"{words}，顺延至{in_words(rolled)}")


def count_in_words(invitation: Invitation) -> str:
    """Return the count of a deadline in words, as far as its years' notices are out by now."""

    def past(match: re.Match[str]) -> str:
        known = int(match[2]) in calendar().years
        return f"至{match[1]}（当时{match[2]}年放假安排尚未公布）" if known else match[0]

    return _PROVISIONAL.sub(past, invitation.deadline_words)


def is_provisional(invitation: Invitation) -> bool:
    """Whether the last day to answer falls in a year whose holidays aren't announced yet."""
    return local(invitation.answer_by - timedelta(microseconds=1)).year not in calendar().years


def check_working_day(day: date, what: str = "") -> None:
    """Refuse a day of rest as the last day to answer, also one that is presumed to be.

    Raises:
        InvitationRefused: names the working day after it.
    """
    after = calendar().after_rest(day)
    if after != day:
        raise InvitationRefused(f"{what}{day.isoformat()} 是休息日，请改为工作日，例如 {after.isoformat()}。")
