"""The outline of a draft as programs read it: headings, articles with their counts, marks with their depths."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from consult.text.parser.frame import frame_of
from consult.text.parser.tree import Draft, Kind, Provision

_LISTS: Final = {
    Kind.PART: "parts",
    Kind.SUBPART: "subparts",
    Kind.CHAPTER: "chapters",
    Kind.SECTION: "sections",
}


def outline(draft: Draft, file: str = "", tree: bool = False) -> dict[str, Any]:
    """What `flask draft outline --json` prints for one file.

    For each article: its number `n`, `sub` for 条之N, the lines of it that are `items` (项) and the number of
    `paragraphs`: the lead-in line and every later line that is not an item, points (目) included, rows of a table not.
    With `tree`, the whole tree too.
    """
    headings: dict[str, list[Any]] = {name: [] for name in _LISTS.values()}
    articles: list[dict[str, int]] = []
    _collect(draft.provisions, headings, articles)
    shown: dict[str, Any] = {
        "file": file,
        "title": draft.title,
        "frame": frame_of(draft).as_json(),
        **headings,
        "articles": articles,
        "numbered": [list(mark) for mark in draft.numbered],
        "warnings": [
            {"code": w.code, "message": w.message, "line": w.line, "anchor": w.anchor} for w in draft.warnings
        ],
    }
    if tree:
        shown["tree"] = [_node(node) for node in draft.in_order()]
    return shown


def _collect(nodes: tuple[Provision, ...], headings: dict[str, list[Any]], articles: list[dict[str, int]]) -> None:
    """Add the headings and articles among `nodes` and below them, in the order of the source."""
    for node in nodes:
        kind = node.kind
        if kind is Kind.ARTICLE:
            articles.append(_article(node))
            continue
        if kind in _LISTS:
            headings[_LISTS[kind]].append(f"{node.number} {node.heading}".rstrip())
        if node.children:
            _collect(node.children, headings, articles)


def _article(article: Provision) -> dict[str, int]:
    items = points = 0
    for paragraph in article.children:
        if below := paragraph.children:
            for item in below:
                items += item.kind is not Kind.ROW
                if item.children:
                    points += sum(node.kind is not Kind.ROW for node in item.walk()) - 1
    number, sub = _number(article.anchor)
    return {"n": number, "sub": sub, "paragraphs": len(article.children) + points, "items": items}


@lru_cache(maxsize=8192)
def _number(anchor: str) -> tuple[int, int]:
    """An article's number and its 条之N from its anchor: art-120-1-x2 → (120, 1)."""
    numbers = anchor[anchor.rindex("art-") + 4 :].split("-x")[0].split("-")
    return int(numbers[0]), int(numbers[1]) if len(numbers) > 1 else 0


def _node(provision: Provision) -> dict[str, Any]:
    number, heading = provision.opening
    return {
        "anchor": provision.anchor,
        "kind": provision.kind.value,
        "number": number,
        "heading": heading,
        "text": provision.text,
        "children": [_node(child) for child in provision.children],
    }
