"""The front matter of a draft: metadata of a website, red head, number, title, notes, addressee, table of contents."""

from __future__ import annotations

import re
from typing import Final

from consult.text.parser.contents import take_contents
from consult.text.parser.lines import Line
from consult.text.parser.titles import ends_like_a_title, is_part_of_title, titled
from consult.text.parser.tree import STRUCTURE, Kind

_NOTE: Final = re.compile(
    r"通过|公布|发布|施行|修订|修正|批准|颁布|印发|\d{4}\s*年|第\s*\d+\s*号|征求意见稿|草案|送审稿|修改稿|试行|暂行"
)
_DOCUMENT_NUMBER: Final = re.compile(
    r"^(?:(?!.*(?:关于|《))[^\s，。；：]{2,30}(?:令|公告)\s*(?:第?[^。，：]{0,12}号)?|\d{4}\s*年\s*第\s*\d+\s*号|第\s*[\d零〇一二三四五六七八九十百]+\s*号|[^。，；]{1,20}[〔\[（(]\d{4}[〕\]）)]\s*\d+\s*号)"
    r"(?:\s*签发人\s*[：:].*)?$"
)
_ANNOUNCEMENT: Final = re.compile(r"[^\s，。；：【】]{2,30}(?:令|公告|通告)")
_RED_HEAD: Final = re.compile(r"(?!.*关于)\S.{1,40}文\s*件$")  # 某市人民政府文件, above the document's number
_RED_HEAD_LINES: Final = 8  # of several bodies that issue one document
_HANDLING: Final = re.compile(
    r"(?:\d{6}|(?:绝\s*密|机\s*密|秘\s*密)(?:[★☆*].{0,8})?|(?:特|加|平)\s*急|特\s*提|急\s*件)$"
)
"""Lines above a red head: copy number, secrecy, urgency."""
_STAGE: Final = re.compile(r"^[（(【〔][^（）()]{0,20}(?:稿|草案|试行|暂行|修订|审议稿)[^（）()]{0,8}[）)】〕]$")
_METADATA: Final = re.compile(
    r"[【\[]?\s*(?:索\s*引\s*号|(?:主题|信息|体裁|组配|公开)?分\s*类|发文机[关构]|发布机构|成文日期|生成日期|标\s*题|名\s*称|发文字号|文\s*号|(?:发[布文]|印发|公布|成文|生成)(?:日期|时间|单位|机关|文号|字号)|主\s*题\s*词|关\s*键\s*[词字]"
    r"|有\s*效\s*性|时\s*效\s*性|公开(?:方式|属性|形式|范围|类型|责任部门)|信息(?:来源|名称|索引)|(?:来\s*源|作\s*者|浏览(?:次数|量)|访问量|点击(?:数|次数)|阅读(?:次数|量)?|当前位置|您(?:现在)?的位置)"
    r"|字\s*[号体](?:大小)?|效力状态|施行日期|废止日期|统一编号|规范性文件(?:编号|登记号))\s*[：:】\]]"
)
_PAGE_HEAD: Final = re.compile(
    r"(?:首\s*页\s*[>＞»/]|【?(?:打印|收藏|关闭|返回|分享)|(?:字体|字号)|[\[【]\s*(?:大\s*中\s*小|打印))"
)
_METADATA_REACH: Final = 40  # lines of the metadata above a title
_ADDRESSEE: Final = re.compile(
    r"(?:政府|单位|部门|机构|机关|企业|委员|代表|主席|总理|同志|先生|女士|各界|公众|群众|市民|朋友|主体|商户|经营者|人士|人员|团体|组织|中心|公司|大学|学院|医院|银行|集团|园区|街道|开发区"
    r"|示范区|协会|商会|高校|学校|院校|[部局厅委办府院会处室科司组站队所校社署行县市区镇乡村州盟旗省师团])"
    r"\s*(?:[（(][^（）()]{1,80}[）)])?\s*[：:]$"
)
_NO_ADDRESSEE: Final = re.compile(
    r"。|如下|以下(?!简称)|下列|制定|特此|^(?:为|根据|按照|依据|依照|经)|规定|要求|职责|包括|分别是|组成|由|一是"
)
_ADDRESSEE_LIMIT: Final = 300  # characters
_ADDRESSEE_LINES: Final = 3
_ADDRESSEE_GOES_ON: Final = re.compile(r"^[^。；：:]{4,150}[，、,]$")
_OBJECT_ENDS: Final = re.compile(
    r"(?:法|条例|规则|细则|制度|标准|章程|清单|规划|计划|规范|准则|措施|预案|方案|办法|规定)$"
)
_NOTE_REACH: Final = 12  # lines that one note in brackets may fill
_ORDER_LIMIT: Final = 15  # lines of an order of promulgation above the title
_TITLE_LIMIT: Final = 80  # characters on one line of a title


def split_front(lines: list[Line]) -> tuple[str, list[tuple[Kind, Line]], list[Line], list[Line]]:
    """Separate what stands above the body: metadata, title, notes and table of contents.

    Returns the title, the front lines each with its kind (title, note, toc), the body, which may begin with its
    addressee, and the table of contents if it stands further down, in a document that a letter sends out.
    """
    front: list[tuple[Kind, Line]] = []
    lines, contents = take_contents(lines)
    end = _end_of_metadata(lines)
    front.extend((Kind.NOTE, line) for line in lines[:end])
    below = lines[end:]
    index, title = _take_title(below, front)
    if not title:
        title = _title_of_announcement(front)
    notes = end_of_notes(below, index)
    front.extend((Kind.NOTE, line) for line in below[index:notes])
    body = with_addressee(below[notes:])
    if contents and (not body or contents[0].place < body[0].place):
        front.extend((Kind.TOC, line) for line in contents)
        contents = []
    front.sort(key=lambda pair: pair[1].place)
    return title, front, body, contents


def end_of_notes(lines: list[Line], start: int = 0) -> int:
    """The index after the notes right below a title that ends at `start`: adoption, number, author and date."""
    index = start
    while index < len(lines) and _is_note(lines[index], index, lines):
        index = _end_of_note(lines, index)
    return index


def with_addressee(lines: list[Line]) -> list[Line]:
    """The lines of a document below its title and notes; an addressee there becomes lines of the frame."""
    end = 1
    while end < min(_ADDRESSEE_LINES, len(lines)) and _ADDRESSEE_GOES_ON.search(lines[end - 1].text):
        end += 1
    if end > len(lines) or any(line.kind is not Kind.PARAGRAPH for line in lines[:end]):
        return lines
    if not _is_addressee("".join(line.text for line in lines[:end])):
        return lines
    return [*(line.as_kind(Kind.ADDRESSEE) for line in lines[:end]), *lines[end:]]


def _is_addressee(text: str) -> bool:
    """Whether the words below a title name whom a document is sent to: 各区人民政府，市政府各部门："""
    if text[-1] not in "：:" or len(text) > _ADDRESSEE_LIMIT:
        return False
    return _NO_ADDRESSEE.search(text) is None and (text[0] == "各" or _ADDRESSEE.search(text) is not None)


def is_document_number(text: str) -> bool:
    """Whether a line is a document's number: 国发〔2019〕5号, 第707号, …令."""
    return _DOCUMENT_NUMBER.match(text) is not None


def _end_of_metadata(lines: list[Line]) -> int:
    """The index after a website's metadata: 索引号：… on a line, or a label and its value on two lines."""
    at = [index for index, line in enumerate(lines[:_METADATA_REACH]) if _is_metadata(line)]
    if not at or at[0] > 2 or (len(at) < 2 and at[0] > 0) or any(map(ends_like_a_title, lines[: at[0]])):
        return 0
    empty = [index for index in at if lines[index].text[-1] in "：:"]
    in_pairs = 2 * len(empty) > len(at)
    end = at[0]
    while end < len(lines) and (_is_metadata(lines[end]) or (in_pairs and end - 1 in empty and end + 1 in at)):
        end += 1
    if in_pairs and end - 1 in empty and end < len(lines) and not ends_like_a_title(lines[end]):
        end += 1
    return end


def _is_metadata(line: Line) -> bool:
    return line.kind is Kind.PARAGRAPH and (
        _METADATA.match(line.text) is not None or (len(line.text) <= 60 and _PAGE_HEAD.match(line.text) is not None)
    )


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
        and not _is_whole_title(parts)
        and (following := index + len(parts)) < len(lines)
        and (_can_be_title(lines[following], begins=False) or _is_second_name(lines[following]))
        and len(lines[following].text) <= 40
        and _ends_soon(
            parts, lines[following : following + (3 if "关于" in parts[-1].text + lines[following].text else 2)]
        )
    ):
        parts.append(lines[following])
    following = index + len(parts)
    if following < len(lines) and (_STAGE.match(lines[following].text) or is_part_of_title(lines[following])):
        parts.append(lines[following])
    front.extend((Kind.TITLE, line) for line in parts)
    return index + len(parts), "".join(line.text for line in parts)


def _ends_soon(parts: list[Line], lines: list[Line]) -> bool:
    """Whether a title goes on to one of the lines below its parts, which may hold no more than the end of a word."""
    title = "".join(line.text for line in parts)
    for line in lines:
        if _can_be_title(line, begins=False) or _is_second_name(line):
            title += line.text
            if _can_be_title(line, begins=False) and titled(title):
                return True
    return False


def _is_whole_title(parts: list[Line]) -> bool:
    """Whether the lines of a title end it: not inside 《…》, nor at a 制度 that 关于… names before its 的意见."""
    title = "".join("".join(line.text.split()) for line in parts)
    if not titled(title) or title.count("《") > title.count("》"):
        return False
    return "关于" not in title or "的" in title.rpartition("关于")[2] or not _OBJECT_ENDS.search(title)


def _title_of_announcement(front: list[tuple[Kind, Line]]) -> str:
    """The name of an announcement or order that has no other title (某县人民政府公告, 2026年第3号); empty if none."""
    for at, (kind, line) in enumerate(front):
        if kind is Kind.NOTE and _ANNOUNCEMENT.fullmatch(line.text):
            front[at] = Kind.TITLE, line
            return line.text
    return ""


def _is_second_name(line: Line) -> bool:
    """Whether a line in a title is the issuing body's second name: （爱国卫生运动委员会）."""
    return line.kind is Kind.PARAGRAPH and re.match(r"[（(][^（）()。]{2,30}[）)]$", line.text) is not None


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
            head = next((at for at in range(index, end) if "关于" in lines[at].text), end)
            return head if any(_RED_HEAD.match(line.text) for line in lines[index:head]) else index
        end += 1
    return index


def _is_handling(line: Line) -> bool:
    """Whether a line gives the document's urgency, secrecy or stage: 特急, （征求意见稿）."""
    if line.kind is not Kind.PARAGRAPH:
        return False
    return _HANDLING.match(line.text) is not None or _STAGE.match(line.text) is not None


def _can_be_title(line: Line, begins: bool = True) -> bool:
    return (
        line.kind is Kind.PARAGRAPH
        and len(line.text) <= _TITLE_LIMIT
        and line.text[-1] not in "。；：，:;、"
        and line.text[0] not in "（("
        and not (begins and line.text[0] == "第")
    )


def _is_note(line: Line, index: int, lines: list[Line]) -> bool:
    """Whether a line right under the title is a note: （2020年4月10日 …通过）, 2020年1月1日起施行, 国令第722号."""
    if line.kind is not Kind.PARAGRAPH or index > 12:
        return False
    text = line.text
    if text[0] in "（(〔[【":
        return _NOTE.search(text) is not None or is_part_of_title(line)
    if _is_document_number(line) or _is_metadata(line):
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
