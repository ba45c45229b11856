"""Rich text of notice and explanation: pasted HTML, sanitised for publication."""

from __future__ import annotations

import html
import re

import bleach

from consult.app_context import settings
from consult.drafting.errors import MarkupRefused
from consult.files.sandbox import ReaderDied, Sandbox, SandboxStopped

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
SANITISED_HERE = 2_000
"""Characters up to which the worst markup takes no time worth a process of its own."""
SECONDS = 10.0
_MARKUP = re.compile(r"<\s*/?\s*(p|br|h[1-6]|ul|ol|li|div|table|strong|em|b|i|a|span)\b", re.IGNORECASE)
_DROPPED_WHOLE = re.compile(r"<(script|style|head|title)\b.*?(</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)


def sanitise_bounded(text: str, name: str, field: str) -> str:
    """Return ``sanitise(text)`` of a text from a form; a long one is sanitised in a sandbox.

    The parser's time grows with the square of the nesting, and of the attributes of one tag.

    Raises:
        MarkupRefused: it took too much; says what to do.
    """
    if len(text) <= SANITISED_HERE:
        return sanitise(text)
    try:
        with Sandbox(SECONDS, settings().reading_bytes) as reader:
            return reader.of(sanitise, text)
    except (ReaderDied, SandboxStopped):
        raise MarkupRefused(
            f"{name}的格式过于复杂（层层嵌套，或者一处有成千上万个属性），没有保存。请粘贴为纯文本，再重新设置格式。",
            field,
        ) from None


def sanitise(text: str) -> str:
    """Return safe HTML from pasted HTML or from plain text, whose lines become paragraphs."""
    text = text.replace("\r\n", "\n").replace("\x00", "")
    if not _MARKUP.search(text):
        lines = (line.strip() for line in text.split("\n"))
        return "".join(f"<p>{html.escape(line)}</p>" for line in lines if line)
    without_scripts = _DROPPED_WHOLE.sub("", text)
    return bleach.clean(without_scripts, tags=TAGS, attributes=ATTRIBUTES, protocols=PROTOCOLS, strip=True)
