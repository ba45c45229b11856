"""Words of a text: Chinese by a dictionary, runs of other letters and digits whole."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
RUN = re.compile(rf"([{HAN}]+)|([^\W_{HAN}]+)")


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    for match in RUN.finditer(folded):
        yield match[0], match[1] is not None


def cut(text: str) -> list[str]:
    """Cut a text into words in their order: Chinese by jieba's dictionary, other runs whole."""
    import rjieba  # loads its dictionary on first use

    words: list[str] = []
    for run, is_chinese in _runs(text):
        words += rjieba.cut(run) if is_chinese else [run]
    return words


def is_word(text: str) -> bool:
    """Whether a text is one word of the dictionary: 和平, also where it is a person's name."""
    import rjieba

    return bool(rjieba.has_word(text))
