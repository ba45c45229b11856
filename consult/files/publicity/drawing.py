"""Draws a kit for new media by Typst, in a subprocess; the words go in as data, never as markup."""

from __future__ import annotations

import io
import json
import re
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

import pypdfium2
import segno
from jinja2 import Environment

from consult.files.export.xml_characters import xml_text
from consult.files.feedback.as_pdf import FREE_FONTS
from consult.files.sandbox import Sandbox

SECONDS: Final = 120.0
ADDRESSES: Final = 4 << 30
"""Address space of the subprocess in bytes, of which Typst uses a small part."""
TEMPLATE: Final = Path(__file__).with_name("kit.typ")
ARTICLE: Final = Path(__file__).with_name("article.html")
LONG_CHARACTERS: Final = 6000
"""Characters of a long picture: what is longer than some twenty screens no messenger shows."""
POSTER_CHARACTERS: Final = (420, 300, 200, 120, 60, 0)
"""Characters of a poster, tried in turn until it fits its page."""
FEW_FACTS, FACT = 2, 60
"""Facts of a poster whose facts alone don't fit, and the characters of each."""
FILES: Final[Mapping[str, str]] = {
    "text.txt": "文字",
    "article.html": "公众号图文",
    "long.png": "长图",
    "poster-a4.pdf": "海报（A4）",
    "poster-a3.pdf": "海报（A3）",
    "card.png": "转发预览图（横）",
    "card-square.png": "转发预览图（方）",
}
"""The files of a kit and what they are called on the desk."""
UNBROKEN: Final = re.compile(r"[^\s\u2e80-\uffef]{61,}")
"""A run that is longer than a line of the posters, and than an address of the platform."""
COUNTERS: Final = ("件", "条")
"""Labels of figures that begin with one are read after the number; the others are decisions on opinions."""
PIECE: Final = re.compile(".{20}(?=.)")
_DRAWN: Final[Mapping[str, tuple[str, Literal["png", "pdf"], int]]] = {
    "long.png": ("long", "png", 216),
    "poster-a4.pdf": ("a4", "pdf", 72),
    "poster-a3.pdf": ("a3", "pdf", 72),
    "card.png": ("card", "png", 144),
    "card-square.png": ("square", "png", 144),
}
"""By file: the sheet of the template, the format, and pixels per inch (1,080 and 1,200 pixels wide; 600 square)."""


@dataclass(frozen=True)
class Point:
    """A point under its own head: an opinion with what became of it, or a chapter of the text."""

    head: str
    paragraphs: tuple[str, ...] = ()
    tag: str = ""


@dataclass(frozen=True)
class Kit:
    """What a kit says. ``call`` invites to scan the code, which leads to ``url``; ``note`` says what isn't in it."""

    eyebrow: str
    title: str
    department: str
    site: str
    day: str
    facts: tuple[tuple[str, str], ...]
    paragraphs: tuple[str, ...]
    points_head: str
    points: tuple[Point, ...]
    figures: tuple[tuple[str, str], ...]
    call: str
    url: str
    note: str = ""


def draw(kit: Kit) -> dict[str, bytes]:
    """Return the files of a kit by name (``FILES``).

    Raises:
        ReaderDied: they couldn't be drawn within time and memory.
    """
    files = {"text.txt": text_of(kit).encode(), "article.html": _article(kit).encode()}
    with Sandbox(SECONDS, ADDRESSES) as process:
        return files | process.of(_drawn, _values(kit))


def text_of(kit: Kit) -> str:
    """Return a kit as plain text, as it is pasted into a messenger: nothing of it is cut."""
    lines = [f"【{kit.eyebrow}】{kit.title}", ""]
    lines += [f"{name}：{words}" for name, words in kit.facts]
    if kit.figures:
        lines += ["", "，".join(_counted(n, words) for n, words in kit.figures) + "。"]
    if kit.paragraphs:
        lines += ["", *kit.paragraphs]
    if kit.points:
        lines += ["", f"{kit.points_head}："]
    for number, point in enumerate(kit.points, 1):
        lines.append(f"{number}. {point.head}{f'【{point.tag}】' if point.tag else ''}")
        lines += [f"   {words}" for words in point.paragraphs]
    lines += ["", kit.note] if kit.note else []
    return "\n".join([*lines, "", f"{kit.call}：{kit.url}", "", kit.department, kit.day, ""])


def _counted(n: str, words: str) -> str:
    """Return a number with its label: 3 件来件, but 采纳 2 条."""
    return f"{n} {words}" if words.startswith(COUNTERS) else f"{words} {n} 条"


def _article(kit: Kit) -> str:
    """Return a kit as HTML with its styles in the elements: what editors of public accounts keep when it is pasted."""
    code = segno.make(kit.url, error="m", micro=False).svg_data_uri(scale=4, border=2)
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
        ARTICLE.read_text("utf-8")
    )
    return template.render(kit=kit, code=code)


def _values(kit: Kit) -> dict[str, Any]:
    """Return what the template reads; pictures of a messenger have their limits, and say where the rest is."""
    values: dict[str, Any] = asdict(kit)
    rest = "（因篇幅所限，其余内容请扫码查看）"
    values["long"] = _within(kit, LONG_CHARACTERS, rest)
    posters = [_within(kit, limit, rest) | {"facts": kit.facts} for limit in POSTER_CHARACTERS]
    few = [(name, words if len(words) <= FACT else f"{words[:FACT]}……") for name, words in kit.facts[:FEW_FACTS]]
    values["posters"] = [*posters, posters[-1] | {"facts": few, "rest": rest}]
    values["card_facts"] = few
    values = _breakable(values)
    values["code"] = kit.url
    values["fonts"] = {use: list(names) for use, names in FREE_FONTS.items()}
    return values


def _breakable(words: Any) -> Any:
    """Return words in which long runs without a space can be broken: Typst would let them run off the sheet."""
    if isinstance(words, str):
        return UNBROKEN.sub(lambda run: PIECE.sub("\\g<0>\u200b", run[0]), words)
    if isinstance(words, Mapping):
        return {name: _breakable(value) for name, value in words.items()}
    return [_breakable(value) for value in words] if isinstance(words, list | tuple) else words


def _within(kit: Kit, limit: int, rest: str) -> dict[str, Any]:
    """Return whole paragraphs, then whole points, within a number of characters; where some are left out, say so."""
    left = limit
    paragraphs: list[str] = []
    for words in kit.paragraphs:
        left -= len(words)
        if left < 0:
            break
        paragraphs.append(words)
    points: list[Point] = []
    if len(paragraphs) == len(kit.paragraphs):
        for point in kit.points:
            left -= len(point.head) + sum(map(len, point.paragraphs))
            if left < 0:
                break
            points.append(point)
    whole = len(paragraphs) == len(kit.paragraphs) and len(points) == len(kit.points)
    return {"paragraphs": paragraphs, "points": [asdict(point) for point in points], "rest": "" if whole else rest}


def _drawn(values: dict[str, Any]) -> dict[str, bytes]:
    """Draw the pictures and posters. Runs in the subprocess."""
    import typst  # heavy, and only needed here

    files = {}
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        root.joinpath("kit.json").write_text(xml_text(json.dumps(values, ensure_ascii=False)), encoding="utf-8")
        root.joinpath("kit.typ").write_bytes(TEMPLATE.read_bytes())
        code = io.BytesIO()
        segno.make(values["code"], error="m", micro=False).save(code, kind="svg", scale=8, border=2)
        root.joinpath("code.svg").write_bytes(code.getvalue())
        for file, (sheet, kind, ppi) in _DRAWN.items():
            for content in range(len(values["posters"])):
                inputs = {"sheet": sheet, "content": str(content)}
                made = bytes(typst.compile(str(root / "kit.typ"), root=name, format=kind, ppi=ppi, sys_inputs=inputs))
                if kind != "pdf" or _is_one_page(made):
                    break
            files[file] = made
    return files


def _is_one_page(made: bytes) -> bool:
    with pypdfium2.PdfDocument(made) as document:
        return len(document) == 1
