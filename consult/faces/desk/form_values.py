"""What somebody typed or chose in a form written by hand, as values; what can't be one is refused in words."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

from consult import clock
from consult.accounts.errors import Refused

Kind = TypeVar("Kind", bound=StrEnum)


def one_of(kind: type[Kind], typed: str, default: Kind, words: str) -> Kind:
    """Return what was chosen of a list, ``default`` for nothing.

    Raises:
        Refused: it isn't on the list; ``words`` names the list.
    """
    try:
        return kind(typed) if typed else default
    except ValueError:
        raise Refused(f"{words}没有“{typed[:30]}”这一项，请重新选择。") from None


def day(typed: str) -> date | None:
    """Return the day that was typed, None for nothing.

    Raises:
        Refused: it is no day.
    """
    try:
        return clock.usable_day(date.fromisoformat(typed.strip())) if typed.strip() else None
    except ValueError:
        raise Refused(f"“{typed[:30]}”不是日期，请写成 2026-12-01 这样。") from None


def moment(typed: str, what: str) -> datetime:
    """Return the local moment that was typed, aware.

    Raises:
        Refused: it is none; ``what`` says what for.
    """
    try:
        value = datetime.fromisoformat(typed.strip())
    except ValueError:
        raise Refused(f"请写明{what}的日期和时间。") from None
    if not 2000 <= value.year <= 2200:
        raise Refused(f"{what}的时间 {value:%Y-%m-%d} 不对，请核对年份。")
    return value.replace(tzinfo=clock.LOCAL)
