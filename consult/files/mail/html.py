"""The words of an HTML body, with what it quotes marked as plain text marks it: by `>`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from lxml import etree

from consult.files import charsets
from consult.files.mail import quoting

MAX_HTML = 3_000_000  # bytes; the longest honest bodies come from Word and have about 1 MB
_META = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{2,40})", re.I)
_PROLOGUE = re.compile(r"^\s*<\?xml[^>]{0,300}\?>", re.I)
_BLOCKS = frozenset({
    "p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ul", "ol", "dl", "dt", "dd", "table", "tr", "pre", "form",
    "section", "article", "header", "footer", "address", "center", "blockquote", "fieldset", "hr",
})  # fmt: skip
_MAY_QUOTE = frozenset({"blockquote", "div"})
_PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "pre", "blockquote"})
_SILENT = frozenset({"script", "style", "head", "title", "noscript", "template", "object", "select", "textarea", "svg"})
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|font-size\s*:\s*0(?:px|pt)?\s*(?:[;!]|\Z)", re.I
)
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
    if not source.strip():
        return ""
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(source, parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    text = "" if root is None else _Writer().write(root)
    # The parser gives up on what is nested thousands deep; the words are between the tags all the same.
    return text or _between_tags(source.decode("utf-8"))


def _between_tags(source: str) -> str:
    """Return what stands between the tags, as one line; what is never shown only where there is nothing else."""
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


class _Writer:
    """Walks through the tree without recursion and writes lines."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._quotes = 0
        self._quoting: list[bool] = []  # of each block that is open and may be a quotation
        self._silent = 0
        self._preformatted = 0

    def write(self, root: etree._Element) -> str:
        for event, element in etree.iterwalk(root, events=("start", "end")):
            tag = element.tag if isinstance(element.tag, str) else ""
            if event == "start":
                self._start(tag, element)
                self._text(element.text)
            else:
                self._end(tag, element)
                self._text(element.tail)
        self._break()
        return _tidy(self._lines)

    def _start(self, tag: str, element: etree._Element) -> None:
        if tag in _SILENT or _is_hidden(element):
            self._silent += 1
        if tag in _BLOCKS:
            self._break(gap=tag in _PARAGRAPHS)
        if tag in _MAY_QUOTE:
            self._quoting.append(self._is_quotation(tag, element))
            self._quotes += self._quoting[-1]
        elif tag == "br":
            self._break(force=True)
        elif tag == "hr":
            self._lines.append(f"{self._prefix}{'_' * 32}")
        elif tag in ("td", "th") and any(piece.strip() for piece in self._line):
            self._line.append("\t")
        elif tag == "li":
            self._line.append("- ")
        elif tag == "pre":
            self._preformatted += 1

    def _end(self, tag: str, element: etree._Element) -> None:
        if tag in _BLOCKS and tag != "hr":
            self._break(gap=tag in _PARAGRAPHS)
        if tag in _MAY_QUOTE:
            self._quotes -= self._quoting.pop()
        elif tag == "pre":
            self._preformatted -= 1
        if tag in _SILENT or _is_hidden(element):
            self._silent -= 1

    def _is_quotation(self, tag: str, element: etree._Element) -> bool:
        """Say whether a block quotes another message; web mail programs also use `blockquote` to indent."""
        if tag == "div":
            return bool(_QUOTING_ID.match(str(element.get("id", ""))[:100]))
        marks = " ".join(str(element.get(name, "")) for name in ("type", "class", "id", "style"))
        if element.get("cite") is not None or _QUOTING.search(marks[:1_000]):
            return True
        above = next((line for line in reversed(self._lines[-3:]) if line.strip("> ")), "")
        return quoting.is_quoting_block(above.strip("> "), _start_of(element))

    @property
    def _prefix(self) -> str:
        return "> " * min(self._quotes, 5)

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
            self._lines.append(self._prefix + line.replace("\xa0", " "))
        if gap and self._lines and self._lines[-1].strip("> "):
            self._lines.append(self._prefix.rstrip())


def _is_hidden(element: etree._Element) -> bool:
    style = element.get("style") if isinstance(element.tag, str) else None
    return bool(style and _HIDDEN.search(style[:500]))


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
    """Pass over the second and later of empty lines that follow one another."""
    empty = 0
    for line in lines:
        stripped = line.rstrip()
        empty = empty + 1 if not stripped.strip("> ") else 0
        if empty < 2:
            yield stripped
