"""Traditional characters in simplified form."""

from __future__ import annotations

from functools import lru_cache
from typing import Any


@lru_cache(maxsize=1)
def _converter() -> Any:
    import opencc  # loads its tables, so only when needed

    return opencc.OpenCC("t2s")


def simplified(text: str) -> str:
    """Return a text in simplified characters."""
    return str(_converter().convert(text))
