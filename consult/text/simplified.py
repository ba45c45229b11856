"""Traditional characters in simplified form."""

from __future__ import annotations

from functools import cache
from typing import Any

FIRST_IDEOGRAPH = "\u2e80"


@cache
def _converter(name: str) -> Any:
    import opencc  # loads its tables, so only when needed

    return opencc.OpenCC(name)


def simplified(text: str) -> str:
    """Return a text in simplified characters."""
    return str(_converter("t2s").convert(text))


def mainland_words(text: str) -> str:
    """Return a text in simplified characters, words of Taiwan as the mainland says them: 專案 is 项目."""
    return str(_converter("tw2sp").convert(text))


class _ByCharacter(dict[int, str]):
    """Translation table of single characters, filled as they are met."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        plain = self[code] = simplified(character) if character >= FIRST_IDEOGRAPH else character
        return plain


_by_character = _ByCharacter()


def simplified_each(text: str) -> str:
    """Return a text with each character simplified by itself, so that indices in the result are valid in the text."""
    return text.translate(_by_character)
