"""Finds words in docstrings, comments and variable names that plain English of the trade does without.

    python -m scripts.plain_english

Exits 1 when a file uses one.
"""

from __future__ import annotations

import ast
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

from config import ROOT

FOLDERS = ("consult", "tests", "benchmarks", "scripts")
PHRASES = re.compile(
    r"\b(anew|who holds|hangs? (?:itself|themselves|on)|hung on|(?:is|are|was|were|be|been|isn't|aren't) told"
    r"|stands? for itself|for all it knows)\b",
    re.IGNORECASE,
)
"""Phrases that a reader has to translate back."""
NAMES = frozenset({"one", "found", "told", "said", "own"})
"""Names that say nothing of the thing."""


def words_in(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and the text of every docstring and comment."""
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            for offset, line in enumerate(node.value.value.split("\n")):
                yield node.lineno + offset, line


def names_in(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and the name of every variable and parameter."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg


def faults(path: Path) -> Iterator[str]:
    """Yield what a file says that it shouldn't, a line each."""
    where = path.relative_to(ROOT)
    for line, text in words_in(path):
        for match in PHRASES.finditer(text):
            yield f"{where}:{line}: “{match[0]}”: say it in the words of the trade"
    for line, name in names_in(path):
        if name in NAMES:
            yield f"{where}:{line}: the name “{name}”: name the thing"


def main() -> int:
    """Print the faults of every file."""
    files = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    wrong = [fault for path in files if path != Path(__file__).resolve() for fault in faults(path)]
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
