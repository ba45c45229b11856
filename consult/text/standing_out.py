"""Words that stand out in some texts against others, by the log-likelihood ratio.

Ted Dunning, “Accurate Methods for the Statistics of Surprise and Coincidence”, Computational Linguistics 19 (1993).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache

from consult.text.dictionary import frequency
from consult.text.numerals import NUMERALS
from consult.text.simplified import simplified
from consult.text.tokens import HAN, cut
from consult.text.turning_words import EMPTY_WORDS

FEWEST = 3
"""Texts that use a word at least, before it stands out."""
CHANCE = 3.84
"""A log-likelihood ratio that chance reaches once in twenty times (χ², one degree of freedom)."""
_WORD = re.compile(rf"[{HAN}]{{2,8}}")
_EMPTY = re.compile(rf"[第{NUMERALS}]*[{NUMERALS}](?:[条款项章节年月日号个名元天米次人]|之一)*|不.")
_ALL_SAY = """
    建议 意见 希望 认为 应当 应该 可以 需要 必须 能够 是否 进行 相关 有关 规定 条款 本条 第一 修改
    草案 征求 征求意见 办法 条例 明确 增加 问题 情况 没有 就是 还是 或者 如果 但是 只有 只要 为了 通过 以上
    以下 其他 其中 之间 一个 一些 一种 有些 各种 方面 部分 谢谢 您好 你好 尊敬 感谢 领导 部门 单位 时候 这种 这里
    现有 目的 内容 存在 作为 以后 以前 同意 反对 支持 采纳 考虑 公民 市民 本人 咱们 各位 同志 贵局
"""
_SAID_BY_ALL = EMPTY_WORDS | frozenset(_ALL_SAY.split())
"""Words that any opinion may use, whatever it is about."""


def words_of(text: str) -> set[str]:
    """Return the words of a text that may stand out: Chinese ones of two letters or more that name something."""
    return set(filter(_names_something, set(cut(simplified(text)))))


@lru_cache(maxsize=1 << 16)
def _names_something(word: str) -> bool:
    return bool(_WORD.fullmatch(word)) and word not in _SAID_BY_ALL and not _EMPTY.fullmatch(word)


def count_words(texts: Iterable[str]) -> Counter[str]:
    """Return in how many of the texts each word stands."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(words_of(text))
    return counts


def in_general(words: Iterable[str]) -> dict[str, int]:
    """Return how often the dictionary has seen words in Chinese at large: a background where there is no other."""
    return {word: frequency(word) for word in words}


def words_that_stand_out(
    counts: Mapping[str, int], background: Mapping[str, int], limit: int
) -> list[tuple[str, float, int]]:
    """Return words more frequent here than in the background, beyond chance, the most striking first.

    Arguments:
        counts: how often each word is used here; fewer than ``FEWEST`` times is chance.
        background: how often it is used elsewhere; empty means that nothing is known, and the count alone decides.
        limit: how many words at most.

    Returns:
        Word, score (the log-likelihood ratio G², rounded) and count; the same for the same counts in any order.
    """
    here, there = sum(counts.values()), sum(background.values())
    scored = (
        (word, round(_ratio(n, background.get(word, 0), here, there), 3), n)
        for word, n in counts.items()
        if n >= FEWEST and n * there >= background.get(word, 0) * here
    )
    striking = [row for row in scored if row[1] >= CHANCE or not there]
    return sorted(striking, key=lambda row: (-row[1], -row[2], row[0]))[:limit]


def _ratio(here_n: int, there_n: int, here: int, there: int) -> float:
    """Return Dunning's G² of a word used so often among so many words here and there; without a there, the count."""
    if not there:
        return float(here_n)
    table = ((here_n, here), (there_n, there))
    share = (here_n + there_n) / (here + there)
    return 2 * sum(
        observed * math.log(observed / (total * part))
        for n, total in table
        for observed, part in ((n, share), (total - n, 1 - share))
        if observed
    )
