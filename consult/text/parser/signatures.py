"""The end of a document: the bodies that sign it, its date, recipients of copies."""

from __future__ import annotations

import re
from typing import Final

from consult.text.parser.lines import Line
from consult.text.parser.tree import Kind

_YEAR: Final = r"(?:\d{4}|[一二][〇零○OＯ0０九一二三四五六七八]{3}|[Xx×╳]{2,4}|20[Xx×╳_]{2})"
_PART: Final = r"[\d〇一二三四五六七八九十Xx×╳_]{0,3}"
_DATE: Final = re.compile(
    rf"[（(]?\s*(?:{_YEAR}\s*年\s*{_PART}\s*月(?:\s*{_PART}\s*日)?|(?:19|20)\d\d([-./])\d{{1,2}}\1\d{{1,2}})\s*[）)]?$"
)
_SIGNED_DATE: Final = re.compile(rf"([^\s。；：，、]{{2,20}}(?:\s+[^\s。；：，、]{{2,20}}){{0,3}})\s+{_DATE.pattern}")
_BODY: Final = re.compile(
    r"(?:[部局厅委办府院会处室司组所站队校社署行县市区镇乡村]|中心|公司|大学|街道|集团|协会|总队|党委|秘书长|[省市区县]长)$"
)
_PUBLICITY: Final = re.compile(r"[（(](?:此件|本件|联系)[^（）()]{1,40}[）)]$")  # （此件公开发布） below the date
_COPIES: Final = re.compile(r"(?:抄\s*[送报]|分\s*送|[主发]\s*送)\s*[：:]")
_IMPRINT: Final = re.compile(r"[^。；]{0,40}\d\s*日\s*印\s*发$")  # 某市人民政府办公室　2024年4月3日印发
_FILE: Final = re.compile(
    r".{1,80}\.(?:docx?|wps|xlsx?|et|pdf|ofd|zip|rar)$", re.IGNORECASE
)  # websites list annexes like this
_SIGNER_LIMIT: Final = 40  # characters of a signing body's name
_REACH: Final = 8  # lines from the date to the end


def split_signature(lines: list[Line]) -> tuple[list[Line], list[Line]]:
    """Separate the signing bodies, the date and the lines below it from a document's lines.

    Without a date, only the list of copies and the imprint are separated.
    """
    total = len(lines)
    tails = range(total - 1, max(0, total - _REACH), -1)
    for dated in tails:
        if is_date(lines[dated]) and end_of_tail(lines, dated + 1) == total:
            start = dated
            alone = not _is_signed(lines[dated])
            while start > 1 and dated - start < 4 and _signs(lines[start - 1], last=alone and start == dated):
                start -= 1
            return lines[:start], lines[start:]
    starts = [start for start in tails if end_of_tail(lines, start) == total]
    return (lines[: starts[-1]], lines[starts[-1] :]) if starts else (lines, [])


def is_date(line: Line) -> bool:
    """Whether a line is nothing but a date, perhaps after the names of the signing bodies."""
    if line.kind is not Kind.PARAGRAPH:
        return False
    return _DATE.match(line.text) is not None or _is_signed(line)


def is_signed(lines: list[Line], dated: int) -> bool:
    """Whether the date at `dated` has a body's name before it, on its own line or the one above."""
    return _is_signed(lines[dated]) or (
        dated > 0 and _is_signer(lines[dated - 1]) and _BODY.search(lines[dated - 1].text) is not None
    )


def end_of_tail(lines: list[Line], start: int) -> int:
    """The index after the lines from `start` that may come below a date: （此件公开发布）, 抄送：…, …印发."""
    end = start
    while end < len(lines) and (
        _is_tail(lines[end])
        or _prints(lines, end)
        or (end > start and lines[end].kind is Kind.PARAGRAPH and _runs_on(lines[end - 1]))
    ):
        end += 1
    return end


def _is_signed(line: Line) -> bool:
    match = _SIGNED_DATE.match(line.text)
    return match is not None and _BODY.search(match[1]) is not None


def _is_tail(line: Line) -> bool:
    text = line.text
    return line.kind is Kind.PARAGRAPH and any(tail.match(text) for tail in (_PUBLICITY, _COPIES, _IMPRINT, _FILE))


def _prints(lines: list[Line], index: int) -> bool:
    """Whether the line names the office that prints the document, with the date of printing on the next line."""
    following = index + 1
    return (
        following < len(lines)
        and _IMPRINT.match(lines[following].text) is not None
        and _is_signer(lines[index])
        and _BODY.search(lines[index].text) is not None
    )


def _runs_on(line: Line) -> bool:
    return line.text[-1] in "，、"


def _signs(line: Line, last: bool) -> bool:
    """Whether a line is a signer's.

    The last one above the date always is; others need the name of a body or an officer (市　长　某某).
    """
    return _is_signer(line) and (last or _BODY.search(line.text) is not None or len(line.text.split()) > 1)


def _is_signer(line: Line) -> bool:
    return (
        line.kind is Kind.PARAGRAPH
        and len(line.text) <= _SIGNER_LIMIT
        and not line.text.startswith("附")
        and line.text[-1] not in "。；：，、;:,）)”"
    )
