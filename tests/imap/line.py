"""A line to a server that breaks, falls silent after as many of the server's bytes as a test says, or says no."""

from __future__ import annotations

import re
import socket
import threading
from contextlib import suppress


class Line:
    """A proxy on 127.0.0.1. ``passed`` counts the bytes that the server sent over it, of the last connection.

    ``cut_after`` closes both ends after so many bytes; after ``silent_after`` nothing more passes. A command that
    ``refused`` matches never comes to the server: it is answered NO, or with nothing but OK (``leaves_out``), or by the
    end of the line (``breaks``).
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.cut_after: int | None = None
        self.silent_after: int | None = None
        self.refused: re.Pattern[bytes] | None = None
        self.leaves_out = self.breaks = False
        self.passed = 0
        self._open: list[socket.socket] = []

    def __enter__(self) -> Line:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for connection in (self._listener, *self._open):
            _close(connection)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._to))
                self._open += [client, server]
                self.passed = 0
                threading.Thread(target=self._asked, args=(client, server), daemon=True).start()
                threading.Thread(target=self._answered, args=(server, client), daemon=True).start()

    def _asked(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65_536):
                if self.refused is None or not self.refused.search(data):
                    server.sendall(data)
                elif self.breaks:
                    break
                else:
                    words = b"OK done" if self.leaves_out else b"NO [SERVERBUG] can't read it"
                    client.sendall(data.partition(b" ")[0] + b" " + words + b"\r\n")
        _close(server)
        _close(client)

    def _answered(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65_536):
                limit = self.cut_after if self.cut_after is not None else self.silent_after
                room = len(data) if limit is None else limit - self.passed
                client.sendall(data[: max(0, room)])
                self.passed += min(len(data), max(0, room))
                if room < len(data) and self.cut_after is not None:
                    break
                if room < len(data):
                    return
        _close(server)
        _close(client)


def _close(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
