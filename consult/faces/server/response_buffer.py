"""What the application answers, until the client has taken it."""

from __future__ import annotations

import socket
import tempfile
from typing import IO, Any, cast

IN_MEMORY = 256 * 1024
"""Bytes of an answer beyond which it lies in a temporary file."""
LARGEST = 64 * 1024 * 1024
"""Bytes of an answer beyond which the thread that makes it waits for the client."""
SECONDS = 30.0
"""How long that thread waits for the client to take anything."""
_BLOCK = 256 * 1024


class ResponseBuffer:
    """Stands for the socket while an answer is made: what is sent is kept, and goes out without a thread's waiting."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._kept = cast(IO[bytes], tempfile.SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115 - closed by `close`
        self._written = self._sent = 0
        self._block = b""
        self.was_shut = False
        """Whether the answer broke off."""

    @property
    def sent(self) -> int:
        """Bytes that the client has taken."""
        return self._sent

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)

    def send(self, data: bytes) -> int:
        """Keep an interim answer; 100 Continue was sent when the headers came."""
        if not data.startswith(b"HTTP/1.1 100 "):
            self.sendall(data)
        return len(data)

    def sendall(self, data: bytes) -> None:
        """Keep a piece of the answer; beyond ``LARGEST`` wait until the client has taken some."""
        self._kept.seek(self._written)
        self._kept.write(data)
        self._written += len(data)
        if self._written - self._sent > LARGEST:
            self._socket.settimeout(SECONDS)
            while self._written - self._sent > LARGEST // 2:
                self._send_some()
            self._drop_sent()

    def shutdown(self, _how: int) -> None:
        """Note that the answer breaks off; the loop closes the connection."""
        self.was_shut = True

    def close(self) -> None:
        """Drop the answer."""
        self.was_shut = True
        self._kept.close()

    def flush(self) -> bool:
        """Send as much as the client takes now; say whether that was all."""
        self._socket.setblocking(False)
        try:
            while self._sent < self._written:
                self._send_some()
        except (BlockingIOError, InterruptedError):
            return False
        return True

    def _send_some(self) -> None:
        if not self._block:
            self._kept.seek(self._sent)
            self._block = self._kept.read(_BLOCK)
        sent = self._socket.send(self._block)
        self._sent += sent
        self._block = self._block[sent:]

    def _drop_sent(self) -> None:
        """Move what is left to the beginning of a new file, so that an answer without end needs no room without end."""
        self._kept.seek(self._sent)
        rest = self._kept
        self._kept = cast(IO[bytes], tempfile.SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115
        while piece := rest.read(_BLOCK):
            self._kept.write(piece)
        rest.close()
        self._written, self._sent, self._block = self._kept.tell(), 0, b""
