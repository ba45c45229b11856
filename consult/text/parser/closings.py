"""The end of a document: the bodies that sign it, its date, notes, copies and imprint, the footer of a web page."""

from __future__ import annotations

import re
from typing import Final

from consult.text.parser.lines import Line
from consult.text.parser.tree import Kind

_YEAR: Final = r"(?:\d{4}|[一二][〇零○OＯ0０九一二三四五六七八]{3}|[Xx×╳]{2,4}|20[Xx×╳_]{2})"
_PART: Final = r"[\d〇一二三四五六七八九十Xx×╳_]{0,3}"
DATE: Final = (
    rf"(?:{_YEAR}\s*年\s*{_PART}\s*月(?:\s*{_PART}\s*日)?|(?:19|20)\d\d(?P<dash>[-./])\d{{1,2}}(?P=dash)\d{{1,2}}"
    r"|年\s*月\s*日)"
)
"""A date as documents bear it: 2024年3月1日, 二〇二四年三月一日, 2024-03-01, 20××年×月×日, 年　月　日."""
_DATE: Final = re.compile(rf"[（(]?\s*{DATE}\s*[）)]?$")
_DATE_AT_END: Final = re.compile(rf"({DATE})\s*[）)]?$")
_SIGNED_DATE: Final = re.compile(rf"([^\s。；：，、]{{2,20}}(?:\s+[^\s。；：，、]{{2,20}}){{0,3}})\s+{_DATE.pattern}")
_BODY: Final = re.compile(
    r"(?:[部局厅委办府院会处室司组所站队校社署行县市区镇乡村]|中心|公司|大学|街道|集团|协会|总队|党委|秘书长|[省市区县]长)$"
)
_SEAL: Final = re.compile(
    r"\s*(?:[（(](?:代?章|盖章|公章|印章|签章)[）)]|&\w{1,6};?)\s*$"
)  # and what is left of an HTML space
_SECOND_NAME: Final = re.compile(r"[（(][^（）()。；：:，]{2,30}[）)]$")  # （爱国卫生运动委员会） below the first name
_OPEN_TO_PUBLIC: Final = re.compile(
    r"[（(](?:此件|本件|此文|本文|联系|信息公开|主动公开|依申请|不予公开|公开[方属形]|有删|内容有|注[：:])"
)
_CONTACT: Final = re.compile(r"联\s*系\s*(?:人|电话|方式)\s*[：:].{1,80}$")
_BRACKETED: Final = re.compile(r"[（(].{1,120}[）)]$")
_COPIES: Final = re.compile(r"(?:抄\s*[送报]|分\s*送|[主发]\s*送)\s*[：:]|主题词\s*[：:]|共印\s*\d+\s*份")
_IMPRINT: Final = re.compile(r"[^。；]{0,40}\d\s*日\s*印\s*发$")  # 某市人民政府办公室　2024年4月3日印发
_FILE: Final = re.compile(
    r".{1,80}\.(?:docx?|wps|xlsx?|et|pdf|ofd|zip|rar)(?:\s*[（(][^（）()]{1,20}[）)])?$", re.IGNORECASE
)  # websites list annexes like this
_FOOTER: Final = re.compile(
    r"扫一扫|扫码|手机(?:打开|浏览|查看|版)|分享(?:到|至|$)|微信|微博|QQ空间|【?\s*(?:打印|关闭|收藏|返回)|[打列]印(?:本|此|正)?[文页]|关闭(?:本|此)?(?:页|窗口)"
    r"|(?:TOP|top)$|返回?(?:顶部|首页|列表|上一页)|[上下]一[篇条页]\s*[：:]?|相关(?:链接|附件|解读|文[章件]|新闻|稿件|阅读|政策)|附件下载|政策解读|责任编辑|编\s*辑\s*[：:]|来\s*源\s*[：:]"
    r"|(?:信息来源|发布(?:时间|日期|机构)|浏览(?:次数|量)|访问量|点击(?:数|次数)|阅读(?:次数|量)?)\s*[：:]|网站(?:地图|标识码|声明)|联系我们|关于我们|版权所有|主办(?:单位)?\s*[：:]|承办(?:单位)?\s*[：:]"
    r"|.{0,30}(?:ICP\s*备|公网安备|版权所有|网站标识码)|(?:Copyright|©)|字号\s*[：:]|(?:\d{4}-\d\d?-\d\d?|\d{4}年\d\d?月\d\d?日)\s+\d\d?:\d\d"
)
_FOOTER_LIMIT: Final = 80  # characters
_LOOSE_TAIL: Final = 6  # short lines of unknown kind that may stand below a signed date
_LOOSE_LIMIT: Final = 40  # characters of such a line
_SIGNER_LIMIT: Final = 40  # characters of a signing body's name
_SIGNER_LINES: Final = 8  # of several bodies that sign one document
_REACH: Final = 24  # lines from the date to the end


def closing_of(lines: list[Line]) -> int:
    """The index at which a document's closing begins: signing bodies, date and what stands below; its length if none.

    Without a date, only notes, copies, imprint and footer belong to it, and the name of a body above these.
    """
    total = len(lines)
    for dated in range(total - 1, max(0, total - _REACH), -1):
        if is_date(lines[dated]) and _is_closed(lines, dated):
            return _start_of_signers(lines, dated)
    start = total
    while start > 1 and start > total - _REACH and (_is_tail(lines[start - 1]) or _prints(lines, start - 1)):
        start -= 1
    while start < total and (lines[start].kind is Kind.ATTACHMENT or _is_loose_note(lines[start])):
        start += 1
    return start - 1 if start > 1 and _signs_undated(lines, start - 1) else start


def is_date(line: Line) -> bool:
    """Whether a line is nothing but a date, perhaps after the names of the signing bodies."""
    if line.kind is not Kind.PARAGRAPH:
        return False
    return _DATE.match(line.text) is not None or _is_signed(line)


def is_signed(lines: list[Line], dated: int) -> bool:
    """Whether the date at `dated` has a body's name before it, on its own line or the one above."""
    return _is_signed(lines[dated]) or (dated > 0 and _is_body(lines, dated - 1))


def starts_closing(lines: list[Line], start: int) -> bool:
    """Whether the signing bodies of a document stand from `start` to the line above a date, or the date does.

    A note on whom to ask may stand above them.
    """
    while start < len(lines) and _is_note_above(lines[start]):
        start += 1
    for at in range(start, min(len(lines), start + _SIGNER_LINES)):
        if is_date(lines[at]):
            return at == start or _start_of_signers(lines, at) <= start
        if not _is_signer(lines[at]):
            return False
    return False


def end_of_tail(lines: list[Line], start: int) -> int:
    """The index after the lines from `start` that may come below a date: （此件公开发布）, 抄送：…, …印发, a footer."""
    end = start
    while end < len(lines) and (
        _is_tail(lines[end])
        or _prints(lines, end)
        or (end > start and lines[end].kind is Kind.PARAGRAPH and _runs_on(lines[end - 1]))
    ):
        end += 1
    return end


def names_of(text: str) -> list[str]:
    """The bodies that a line of a signature names, none on a bare date: 甲局　　乙局 are two, 市　长　某某 one."""
    bare = _DATE_AT_END.sub("", text.strip()).strip("（( \t\u3000") if date_in(text) else text.strip()
    bare = _SEAL.sub("", bare).strip()
    pieces = re.split(r"\s{2,}|\u3000|\t", bare)
    if len(pieces) > 1 and all(len(piece) > 2 and _BODY.search(piece) for piece in pieces):
        return pieces
    return ["".join(bare.split()) if max(map(len, bare.split())) < 3 else " ".join(bare.split())] if bare else []


def is_note(text: str) -> bool:
    """Whether a line below the date is a note: （此件公开发布）, 联系人：…."""
    return (_BRACKETED.match(text) is not None and _SEAL.search(text) is None) or _CONTACT.match(text) is not None


def is_second_name(text: str) -> bool:
    """Whether a line is a body's second name in brackets, below the first: （爱国卫生运动委员会）（代章）."""
    bare = _SEAL.sub("", text)
    return _SECOND_NAME.match(bare) is not None and not _OPEN_TO_PUBLIC.match(bare) and not re.search(r"\d", bare)


def is_signer_line(text: str) -> bool:
    """Whether a line of a closing can name who signs: neither a note, a copy, an imprint nor a footer."""
    line = Line(0, Kind.PARAGRAPH, text)
    return _is_signer(line) and not _is_tail(line)


def date_in(text: str) -> str:
    """The date that a line of a signature ends with, without brackets; empty if there is none."""
    match = _DATE_AT_END.search(text.strip())
    return match[1] if match else ""


def is_footer(text: str) -> bool:
    """Whether a line is a web page's: 扫一扫在手机打开当前页, 上一篇：…."""
    return len(text) <= _FOOTER_LIMIT and text[-1:] != "。" and _FOOTER.match(text) is not None


def _is_closed(lines: list[Line], dated: int) -> bool:
    """Whether nothing but what belongs below a date stands below it; a signed date may have a few odd lines there."""
    end = end_of_tail(lines, dated + 1)
    if end == len(lines):
        return True
    if not is_signed(lines, dated) or len(lines) - end > _LOOSE_TAIL:
        return False
    return all(_is_tail(line) or _is_loose(line) for line in lines[end:])


def _is_note_above(line: Line) -> bool:
    return _OPEN_TO_PUBLIC.match(line.text) is not None and _BRACKETED.match(line.text) is not None


def _is_loose_note(line: Line) -> bool:
    return is_note(line.text) and not _OPEN_TO_PUBLIC.match(line.text)


def _is_loose(line: Line) -> bool:
    return line.kind is Kind.PARAGRAPH and len(line.text) <= _LOOSE_LIMIT and line.text[-1] not in "。；：:"


def _start_of_signers(lines: list[Line], dated: int) -> int:
    """The index of the first signing body above the date at `dated`, or of a note on whom to ask above these."""
    start = dated
    alone = not _is_signed(lines[dated])
    while start > 1 and dated - start < _SIGNER_LINES and _signs(lines, start - 1, last=alone and start == dated):
        start -= 1
    while start > 1 and _is_note_above(lines[start - 1]):
        start -= 1
    return start


def _is_signed(line: Line) -> bool:
    match = _SIGNED_DATE.match(line.text)
    return match is not None and _BODY.search(match[1]) is not None


def _is_tail(line: Line) -> bool:
    text = line.text
    if line.kind is not Kind.PARAGRAPH:
        return line.kind is Kind.ATTACHMENT  # websites list the annexes below the date
    return is_note(text) or is_footer(text) or any(tail.match(text) for tail in (_COPIES, _IMPRINT, _FILE))


def _prints(lines: list[Line], index: int) -> bool:
    """Whether the line names the office that prints the document, with the date of printing on the next line."""
    following = index + 1
    return following < len(lines) and _IMPRINT.match(lines[following].text) is not None and _is_body(lines, index)


def _runs_on(line: Line) -> bool:
    return line.text[-1:] in ("，", "、")


def _signs(lines: list[Line], index: int, last: bool) -> bool:
    """Whether a line is a signer's.

    The last one above the date always is; others need the name of a body or an officer (市　长　某某).
    """
    line = lines[index]
    if not _is_signer(line):
        return False
    return last or _is_body(lines, index) or len(line.text.split()) > 1


def _is_body(lines: list[Line], index: int) -> bool:
    """Whether a line is the name of a body: 某市人民政府（代章）, or its second name in brackets below the first."""
    line = lines[index]
    if not _is_signer(line):
        return False
    bare = _SEAL.sub("", line.text)
    if _SECOND_NAME.match(bare):
        return index > 0 and (bare != line.text or _is_body(lines, index - 1))
    return _BODY.search(bare) is not None


def _signs_undated(lines: list[Line], index: int) -> bool:
    """Whether the last line above the footer is a body that signs without a date, below the last sentence."""
    above = lines[index - 1]
    return (
        len(lines[index].text) > 3
        and _is_body(lines, index)
        and not _SECOND_NAME.match(lines[index].text)
        and above.kind is not Kind.ATTACHMENT
        and above.text[-1:] == "。"
    )


def _is_signer(line: Line) -> bool:
    if line.kind is not Kind.PARAGRAPH or len(line.text) > _SIGNER_LIMIT or line.text.startswith("附"):
        return False
    bare = _SEAL.sub("", line.text)
    if _SECOND_NAME.match(bare):
        return is_second_name(line.text)
    return bool(bare) and bare[-1] not in "。；，、;,）)”" and not any(colon in bare for colon in "：:")
