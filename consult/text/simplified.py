"""Traditional characters in simplified form."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

FIRST_IDEOGRAPH = "\u2e80"


@lru_cache(maxsize=1)
def _converter() -> Any:
    import opencc  # loads its tables, so only when needed

    return opencc.OpenCC("t2s")


def simplified(text: str) -> str:
    """Return a text in simplified characters."""
    return str(_converter().convert(text))


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
