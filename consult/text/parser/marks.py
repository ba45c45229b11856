"""Reads the mark that a line begins with: 一、 （一） 1. （1） 1） ① a., 附件, or a heading alone on its line."""

from __future__ import annotations

import re
from typing import Final

from consult.text.numerals import ARABIC, CHINESE, NUMERALS, read_number
from consult.text.parser.headings import CITED, HEADING_LIMIT, structure_of
from consult.text.parser.lines import Line, Style
from consult.text.parser.tree import Kind

DATE: Final = "年(?![度终检审])|月(?![度报])|日(?!常)|时(?!效)"
"""Makes the number before it a date or an hour: 5月, 10日; but not 日常管理."""
_DUN: Final = re.compile(r"([〇零一二三四五六七八九十百]{1,5})\s*(?:[、．.]|([)）]))")
_FORMAL: Final = re.compile(r"([壹贰叁肆伍陆柒捌玖拾]{1,3})\s*[、．.]")
_BRACKETED_ARTICLE: Final = re.compile(
    rf"[【\[]\s*(第\s*[{NUMERALS}]{{1,8}}\s*条(?:\s*之\s*[{NUMERALS}]{{1,3}})?)\s*[】\]]\s*"
)
_NEXT_CHINESE: Final = re.compile(r"[一二三四五六七八九十]{1,3}")
_NEXT_ARABIC: Final = re.compile(rf"[{ARABIC}]{{1,2}}(?=[类级等线档期批季届次号楼栋层组])")
_BRACKET: Final = re.compile(rf"([（(〔])\s*([{CHINESE}]{{1,5}}|[{ARABIC}]{{1,3}}|[A-Za-z])\s*([）)〕])")
_BRACKET_CITED: Final = re.compile(
    r"(?:[、和至或及]\s*[（(〔]|[项款目]的?(?:规定|所列|所称)|[项款](?:[、，；中内和或至的所]|以外))"
)
_ARABIC: Final = re.compile(  # 1.5万元 and 3、5、7号楼 are no marks; 1.2024年, 2、10月底前 and 3.5G网络 are
    rf"([{ARABIC}]{{1,3}})\s*(?:[．.](?!\s*[{ARABIC}]{{1,3}}(?![{ARABIC}]|{DATE}|[A-Z](?![A-Za-z])))"
    rf"|、(?!\s*[{ARABIC}]{{1,3}}\s*[、和及至号])|([)）]))"
)
_ARABIC_BEFORE_DIGITS: Final = re.compile(
    rf"([{ARABIC}]{{1,2}})[．.](?=\s*[{ARABIC}])"
)  # 1.300总吨: decided by its neighbours
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
    rf"附\s*(?P<what>件|录|表|图|页)?\s*"
    rf"(?:(?P<n>[{NUMERALS}]{{1,3}})(?:[-—－.．][{ARABIC}]{{1,2}})?|[（(]\s*(?P<inside>[{NUMERALS}]{{1,3}})\s*[）)]"
    rf"|(?<=[件录表图])\s*(?P<letter>[A-Z]))?"
    rf"\s*(?P<end>[：:]|[.．、]|(?=\s)|$)\s*(?P<title>.*)"
)
_BARE_HEADINGS: Final = frozenset({"附则", "总则", "罚则", "序言", "前言", "总纲", "分则"})
# First character of a line → name of the reader for it.
FIRST: Final = {
    **dict.fromkeys("第", "structure"),
    **dict.fromkeys("（(〔", "bracket"),
    **dict.fromkeys("〇零一二三四五六七八九十百", "dun"),
    **dict.fromkeys("壹贰叁肆伍陆柒捌玖拾", "formal"),
    **dict.fromkeys("【[", "bracketed"),
    **dict.fromkeys(ARABIC, "arabic"),
    **dict.fromkeys("附总罚序前分", "word"),
    **dict.fromkeys("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "letter"),
    **dict.fromkeys((chr(c) for lo, hi, _ in _ENCLOSED_STYLE for c in range(ord(lo), ord(hi) + 1)), "enclosed"),
}


def read_opening(place: int, text: str) -> Line | None:
    """Read the enumeration mark a text begins with (（一）…), or None."""
    opening = FIRST.get(text[0]) if text else None
    return None if opening is None or opening == "structure" else READERS[opening](place, text)


def _read_bracket(place: int, line: str) -> Line | None:
    match = _BRACKET.match(line)
    if match is None:
        return None
    inner = match[2]
    rest = line[match.end() :]
    if _BRACKET_CITED.match(rest):
        return None
    if inner.isascii() and inner.isalpha():
        value, style = ord(inner.lower()) - 96, Style.LETTER
    else:
        number = read_number(inner)
        if number is None:
            return None
        value, style = number, (Style.ARABIC_BRACKET if inner[0] in ARABIC else Style.BRACKET)
    return Line(place, Kind.ITEM, rest.lstrip(), match.group(), match.group(), value, style=style)


def _read_dun(place: int, line: str) -> Line | None:
    match = _DUN.match(line)
    if match is None:
        return None
    value = read_number(match[1])
    rest = line[match.end() :]
    if value is None:
        return None
    if match[2]:
        return Line(place, Kind.ITEM, rest.lstrip(), match.group(), match.group(), value, style=Style.BRACKET)
    following = _NEXT_CHINESE.match(rest)
    classes = following is not None and read_number(following[0]) == value + 1  # 一、二类口岸…
    return Line(place, Kind.ITEM, rest.lstrip(), match.group(), match.group(), value, style=Style.DUN, cited=classes)


def _read_formal(place: int, line: str) -> Line | None:
    match = _FORMAL.match(line)
    value = read_number(match[1]) if match else None
    if match is None or value is None:
        return None
    rest = line[match.end() :].lstrip()
    return Line(place, Kind.ITEM, rest, match.group(), match.group(), value, style=Style.FORMAL)


def _read_bracketed(place: int, line: str) -> Line | None:
    """Read 【第五条】 as the article that it names."""
    match = _BRACKETED_ARTICLE.match(line)
    if match is None:
        return None
    article, *_ = structure_of(f"{match[1]} {line[match.end() :]}".rstrip(), place)
    if article.kind is not Kind.ARTICLE:
        return None
    written = line[: len(line) - len(article.text)].rstrip()
    return article._replace(number="".join(match[1].split()), written=written, spaced=True, cited=False)


def _read_arabic(place: int, line: str) -> Line | None:
    match = _ARABIC.match(line)
    doubtful = match is None
    if match is None and (match := _ARABIC_BEFORE_DIGITS.match(line)) is None:
        return None
    value = read_number(match[1]) or 0
    after = line[match.end() :]
    rest = after.lstrip()
    style = Style.HALF if not doubtful and match[2] else Style.ARABIC
    if style is Style.ARABIC and (following := _NEXT_ARABIC.match(rest)) and match.group()[-1] == "、":
        doubtful = read_number(following[0]) == value + 1  # 1、2级响应…
    spaced = rest != after
    return Line(place, Kind.ITEM, rest, match.group(), match.group(), value, 0, "", style, spaced, doubtful)


def _read_enclosed(place: int, line: str) -> Line | None:
    mark = line[0]
    style = next(style for low, high, style in _ENCLOSED_STYLE if low <= mark <= high)
    rest = line[1:].lstrip()
    return Line(place, Kind.ITEM, rest, mark, mark, read_number(mark) or 0, style=style)


def _read_letter(place: int, line: str) -> Line | None:
    match = _LETTER.match(line)
    if match is None:
        return None
    value = ord(match[1].lower()) - 96
    rest = line[match.end() :].lstrip()
    return Line(place, Kind.ITEM, rest, match.group(), match.group(), value, style=Style.LETTER)


def _read_word(place: int, line: str) -> Line | None:
    """Read 附则 and the like, alone on a line, as a heading; 附件一, 附：… as the opening of an annex."""
    compact = "".join(line.split())
    if compact in _BARE_HEADINGS:
        return Line(place, Kind.HEADING, "", line, "", 0, 0, line)
    if line[0] != "附" or len(line) > HEADING_LIMIT:
        return None
    match = _ANNEX.match(line)
    if match is None or (match["what"] is None and not match["end"] and match["n"] is match["inside"] is None):
        return None
    title = match["title"].strip()
    if (title and title[-1] in "。；，") or (match["what"] is None and not match["end"].strip(".．、")):
        return None
    if match["end"] == "" and title and (match["what"] is None or CITED.match(title)):
        return None
    written = match["n"] or match["inside"]
    value = (read_number(written) or 0) if written else ord(match["letter"]) - 64 if match["letter"] else 0
    number = line[: match.start("title")].rstrip() if title else line
    return Line(place, Kind.ANNEX, "", line, number.rstrip("：:．.、 　"), value, 0, title)


READERS: Final = {
    "bracket": _read_bracket,
    "dun": _read_dun,
    "formal": _read_formal,
    "bracketed": _read_bracketed,
    "arabic": _read_arabic,
    "enclosed": _read_enclosed,
    "letter": _read_letter,
    "word": _read_word,
}
