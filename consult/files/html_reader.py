"""Reading the text of HTML as a browser would show it: one walk over the tree for drafts and for mail bodies."""

from __future__ import annotations

import re
from typing import Final

from lxml import etree

_BLOCKS: Final = frozenset({
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "div", "dl", "dt", "fieldset",
    "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "li", "main",
    "nav", "ol", "p", "pre", "section", "table", "tbody", "tfoot", "thead", "tr", "ul",
})  # fmt: skip
_PARAGRAPHS: Final = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "pre", "blockquote"})
SILENT: Final = frozenset({
    "script", "style", "head", "title", "noscript", "template", "iframe", "object", "select", "textarea", "svg",
})  # fmt: skip
"""Elements whose text a browser doesn't show as a part of the page."""
_HIDDEN: Final = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|font-size\s*:\s*0(?:px|pt)?\s*(?:[;!]|\Z)", re.I
)


def read_html(text: str) -> str:
    """The visible text of an HTML page or fragment; ordered lists show their numbers."""
    root = parse_html(text.encode("utf-8", "replace"))
    lines = [] if root is None else TextWriter().write(root)
    return "\n".join(line for line in lines if line.strip())


def parse_html(source: bytes) -> etree._Element | None:
    """Return the tree of a page in UTF-8; None where there is nothing to read, or it is nested too deep."""
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        return etree.fromstring(source, parser) if source.strip() else None
    except (etree.XMLSyntaxError, ValueError):
        return None


class TextWriter:
    """Walks through the tree without recursion and writes lines: cells apart by tabs, paragraphs by an empty line."""

    prefix = ""
    """Put before each line."""
    heeds_hidden = True
    """Whether the attribute `hidden` hides."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._line: list[str] = []
        self._silent = 0
        self._preformatted = 0

    def write(self, root: etree._Element) -> list[str]:
        """Return the lines of the page."""
        for event, element in etree.iterwalk(root, events=("start", "end")):
            tag = element.tag if isinstance(element.tag, str) else ""
            if event == "start":
                self._start(tag, element)
                self._text(element.text)
            else:
                self._end(tag, element)
                self._text(element.tail)
        self._break()
        return self.lines

    def open_block(self, tag: str, element: etree._Element) -> None:
        """Note that a block begins."""

    def close_block(self, tag: str) -> None:
        """Note that a block ends."""

    def list_mark(self, item: etree._Element) -> str:
        """Return what stands before an item of a list: the number that an ordered one shows."""
        parent = item.getparent()
        if parent is None or parent.tag != "ol":
            return ""
        position = sum(1 for _ in item.itersiblings("li", preceding=True))
        start = parent.get("start") or "1"
        return f"{position + (int(start) if start.lstrip('-').isdecimal() else 1)}."

    def _start(self, tag: str, element: etree._Element) -> None:
        if tag in SILENT or self._is_hidden(element):
            self._silent += 1
        if tag in _BLOCKS:
            self._break(gap=tag in _PARAGRAPHS)
            self.open_block(tag, element)
        if tag == "br":
            self._break(force=True)
        elif tag in ("td", "th") and any(piece.strip() for piece in self._line):
            self._line.append("\t")
        elif tag == "li":
            self._line.append(self.list_mark(element))
        elif tag == "pre":
            self._preformatted += 1

    def _end(self, tag: str, element: etree._Element) -> None:
        if tag in _BLOCKS and tag != "hr":
            self._break(gap=tag in _PARAGRAPHS)
            self.close_block(tag)
        if tag == "pre":
            self._preformatted -= 1
        if tag in SILENT or self._is_hidden(element):
            self._silent -= 1

    def _text(self, text: str | None) -> None:
        if not text or self._silent:
            return
        if self._preformatted:
            first, *others = text.split("\n")
            self._line.append(first)
            for line in others:
                self._break(force=True)
                self._line.append(line)
            return
        words = re.sub(r"[ \t\r\n\f]+", " ", text)
        if words != " " or self._line:
            self._line.append(words)

    def _break(self, *, force: bool = False, gap: bool = False) -> None:
        line = (
            re.sub(r" {2,}", " ", "".join(self._line)).strip(" \t\xa0")
            if not self._preformatted
            else "".join(self._line)
        )
        self._line = []
        if line or force:
            self.lines.append(self.prefix + line.replace("\xa0", " "))
        if gap and self.lines and self.lines[-1].strip("> "):
            self.lines.append(self.prefix.rstrip())

    def _is_hidden(self, element: etree._Element) -> bool:
        return is_hidden(element, heeds_attribute=self.heeds_hidden)


def is_hidden(element: etree._Element, *, heeds_attribute: bool = True) -> bool:
    """Whether an element's own style or attribute `hidden` hides it."""
    if not isinstance(element.tag, str):
        return False
    style = element.get("style")
    return bool(style and _HIDDEN.search(style[:500])) or (heeds_attribute and element.get("hidden") is not None)
