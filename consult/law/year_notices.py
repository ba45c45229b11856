"""Checks the State Council's notice of a year, as it was entered: its days off and its make-up working days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from consult.law.calendar import ONE_DAY, SATURDAY, WEEKDAYS, Calendar

LISTED = 8
"""Days that one message lists."""
NEAR_A_HOLIDAY = timedelta(days=21)
"""How far from a holiday a day that is worked instead was at most, in all notices so far (days)."""


@dataclass(frozen=True, slots=True)
class NoticeCheck:
    """What is wrong with a notice (`faults`: refused) and what is unusual in it (`warnings`: to look at again)."""

    faults: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def check(year: int, rest: Sequence[date], work: Sequence[date], calendar: Calendar) -> NoticeCheck:
    """Check a notice of a year against the statutory holidays of `calendar` and the shape of a notice."""
    if not rest and not work:
        return NoticeCheck((f"没有日期，请照{year}年的放假通知填写放假日和上班日",))
    faults = list(faults_of_days(year, rest, work))
    statutory = calendar.statutory(year)
    missing = [day for day in statutory if day not in rest]
    if missing:
        faults.append(f"放假日缺少法定节日：{_named(missing, statutory)}（逢双休日的也要列出）")
    worked = [day for day in statutory if day in work]
    if worked:
        faults.append(f"法定节日不能是上班日：{_named(worked, statutory)}")
    return NoticeCheck(tuple(faults), () if faults else _warnings(rest, work, statutory))


def faults_of_days(year: int, rest: Sequence[date], work: Sequence[date]) -> tuple[str, ...]:
    """Return in Chinese what is wrong with the days by themselves: year, doubles, make-up days on working days."""
    faults = []
    outside = sorted({day for day in (*rest, *work) if day.year != year})
    if outside:
        faults.append(f"不是{year}年的日期：{_listed(outside)}（上一年年底的调休，请在上一年的安排中补登）")
    for days, name in ((rest, "放假日"), (work, "上班日")):
        twice = sorted(day for day, n in Counter(days).items() if n > 1)
        if twice:
            faults.append(f"{name}中重复的日期：{_listed(twice)}")
    both = sorted(set(rest) & set(work))
    if both:
        faults.append(f"既列为放假日又列为上班日：{_listed(both)}")
    weekdays = sorted({day for day in work if day.weekday() < SATURDAY} - set(both))
    if weekdays:
        faults.append(f"调休上班日应当是星期六或者星期日：{_listed(weekdays)}")
    return tuple(faults)


def _warnings(rest: Sequence[date], work: Sequence[date], statutory: Mapping[date, str]) -> tuple[str, ...]:
    warnings = []
    more = sum(day.weekday() < SATURDAY for day in rest) - len(work)
    days = sum(len(names.split("、")) for names in statutory.values())
    if more != days:
        warnings.append(f"放假占用的工作日比调休上班日多{more}天，法定放假是{days}天，请核对是否漏列")
    statutory = {**statutory, date(max(statutory).year + 1, 1, 1): "元旦"}  # a notice's last days may belong to it
    apart = [day for day in sorted(rest) if not _beside(day, set(rest), set(work), statutory)]
    if apart:
        warnings.append(f"不与法定节日相连的放假日：{_listed(apart)}，请核对")
    far = [day for day in sorted(work) if all(abs(day - known) > NEAR_A_HOLIDAY for known in statutory)]
    if far:
        warnings.append(f"离法定节日较远的上班日：{_listed(far)}，请核对")
    return tuple(warnings)


def _beside(day: date, rest: set[date], work: set[date], statutory: Mapping[date, str]) -> bool:
    """Whether a day off belongs to a stretch of rest with a statutory holiday in it."""
    for step in (ONE_DAY, -ONE_DAY):
        at = day
        while at in rest or at in statutory or (at.weekday() >= SATURDAY and at not in work):
            if at in statutory:
                return True
            at += step
    return False


def _listed(days: Sequence[date]) -> str:
    words = "、".join(f"{day.isoformat()}（星期{WEEKDAYS[day.weekday()]}）" for day in days[:LISTED])
    return words + (f"等{len(days)}天" if len(days) > LISTED else "")


def _named(days: Sequence[date], statutory: Mapping[date, str]) -> str:
    return "、".join(f"{day.isoformat()}（{statutory[day]}，星期{WEEKDAYS[day.weekday()]}）" for day in days)
