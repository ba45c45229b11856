"""The words of a rich text file (Rich Text Format 1.9.1), without its formatting."""

from __future__ import annotations

import re

from consult.files import charsets

_TOKEN = re.compile(
    rb"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-f]{2})|\\([^a-z])|([{}])|[\r\n]+|([^\\{}\r\n]+)|\\", re.I
)
_DESTINATIONS = frozenset(
    b"fonttbl colortbl stylesheet info pict object header footer headerl headerr footerl footerr themedata datastore"
    b" listtable listoverridetable rsidtbl generator xmlnstbl latentstyles fldinst filetbl colorschememapping".split()
)
_CHARACTERS = {b"par": b"\n", b"line": b"\n", b"row": b"\n", b"sect": b"\n", b"tab": b"\t", b"cell": b"\t"}


def text_of_rtf(data: bytes) -> str:
    """Return the text of an RTF file; bytes are read in the code page that it names, gb18030 for 936."""
    page = re.search(rb"\\ansicpg(\d{3,5})", data[:2000])
    charset = f"cp{int(page[1])}" if page else "gb18030"
    return _Reader(charset).read(data)


class _Reader:
    """Walks through the groups and keeps what stands outside of tables of fonts, styles and pictures."""

    def __init__(self, charset: str) -> None:
        self._charset = charset
        self._out: list[str] = []
        self._bytes = bytearray()
        self._skipped = False
        self._stack: list[tuple[bool, int]] = []
        self._after_unicode, self._to_drop = 1, 0

    def read(self, data: bytes) -> str:
        for match in _TOKEN.finditer(data):
            word, number, code, symbol, brace, text = match.groups()
            if brace:
                self._brace(brace)
            elif word:
                self._word(word.lower(), int(number) if number else None)
            elif code:
                self._take(bytes([int(code, 16)]))
            elif symbol == b"*":
                self._skipped = True
            elif symbol in (b"\\", b"{", b"}"):
                self._take(symbol)
            elif symbol == b"~":
                self._take(b" ")
            elif text:
                self._take(text)
        self._flush()
        halves = "".join(self._out).encode("utf-16-le", "surrogatepass")
        return halves.decode("utf-16-le", "replace").strip()

    def _brace(self, brace: bytes) -> None:
        if brace == b"{":
            self._stack.append((self._skipped, self._after_unicode))
        elif self._stack:
            self._flush()
            self._skipped, self._after_unicode = self._stack.pop()

    def _word(self, word: bytes, number: int | None) -> None:
        if word in _DESTINATIONS:
            self._skipped = True
        elif word == b"uc":
            self._after_unicode = min(max(number or 0, 0), 8)
        elif word == b"u" and number is not None:
            self._flush()
            if not self._skipped:
                self._out.append(chr(number & 0xFFFF))
            self._to_drop = self._after_unicode
        elif word in _CHARACTERS:
            self._take(_CHARACTERS[word])

    def _take(self, piece: bytes) -> None:
        """Keep bytes, but for those that stand in for a Unicode character that was just read."""
        dropped = min(self._to_drop, len(piece))
        self._to_drop -= dropped
        if not self._skipped:
            self._bytes += piece[dropped:]

    def _flush(self) -> None:
        if self._bytes:
            self._out.append(charsets.decode(bytes(self._bytes), self._charset).text)
            self._bytes.clear()
