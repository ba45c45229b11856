"""Reads a line that begins with 第: an article, a heading of a part, chapter or section, or text."""

from __future__ import annotations

import re
from typing import Final

from consult.text.numerals import NUMERALS, read_number
from consult.text.parser.lines import STOPS, Line, Style
from consult.text.parser.tree import Kind

_STRUCTURE: Final = re.compile(
    rf"第\s*(?P<n>[{NUMERALS}](?:[\s{NUMERALS}]{{0,14}}[{NUMERALS}])?)(?:之(?P<inner>[{NUMERALS}]{{1,3}}))?\s*"
    rf"(?P<level>条|章|节|编|篇|分\s*编|部\s*分)"
    rf"(?:\s*之\s*(?P<sub>[{NUMERALS}]{{1,3}})(?![{NUMERALS}]))?"
)
_PLAIN_HEADING: Final = re.compile(
    r"第([一二三四五六七八九十]{1,3})(编|分编|章|节)[ \u3000]+([^\s。；：，、！？;:,第]{1,40}(?<!的))"
)  # nearly all headings: accepted by `_can_be_heading` whatever the title begins with
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
_SAME_LINE: Final = re.compile(rf"\s(第[\s{NUMERALS}]{{1,12}}条[\s（(【].*|第[{NUMERALS}]{{1,3}}节\s.*)")
_NO_CAPTION: Final = re.compile(r"以下|含|一九|二〇|(?:已|予以)?(?:删[去除]|废止|取消)|[略空]$|此条")
CITED: Final = re.compile(
    rf"(?:规定|所列|所称|所指|所述|的规定|的|和|或者|或|及其|及|与|至|、|，|；|。|）|”|修改|改为|作为|以外|之规定|款|项|中规定|中的"
    rf"|[《〈]|第[\s{NUMERALS}]+[款项条])"
)
_STOPPED_LIMIT: Final = 16  # characters of a title that ends in a full stop
_SENTENCE: Final = re.compile(
    r"[，；：。第]|^(?:的|规定|所|中|由|应|不|可|有|自|经|对|按|依|适用|至|和|及|与|或)|应当|不得|可以|执行|适用|施行|参照|除外|废止|删[去除]"
)
HEADING_LIMIT: Final = 60  # characters: longer than any heading of a chapter


def structure_of(line: str, place: int = 0) -> list[Line]:
    """What a line beginning with 第 is: an article, a heading, both, or text."""
    read: list[Line] = []
    read_structure(place, line, read)
    return read


def read_structure(place: int, line: str, lines: list[Line]) -> None:
    """第…条/章/节/编: append what the line is, which is two lines where an article follows its chapter's title."""
    if plain := _PLAIN_HEADING.fullmatch(line):
        digits, level, title = plain.groups()
        number = f"第{digits}{level}"
        lines.append(Line(place, _LEVEL[level], "", line, number, read_number(digits) or 0, 0, title))
        return
    match = _STRUCTURE.match(line)
    value = read_number(match["n"]) if match else None
    if match is None or value is None:
        lines.append(Line(place, Kind.PARAGRAPH, line))
        return
    end = match.end()
    if match["level"] == "条":
        lines.append(_read_article(place, line, match, value))
        return
    if match["inner"]:
        lines.append(Line(place, Kind.PARAGRAPH, line))
        return
    title = line[end:].strip()
    rest = ""
    if "第" in title and (inner := _SAME_LINE.search(title)):
        title, rest = title[: inner.start()].strip(), inner[1]
    if len(title) > HEADING_LIMIT or (title and not _can_be_heading(title, line[end].isspace())):
        lines.append(Line(place, Kind.PARAGRAPH, line))
        return
    level = "".join(match["level"].split())
    kind, number = _LEVEL[level], line[:end]
    sub = (read_number(match["sub"]) or 0) if match["sub"] else 0
    written = line[:end] if not title else line[: line.index(title, end) + len(title)]
    lines.append(Line(place, kind, "", written, number, value, sub, title))
    if rest:
        read_structure(place, rest, lines)


def _can_be_heading(title: str, spaced: bool) -> bool:
    """Whether the text after 第三章 is a title: 与著作权有关的权利, 和解; but not 规定的情形除外。 or 、第四章.

    A title broken over two lines may end in 、.
    """
    if title[-1] == "。":  # 第五节 生活、卫生。
        return spaced and len(title) <= _STOPPED_LIMIT and _SENTENCE.search(title[:-1]) is None
    if title[-1] in STOPS and not (spaced and title[-1] == "、"):
        return False
    if CITED.match(title) is None:
        return True
    if spaced:
        return title[-1] != "的" and not any(mark in title for mark in "，；第")
    return title[0] in "与和及或" and title[-1] not in "的定" and not any(mark in title for mark in "，；。第、")


def _read_article(place: int, line: str, match: re.Match[str], value: int) -> Line:
    end = match.end()
    sub = 0
    if inner := match["sub"] or match["inner"]:
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
    elif mark in ":：" or (mark in ".．、" and not text[1:2].isdigit() and not CITED.match(text)):
        end += len(rest) - len(text) + 1
        text = text[1:].lstrip()
    cited = not heading and CITED.match(text) is not None and not (spaced and text[0] in "《〈")
    number = match.group()
    written = line[:end].rstrip() if heading or line[:end] != number else number
    return Line(place, Kind.ARTICLE, text, written, number, value, sub, heading, Style.NONE, spaced, cited)
