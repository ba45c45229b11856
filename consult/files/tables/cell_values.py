"""What stands in cells besides values: nothing in many words, ditto marks, numbers that a program has ruined."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_NOTHING: Final = frozenset(
    {
        "无",
        "没有",
        "暂无",
        "空",
        "空白",
        "跳过",
        "未填",
        "未填写",
        "不详",
        "未知",
        "略",
        "na",
        "n/a",
        "nil",
        "none",
        "null",
    }
)
_NO_OPINION: Final = re.compile(
    r"(?:(?:我|本)(?:们|处|局|委|厅|部|会|单位|公司|部门|人)?)?(?:对(?:此|该?(?:征求意见)?稿|以上内容))?"
    r"(?:均|暂时?|暂且)?(?:无|没有?|没有任何|无任何)(?:任何|其他|其它|不同|修改|补充|反馈|具体|更多)*"
    r"(?:的?(?:意见|建议|意见建议|意见和建议|意见或建议|意见及建议|异议))"
)
_DITTO: Final = frozenset({"同上", "同前", "同上行", "同上一行", "如上", "″", "〃", "”", "“", '"', "''", "〞"})
_MARKS: Final = re.compile(r"[\s\-—–－_/\\|.。,，、*×~～…·;；:：]+")
_BRACKETS: Final = re.compile(r"[（(【\[<《]([^（(【\[<《）)】\]>》]*)[）)】\]>》]")
_RUINED: Final = re.compile(r"\d(?:\.\d+)?E\+\d{1,2}", re.IGNORECASE)

_STARTS: Final = frozenset("无没暂空跳未不略nNｎＮ（(【[<《-—–－_/\\|.。,，、*×~～…·;；:： ")
"""What a cell that says nothing begins with; most cells are known by that to say something."""

RUINED_WORDS: Final = "“{text}”是被表格软件改动过的数字，请将该列设为文本后重新填写"


def _bare(text: str) -> str:
    return _MARKS.sub("", _BRACKETS.sub(r"\1", unicodedata.normalize("NFKC", text).casefold()))


def is_nothing(text: str) -> bool:
    """Whether a cell says that there is no value: 无, /, —, (空), (跳过), N/A."""
    if len(text) > 12 or text[:1] not in _STARTS:
        return False
    bare = _bare(text)
    return (not bare and bool(text.strip())) or bare in _NOTHING


def is_no_opinion(text: str) -> bool:
    """Whether a cell says that its sender has no opinion: 无意见, 没有修改意见。"""
    if len(text) > 30 or not ("无" in text or "没" in text):
        return False
    return _NO_OPINION.fullmatch(_bare(text)) is not None


def is_ditto(text: str) -> bool:
    """Whether a cell repeats the one above: 同上, 〃."""
    return len(text) <= 8 and _BRACKETS.sub(r"\1", text).strip(" 　。.") in _DITTO


def is_ruined(text: str) -> bool:
    """Whether a text is a telephone or identity number in the form that a spreadsheet program gave it: 1.38E+10."""
    return "+" in text and _RUINED.fullmatch(text.strip()) is not None
