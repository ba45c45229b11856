"""What kind of list a table is, by the names of its columns: opinions, or organisations."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

_ORGANISATIONS: Final = (
    *(
        "社会信用代码",
        "信用代码",
        "企业规模",
        "单位规模",
        "所属行业",
        "行业类别",
        "企业类型",
        "企业性质",
        "经济类型",
        "所有制",
    ),
    *("注册资本", "法定代表人", "法人代表", "成立日期", "登记机关", "经营范围", "划型", "从业人数"),
)
_CODE: Final = "信用代码"
_OPINIONS: Final = re.compile(r"意见|建议|诉求|留言|来电内容|来信|反映|问题描述|正文")
_NO_OPINIONS: Final = re.compile(r"征求意见(?:单位|对象|函|范围)|(?:意见|建议|诉求|留言)(?:数|件数|次数|邮箱|电话)")


def organisation_columns(columns: Sequence[str], *, beside_opinions: bool = False) -> list[str]:
    """Return the columns by which a table is a list of organisations; none where it isn't.

    Arguments:
        beside_opinions: whether it may hold opinions too.
    """
    plain = {column: _plain(column) for column in columns}
    signs = [column for column, name in plain.items() if any(sign in name for sign in _ORGANISATIONS)]
    enough = len(signs) > 1 or any(_CODE in plain[column] for column in signs)
    return signs if enough and (beside_opinions or not opinion_columns(columns)) else []


def opinion_columns(columns: Sequence[str]) -> list[str]:
    """Return the columns that hold opinions by their name."""
    return [column for column in columns if _OPINIONS.search(name := _plain(column)) and not _NO_OPINIONS.search(name)]


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split())
