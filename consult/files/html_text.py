"""Reading the text of HTML as a browser would show it, a line a block."""

from __future__ import annotations

import re
from typing import Final

from lxml import etree, html

_BLOCKS: Final = frozenset(
    {
        *(
            "address",
            "article",
            "aside",
            "blockquote",
            "body",
            "caption",
            "center",
            "dd",
            "div",
            "dl",
            "dt",
            "fieldset",
        ),
        *("figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "li"),
        *("main", "nav", "ol", "p", "pre", "section", "table", "tbody", "tfoot", "thead", "tr", "ul"),
    }
)
_SKIPPED: Final = frozenset(
    {
        *("script", "style", "head", "title", "noscript", "template", "iframe", "object", "svg", "math", "select"),
        "textarea",
    }
)
_CELLS: Final = frozenset({"td", "th"})
_HIDDEN: Final = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all", re.IGNORECASE)
_SPACES: Final = re.compile(r"[ \t\r\n\f]+")
_MAX_DEPTH: Final = 400


def read_html(text: str) -> str:
    """The visible text of an HTML page or fragment; ordered lists show their numbers."""
    try:
        root = html.document_fromstring(text.encode("utf-8", "replace"), parser=html.HTMLParser(encoding="utf-8"))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return ""
    pieces: list[str] = []
    _collect(root, pieces, 0)
    lines = (re.sub(r"[ \t]*\n[ \t]*", "\n", "".join(pieces))).split("\n")
    return "\n".join(line.strip(" \t") for line in lines if line.strip())


def _collect(element: etree._Element, pieces: list[str], depth: int) -> None:
    tag = element.tag
    if not isinstance(tag, str) or tag in _SKIPPED or _is_hidden(element) or depth > _MAX_DEPTH:
        return
    if tag == "br":
        pieces.append("\n")
        return
    block = tag in _BLOCKS
    if block:
        pieces.append("\n")
    if tag == "li":
        pieces.append(_list_mark(element))
    if element.text:
        pieces.append(_SPACES.sub(" ", element.text))
    for child in element:
        _collect(child, pieces, depth + 1)
        if child.tail:
            pieces.append(_SPACES.sub(" ", child.tail))
    if block:
        pieces.append("\n")
    elif tag in _CELLS:
        pieces.append("\t")


def _is_hidden(element: etree._Element) -> bool:
    return element.get("hidden") is not None or bool(_HIDDEN.search(element.get("style") or ""))


def _list_mark(item: etree._Element) -> str:
    """The number an ordered list shows before its item."""
    parent = item.getparent()
    if parent is None or parent.tag != "ol":
        return ""
    position = sum(1 for sibling in item.itersiblings("li", preceding=True)) + 1
    start = parent.get("start") or "1"
    number = position - 1 + (int(start) if start.lstrip("-").isdigit() else 1)
    return f"{number}."
