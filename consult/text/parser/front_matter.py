"""The front matter of a draft: title, adoption note and table of contents."""

from __future__ import annotations

import re
from typing import Final

from consult.text.parser.lines import STOPS, Line
from consult.text.parser.signatures import is_date
from consult.text.parser.tree import HEADINGS, STRUCTURE, Kind

_CONTENTS_TITLE: Final = re.compile(r"[【\[]?目\s*[录次][】\]]?$")
_PAGE_NUMBER: Final = re.compile(r"[\s.．·…⋯‥\-—_（(]*\d*[\s）)\-—]*$")
_ARTICLE_RANGE: Final = re.compile(r"[（(]第[^（）()]*条[^（）()]*[）)]")
_NOTE: Final = re.compile(
    r"通过|公布|发布|施行|修订|修正|批准|颁布|印发|\d{4}\s*年|第\s*\d+\s*号|征求意见稿|草案|送审稿|修改稿|试行|暂行"
)
_DOCUMENT_NUMBER: Final = re.compile(
    r"^(?:(?!.*(?:关于|《))\S{2,30}(?:令|公告)\s*第?[^。，]{0,12}号?|第\s*[\d零〇一二三四五六七八九十百]+\s*号|[^。，；]{1,20}[〔\[（(]\d{4}[〕\]）)]\s*\d+\s*号)"
    r"(?:\s*签发人\s*[：:].*)?$"
)
_RED_HEAD: Final = re.compile(r"\S.{1,40}文\s*件$")  # 某市人民政府文件, above the document's number
_RED_HEAD_LINES: Final = 8  # of several bodies that issue one document
_HANDLING: Final = re.compile(
    r"(?:\d{6}|(?:绝\s*密|机\s*密|秘\s*密)(?:[★☆*].{0,8})?|(?:特|加|平)\s*急|特\s*提|急\s*件)$"
)
"""Lines above a red head: copy number, secrecy, urgency."""
_STAGE: Final = re.compile(r"^[（(【〔][^（）()]{0,20}(?:稿|草案|试行|暂行|修订|审议稿)[^（）()]{0,8}[）)】〕]$")
_TITLE_ENDS: Final = re.compile(
    r"(?:法|条例|办法|规定|规则|细则|意见|通知|决定|方案|预案|规划|要点|规程|守则|须知|清单|规范|准则|制度|标准|章程|公告|通告|批复|函|措施|计划|纲要|指引|指南|解释|决议)"
    r"(?:[（(][^（）()]*[）)])*$"
)
_NOTE_REACH: Final = 12  # lines that one note in brackets may fill
_ORDER_LIMIT: Final = 15  # lines of an order of promulgation above the title
_TITLE_LIMIT: Final = 80  # characters on one line of a title
_FIRST: Final = re.compile(r"[1１](?![0-9０-９])")  # 1 总则, 1.1 编制目的
_CONTENTS_REACH: Final = 400  # lines within which a table of contents begins
_FEWEST_ENTRIES: Final = 4  # of a table of contents without a title
_MOST_ENTRIES: Final = 600
_BODY_REACH: Final = 6000  # lines of the body searched for the entries
_MISSING: Final = 0.2  # share of the entries that may not occur in the body word for word


def split_front(lines: list[Line]) -> tuple[str, list[tuple[Kind, Line]], list[Line]]:
    """Separate the title, notes and table of contents from the body.

    Returns the title, the front lines each with its kind (title, note, toc), and the body.
    """
    front: list[tuple[Kind, Line]] = []
    lines, toc = _take_contents(lines)
    index, title = _take_title(lines, front)
    while index < len(lines) and _is_note(lines[index], index, lines):
        end = _end_of_note(lines, index)
        front.extend((Kind.NOTE, line) for line in lines[index:end])
        index = end
    front.extend((Kind.TOC, line) for line in toc)
    front.sort(key=lambda pair: pair[1].place)
    return title, front, lines[index:]


def ends_like_a_title(line: Line) -> bool:
    """Whether a line's text ends like a title: …办法, …的通 知."""
    return _TITLE_ENDS.search("".join(line.text.split())) is not None


def _take_title(lines: list[Line], front: list[tuple[Kind, Line]]) -> tuple[int, str]:
    """The title's lines: after a label (附件1), a red head or a document number, up to four that end like a title."""
    index = 0
    while index < min(_RED_HEAD_LINES, len(lines)) and (end := _end_of_head(lines, index)) > index:
        front.extend((Kind.NOTE, line) for line in lines[index:end])
        index = end
    if index >= len(lines) or not _can_be_title(lines[index]):
        return _take_late_title(lines, index, front)
    parts = [lines[index]]
    while (
        len(parts) < 4
        and not ends_like_a_title(parts[-1])
        and (following := index + len(parts)) < len(lines)
        and _can_be_title(lines[following])
        and len(lines[following].text) <= 40
        and any(ends_like_a_title(line) for line in lines[following : following + 2] if _can_be_title(line))
    ):
        parts.append(lines[following])
    following = index + len(parts)
    if following < len(lines) and _STAGE.match(lines[following].text):
        parts.append(lines[following])
    front.extend((Kind.TITLE, line) for line in parts)
    return index + len(parts), "".join(line.text for line in parts)


def _take_late_title(lines: list[Line], start: int, front: list[tuple[Kind, Line]]) -> tuple[int, str]:
    """The title below an order of promulgation (…令、第…号、现予公布…): the last line there that ends like one."""
    end = next(
        (at for at, line in enumerate(lines) if line.kind in STRUCTURE or at >= start + _ORDER_LIMIT), len(lines)
    )
    late = [at for at in range(start, end) if _can_be_title(lines[at]) and ends_like_a_title(lines[at])]
    if not start or not late or end == len(lines) or lines[end].kind not in STRUCTURE:
        return start, ""
    front.extend((Kind.NOTE, line) for line in lines[start : late[-1]])
    front.append((Kind.TITLE, lines[late[-1]]))
    return late[-1] + 1, lines[late[-1]].text


def _is_document_number(line: Line) -> bool:
    return line.kind is Kind.PARAGRAPH and _DOCUMENT_NUMBER.match(line.text) is not None


def _end_of_head(lines: list[Line], index: int) -> int:
    """The index after a label, red head, document number or the like at `index`, or `index` if there is none."""
    line = lines[index]
    if (line.kind is Kind.ANNEX and not line.heading) or _is_document_number(line) or _is_handling(line):
        return index + 1
    end = index
    while end < len(lines) and end - index < _RED_HEAD_LINES and _can_be_title(lines[end]):
        if _is_document_number(lines[end]):
            return end if any(_RED_HEAD.match(head.text) for head in lines[index:end]) else index
        end += 1
    return index


def _is_handling(line: Line) -> bool:
    """Whether a line gives the document's urgency, secrecy or stage: 特急, （征求意见稿）."""
    if line.kind is not Kind.PARAGRAPH:
        return False
    return _HANDLING.match(line.text) is not None or _STAGE.match(line.text) is not None


def _can_be_title(line: Line) -> bool:
    return (
        line.kind is Kind.PARAGRAPH
        and len(line.text) <= _TITLE_LIMIT
        and line.text[-1] not in "。；：，:;、"
        and line.text[0] not in "（(第"
    )


def _is_note(line: Line, index: int, lines: list[Line]) -> bool:
    """Whether a line right under the title is a note: （2020年4月10日 …通过）, 2020年1月1日起施行, 国令第722号."""
    if line.kind is not Kind.PARAGRAPH or index > 12:
        return False
    text = line.text
    if text[0] in "（(〔[【":
        return _NOTE.search(text) is not None
    if _is_document_number(line):
        return True
    dated = re.match(r"(?:自?\s*(?:\d{4}|[一二][〇零○九一二三四五六七八]{3})\s*年|根据《?.{2,60}修[正订])", text)
    followed = index + 1 < len(lines)
    return bool(dated) and followed and _NOTE.search(text) is not None and text[-1] not in "。；："


def _end_of_note(lines: list[Line], start: int) -> int:
    """The end of a note, whose bracket may close on a later line: （1982年…通过 根据…修正案》 和2018年…修正）."""
    opened = 0
    for index in range(start, min(len(lines), start + _NOTE_REACH)):
        if lines[index].kind is not Kind.PARAGRAPH:
            break
        text = lines[index].text
        opened += text.count("（") + text.count("(") - text.count("）") - text.count(")")
        if opened <= 0:
            return index + 1
    return start + 1


def _compact(line: Line) -> str:
    """A heading's text for comparing it with its entry in the contents: no spaces, leaders, page number or range."""
    text = "".join(line.source.split())
    return _PAGE_NUMBER.sub("", _ARTICLE_RANGE.sub("", text))


def _take_contents(lines: list[Line]) -> tuple[list[Line], list[Line]]:
    """Cut out the table of contents: from 目录, or from a heading that is repeated before any article.

    A table of contents without a title, as in many emergency plans, is recognised by the body repeating its entries.
    """
    start = _contents_start(lines)
    if start is None:
        return _take_repeated(lines)
    titled = _CONTENTS_TITLE.match(lines[start].text) is not None
    entries = start + 1 if titled else start
    end = _contents_end(lines, entries)
    if end is None:
        end = _end_of_repeated(lines, entries, 1 if titled else _FEWEST_ENTRIES)
    if end is None:
        end = entries
        while end < len(lines) and _looks_like_entry(lines[end]):
            end += 1
        if not titled:
            return _take_repeated(lines)
    return lines[:start] + lines[end:], lines[start:end]


def _contents_start(lines: list[Line]) -> int | None:
    first_heading = None
    for index, line in enumerate(lines[:_CONTENTS_REACH]):
        if line.kind is Kind.PARAGRAPH and line.text[0] in "目【[" and _CONTENTS_TITLE.match(line.text):
            return index
        if line.kind in HEADINGS and first_heading is None:
            first_heading = index
        if line.kind is Kind.ARTICLE:
            break
    return first_heading


def _contents_end(lines: list[Line], start: int) -> int | None:
    """The index at which the first entry's heading is repeated, with nothing but entries in between."""
    if start >= len(lines):
        return None
    first = _compact(lines[start])
    if not first:
        return None
    for index in range(start + 1, len(lines)):
        line = lines[index]
        if _compact(line) == first:
            return index
        if index - start > 600 or (line.kind is Kind.PARAGRAPH and len(line.text) > _TITLE_LIMIT):
            return None
        if line.kind is Kind.ARTICLE and line.text and line.text[-1] in "。：；":
            return None
        if line.kind is Kind.PARAGRAPH and line.text[-1] == "。":  # a preamble between the contents and the body
            return None
    return None


def _take_repeated(lines: list[Line]) -> tuple[list[Line], list[Line]]:
    """Cut out a table of contents without a title: the first marks of the text, or the first after a letter."""
    awaited = True
    for index, line in enumerate(lines[:_CONTENTS_REACH]):
        if line.kind is Kind.PARAGRAPH and is_date(line):
            awaited = True
        elif awaited and _is_marked(line):
            awaited = False
            if _opens_a_count(line) and (end := _end_of_repeated(lines, index, _FEWEST_ENTRIES)) is not None:
                return lines[:index] + lines[end:], lines[index:end]
    return lines, []


def _end_of_repeated(lines: list[Line], start: int, fewest: int) -> int | None:
    """The end of a table of contents whose entries begin at `start`; None unless the body repeats nearly all of them.

    There may be a preamble between the last entry and the first heading of the body.
    """
    entries: list[str] = []
    end = start
    while end < len(lines) and _can_be_entry(lines[end]) and (not entries or _compact(lines[end]) != entries[0]):
        entries.append(_compact(lines[end]))
        end += 1
    if not fewest <= len(entries) <= _MOST_ENTRIES:
        return None
    body = [_compact(line) for line in lines[end : end + _BODY_REACH]]
    repeated: list[bool] = []
    at = 0
    for entry in entries:
        if len(entry) <= 1:  # a page's number, or what is left of a broken line
            repeated.append(bool(repeated))
            continue
        hit = next((place for place in range(at, len(body)) if body[place].startswith(entry)), None)
        repeated.append(hit is not None)
        at = at if hit is None else hit + 1
        is_label = hit is None and lines[start + len(repeated) - 1].kind is Kind.ANNEX
        if not repeated[0] or is_label or repeated.count(False) > _MISSING * len(entries):
            return None
    while not repeated[end - start - 1]:
        end -= 1
    return end


def _can_be_entry(line: Line) -> bool:
    return len(line.source) <= _TITLE_LIMIT and line.source[-1] not in STOPS and line.kind is not Kind.ARTICLE


def _is_marked(line: Line) -> bool:
    return line.kind is not Kind.PARAGRAPH or _FIRST.match(line.text) is not None


def _opens_a_count(line: Line) -> bool:
    return line.value == 1 if line.kind is Kind.ITEM or line.kind in HEADINGS else line.kind is Kind.PARAGRAPH


def _looks_like_entry(line: Line) -> bool:
    """Whether a line is an entry with a page number after leaders or a tab, if the body never repeats the entries."""
    return len(line.source) <= _TITLE_LIMIT and re.search(r"(?:[.．·…⋯]{2,}|\t|\s{2,})\s*\d+$", line.source) is not None
