"""Converts an HTML body to text, quotations marked by `>` as in plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from lxml import etree

from consult.files import charsets
from consult.files.html_reader import TextWriter, parse_html
from consult.files.mail import quoted_text

MAX_HTML = 3_000_000  # bytes; the longest honest bodies come from Word and have about 1 MB
_META = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{2,40})", re.I)
_PROLOGUE = re.compile(r"^\s*<\?xml[^>]{0,300}\?>", re.I)
_MAY_QUOTE = frozenset({"blockquote", "div"})
_QUOTING = re.compile(r"cite|quote|reply|ntes|netease|border-left", re.I)
_QUOTING_ID = re.compile(r"isReplyContent|reply\w{0,20}content\Z", re.I)
_HEAD_CHARACTERS = 300
_UNSHOWN = ("script", "style", "head", "title", "!--")


def decode_html(data: bytes, declared: str | None) -> charsets.Decoded:
    """Decode an HTML body by its label, else by what it says of itself."""
    if not charsets.known(declared) or declared in ("us-ascii", "ascii"):
        meta = _META.search(data[:5_000])
        declared = meta[1].decode("ascii") if meta else declared
    return charsets.decode(data[:MAX_HTML], declared)


def text_of_html(markup: str) -> str:
    """Return the text of `markup`: paragraphs apart, cells apart by tabs, quotations with `> ` before each line."""
    source = _PROLOGUE.sub("", markup.replace("\x00", ""))[:MAX_HTML].encode("utf-8", "replace")
    root = parse_html(source)
    text = "" if root is None else _tidy(_MailWriter().write(root))
    # The parser gives up on what is nested thousands deep; the words are between the tags all the same.
    return text or _between_tags(source.decode("utf-8"))


def _between_tags(source: str) -> str:
    """Return the text between the tags as one line; hidden text only if there is nothing else."""
    shown: list[str] = []
    everything: list[str] = []
    until = ""
    for chunk in source.split("<"):
        start = chunk[:10].lower()
        text = chunk.partition(">")[2] if ">" in chunk else chunk
        everything.append(text)
        if until and not (start.startswith(until) or (until == "!--" and "-->" in chunk)):
            continue
        until = next((name if name == "!--" else f"/{name}" for name in _UNSHOWN if start.startswith(name)), "")
        if until == "!--" and "-->" in chunk:
            until, text = "", chunk.partition("-->")[2]
        if not until:
            shown.append(text)
    return " ".join(" ".join(shown).split()) or " ".join(" ".join(everything).split())


class _MailWriter(TextWriter):
    """Writes a mail's lines, those of a quotation after `> `, once for each quotation around it."""

    heeds_hidden = False  # mail programs take the attribute away and show what it was on

    def __init__(self) -> None:
        super().__init__()
        self._quotes = 0
        self._quoting: list[bool] = []  # of each block that is open and may be a quotation

    def open_block(self, tag: str, element: etree._Element) -> None:
        if tag in _MAY_QUOTE:
            self._quoting.append(self._is_quotation(tag, element))
            self._quote(self._quoting[-1])
        elif tag == "hr":
            self.lines.append(f"{self.prefix}{'_' * 32}")

    def close_block(self, tag: str) -> None:
        if tag in _MAY_QUOTE:
            self._quote(-self._quoting.pop())

    def list_mark(self, item: etree._Element) -> str:
        """Return a dash: the numbers of a list aren't the sender's words."""
        return "- "

    def _quote(self, more: int) -> None:
        self._quotes += more
        self.prefix = "> " * min(self._quotes, 5)

    def _is_quotation(self, tag: str, element: etree._Element) -> bool:
        """Say whether a block quotes another message; web mail programs also use `blockquote` to indent."""
        if tag == "div":
            return bool(_QUOTING_ID.match(str(element.get("id", ""))[:100]))
        marks = " ".join(str(element.get(name, "")) for name in ("type", "class", "id", "style"))
        if element.get("cite") is not None or _QUOTING.search(marks[:1_000]):
            return True
        above = next((line for line in reversed(self.lines[-3:]) if line.strip("> ")), "")
        return quoted_text.is_quoting_block(above.strip("> "), _start_of(element))


def _start_of(element: etree._Element) -> str:
    """Return the first words of a block, each piece of them on a line."""
    text = ""
    for piece in islice(element.itertext(), _HEAD_CHARACTERS):
        text = f"{text}{piece}\n".lstrip()
        if len(text) >= _HEAD_CHARACTERS:
            break
    return text[:_HEAD_CHARACTERS]


def _tidy(lines: list[str]) -> str:
    return "\n".join(_without_runs(lines)).strip("\n").strip()


def _without_runs(lines: list[str]) -> Iterator[str]:
    """Collapse consecutive empty lines into one."""
    empty = 0
    for line in lines:
        stripped = line.rstrip()
        empty = empty + 1 if not stripped.strip("> ") else 0
        if empty < 2:
            yield stripped
