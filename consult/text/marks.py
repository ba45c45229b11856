"""Reading a line's opening: which heading, article number or enumeration mark it begins with, if any."""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache, partial
from typing import Final, NamedTuple, TypeAlias

from consult.text.numerals import ARABIC, CHINESE, read_number
from consult.text.tree import Kind


class Style(IntEnum):
    """How an enumeration is marked, from the outermost kind in use to the innermost."""

    NONE = 0
    DUN = 1  # 一、
    BRACKET = 2  # （一）
    ARABIC = 3  # 1.
    ARABIC_BRACKET = 4  # （1）
    CIRCLE = 5  # ①
    LETTER = 6  # a.
    HALF = 7  # 1）
    SECOND = 8  # 1.1
    THIRD = 9  # 1.1.1
    FOURTH = 10  # 1.1.1.1


class Line(NamedTuple):
    """A line of the source and what its opening says.

    `written` is the opening as it stands (mark, caption with brackets); `text` the rest. `spaced` tells whether
    something set an article's number off from its text; `cited` whether the line goes on like a citation
    (第十条规定的…) or a list of classes (一、二类口岸…) and only its place among the others tells what it is.
    """

    place: int
    kind: Kind
    text: str
    written: str = ""
    number: str = ""
    value: int = 0
    sub: int = 0
    heading: str = ""
    style: Style = Style.NONE
    spaced: bool = True
    cited: bool = False

    @property
    def source(self) -> str:
        """The whole line, whitespace inside aside."""
        return f"{self.written} {self.text}".strip() if self.written else self.text


_N: Final = f"{CHINESE}{ARABIC}"
_STRUCTURE: Final = re.compile(
    rf"第\s*(?P<n>[{_N}](?:[\s{_N}]{{0,14}}[{_N}])?)(?:之(?P<inner>[{_N}]{{1,3}}))?\s*"
    rf"(?P<level>条|章|节|编|篇|分\s*编|部\s*分)"
    rf"(?:\s*之\s*(?P<sub>[{_N}]{{1,3}})(?![{_N}]))?"
)
_PLAIN_HEADING: Final = re.compile(
    r"第([一二三四五六七八九十]{1,3})(编|分编|章|节)[ \u3000]+([^\s。；：，、！？;:,第]{1,40}(?<!的))"
)  # nearly all headings: what `_can_be_heading` says yes to, whatever the title begins with
_LEVEL: Final = {
    "编": Kind.PART,
    "篇": Kind.PART,
    "分编": Kind.SUBPART,
    "章": Kind.CHAPTER,
    "节": Kind.SECTION,
    "部分": Kind.HEADING,
}
_CAPTION: Final = re.compile(
    r"\s*(?:（([^（）]{1,40})）|\(([^()]{1,40})\)|【([^【】]{1,40})】|〔([^〔〕]{1,40})〕|\[([^\[\]]{1,40})\])\s*"
)
# 第二章 采购 第一节 一般规定
_SAME_LINE: Final = re.compile(rf"\s(第[\s{_N}]{{1,12}}条[\s（(【].*|第[{_N}]{{1,3}}节\s.*)")
_NO_CAPTION: Final = re.compile(r"以下|含|一九|二〇|(?:已|予以)?(?:删[去除]|废止|取消)|[略空]$|此条")
_CITED: Final = re.compile(
    rf"(?:规定|所列|所称|所指|所述|的规定|的|和|或者|或|及其|及|与|至|、|，|；|。|）|”|修改|改为|作为|以外|之规定|款|项|中规定|中的"
    rf"|[《〈]|第[\s{_N}]+[款项条])"
)
_ENDS: Final = frozenset("。；：，、！？;:,")
_HEADING_LIMIT: Final = 60  # characters: longer than any heading of a chapter

_DUN: Final = re.compile(r"([〇零一二三四五六七八九十百]{1,5})\s*[、．.]")
_CLASSES: Final = re.compile(r"[一二三四五六七八九十](?:、[一二三四五六七八九十])*[类级等线档期批季届次]")
_BRACKET: Final = re.compile(rf"([（(〔])\s*([{CHINESE}]{{1,5}}|[{ARABIC}]{{1,3}}|[A-Za-z])\s*([）)〕])")
_BRACKET_CITED: Final = re.compile(r"(?:[、和至或及]\s*[（(〔]|[项款目]的?(?:规定|所列|所称))")
_ARABIC: Final = re.compile(  # 1.5万元 and 3、5、7号楼 are no marks; 1.2024年, 2、10月底前 and 3.5G网络 are
    rf"([{ARABIC}]{{1,3}})\s*(?:[．.](?!\s*[{ARABIC}]{{1,3}}(?![{ARABIC}年月日时]|[A-Z](?![A-Za-z])))"
    rf"|、(?!\s*[{ARABIC}]{{1,3}}\s*[、和及至号])|([)）]))"
)
_ARABIC_BEFORE_DIGITS: Final = re.compile(
    rf"([{ARABIC}]{{1,2}})[．.](?=[{ARABIC}])"
)  # 1.300总吨: told by its neighbours
_LETTER: Final = re.compile(r"([a-zA-Z])[．.、)）](?![a-zA-Z])")
_ENCLOSED_STYLE: Final = (
    ("①", "⑳", Style.CIRCLE),
    ("⑴", "⒇", Style.ARABIC_BRACKET),
    ("⒈", "⒛", Style.ARABIC),
    ("㈠", "㈩", Style.BRACKET),
    ("❶", "❿", Style.CIRCLE),
    ("㉑", "㉟", Style.CIRCLE),
)
_ANNEX: Final = re.compile(
    rf"附\s*(?P<what>件|录|表|图|页)?\s*(?P<n>[{_N}]{{1,3}})?\s*(?P<end>[：:]|[.．、]|(?=\s)|$)\s*(?P<title>.*)"
)
_BARE_HEADINGS: Final = frozenset({"附则", "总则", "罚则", "序言", "前言", "总纲", "分则"})
_FIRST: Final = {
    **dict.fromkeys("第", "structure"),
    **dict.fromkeys("（(〔", "bracket"),
    **dict.fromkeys("〇零一二三四五六七八九十百", "dun"),
    **dict.fromkeys(ARABIC, "arabic"),
    **dict.fromkeys("附总罚序前分", "word"),
    **dict.fromkeys("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "letter"),
    **dict.fromkeys((chr(c) for lo, hi, _ in _ENCLOSED_STYLE for c in range(ord(lo), ord(hi) + 1)), "enclosed"),
}


# Nearly all lines are articles set off from their text, items with （一） or (一), or plain paragraphs: one expression
# reads these whole. Its groups are the article's number, the item's mark, what else the line opens with that `_READERS`
# must look at, and the text.
_PLAIN_LINE: Final = re.compile(
    r"^[^\S\n]*+(?:"
    r"(第[一二三四五六七八九十百千零]++条(?:之[一二三四五六七八九十]{1,3})?)[ \u3000]+"
    rf"(?=[^\s（(【〔\[:：.．之])(?!{_CITED.pattern})"
    r"|([（(][一二三四五六七八九十]{1,5}[）)])(?![、和至或及项款目])[^\S\n]*+"
    rf"|(?=([{re.escape(''.join(_FIRST))}])))?(.*)",
    re.MULTILINE,
)


_LETTER_OF: Final = {
    Kind.PARAGRAPH: "P",
    Kind.ARTICLE: "A",
    Kind.ITEM: "I",
    Kind.PART: "E",
    Kind.SUBPART: "B",
    Kind.CHAPTER: "C",
    Kind.SECTION: "S",
    Kind.HEADING: "H",
    Kind.ANNEX: "X",
}


PlainLine: TypeAlias = tuple[str, str, str, str]
"""A line as `_PLAIN_LINE` cuts it; each line of the source has one, empty ones too."""


def cut(text: str) -> list[PlainLine]:
    """Cut a source into its lines, at the separators of `str.splitlines` without the form-like ones."""
    return _PLAIN_LINE.findall(_with_plain_separators(text))


def read_lines(text: str) -> list[Line]:
    """Cut a source into its non-empty lines and read each one's opening.

    A heading and an article on one line (第一章 总则 第一条 …) are two lines with the same place.
    """
    return lines_of(cut(text))


@lru_cache(maxsize=4096)
def article_number(written: str) -> tuple[int, int]:
    """The number and the 之 number of an article as a plain line has them: 第一百二十条之一 → (120, 1)."""
    number, _, sub = written[1:].partition("条")
    return read_number(number) or 0, (read_number(sub[1:]) or 0) if sub else 0


@lru_cache(maxsize=1024)
def item_number(mark: str) -> int:
    """The number of an item as a plain line has it: （十二） → 12."""
    return read_number(mark[1:-1]) or 0


def lines_of(rows: list[PlainLine], start: int = 0) -> list[Line]:
    """Read the opening of each line that is not empty; the first of `rows` is at place `start` + 1."""
    lines: list[Line] = []
    append, readers = lines.append, _READERS
    make = partial(tuple.__new__, Line)  # a quarter of the cost of Line(…), for the kinds most lines are of
    paragraph, article, item, none, bracket = Kind.PARAGRAPH, Kind.ARTICLE, Kind.ITEM, Style.NONE, Style.BRACKET
    place = start
    for number, mark, opening, rest in rows:
        place += 1
        line = rest.rstrip()
        if number:
            value, sub = article_number(number)
            append(make((place, article, line, number, number, value, sub, "", none, True, False)))
        elif mark:
            append(make((place, item, line, mark, mark, item_number(mark), 0, "", bracket, True, False)))
        elif opening == "第":
            _read_structure(place, line, lines)
        elif opening:
            append(readers[_FIRST[opening]](place, line) or Line(place, paragraph, line))
        elif line:
            append(make((place, paragraph, line, "", "", 0, 0, "", none, True, False)))
    return lines


def is_plain_text(opening: str, line: str) -> bool:
    """Whether a line is text without a mark, although it begins with a character that marks begin with."""
    if opening == "第":
        return structure_of(line)[0].kind is Kind.PARAGRAPH
    return _READERS[_FIRST[opening]](0, line) is None


def structure_of(line: str, place: int = 0) -> list[Line]:
    """What a line beginning with 第 is: an article, a heading, both, or text."""
    read: list[Line] = []
    _read_structure(place, line, read)
    return read


def shape_of(lines: list[Line]) -> str:
    """One letter for each line's kind (P paragraph, A article, I item …), so that an expression finds runs of lines."""
    return "".join([_LETTER_OF[line.kind] for line in lines])


def read_opening(place: int, text: str) -> Line | None:
    """Read the enumeration mark a text begins with (（一）…), or None."""
    opening = _FIRST.get(text[0]) if text else None
    return None if opening is None or opening == "structure" else _READERS[opening](place, text)


def _with_plain_separators(text: str) -> str:
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    for separator in ("\r", "\u2028", "\u2029", "\x0b", "\x0c", "\x85"):
        if separator in text:
            text = text.replace(separator, "\n")
    return text


def _read_structure(place: int, line: str, lines: list[Line]) -> None:
    """第…条/章/节/编: append what the line is, which is two lines where an article follows its chapter's title."""
    if plain := _PLAIN_HEADING.fullmatch(line):
        digits, level, title = plain.groups()
        number = f"第{digits}{level}"
        lines.append(Line(place, _LEVEL[level], "", line, number, read_number(digits) or 0, 0, title))
        return
    found = _STRUCTURE.match(line)
    value = read_number(found["n"]) if found else None
    if found is None or value is None:
        lines.append(Line(place, Kind.PARAGRAPH, line))
        return
    end = found.end()
    if found["level"] == "条":
        lines.append(_read_article(place, line, found, value))
        return
    if found["inner"]:
        lines.append(Line(place, Kind.PARAGRAPH, line))
        return
    title = line[end:].strip()
    rest = ""
    if "第" in title and (inner := _SAME_LINE.search(title)):
        title, rest = title[: inner.start()].strip(), inner[1]
    if len(title) > _HEADING_LIMIT or (title and not _can_be_heading(title, line[end].isspace())):
        lines.append(Line(place, Kind.PARAGRAPH, line))
        return
    level = "".join(found["level"].split())
    kind, number = _LEVEL[level], line[:end]
    sub = (read_number(found["sub"]) or 0) if found["sub"] else 0
    written = line[:end] if not title else line[: line.index(title, end) + len(title)]
    lines.append(Line(place, kind, "", written, number, value, sub, title))
    if rest:
        _read_structure(place, rest, lines)


def _can_be_heading(title: str, spaced: bool) -> bool:
    """Whether what stands behind 第三章 is a title: 与著作权有关的权利, 和解; but not 规定的情形除外。 or 、第四章.

    A title broken over two lines may end in 、.
    """
    if title[-1] in _ENDS and not (spaced and title[-1] == "、"):
        return False
    if _CITED.match(title) is None:
        return True
    if spaced:
        return title[-1] != "的" and not any(mark in title for mark in "，；第")
    return title[0] in "与和及或" and title[-1] not in "的定" and not any(mark in title for mark in "，；。第、")


def _read_article(place: int, line: str, found: re.Match[str], value: int) -> Line:
    end = found.end()
    sub = 0
    if inner := found["sub"] or found["inner"]:
        sub = read_number(inner) or 0
    rest = line[end:]
    if not rest:
        return Line(place, Kind.ARTICLE, "", line, line, value, sub)
    mark = rest[0]
    if mark.isspace():
        text = rest.lstrip()
        spaced = True
        mark = text[0]
    else:
        text = rest
        spaced = mark in "（(【〔[:：.．"
    heading = ""
    if mark in "（(【〔[" and (caption := _CAPTION.match(text)):
        name = next(group for group in caption.groups() if group)
        if read_number(name) is None and not _NO_CAPTION.match(name):
            heading = name.strip()
            end += len(rest) - len(text) + caption.end()
            text = text[caption.end() :]
    elif mark in ":：" or (mark in ".．、" and not text[1:2].isdigit() and not _CITED.match(text)):
        end += len(rest) - len(text) + 1
        text = text[1:].lstrip()
    cited = not heading and _CITED.match(text) is not None and not (spaced and text[0] in "《〈")
    number = found.group()
    written = line[:end].rstrip() if heading or line[:end] != number else number
    return Line(place, Kind.ARTICLE, text, written, number, value, sub, heading, Style.NONE, spaced, cited)


def _read_bracket(place: int, line: str) -> Line | None:
    found = _BRACKET.match(line)
    if found is None:
        return None
    inner = found[2]
    rest = line[found.end() :]
    if _BRACKET_CITED.match(rest):
        return None
    if inner.isascii() and inner.isalpha():
        value, style = ord(inner.lower()) - 96, Style.LETTER
    else:
        number = read_number(inner)
        if number is None:
            return None
        value, style = number, (Style.ARABIC_BRACKET if inner[0] in ARABIC else Style.BRACKET)
    return Line(place, Kind.ITEM, rest.lstrip(), found.group(), found.group(), value, style=style)


def _read_dun(place: int, line: str) -> Line | None:
    found = _DUN.match(line)
    if found is None:
        return None
    value = read_number(found[1])
    rest = line[found.end() :]
    if value is None:
        return None
    classes = _CLASSES.match(rest) is not None and read_number(rest[0]) == value + 1  # 一、二类口岸…
    return Line(place, Kind.ITEM, rest.lstrip(), found.group(), found.group(), value, style=Style.DUN, cited=classes)


def _read_arabic(place: int, line: str) -> Line | None:
    found = _ARABIC.match(line)
    doubtful = found is None
    if found is None and (found := _ARABIC_BEFORE_DIGITS.match(line)) is None:
        return None
    value = read_number(found[1]) or 0
    rest = line[found.end() :].lstrip()
    style = Style.HALF if not doubtful and found[2] else Style.ARABIC
    return Line(place, Kind.ITEM, rest, found.group(), found.group(), value, style=style, cited=doubtful)


def _read_enclosed(place: int, line: str) -> Line | None:
    mark = line[0]
    style = next(style for low, high, style in _ENCLOSED_STYLE if low <= mark <= high)
    rest = line[1:].lstrip()
    return Line(place, Kind.ITEM, rest, mark, mark, read_number(mark) or 0, style=style)


def _read_letter(place: int, line: str) -> Line | None:
    found = _LETTER.match(line)
    if found is None:
        return None
    value = ord(found[1].lower()) - 96
    rest = line[found.end() :].lstrip()
    return Line(place, Kind.ITEM, rest, found.group(), found.group(), value, style=Style.LETTER)


def _read_word(place: int, line: str) -> Line | None:
    """附则 and its like stand alone; 附件一, 附：… open an annex."""
    compact = "".join(line.split())
    if compact in _BARE_HEADINGS:
        return Line(place, Kind.HEADING, "", line, "", 0, 0, line)
    if line[0] != "附" or len(line) > _HEADING_LIMIT:
        return None
    found = _ANNEX.match(line)
    if found is None or (found["what"] is None and found["n"] is None and not found["end"]):
        return None
    title = found["title"].strip()
    if (title and title[-1] in "。；，") or (found["what"] is None and not found["end"].strip(".．、")):
        return None
    if found["end"] == "" and title and (found["what"] is None or _CITED.match(title)):
        return None
    value = (read_number(found["n"]) or 0) if found["n"] else 0
    number = line[: found.start("title")].rstrip() if title else line
    return Line(place, Kind.ANNEX, "", line, number.rstrip("：:．.、 　"), value, 0, title)


_READERS: Final = {
    "bracket": _read_bracket,
    "dun": _read_dun,
    "arabic": _read_arabic,
    "enclosed": _read_enclosed,
    "letter": _read_letter,
    "word": _read_word,
}
