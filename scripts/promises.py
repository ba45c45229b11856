"""The sentences by which pages, letters and commands say that the platform does something by itself.

Each has an entry in ``tests/promises.toml`` that names the verb or the test that does it; ``tests/test_promises.py``
compares. ``python -m scripts.promises`` prints the sentences without an entry.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from jinja2 import Environment

ROOT = Path(__file__).resolve().parent.parent
ENTRIES = ROOT / "tests" / "promises.toml"
SAYS_SO = re.compile(
    r"到期|自动|系统会|由系统|系统提醒|平台会|不会|随即|届时|会提醒|会隐去|会标为|会显示|每小时|每分钟|将重新"
)
"""Words of a sentence that promises what no person does."""
HAN = re.compile(r"[\u4e00-\u9fff]")
TAG = re.compile(r"<[^<>]*>")
SENTENCE_END = re.compile(r"(?<=[。；！？])|\n")
PATTERN = re.compile(r"\(\?[:!=i]|\[\\")
"""What regular expressions have and sentences haven't."""
SCRIPT_WORDS = re.compile(r'"([^"\n]*[\u4e00-\u9fff][^"\n]*)"')
PLACE = "…"


def sentences() -> dict[str, str]:
    """Return every sentence that promises something, with one file that says it."""
    promised: dict[str, str] = {}
    for path, text in _texts():
        for sentence in SENTENCE_END.split(TAG.sub(" ", text)):
            plain = " ".join(sentence.split()).strip(f"{PLACE} ，")
            if SAYS_SO.search(plain) and HAN.search(plain):
                promised.setdefault(plain, path.relative_to(ROOT).as_posix())
    return promised


def entries() -> dict[str, dict[str, str]]:
    """Return the entries by their sentence."""
    return {entry["says"]: entry for entry in tomllib.loads(ENTRIES.read_text(encoding="utf-8"))["promise"]}


def is_there(named: str) -> bool:
    """Say whether a verb (``consult.room.module:name``) or a test (``tests/…py::test_…``) exists."""
    path, is_test, name = named.partition("::")
    if is_test:
        return (ROOT / path).is_file() and f"def {name}(" in (ROOT / path).read_text(encoding="utf-8")
    module, _, attribute = named.partition(":")
    try:
        return hasattr(import_module(module), attribute)
    except ImportError:
        return False


def _texts() -> Iterator[tuple[Path, str]]:
    for path in sorted((ROOT / "templates").rglob("*.html")):
        yield from ((path, text) for text in _of_template(path.read_text(encoding="utf-8")))
    for path in sorted((ROOT / "consult").rglob("*.py")):
        yield from ((path, text) for text in _of_module(path.read_text(encoding="utf-8")))
    for folder in ("static", "static/public", "static/desk"):
        for path in sorted((ROOT / folder).glob("*.js")):
            yield from ((path, match[1]) for match in SCRIPT_WORDS.finditer(path.read_text(encoding="utf-8")))


def _of_template(source: str) -> Iterator[str]:
    """Yield the words between the tags, with a sign for each value, and every string within them."""
    text: list[str] = []
    for _, kind, value in Environment(autoescape=True).lex(source):
        if kind == "data":
            text.append(value)
        elif kind == "variable_begin":
            text.append(PLACE)
        elif kind == "string" and HAN.search(value):
            yield value[1:-1]
    yield "".join(text)


def _of_module(source: str) -> Iterator[str]:
    if not SAYS_SO.search(source):
        return
    tree = ast.parse(source)
    within = {part for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [str(part.value) if isinstance(part, ast.Constant) else PLACE for part in node.values]
            text = "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in within:
            text = node.value
        else:
            continue
        if not PATTERN.search(text):
            yield text


if __name__ == "__main__":
    known = entries()
    for words, where in sentences().items():
        if words not in known:
            print(f"{where}: {words}")
