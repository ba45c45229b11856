"""Tokens for the search index, the same on every database: characters, pairs and words of Chinese; other words whole.

FTS5's trigram tokenizer and PostgreSQL's parsers find nothing for a Chinese query of one or two characters. So the
index stores these tokens, parted by blanks, and a query is turned into tokens that must all be there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
RUN = re.compile(rf"([{HAN}]+)|([^\W_{HAN}]+)")
LONGEST_WORD = 64
SHORTEST_JIEBA_WORD = 3


def tokens(text: str) -> list[str]:
    """Give the index tokens of a text: NFKC, case folded, each once, in the order they first appear.

    A run of Chinese gives its characters, its pairs of neighbours, and jieba's words of three characters and more;
    a run of other letters and digits is one token (cut at 64 characters).
    """
    found: dict[str, None] = {}
    for run, is_chinese in _runs(text):
        if not is_chinese:
            found[run[:LONGEST_WORD]] = None
            continue
        found.update(dict.fromkeys(run))
        found.update(dict.fromkeys(_pairs(run)))
        found.update(dict.fromkeys(_words(run)))
    return list(found)


def query_tokens(text: str) -> list[str]:
    """Give the tokens that a text must all have to match a query: pairs, or the character where a run has but one."""
    found: dict[str, None] = {}
    for run, is_chinese in _runs(text):
        if not is_chinese:
            found[run[:LONGEST_WORD]] = None
        elif len(run) == 1:
            found[run] = None
        else:
            found.update(dict.fromkeys(_pairs(run)))
    return list(found)


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    for match in RUN.finditer(folded):
        yield match[0], match[1] is not None


def _pairs(run: str) -> Iterator[str]:
    return (run[at : at + 2] for at in range(len(run) - 1))


def _words(run: str) -> Iterator[str]:
    if len(run) < SHORTEST_JIEBA_WORD:
        return iter(())
    import rjieba  # loads its dictionary on first use: only who indexes text pays for it

    return (word for word in rjieba.cut_for_search(run) if len(word) >= SHORTEST_JIEBA_WORD)


def cut(text: str) -> list[str]:
    """Cut a text into words in their order: Chinese by jieba's dictionary, other runs whole."""
    import rjieba

    found: list[str] = []
    for run, is_chinese in _runs(text):
        found += rjieba.cut(run) if is_chinese else [run]
    return found
