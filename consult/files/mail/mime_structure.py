"""The MIME tree of a message (RFC 2046), found by boundaries in the raw bytes, within limits.

Nothing is copied: a part knows where it begins and ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from consult.files import charsets
from consult.files.mail import headers, transfer_encoding

MAX_PARTS = 500
MAX_DEPTH = 20
_MAX_BOUNDARY = 200  # characters; RFC 2046 allows 70
_GUESSED = re.compile(rb"^--([^\s-][^\r\n]{0,198}?)[ \t]*\r?\n[A-Za-z-]{3,40}:", re.M)
_NEWLINE = re.compile(rb"[ \t]*(?:\r?\n|\Z)")


@dataclass
class Part:
    """A MIME part: its fields, the position of its body in `raw`, and its child parts."""

    raw: bytes = field(repr=False)
    fields: headers.Fields
    start: int
    end: int
    media_type: str = "text/plain"
    parameters: dict[str, str] = field(default_factory=dict)
    disposition: str = ""
    name: str = ""
    content_id: str = ""
    children: list[Part] = field(default_factory=list)
    whole: bool = True

    @property
    def is_multipart(self) -> bool:
        """Whether it contains other parts."""
        return bool(self.children)

    @property
    def body(self) -> bytes:
        """The body as it was sent."""
        return self.raw[self.start : self.end]

    def content(self) -> bytes:
        """Return the body with its transfer encoding undone; notes in `whole` whether all could be decoded."""
        encoding = self.fields.first("content-transfer-encoding").decode("latin-1").strip().lower().strip("\"';")
        data, self.whole = transfer_encoding.decode(self.body, encoding.partition(";")[0].strip())
        return data

    def walk(self) -> Iterator[Part]:
        """Yield this part and all inside it, in order."""
        yield self
        for child in self.children:
            yield from child.walk()


class Reader:
    """Reads one message's tree; `defects` says in Chinese what was wrong."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._count = 0
        self.defects: list[str] = []

    def read(self, start: int, end: int) -> Part:
        """Read the message at `raw[start:end]`."""
        return self._part(start, end, 0, "text/plain")

    def note(self, defect: str) -> None:
        """Record a defect, once."""
        if defect not in self.defects:
            self.defects.append(defect)

    def _part(self, start: int, end: int, depth: int, default: str) -> Part:
        self._count += 1
        items, body, wrong = headers.split(self._raw, start, end)
        for defect in wrong:
            self.note(defect)
        fields = headers.Fields(tuple(items), _charset_hint(items))
        part = Part(self._raw, fields, min(body, end), end)
        _describe(part, default)
        if part.media_type.startswith("multipart/") or (depth == 0 and not fields.has("content-type")):
            self._divide(part, depth)
        return part

    def _divide(self, part: Part, depth: int) -> None:
        """Find the parts of a multipart body; one without parts is read as text."""
        declared = part.media_type.startswith("multipart/")
        boundary = part.parameters.get("boundary", "").rstrip().encode("utf-8", "replace") if declared else b""
        bounds, closed = self._bounds(part, boundary) if 0 < len(boundary) <= _MAX_BOUNDARY else ([], False)
        if not bounds:
            guess = _GUESSED.search(self._raw, part.start, min(part.end, part.start + 200_000))
            bounds, closed = self._bounds(part, guess[1]) if guess else ([], False)
            if declared:
                self.note("邮件各部分的分隔标记缺失或不符" + ("，已按实际内容划分" if bounds else "，按纯文本读取"))
        elif not closed:
            self.note("邮件可能不完整：末尾的分隔标记缺失")
        if not bounds:
            if declared:
                part.media_type = "text/plain"
            return
        if depth >= MAX_DEPTH:
            self.note(f"邮件嵌套超过 {MAX_DEPTH} 层，更深的部分没有读取")
            return
        default = "message/rfc822" if part.media_type == "multipart/digest" else "text/plain"
        part.media_type = part.media_type if declared else "multipart/mixed"
        for begin, stop in bounds:
            if self._count >= MAX_PARTS:
                self.note(f"邮件超过 {MAX_PARTS} 个部分，其余没有读取")
                break
            part.children.append(self._part(begin, stop, depth + 1, default))

    def _bounds(self, part: Part, boundary: bytes) -> tuple[list[tuple[int, int]], bool]:
        """Return where each part between the delimiter lines begins and ends, and whether the last one was closed."""
        raw, mark = self._raw, b"--" + boundary
        bounds: list[tuple[int, int]] = []
        begin = -1
        at = raw.find(mark, part.start, part.end)
        while at != -1:
            after = at + len(mark)
            closing = raw.startswith(b"--", after, part.end)
            line_end = _NEWLINE.match(raw, after + 2 * closing, part.end)
            if line_end and (at == part.start or raw[at - 1 : at] == b"\n"):
                if begin >= 0:
                    bounds.append((begin, _before_newline(raw, begin, at)))
                if closing:
                    return bounds, True
                if len(bounds) > MAX_PARTS:
                    return bounds, True
                begin = line_end.end()
            at = raw.find(mark, after, part.end)
        if begin >= 0:
            bounds.append((begin, part.end))
        return bounds, False


def _before_newline(raw: bytes, start: int, at: int) -> int:
    """Return where a body ends: the line end before a delimiter belongs to the delimiter."""
    if at - 2 >= start and raw[at - 2 : at] == b"\r\n":
        return at - 2
    return max(start, at - 1)


def _charset_hint(items: list[tuple[str, bytes]]) -> str | None:
    """Return the charset that the content type names: raw bytes in the other fields are likely in the same."""
    for name, value in items:
        if name == "content-type":
            match = re.search(rb"charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{2,40})", value[:2_000], re.I)
            return charsets.known(match[1].decode("ascii")) if match else None
    return None


def _describe(part: Part, default: str) -> None:
    fields = part.fields
    kind, part.parameters = headers.parameters(fields.first("content-type"), fields.charset)
    if re.fullmatch(r"[a-z0-9.+_-]{1,60}/[a-z0-9.+_-]{1,100}", kind):
        part.media_type = kind
    elif kind in ("text", "html", "plain"):
        part.media_type = "text/html" if kind == "html" else "text/plain"
    elif kind and not kind.startswith("text"):
        part.media_type = "application/octet-stream"
    else:
        part.media_type = default
    disposition, more = headers.parameters(fields.first("content-disposition"), fields.charset)
    part.disposition = disposition if disposition in ("attachment", "inline") else ("attachment" if more else "")
    part.name = _file_name(more.get("filename", "") or part.parameters.get("name", ""))
    part.content_id = fields.first("content-id").decode("latin-1").strip().strip("<>")


def _file_name(name: str) -> str:
    """Return a file name; one written in percent signs, as web mail programs do, is decoded."""
    if re.search(r"%[89A-Fa-f][0-9A-Fa-f]", name):
        from urllib.parse import unquote

        try:
            return unquote(name, errors="strict")
        except UnicodeDecodeError:
            return name
    return name
