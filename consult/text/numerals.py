"""Reads and writes Chinese, Arabic and enclosed numerals as statutes use them."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

CHINESE: Final = "〇零○Ｏ一二三四五六七八九十百千万两壹贰叁肆伍陆柒捌玖拾佰仟"
ARABIC: Final = "0123456789０１２３４５６７８９"
NUMERALS: Final = f"{CHINESE}{ARABIC}"
"""Every character of a written number, for a regex character class."""

_VALUE: Final = {
    **{c: i for i, c in enumerate("零一二三四五六七八九")},
    **{c: i for i, c in enumerate("〇壹贰叁肆伍陆柒捌玖")},
    "○": 0,
    "Ｏ": 0,
    "两": 2,
}
_UNIT: Final = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000, "万": 10000}

_ENCLOSED: Final = {
    **{chr(0x2460 + i): i + 1 for i in range(20)},  # ① … ⑳
    **{chr(0x2474 + i): i + 1 for i in range(20)},  # ⑴ … ⒇
    **{chr(0x2488 + i): i + 1 for i in range(20)},  # ⒈ … ⒛
    **{chr(0x3220 + i): i + 1 for i in range(10)},  # ㈠ … ㈩
    **{chr(0x2776 + i): i + 1 for i in range(10)},  # ❶ … ❿
    **{chr(0x3280 + i): i + 1 for i in range(10)},  # ㊀ … ㊉
    **{chr(0x3251 + i): i + 21 for i in range(15)},  # ㉑ … ㉟
}


@lru_cache(maxsize=4096)
def read_number(written: str) -> int | None:
    """Read a whole number as a statute writes it.

    `written` may be Chinese numerals (第一百零五, 二〇, 百零二, 两千), Arabic ones in either
    width, or one enclosed numeral (①, ⑴, ㈠); spaces inside are ignored (第 一 条).
    Returns None if it is not a number.
    """
    compact = "".join(written.split())
    if not compact:
        return None
    if len(compact) == 1 and compact in _ENCLOSED:
        return _ENCLOSED[compact]
    if all(c in ARABIC for c in compact):
        return int(compact)
    if all(c in _VALUE for c in compact):
        return _read_digit_by_digit(compact)
    return _read_with_units(compact)


def _read_digit_by_digit(written: str) -> int:
    """二〇二四 → 2024; a single digit is itself."""
    value = 0
    for c in written:
        value = value * 10 + _VALUE[c]
    return value


def _read_with_units(written: str) -> int | None:
    """一百零五 → 105, 百零二 → 102, 十二 → 12, 一万二千 → 12000."""
    total = section = digit = 0
    seen_digit = False
    for c in written:
        if c in _VALUE:
            if seen_digit and digit:
                return None
            digit, seen_digit = _VALUE[c], True
        elif c not in _UNIT:
            return None
        elif (unit := _UNIT[c]) == 10000:
            total += (section + digit) * unit
            section = digit = 0
            seen_digit = False
        else:
            section += (digit or 1) * unit
            digit, seen_digit = 0, False
    return total + section + digit


@lru_cache(maxsize=4096)
def write_number(number: int) -> str:
    """Write a whole number (0 to 99,999,999) as a statute numbers its articles: 一百零五, 十二, 一千二百六十.

    Raises ValueError for a number outside that range.
    """
    if not 0 <= number < 100_000_000:
        raise ValueError(f"不能写成条文序号的数：{number}")
    if number == 0:
        return "零"
    high, low = divmod(number, 10_000)
    if not high:
        return _write_section(low)
    joint = "零" if 0 < low < 1000 else ""
    return f"{_write_section(high)}万{joint}{_write_section(low) if low else ''}"


def _write_section(number: int) -> str:
    """Write 1 to 9999."""
    parts: list[str] = []
    gap = False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, unit)
        if not digit:
            gap = bool(parts)
            continue
        if gap:
            parts.append("零")
            gap = False
        parts.append(("" if unit == 10 and digit == 1 and not parts else "零一二三四五六七八九"[digit]) + name)
    return "".join(parts)
