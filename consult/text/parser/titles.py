"""Titles: which line can be a part of one, how one ends, and how far the title of an annex goes."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from consult.text.parser.lines import SENTENCE_ENDS, Line, Style
from consult.text.parser.tree import Kind

NAME_LIMIT: Final = 50  # characters on one line of a title that stands alone
LINES: Final = 4  # of a title
_ENDS: Final = re.compile(
    r"(?:法|条例|办法|规定|规则|细则|意见|通知|决定|方案|预案|规划|要点|规程|守则|须知|清单|规范|准则|制度|标准|章程|公告|通告|批复|函|措施|计划|纲要|指引|指南|解释|决议"
    r"|答复|请示|报告|通报|命令|公报|议案|名单|目录|名录|一览表|工作安排|工作分工|实施要求|倡议书|说明)"
    r"(?:[（(][^（）()]*[）)])*$"
)
_UNFINISHED: Final = re.compile(r"(?:[的和与及、]|以及|关于|印发|转发)$")
_PART_OF_TITLE: Final = re.compile(
    r"[（(](?:[^（）()]{0,12}(?:稿|草案|试行|暂行|修订|版)|共\s*\d+\s*[^（）()]{1,3}|\d{4}(?:\s*年)?\s*[-—－~至]+\s*\d{4}\s*年?|[一二三四五六七八九十\d]{1,3})[）)]$"
)


def ends_like_a_title(line: Line) -> bool:
    """Whether a line's text ends like a title: …办法, …的通 知."""
    return _ENDS.search("".join(line.text.split())) is not None


def titled(words: str) -> bool:
    """Whether words are the title of a document: 某市供水管理办法, 关于……的通知."""
    return 2 < len(words) <= 6 * NAME_LIMIT and _ENDS.search("".join(words.split())) is not None


def can_head(line: Line) -> bool:
    """Whether a line can stand in the title of a document that begins in the middle of a text."""
    if line.kind is not Kind.PARAGRAPH or line.style is not Style.NONE:
        return False
    return line.text[0] in "（(" or (len(line.text) <= NAME_LIMIT and line.text[-1] not in SENTENCE_ENDS)


def end_of_title(lines: list[Line], announced: Collection[str] = ()) -> int:
    """How many lines from the first are an annex's title; `announced` are titles that a list of annexes names.

    It goes on while a line breaks off in the middle of a phrase, or until one ends like a title; （试行） and
    （共2项） below belong to it.
    """
    taken = 0
    while taken < min(LINES, len(lines)) and _can_be_title(lines[taken]):
        taken += 1
    end = next((at for at in range(taken, 0, -1) if _compact(lines[:at]) in announced), 0)
    if not end and taken:
        ends = [at for at in range(taken) if ends_like_a_title(lines[at])]
        end = 1
        while end < taken and _UNFINISHED.search(lines[end - 1].text):
            end += 1
        if ends and ends[0] < end + 2 and not any(ends_like_a_title(line) for line in lines[:end]):
            end = ends[0] + 1
    while 0 < end < len(lines) and end <= LINES and lines[end].kind is Kind.PARAGRAPH and is_part_of_title(lines[end]):
        end += 1
    return end


def is_part_of_title(line: Line) -> bool:
    """Whether a line in brackets belongs to the title above it: （征求意见稿）, （2024—2026年）."""
    return _PART_OF_TITLE.match("".join(line.text.split())) is not None


def _can_be_title(line: Line) -> bool:
    return (
        line.kind is Kind.PARAGRAPH
        and len(line.text) <= NAME_LIMIT + 10
        and line.text[-1] not in SENTENCE_ENDS
        and line.text[0] not in "（("
    )


def _compact(lines: list[Line]) -> str:
    return "".join("".join(line.text.split()) for line in lines)
