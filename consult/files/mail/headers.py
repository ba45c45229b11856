"""Parses header fields as they arrive: folded or not, encoded or raw, in the right charset or another."""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from consult.files import charsets

MAX_FIELDS = 1_000
MAX_BLOCK = 512_000  # bytes of all fields of a message
MAX_VALUE = 32_000  # bytes of one field

_BLANK = re.compile(rb"\r?\n\r?\n")
_LINE = re.compile(rb"\r?\n")
_FIELD = re.compile(rb"([!-9;-~]{1,100})[ \t]*:")
_WORD = re.compile(r"=\?([^?\s=]{0,60}?)(?:\*[A-Za-z-]{1,20})?\?([bBqQ])\?((?:[^?]|\?(?!=)){0,4000}+)(?:\?=|\Z)")
_PARAMETER = re.compile(r';\s*([^\s=;"]{1,60})\s*=\s*("(?:[^"\\]|\\.)*+"?|[^;]*+)', re.S)
# The semicolon that some programs leave out: `attachment filename=…`, `filename=…` without a word before it.
_LEFT_OUT = re.compile(r"\A([^\s;=\"]*)(?:[ \t]+|\A)(?=(?:file)?name\*?[\d*]*\s*=|charset\s*=|boundary\s*=)", re.I)
_SEGMENT = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*?)\Z")
_STATEFUL = ("hz", "iso2022", "utf-7")
_CONTROL = re.compile("[\x00-\x1f\x7f\u2028\u2029]+")


@dataclass(frozen=True)
class Fields:
    """The header fields of a message or of a part, in their order, names in lower case, values unfolded bytes."""

    items: tuple[tuple[str, bytes], ...] = ()
    charset: str | None = None

    def all(self, name: str) -> list[bytes]:
        """Return the values of every field `name`."""
        return [value for field, value in self.items if field == name]

    def first(self, name: str) -> bytes:
        """Return the value of the first field `name`, b"" when there is none."""
        return next((value for field, value in self.items if field == name), b"")

    def text(self, name: str) -> str:
        """Return the first field `name` as text."""
        return decode_words(self.first(name), self.charset)

    def has(self, name: str) -> bool:
        """Say whether there is a field `name`."""
        return any(field == name for field, _ in self.items)


def split(raw: bytes, start: int, end: int) -> tuple[list[tuple[str, bytes]], int, list[str]]:
    """Take the header fields off `raw[start:end]`; return them, where the body begins, and what was wrong."""
    first = _LINE.match(raw, start, end)
    if first:  # a part without fields
        return [], first.end(), []
    if raw.startswith((b"From ", b">From "), start, end):
        start = _after_line(raw, start, end)
    blank = _BLANK.search(raw, start, end)
    block_end, body = (blank.start(), blank.end()) if blank else (end, end)
    defects: list[str] = []
    if block_end - start > MAX_BLOCK:
        block_end = start + MAX_BLOCK
        defects.append("邮件头过长，只读取了开头部分")
    fields, stopped = _fields(raw, start, block_end, defects)
    return fields, (body if stopped is None else stopped), defects


def first_word(value: bytes) -> str:
    """Return the first word of a field that holds a keyword (`auto-replied; owner="x"`), in lower case."""
    return re.split(rb"[\s;(]", value.strip().lower(), maxsplit=1)[0].decode("latin-1").strip("\"'")


def _after_line(raw: bytes, start: int, end: int) -> int:
    match = _LINE.search(raw, start, end)
    return match.end() if match else end


def _fields(raw: bytes, start: int, end: int, defects: list[str]) -> tuple[list[tuple[str, bytes]], int | None]:
    """Read fields line by line. A line that is none ends them, unless fields go on after it."""
    fields: list[tuple[str, bytes]] = []
    name, size = "", 0
    pieces: list[bytes] = []
    at = start
    while at < end:
        match = _LINE.search(raw, at, end)
        stop, following = (match.start(), match.end()) if match else (end, end)
        line = raw[at:stop]
        match = None if line[:1] in (b" ", b"\t") else _FIELD.match(line)
        if match:
            if name:
                fields.append((name, b"".join(pieces)))
            if len(fields) >= MAX_FIELDS:
                defects.append(f"邮件头超过 {MAX_FIELDS} 项，只读取了前面的")
                return fields, None
            name, pieces = match[1].decode("ascii").lower(), [line[match.end() :].strip(b" \t")[:MAX_VALUE]]
            size = len(pieces[0])
        elif line[:1] in (b" ", b"\t") or _is_continued(raw, following, end):
            if name and size < MAX_VALUE:
                pieces.append(line if line[:1] in (b" ", b"\t") else b" " + line)
                size += len(line)
        else:
            defects.append("邮件头和正文之间缺少空行")
            if name:
                fields.append((name, b"".join(pieces)))
            return fields, at
        at = following
    if name:
        fields.append((name, b"".join(pieces)))
    return fields, None


def _is_continued(raw: bytes, at: int, end: int) -> bool:
    """Say whether another field follows a line that is none, such as the rest of a raw subject cut in two."""
    return bool(_FIELD.match(raw, at, min(end, at + 120)))


def decode_words(value: bytes, hint: str | None = None) -> str:
    """Read a field's text: encoded words (RFC 2047), however broken, and raw bytes (in charset `hint` if they fit).

    Adjacent words are joined before they are decoded, because programs cut them inside characters and inside base64
    groups.
    """
    text = _decode_once(value[:MAX_VALUE], hint)
    if "=?" in text and _WORD.search(text):  # encoded twice, or the encoding of an encoding
        text = _decode_once(text.encode("utf-8"), "utf-8")
    return " ".join(_CONTROL.sub(" ", text).split())


def _decode_once(value: bytes, hint: str | None) -> str:
    raw = value.decode("latin-1")
    out: list[str] = []
    run: list[tuple[str, str, str]] = []
    at = 0
    for match in _WORD.finditer(raw):
        between = raw[at : match.start()]
        if between.strip() or not run:
            out.append(_decode_run(run))
            run = []
            out.append(_raw_text(between, hint))
        run.append((charsets.known(match[1]) or match[1].lower(), match[2].lower(), match[3]))
        at = match.end()
    out.append(_decode_run(run))
    out.append(_raw_text(raw[at:], hint))
    return "".join(out)


def _raw_text(raw: str, hint: str | None) -> str:
    return raw if raw.isascii() else charsets.decode(raw.encode("latin-1"), hint).text


def _decode_run(run: list[tuple[str, str, str]]) -> str:
    """Decode adjacent encoded words: those of one charset as one text."""
    texts: list[str] = []
    pending, pending_charset, carried = b"", "", ""
    for position, (charset, encoding, content) in enumerate(run):
        if charset != pending_charset or charset.startswith(_STATEFUL):
            texts.append(charsets.decode(pending, pending_charset).text if pending else "")
            pending, pending_charset, carried = b"", charset, ""
        if encoding == "b":
            digits = carried + re.sub(r"[^A-Za-z0-9+/=_-]", "", content)
            more = position + 1 < len(run) and run[position + 1][:2] == (charset, "b")
            cut = len(digits) - len(digits) % 4 if more and not digits.endswith("=") else len(digits)
            carried = digits[cut:]
            pending += base64_bytes(digits[:cut].encode("ascii"))
        else:
            pending += _q_bytes(content)
    if pending:
        texts.append(charsets.decode(pending, pending_charset).text)
    return "".join(texts)


def _q_bytes(content: str) -> bytes:
    data = content.replace("_", " ").encode("latin-1")
    return re.sub(rb"=([0-9A-Fa-f]{2})", lambda match: bytes([int(match[1], 16)]), data)


def base64_bytes(digits: bytes) -> bytes:
    """Decode base64 that may lack its padding or have it in the middle; digits of no use are dropped."""
    out = []
    for piece in digits.replace(b"-", b"+").replace(b"_", b"/").split(b"="):
        whole = piece[: len(piece) - 1] if len(piece) % 4 == 1 else piece
        try:
            out.append(binascii.a2b_base64(whole + b"=" * (-len(whole) % 4)))
        except binascii.Error:
            continue
    return b"".join(out)


def parameters(value: bytes, hint: str | None = None) -> tuple[str, dict[str, str]]:
    """Take `type/subtype; name=value…` apart; names in lower case, values decoded (RFC 2047, RFC 2231, raw).

    The first of two parameters of one name counts.
    """
    raw = _LEFT_OUT.sub(r"\1; ", value[:MAX_VALUE].decode("latin-1"), count=1)
    main = raw.partition(";")[0].strip().strip("\"'").lower()
    plain: dict[str, str] = {}
    segments: dict[str, dict[int, tuple[str, bool]]] = {}
    for match in _PARAMETER.finditer(raw if raw.startswith(";") else raw[len(raw.partition(";")[0]) :]):
        name, content = match[1].lower(), _unquote(match[2])
        parts = _SEGMENT.match(name)
        if "*" in name and parts:
            place = segments.setdefault(parts[1], {})
            place.setdefault(int(parts[2] or 0), (content, bool(parts[3])))
        else:
            plain.setdefault(name, decode_words(content.encode("latin-1"), hint) if content else "")
    for name, pieces in segments.items():
        text = _join_segments(pieces, hint)
        if text and ("\ufffd" not in text or name not in plain):
            plain[name] = text
    return main, plain


def _unquote(content: str) -> str:
    content = content.strip()
    if content.startswith('"'):
        return re.sub(r'\\(["\\])', r"\1", content[1:-1] if content.endswith('"') and len(content) > 1 else content[1:])
    return content.strip("'") if content.startswith("'") and content.endswith("'") else content


def _join_segments(pieces: dict[int, tuple[str, bool]], hint: str | None) -> str:
    """Put a value of RFC 2231 together: `name*0*=gb2312''%D2%E2`, `name*1=…`, also with its charset left out."""
    charset: str | None = hint
    data = b""
    waiting = b""  # of extended pieces: some programs cut them inside %E5
    for number in sorted(pieces):
        content, is_extended = pieces[number]
        if is_extended and number == min(pieces) and content.count("'") >= 2:
            label, _, content = content.split("'", 2)
            charset = label or hint
        encoded = content.encode("latin-1")
        if is_extended or re.search(rb"%[0-9A-Fa-f]{2}", encoded):
            waiting += encoded
        else:
            data, waiting = data + unquote_to_bytes(waiting) + encoded, b""
    data += unquote_to_bytes(waiting)
    if b"=?" in data:
        return decode_words(data, charset)
    return _CONTROL.sub(" ", charsets.decode(data, charset).text).strip()
