"""What a client sends, until a request is whole."""

from __future__ import annotations

import re
import tempfile
from enum import Enum
from typing import IO, cast

HEAD_BYTES = 64 * 1024
"""Longest request line and headers together."""
IN_MEMORY = 16 * 1024
"""Bytes of a request beyond which it lies in a temporary file."""
_CHUNK_LINE = 4 * 1024
_LENGTH = re.compile(rb"\d{1,15}\Z")
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,12})[ \t]*(?:;|\Z)")


class Part(Enum):
    """The part of a request that comes next."""

    HEAD = "head"
    BODY = "body"
    CHUNK_LINE = "chunk_line"
    CHUNK = "chunk"
    TRAILER = "trailer"
    NONE = "none"


class RequestBuffer:
    """Takes bytes as they come and says when they are a request; nothing is interpreted but where it ends.

    A request that is no good HTTP ends where that shows: the server's parser, which reads it afterwards, answers it.
    """

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._line = bytearray()
        self._left = 0
        self._part = Part.HEAD
        self.size = 0
        """Bytes of the request so far."""
        self.after = b""
        """What came behind it."""
        self.waits_for_continue = False
        """Whether its body only comes after an interim answer (100 Continue)."""
        self.is_too_large = False
        """Whether its body is larger than what is kept; it isn't kept, and still on its way."""
        self._kept = cast(IO[bytes], tempfile.SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115 - closed by `close`

    @property
    def is_whole(self) -> bool:
        """Whether the request can be handled."""
        return self._part is Part.NONE

    @property
    def is_begun(self) -> bool:
        """Whether anything came."""
        return bool(self.size or self._line)

    def feed(self, data: bytes) -> None:
        """Take what came."""
        while data and not self.is_whole:
            if self._part in (Part.BODY, Part.CHUNK):
                taken, data = data[: self._left], data[self._left :]
                self._left -= len(taken)
                self._keep(taken)
                if not self._left and not self.is_whole:
                    self._part = Part.NONE if self._part is Part.BODY else Part.CHUNK_LINE
            elif self._part is Part.HEAD:
                data = self._take_head(data)
            else:
                data = self._take_line(data)
        self.after += data

    def rewind(self) -> None:
        """Get ready for ``recv``."""
        self._kept.seek(0)

    def recv(self, size: int) -> bytes:
        """Return the next bytes of the request, as a socket would; none at its end."""
        return self._kept.read(size)

    def close(self) -> None:
        """Drop the request."""
        self._kept.close()

    def _keep(self, data: bytes) -> None:
        self._kept.write(data)
        self.size += len(data)
        if self.size > self._largest + HEAD_BYTES:
            self.is_too_large, self._part = True, Part.NONE

    def _take_head(self, data: bytes) -> bytes:
        searched = max(0, len(self._line) - 3)
        self._line += data
        end = self._line.find(b"\r\n\r\n", searched)
        if end < 0:
            if len(self._line) > HEAD_BYTES:
                self._end_with(bytes(self._line))
            return b""
        head, rest = bytes(self._line[: end + 4]), bytes(self._line[end + 4 :])
        self._line.clear()
        self._keep(head)
        self._part = self._after_head(head)
        return rest

    def _after_head(self, head: bytes) -> Part:
        fields = [line.partition(b":") for line in head.split(b"\r\n")[1:]]
        lengths = [value.strip() for name, _, value in fields if name.lower() == b"content-length"]
        codings = [value.strip().lower() for name, _, value in fields if name.lower() == b"transfer-encoding"]
        if codings or len(lengths) > 1 or (lengths and not _LENGTH.match(lengths[0])):
            following = Part.CHUNK_LINE if codings == [b"chunked"] and not lengths else Part.NONE
        else:
            self._left = int(lengths[0]) if lengths else 0
            self.is_too_large = self._left > self._largest
            following = Part.BODY if self._left and not self.is_too_large else Part.NONE
        self.waits_for_continue = following is not Part.NONE and any(
            name.lower() == b"expect" and value.strip().lower() == b"100-continue" for name, _, value in fields
        )
        return following

    def _take_line(self, data: bytes) -> bytes:
        """Take the line before a chunk, or one of the trailers."""
        line, end, rest = data.partition(b"\n")
        self._line += line + end
        if not end:
            if len(self._line) > _CHUNK_LINE:
                self._end_with(bytes(self._line))
            return b""
        whole = bytes(self._line)
        self._line.clear()
        self._keep(whole)
        if self.is_whole:
            return rest
        if self._part is Part.TRAILER:
            self._part = Part.NONE if whole in (b"\r\n", b"\n") else Part.TRAILER
            return rest
        size = _SIZE.match(whole.rstrip(b"\r\n"))
        if size is None:
            self._part = Part.NONE
        elif int(size[1], 16) == 0:
            self._part = Part.TRAILER
        else:
            self._left, self._part = int(size[1], 16) + 2, Part.CHUNK
        return rest

    def _end_with(self, data: bytes) -> None:
        """End a request that never ends by itself."""
        self._line.clear()
        self._keep(data)
        self._part = Part.NONE
