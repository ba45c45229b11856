"""A draft as JSON and as Markdown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from consult.text.parser.frame import frame_of
from consult.text.parser.outline import outline
from consult.text.parser.tree import Draft, Kind, Provision

_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>#|~])")
_LIST_LIKE: Final = re.compile(r"^(\s*)(\d+)([.)])(\s)|^(\s*)([-+])(\s)")
_DEPTH: Final = {Kind.PART: 2, Kind.SUBPART: 3, Kind.CHAPTER: 3, Kind.SECTION: 4, Kind.HEADING: 3, Kind.ANNEX: 2}


def to_json(draft: Draft) -> str:
    """A draft as one JSON document: title, form, frame, front matter, provisions, warnings.

    `number` and `heading` of a provision are for display; `written` is both as in the source, so that `front` and the
    provisions, sorted by `line`, are the whole text (`written` and `text` of each).
    """
    document: dict[str, Any] = {
        "title": draft.title,
        "form": draft.form.value,
        "frame": frame_of(draft).as_json(),
        "front": [{"kind": node.kind.value, "text": node.text, "line": node.place} for node in draft.front],
        "provisions": [_node(node) for node in draft.provisions],
        "warnings": outline(draft)["warnings"],
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def _node(node: Provision) -> dict[str, Any]:
    return {
        "anchor": node.anchor,
        "kind": node.kind.value,
        "number": node.number,
        "heading": node.heading,
        "written": node.written,
        "text": node.text,
        "line": node.place,
        "children": [_node(child) for child in node.children],
    }


def to_markdown(draft: Draft) -> str:
    """A draft as Markdown: headings for 编章节, articles with their number in bold, a paragraph a line.

    Without its marks it is the draft's text, whole and in the order of the source.
    """
    blocks: list[str] = []
    for node in draft.in_order():
        blocks.extend(_front_block(node, blocks) if node in draft.front else _blocks(node))
    return "\n\n".join(blocks) + "\n"


def _front_block(node: Provision, before: list[str]) -> Iterator[str]:
    """A line of the title, all of them under one heading; a note or an entry of the contents."""
    if node.kind is not Kind.TITLE:
        yield f"*{_escape(node.text)}*"
    elif before and before[-1].startswith("# "):
        before[-1] += _escape(node.text)
    else:
        yield f"# {_escape(node.text)}"


def _blocks(node: Provision) -> Iterator[str]:
    if node.kind in _DEPTH:
        yield f"{'#' * _DEPTH[node.kind]} {_escape(' '.join(part for part in node.opening if part))}"
        if node.text:
            yield _escape(node.text)
    elif node.kind is Kind.ARTICLE:
        yield from _article(node)
        return
    elif node.kind in (Kind.NOTE, Kind.TOC):
        yield f"*{_escape(node.text)}*"
    elif node.kind is Kind.CLAUSE and node.heading:
        yield f"**{_escape(node.written)}**" + (f" {_escape(node.text)}" if node.text else "")
    elif node.written or node.text:
        yield _escape(f"{node.written}{node.text}")
    for child in node.children:
        yield from _blocks(child)


def _article(article: Provision) -> Iterator[str]:
    number = f"**{_escape(''.join(article.opening))}**"
    if not article.children:
        yield number
    for place, paragraph in enumerate(article.children):
        yield f"{number}　{_escape(paragraph.text)}" if place == 0 else _escape(paragraph.text)
        for item in paragraph.children:
            yield from _blocks(item)


def _escape(text: str) -> str:
    """Text that Markdown would read as marks, made plain."""
    escaped = _SPECIAL.sub(r"\\\1", " ".join(text.split("\n")))
    return _LIST_LIKE.sub(lambda m: f"{m[2]}\\{m[3]}{m[4]}" if m[2] else f"\\{m[6]}{m[7]}", escaped)
