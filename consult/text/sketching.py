"""Folded contents of many texts at once, and MinHash band keys that texts with much in common share (numpy)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consult.text.simplified import simplified

Numbers = NDArray[Any]

BANDS = 32
ROWS = 3
PERMUTATIONS = BANDS * ROWS
SHINGLE = 3
SEED = 20_070_405
BATCH = 8_192
"""Texts that are folded and sketched together; bounds the memory."""
BLOCK = 1 << 15
"""Shingles that are hashed together: as many as the processor's cache takes."""
LAST = 0x30000
"""Characters from here on (no letters of texts) are left out."""
POINT, NINE, ZERO = ord("."), ord("9"), ord("0")
ESCAPED_RETURN = re.compile(r"[_＿。，]?[xｘ][0０]{3}[DdＤ][_＿。，]?")
"""A line end as some spreadsheets write it, also where it was retyped."""
ENCLOSED = re.compile("[\u2460-\u249b\u2776-\u2793\u3220-\u3229\u3280-\u3289]")
"""Numbers in circles and brackets: marks of a list."""
KEPT_SIGNS = "%‰"
VARIANTS = str.maketrans("乾著餘妳裡裏覆瞭藉俱像揹彷薰簷衞枱敍座", "干着余你里里复了借具象背仿熏檐卫台叙坐")
"""Characters that a conversion of whole words turns into the right one, and one of single characters doesn't."""


@lru_cache(maxsize=1)
def _folding() -> Numbers:
    """Return the folded code of each character: one script, width and case; 0 for what isn't written content."""
    table = np.arange(LAST, dtype=np.uint32)
    letters = [c for c in map(chr, range(LAST)) if not unicodedata.category(c).startswith("C")]
    plain = simplified("\n".join(letters)).translate(VARIANTS).split("\n")
    for letter, simple in zip(letters, plain, strict=True):
        table[ord(letter)] = _folded_code(simple)
    for code in range(LAST):
        if unicodedata.category(chr(code)).startswith("C"):
            table[code] = 0
    return table


def _folded_code(letter: str) -> int:
    if ENCLOSED.match(letter):
        return 0
    if not "\u3400" <= letter <= "\u9fff":
        folded = unicodedata.normalize("NFKC", letter).casefold()
        letter = folded if len(folded) == 1 else letter
    return ord(letter) if letter.isalnum() or letter in KEPT_SIGNS or letter == "." else 0


def contents(texts: Sequence[str]) -> list[str]:
    """Return what each text says: letters and digits in one script, width and case; no spaces and marks.

    A point stays between digits.
    """
    made: list[str] = []
    for start in range(0, len(texts), BATCH):
        codes, lengths = _fold(texts[start : start + BATCH])
        made += _cut(codes, lengths)
    return made


def _fold(texts: Sequence[str]) -> tuple[Numbers, Numbers]:
    """Return the codes of all contents in a row, and the length of each."""
    texts = [ESCAPED_RETURN.sub("", text) if "000" in text or "０００" in text else text for text in texts]
    joined = "\n".join(texts) + "\n"
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    folded = _folding()[np.minimum(codes, LAST - 1)]
    points = np.flatnonzero(folded == POINT)
    if points.size:
        digit = (folded >= ZERO) & (folded <= NINE)
        folded[points[~(digit[points - 1] & digit[points + 1]) | (points == 0)]] = 0
    kept = folded != 0
    ends = np.cumsum(np.fromiter((len(text) + 1 for text in texts), dtype=np.int64, count=len(texts)))
    before = np.concatenate(([0], np.cumsum(kept)))[np.concatenate(([0], ends))]
    return folded[kept], np.diff(before)


def _cut(codes: Numbers, lengths: Numbers) -> list[str]:
    whole = codes.tobytes().decode("utf-32-le", "surrogatepass")
    ends = np.cumsum(lengths).tolist()
    return [whole[start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)] if ends else []


def band_keys(texts: Sequence[str]) -> tuple[list[str], Numbers]:
    """Return the contents of texts and the keys of their bands, shape (texts, BANDS).

    Two texts whose shingles have a Jaccard similarity of s share a key with a probability of 1 - (1 - s³)³². Contents
    shorter than a shingle have the keys of nothing.
    """
    folded: list[str] = []
    keys = np.zeros((len(texts), BANDS), dtype=np.uint64)
    for start in range(0, len(texts), BATCH):
        codes, lengths = _fold(texts[start : start + BATCH])
        folded += _cut(codes, lengths)
        keys[start : start + BATCH] = _bands(_sketch(codes, lengths))
    return folded, keys


@lru_cache(maxsize=1)
def _constants() -> tuple[Numbers, Numbers]:
    dice = np.random.default_rng(SEED)
    multipliers = dice.integers(0, 1 << 32, PERMUTATIONS, dtype=np.uint32) | np.uint32(1)
    mixers = dice.integers(0, 1 << 63, (BANDS, ROWS), dtype=np.uint64) | np.uint64(1)
    return multipliers, mixers


def _sketch(codes: Numbers, lengths: Numbers) -> Numbers:
    """Return the MinHash of each content, shape (contents, PERMUTATIONS)."""
    hashes = _hashed(codes)
    starts = np.cumsum(lengths) - lengths
    counts = np.maximum(lengths - (SHINGLE - 1), 0)
    sketches = np.zeros((len(lengths), PERMUTATIONS), dtype=np.uint32)
    multipliers = _constants()[0]
    for rows, longest in _blocks(counts):
        places = np.minimum(np.arange(longest), counts[rows, None] - 1) + starts[rows, None]
        block = hashes[places]
        turned = np.empty_like(block)
        for k in range(PERMUTATIONS):
            np.multiply(block, multipliers[k], out=turned)
            sketches[rows, k] = turned.min(axis=1)
    return sketches


def _hashed(codes: Numbers) -> Numbers:
    """Return a 32-bit hash of the shingle that begins at each character."""
    if len(codes) < SHINGLE:
        return np.zeros(0, dtype=np.uint32)
    mixed = codes[:-2] * np.uint32(0x9E3779B1)
    mixed += codes[1:-1] * np.uint32(0x85EBCA77)
    mixed += codes[2:] * np.uint32(0xC2B2AE3D)
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        mixed ^= mixed >> np.uint32(shift)
        mixed *= np.uint32(factor)
    mixed ^= mixed >> np.uint32(16)
    return mixed


def _blocks(counts: Numbers) -> Iterator[tuple[Numbers, int]]:
    """Yield indices of contents of nearly one length, with the greatest number of shingles among them."""
    order = np.argsort(counts, kind="stable")
    order = order[np.searchsorted(counts[order], 1) :]
    at = 0
    while at < len(order):
        rows = max(1, BLOCK // int(counts[order[at]]))
        some = order[at : at + rows]
        longest = int(counts[some[-1]])
        if longest * len(some) > 2 * BLOCK and len(some) > 1:
            some = some[: max(1, BLOCK // longest)]
            longest = int(counts[some[-1]])
        yield some, longest
        at += len(some)


def _bands(sketches: Numbers) -> Numbers:
    rows = sketches.reshape(len(sketches), BANDS, ROWS).astype(np.uint64)
    mixed: Numbers = (rows * _constants()[1]).sum(axis=2, dtype=np.uint64)
    mixed ^= mixed >> np.uint64(32)
    mixed *= np.uint64(0xD6E8FEB86659FD93)
    return mixed
