"""Rows of a table that are no records: totals, notes, signatures, headings over several columns, the head once more."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

from consult.files.tables.errors import Odd

_TOTAL: Final = re.compile(r"(?:本页|本表|全部)?[合总小共累]计(?:数|件数|人数|户数)?[:：]?")
_COUNTED: Final = re.compile(r"(?:本页|本表|全部)?[合总小共累]计?[:：]?共?(?:有)?[\d,，.]+[\u4e00-\u9fff]{0,4}[。.]?")
_FIGURE: Final = re.compile(r"共?[\d,，.%]+[\u4e00-\u9fff]{0,4}")
_NOTE: Final = re.compile(
    r"(?:备注|附注|注|说明|填表说明|填报说明|填写说明|注意事项|数据来源|资料来源|来源|提示|温馨提示)\d{0,2}[:：.]"
)
_SIGNATURE: Final = re.compile(
    r"(?:(?:制表|审核|复核|填表|填报|填写|统计|经办|校对|报送|导出|打印|汇总|编制|录入|签发)(?:人员?|单位|部门|日期|时间|科室)?"
    r"|联系(?:人|电话|方式)|(?:单位|部门|科室|分管)?(?:负责人|领导)(?:签字|签名)?|单位[（(]?盖章[）)]?|截止?至?(?:日期|时间))[:：]"
)
_GROUP: Final = re.compile(r"[(（]?[一二三四五六七八九十]{1,3}(?:[)）]|[、.．:：])")
"""What the name of a group of rows begins with: 二、协会."""
_BEGINS: Final = re.compile(
    r"\s*[本全合总小共累备附注说填数资来提温制审复统经校报导打汇编录签单部科分截负领联一二三四五六七八九十(（]"
)
"""What a total, a note or a signature begins with."""
_SERIALS: Final = frozenset({"序号", "序", "行号", "no.", "no"})
"""Names of columns whose numbers are filled in before anything is written."""
_SHORT: Final = 40
"""Longest words of a signature that stand where an opinion may stand."""

TOTAL, NOTE, SPANNING, HEAD = (
    "合计行，未导入",
    "说明或者落款行，未导入",
    "分组行或者整行合并的说明，未导入",
    "重复的表头，未导入",
)
EMPTY = "只有序号的空行，未导入"


def aside_of(cells: Mapping[str, str], odd: Mapping[str, Odd], main: Sequence[str], *, prose: bool) -> str:
    """Return why a row is no record; empty for a record.

    Arguments:
        cells: what is typed in the row, by column in order.
        odd: its odd cells by column.
        main: the columns without which a row is no record: of the opinions, of the names.
        prose: whether people write sentences in ``main``. What begins like a note there (“注：第三条……”) is an opinion.
    """
    first_column, begin = next(((column, text) for column, text in cells.items() if text.strip()), ("", ""))
    if begin.strip().isdigit() and _compact(first_column).casefold() in _SERIALS:
        return "" if any(text.strip() for column, text in cells.items() if column != first_column) or odd else EMPTY
    if Odd.MERGED not in odd.values() and not _BEGINS.match(begin) and _compact(begin) not in _of_head(first_column):
        return ""  # as nearly all rows
    filled = [(column, _compact(text)) for column, text in cells.items() if text.strip()]
    if not filled:
        return ""
    if len(filled) > 1 and all(text in _of_head(column) for column, text in filled):
        return HEAD
    first = filled[0][1]
    others = [text for _, text in filled[1:]]
    if _TOTAL.fullmatch(first) and (first_column not in main or all(map(_FIGURE.fullmatch, others))):
        main_texts = [text for column, text in filled[1:] if column in main]
        if all(_FIGURE.fullmatch(text) or len(text) <= 6 for text in main_texts):
            return TOTAL
    if _COUNTED.fullmatch(first) and all(map(_FIGURE.fullmatch, others)):
        return TOTAL
    if _is_note(filled, main, prose=prose):
        return NOTE
    if not prose and not others and _GROUP.match(first):
        return SPANNING
    covered = sum(1 for mark in odd.values() if mark is Odd.MERGED)
    if not others and covered * 2 >= len(cells) - 1 >= 1 and not (prose and first_column in main):
        return SPANNING
    return ""


def _is_note(filled: Sequence[tuple[str, str]], main: Sequence[str], *, prose: bool) -> bool:
    column, first = filled[0]
    if column not in main or not prose:
        if not (_NOTE.match(first) or _SIGNATURE.match(first)):
            return False
        main_texts = [text for name, text in filled[1:] if name in main]
        return all(_SIGNATURE.match(text) and len(text) <= _SHORT for text in main_texts) or (
            not prose and len(filled) <= 3
        )
    return len(filled) == 1 and len(first) <= _SHORT and _SIGNATURE.match(first) is not None


def _of_head(column: str) -> tuple[str, str]:
    """Return what a head says of a column: its name, or that below a merged heading."""
    return _compact(column), _compact(column.rpartition(" ")[2])


def _compact(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())
