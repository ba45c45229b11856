"""A text's fingerprint: the same text sent twice has the same one, however it was spaced or typed."""

from __future__ import annotations

import hashlib
import unicodedata

SAME_MARK = str.maketrans("。、；：？！“”‘’「」『』【】〔〕《》〈〉—－–…·・", '.,;:?!""\'\'""""[][]<><>---.··')
INVISIBLE = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})


def normalise(text: str) -> str:
    """Give the text without spaces, line breaks and invisible characters, in one width and one case.

    Chinese and Western punctuation marks of the same use become the same; marks at the end go.
    """
    folded = unicodedata.normalize("NFKC", text).casefold().translate(SAME_MARK)
    squeezed = "".join(c for c in folded if unicodedata.category(c) not in INVISIBLE)
    return squeezed.rstrip(".,;:?!-~") or squeezed


def fingerprint(text: str) -> str:
    """Give the SHA-256 (64 hexadecimal digits) of the normalised text."""
    return hashlib.sha256(normalise(text).encode("utf-8", "surrogatepass")).hexdigest()
