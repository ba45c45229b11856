"""Word's automatic numbering: which number a paragraph shows (ISO/IEC 29500-1, section 17.9)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from consult.text.numerals import write_number

W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_LEVELS: Final = 9
_FORMAL: Final = str.maketrans("一二三四五六七八九十百千", "壹贰叁肆伍陆柒捌玖拾佰仟")
_STEMS: Final = "甲乙丙丁戊己庚辛壬癸"
_BRANCHES: Final = "子丑寅卯辰巳午未申酉戌亥"
_ROMAN: Final = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"),
    (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
)  # fmt: skip
_COUNTING: Final = frozenset(
    {
        "chineseCounting",
        "chineseCountingThousand",
        "japaneseCounting",
        "taiwaneseCounting",
        "taiwaneseCountingThousand",
        "koreanCounting",
        "koreanDigital2",
    }
)
_FORMAL_COUNTING: Final = frozenset({"chineseLegalSimplified", "ideographLegalTraditional", "japaneseLegal"})


def show_number(value: int, form: str) -> str:
    """Write a counter in one of Word's number formats (w:numFmt); an unknown one is written in Arabic digits."""
    if form in _COUNTING:
        return write_number(value)
    if form in _FORMAL_COUNTING:
        return write_number(value).translate(_FORMAL)
    if form in ("ideographDigital", "japaneseDigitalTenThousand", "taiwaneseDigital"):
        return "".join("〇一二三四五六七八九"[int(d)] for d in str(value))
    if form == "decimalFullWidth" or form == "decimalFullWidth2":
        return "".join(chr(0xFF10 + int(d)) for d in str(value))
    if form == "decimalZero":
        return f"{value:02d}"
    if form in ("upperLetter", "lowerLetter"):
        letters = chr(65 + (value - 1) % 26) * ((value - 1) // 26 + 1)
        return letters if form == "upperLetter" else letters.lower()
    if form in ("upperRoman", "lowerRoman"):
        return _roman(value) if form == "upperRoman" else _roman(value).lower()
    if form == "ideographTraditional":
        return _STEMS[(value - 1) % 10]
    if form == "ideographZodiac":
        return _BRANCHES[(value - 1) % 12]
    if form in ("none", "bullet"):
        return ""
    return _enclosed(value, form)


def _enclosed(value: int, form: str) -> str:
    first = {
        "decimalEnclosedCircle": 0x2460,
        "decimalEnclosedCircleChinese": 0x2460,
        "decimalEnclosedParen": 0x2474,
        "decimalEnclosedFullstop": 0x2488,
        "ideographEnclosedCircle": 0x3280,
    }.get(form)
    limit = 10 if form == "ideographEnclosedCircle" else 20
    return chr(first + value - 1) if first and 1 <= value <= limit else str(value)


def _roman(value: int) -> str:
    written = ""
    for number, letters in _ROMAN:
        while value >= number:
            written, value = written + letters, value - number
    return written


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a list: how it counts and what it shows."""

    start: int = 1
    form: str = "decimal"
    text: str = ""
    suffix: str = "tab"
    legal: bool = False
    restart: int | None = None
    style: str = ""


@dataclass(slots=True)
class _List:
    abstract: str
    levels: list[Level]
    overrides: dict[int, int] = field(default_factory=dict)


class Numbering:
    """The lists of a document; counts paragraphs in document order."""

    def __init__(self, root: etree._Element | None, style_lists: dict[str, str]) -> None:
        """`root` is numbering.xml; `style_lists` maps a numbering style to its list (numId)."""
        self._lists: dict[str, _List] = {}
        self._counters: dict[str, list[int | None]] = {}
        self._started: set[str] = set()
        self.level_of_style: dict[tuple[str, str], int] = {}
        if root is not None:
            self._load(root, style_lists)

    def _load(self, root: etree._Element, style_lists: dict[str, str]) -> None:
        abstracts: dict[str, list[Level]] = {}
        links: dict[str, str] = {}
        for abstract in root.iterfind(f"{W}abstractNum"):
            name = abstract.get(f"{W}abstractNumId", "")
            abstracts[name] = _levels(abstract)
            link = abstract.find(f"{W}numStyleLink")
            if link is not None:
                links[name] = link.get(f"{W}val", "")
        targets: dict[str, str] = {}
        for num in root.iterfind(f"{W}num"):
            reference = num.find(f"{W}abstractNumId")
            targets[num.get(f"{W}numId", "")] = reference.get(f"{W}val", "") if reference is not None else ""
        for num in root.iterfind(f"{W}num"):
            number = num.get(f"{W}numId", "")
            abstract_name = targets[number]
            if abstract_name in links:
                abstract_name = targets.get(style_lists.get(links[abstract_name], ""), abstract_name)
            levels, overrides = _overridden(num, list(abstracts.get(abstract_name, [])))
            self._lists[number] = _List(abstract_name, levels, overrides)
            for index, level in enumerate(levels):
                if level.style:
                    self.level_of_style[(number, level.style)] = index

    def next(self, number: str, level: int) -> str:
        """Count one paragraph of list `number` at `level` (0 to 8) and return its number as displayed, with suffix."""
        numbered_list = self._lists.get(number)
        if numbered_list is None or not 0 <= level < len(numbered_list.levels):
            return ""
        counters = self._counters.setdefault(numbered_list.abstract, [None] * _LEVELS)
        if number not in self._started:
            self._started.add(number)
            for index in numbered_list.overrides:
                counters[index] = None
        here = counters[level]
        start = numbered_list.overrides.get(level, numbered_list.levels[level].start)
        counters[level] = start if here is None else here + 1
        for index in range(level):
            if counters[index] is None:
                counters[index] = numbered_list.overrides.get(index, numbered_list.levels[index].start)
        for index in range(level + 1, len(numbered_list.levels)):
            restart = numbered_list.levels[index].restart
            if restart is None or (restart and level < restart):
                counters[index] = None
        return self._show(numbered_list, level, counters)

    @staticmethod
    def _show(numbered_list: _List, level: int, counters: list[int | None]) -> str:
        here = numbered_list.levels[level]
        if here.form == "bullet":
            return ""

        def shown(match: re.Match[str]) -> str:
            index = int(match[1]) - 1
            value = counters[index] if index < _LEVELS else None
            form = (
                "decimal"
                if here.legal
                else numbered_list.levels[index].form
                if index < len(numbered_list.levels)
                else "decimal"
            )
            return show_number(value, form) if value is not None else ""

        text = re.sub(r"%([1-9])", shown, here.text)
        return text + (" " if text and here.suffix != "nothing" else "")


def _levels(parent: etree._Element) -> list[Level]:
    levels = [Level() for _ in range(_LEVELS)]
    for element in parent.iterfind(f"{W}lvl"):
        index = _whole(element.get(f"{W}ilvl"), 0)
        if 0 <= index < _LEVELS:
            levels[index] = _level(element)
    return levels


def _overridden(num: etree._Element, levels: list[Level]) -> tuple[list[Level], dict[int, int]]:
    overrides: dict[int, int] = {}
    for override in num.iterfind(f"{W}lvlOverride"):
        index = _whole(override.get(f"{W}ilvl"), 0)
        if not 0 <= index < len(levels):
            continue
        level = override.find(f"{W}lvl")
        if level is not None:
            levels[index] = _level(level)
        start = override.find(f"{W}startOverride")
        if start is not None:
            overrides[index] = _whole(start.get(f"{W}val"), 1)
    return levels, overrides


def _level(element: etree._Element) -> Level:
    def value(name: str, default: str) -> str:
        child = element.find(f"{W}{name}")
        return default if child is None else child.get(f"{W}val", default)

    legal = element.find(f"{W}isLgl")
    restart = element.find(f"{W}lvlRestart")
    return Level(
        start=_whole(value("start", "1"), 1),
        form=_format(element),
        text=value("lvlText", ""),
        suffix=value("suff", "tab"),
        legal=legal is not None and legal.get(f"{W}val", "1") not in ("0", "false"),
        restart=None if restart is None else _whole(restart.get(f"{W}val"), 0),
        style=value("pStyle", ""),
    )


def _format(element: etree._Element) -> str:
    """The number format, also where Word wraps it in mc:AlternateContent."""
    format_element = element.find(f".//{W}numFmt")
    return "decimal" if format_element is None else format_element.get(f"{W}val", "decimal")


def _whole(written: str | None, default: int) -> int:
    try:
        return int(written) if written is not None else default
    except ValueError:
        return default
