"""Notice and explanation as rich text: what a clerk pastes, reduced to what may be printed."""

from __future__ import annotations

import html
import re

import bleach

TAGS = frozenset(
    [
        "p",
        "br",
        "h2",
        "h3",
        "h4",
        "strong",
        "em",
        "b",
        "i",
        "u",
        "ul",
        "ol",
        "li",
        "blockquote",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "a",
        "hr",
        "sub",
        "sup",
    ]
)
ATTRIBUTES = {"a": ["href", "title"], "td": ["colspan", "rowspan"], "th": ["colspan", "rowspan"]}
PROTOCOLS = frozenset({"http", "https", "mailto", "tel"})
_MARKUP = re.compile(r"<\s*/?\s*(p|br|h[1-6]|ul|ol|li|div|table|strong|em|b|i|a|span)\b", re.IGNORECASE)
_DROPPED_WHOLE = re.compile(r"<(script|style|head|title)\b.*?(</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)


def sanitise(text: str) -> str:
    """Return safe HTML from pasted HTML or from plain text, whose lines become paragraphs."""
    text = text.replace("\r\n", "\n").replace("\x00", "")
    if not _MARKUP.search(text):
        lines = (line.strip() for line in text.split("\n"))
        return "".join(f"<p>{html.escape(line)}</p>" for line in lines if line)
    without_scripts = _DROPPED_WHOLE.sub("", text)
    return bleach.clean(without_scripts, tags=TAGS, attributes=ATTRIBUTES, protocols=PROTOCOLS, strip=True)
