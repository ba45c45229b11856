"""A draft as JSON and as Markdown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from consult.text.parser.outline import outline
from consult.text.parser.tree import Draft, Kind, Provision

_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>#|~])")
_LIST_LIKE: Final = re.compile(r"^(\s*)(\d+)([.)])(\s)|^(\s*)([-+])(\s)")
_DEPTH: Final = {Kind.PART: 2, Kind.SUBPART: 3, Kind.CHAPTER: 3, Kind.SECTION: 4, Kind.HEADING: 3, Kind.ANNEX: 2}


def to_json(draft: Draft) -> str:
    """A draft as one JSON document: title, form, front matter, tree, warnings."""
    parsed = outline(draft, tree=True)
    document: dict[str, Any] = {
        "title": draft.title,
        "form": draft.form.value,
        "front": [{"kind": node.kind.value, "text": node.text} for node in draft.front],
        "provisions": parsed["tree"],
        "warnings": parsed["warnings"],
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def to_markdown(draft: Draft) -> str:
    """A draft as Markdown: headings for 编章节, articles with their number in bold, a paragraph a line."""
    blocks = [f"# {_escape(draft.title)}"] if draft.title else []
    blocks += [f"*{_escape(node.text)}*" for node in draft.front if node.kind is Kind.NOTE]
    for node in draft.provisions:
        blocks.extend(_blocks(node))
    return "\n\n".join(blocks) + "\n"


def _blocks(node: Provision) -> Iterator[str]:
    if node.kind in _DEPTH:
        yield f"{'#' * _DEPTH[node.kind]} {_escape(f'{node.number} {node.heading}'.strip())}"
        if node.text:
            yield _escape(node.text)
    elif node.kind is Kind.ARTICLE:
        yield from _article(node)
        return
    elif node.kind is Kind.CLAUSE and node.heading:
        yield f"**{_escape(node.written)}**" + (f" {_escape(node.text)}" if node.text else "")
    elif node.written or node.text:
        yield _escape(f"{node.written}{node.text}")
    for child in node.children:
        yield from _blocks(child)


def _article(article: Provision) -> Iterator[str]:
    caption = f"（{article.heading}）" if article.heading else ""
    number = f"**{_escape(article.number + caption)}**"
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
