"""Anchors in words and back: art-12-para-2-item-3 is 第十二条第二款第三项.

An anchor is a chain of a name and a number (and a second number for 之一): `part-1-chapter-3`, `art-12-1-para-2`,
`head-2-sub-1-num-3`, `annex-1-art-5`. The second provision of the same name and number ends in `-x2`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from consult.text.numerals import ARABIC, CHINESE, NUMERALS, read_number, write_number

WHOLE: Final = "draft"
_WHOLE_WORDS: Final = "全文"


def _ordinal(unit: str) -> Callable[[int, int], str]:
    def words(number: int, sub: int) -> str:
        return f"第{write_number(number)}{unit}" + (f"之{write_number(sub)}" if sub else "")

    return words


_ENCLOSED_LIMIT: Final = 20
_FORMAL: Final = str.maketrans("一二三四五六七八九十百", "壹贰叁肆伍陆柒捌玖拾佰")


def _ring(number: int, _sub: int) -> str:
    return chr(0x2460 + number - 1) if 1 <= number <= _ENCLOSED_LIMIT else f"〇{number}〇"


_WORDS: Final[dict[str, Callable[[int, int], str]]] = {
    "part": _ordinal("编"),
    "subpart": _ordinal("分编"),
    "chapter": _ordinal("章"),
    "section": _ordinal("节"),
    "art": _ordinal("条"),
    "item": _ordinal("项"),
    "point": _ordinal("目"),
    "formal": lambda number, _: f"{write_number(number).translate(_FORMAL)}、",
    "head": lambda number, _: f"{write_number(number)}、",
    "sub": lambda number, _: f"（{write_number(number)}）",
    "num": lambda number, _: f"{number}.",
    "paren": lambda number, _: f"（{number}）",
    "ring": _ring,
    "letter": lambda number, _: f"[{number}]",
    "half": lambda number, _: f"{number}）",
    "dec": lambda number, _: f".{number}",
    "row": lambda number, _: f"表格第{write_number(number)}行",
    "annex": lambda number, _: f"附件{number}",
    "preamble": lambda number, _: f"序言第{write_number(number)}段",
    "heading": lambda number, _: f"标题{number}",
    "signature": lambda number, _: f"落款{number}",
    "title": lambda number, _: f"题目{number}",
    "note": lambda number, _: f"题注{number}",
    "toc": lambda number, _: f"目录{number}",
    "addressee": lambda number, _: f"主送{number}",
    "attachment": lambda number, _: f"附件说明{number}",
}
_OPEN: Final = frozenset({"annex", "heading", "dec"})  # their words end in a number that could run into the next one
_INSIDE_OTHERS: Final = frozenset({"annex", "item", "point"})  # a paragraph of these is a 段, no 款
_ARTICLE_PARAGRAPH: Final = _ordinal("款")
_OTHER_PARAGRAPH: Final = _ordinal("段")

STEP: Final = re.compile(r"([a-z]+)-(\d+)(?:-(\d+))?(?:-x(\d+))?(?:-|$)")
"""One step of an anchor: name, number, the number after 之, and which of several with that name and number."""
_N: Final = f"[{NUMERALS}]+"
_READ: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        (rf"序言第({_N})段", "preamble"),
        (rf"标题({_N})的?", "heading"),
        (rf"落款({_N})", "signature"),
        (rf"题目({_N})", "title"),
        (rf"题注({_N})", "note"),
        (rf"目录({_N})", "toc"),
        (rf"主送({_N})", "addressee"),
        (rf"表格第({_N})行", "row"),
        (rf"附件说明({_N})", "attachment"),
        (rf"附件({_N})的?", "annex"),
        (rf"第({_N})分编(?:之({_N}?)(?=$|第|（第))?", "subpart"),
        (rf"第({_N})编(?:之({_N}?)(?=$|第|（第))?", "part"),
        (rf"第({_N})章(?:之({_N}?)(?=$|第|（第))?", "chapter"),
        (rf"第({_N})节(?:之({_N}?)(?=$|第|（第))?", "section"),
        (rf"第({_N})条(?:之({_N}?)(?=$|第|（第))?", "art"),
        (rf"第({_N})[款段](?:之({_N}?)(?=$|第|（第))?", "para"),
        (rf"第[（(]?({_N})[）)]?项(?:之({_N}?)(?=$|第|（第))?", "item"),
        (rf"第[（(]?({_N})[）)]?目(?:之({_N}?)(?=$|第|（第))?", "point"),
        (r"([壹贰叁肆伍陆柒捌玖拾佰]+)、", "formal"),
        (rf"([{CHINESE}]+)、", "head"),
        (rf"[（(]([{ARABIC}]+)[）)]", "paren"),
        (rf"[（(]([{CHINESE}]+)[）)]", "sub"),
        (rf"([{ARABIC}]+)[)）]", "half"),
        (rf"([{ARABIC}]+)(?=[.．][{ARABIC}]+(?![{ARABIC}]*[)）]))", "num"),  # 1.2 is 1. and .2
        (rf"([{ARABIC}]+)[.．]", "num"),
        (rf"[.．]([{ARABIC}]+)的?", "dec"),
        (r"([①-⑳])", "ring"),
        (r"〇(\d+)〇", "ring"),
        (r"\[(\d+)\]", "letter"),
    )
)
_NTH: Final = re.compile(rf"（第({_N})处）")


@lru_cache(maxsize=16384)
def in_words(anchor: str) -> str:
    """Anchor → citation: art-12-para-2-item-3 → 第十二条第二款第三项, art-12-1 → 第十二条之一; draft → 全文.

    Raises ValueError if it is not an anchor.
    """
    if anchor in (WHOLE, ""):
        return _WHOLE_WORDS
    words: list[str] = []
    end = 0
    in_article = False
    while end < len(anchor):
        step = STEP.match(anchor, end)
        if step is None or (step[1] != "para" and step[1] not in _WORDS):
            raise ValueError(f"不是条文编号：{anchor}")
        name, number, sub = step[1], int(step[2]), int(step[3] or 0)
        in_article = name == "art" or (in_article and name not in _INSIDE_OTHERS)
        if name == "dec" and words and words[-1].endswith("."):
            words[-1] = words[-1][:-1]  # 1. and .2 are 1.2
        if name == "para":
            words.append((_ARTICLE_PARAGRAPH if in_article else _OTHER_PARAGRAPH)(number, sub))
        else:
            words.append(_WORDS[name](number, sub))
        if name in _OPEN and step.end() < len(anchor) and not step[4] and not anchor.startswith("dec-", step.end()):
            words.append("的")
        if step[4]:
            words.append(f"（第{write_number(int(step[4]))}处）")
        end = step.end()
    return "".join(words)


@lru_cache(maxsize=16384)
def from_words(words: str) -> str:
    """Read a citation as an anchor: 第十二条第二款第三项 → art-12-para-2-item-3, 第3条 → art-3, 全文 → draft.

    Arabic numerals, brackets around an item's number (第（三）项) and spaces are accepted. Raises ValueError if
    the words are not a citation.
    """
    compact = "".join(words.split())
    if compact in (_WHOLE_WORDS, "草案全文", "整体"):
        return WHOLE
    steps: list[str] = []
    end = 0
    while end < len(compact):
        nth = _NTH.match(compact, end)
        if nth and steps:
            steps.append(f"x{read_number(nth[1])}")
            end = nth.end()
            continue
        step, end = _read_step(compact, end, words)
        steps.append(step)
    if not steps:
        raise ValueError("没有写明是哪一条。")
    return "-".join(steps)


def _read_step(compact: str, start: int, words: str) -> tuple[str, int]:
    for pattern, name in _READ:
        match = pattern.match(compact, start)
        number = read_number(match[1]) if match else None
        if match is None or number is None:
            continue
        sub = read_number(match[2]) if match.lastindex and match.lastindex > 1 and match[2] else None
        return (f"{name}-{number}-{sub}" if sub else f"{name}-{number}"), match.end()
    raise ValueError(f"看不懂“{words}”：请写成“第十二条第二款第三项”的样子。")


_ARTICLE: Final = re.compile(r"(?:.*-)?art-\d+(?:-\d+)?(?:-x\d+)?(?=-|$)")
_PARAGRAPHS: Final = re.compile(r"(?:-para-\d+(?:-\d+)?(?:-x\d+)?)+$")


@lru_cache(maxsize=16384)
def article_of(anchor: str) -> str:
    """Return the article that contains an anchor: art-12-para-2-item-3 → art-12, art-12-1-para-1 → art-12-1.

    In a text without articles a paragraph belongs to what is numbered above it (head-2-para-1 → head-2); anything
    else is returned as it is, and the whole (empty anchor, draft) is the empty anchor.
    """
    if anchor == WHOLE:
        return ""
    article = _ARTICLE.match(anchor)
    return article[0] if article else _PARAGRAPHS.sub("", anchor)
