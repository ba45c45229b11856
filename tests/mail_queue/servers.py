"""A mail server that answers each letter as its address asks: refused or put off at a step, hanging, dripping."""

from __future__ import annotations

import socketserver
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from consult.app_context import settings


class Unfriendly(socketserver.ThreadingTCPServer):
    """``rcpt-554@…`` is refused at RCPT, ``data-451@…`` put off at DATA, ``grey-…`` once, ``hang-…`` never answered."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.taken: list[tuple[str, bytes]] = []
        self.seen: Counter[str] = Counter()
        self.lock = threading.Lock()


class _Conversation(socketserver.StreamRequestHandler):
    server: Unfriendly

    def handle(self) -> None:
        with suppress(OSError):
            self._talk()

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")
        self.wfile.flush()

    def _talk(self) -> None:
        self._say("220 post.example.cn")
        address = ""
        while line := self.rfile.readline():
            word = line.decode("latin1").strip()
            upper = word.upper()
            if upper.startswith(("EHLO", "HELO", "MAIL", "RSET", "NOOP")):
                self._say("250 OK")
            elif upper.startswith("RCPT"):
                address = word.partition("<")[2].partition(">")[0]
                self._say(self._answer(address, "rcpt"))
            elif upper == "DATA":
                self._say("354 go on")
                content = b""
                while (piece := self.rfile.readline()) not in (b".\r\n", b""):
                    content += piece
                if address.startswith("hang-"):
                    time.sleep(60)
                if address.startswith("drip-"):
                    for letter in b"250 " + b"x" * 600:
                        self.wfile.write(bytes([letter]))
                        self.wfile.flush()
                        time.sleep(0.1)
                answer = self._answer(address, "data")
                if answer.startswith("250"):
                    with self.server.lock:
                        self.server.taken.append((address, content))
                self._say(answer)
            elif upper.startswith("QUIT"):
                self._say("221 bye")
                return
            else:
                self._say("502 unknown")

    def _answer(self, address: str, step: str) -> str:
        where, _, rest = address.partition("-")
        if where == step:
            return f"{rest[:3]} no"
        if where == "grey" and step == "rcpt":
            with self.server.lock:
                self.server.seen[address] += 1
                return "451 greylisted" if self.server.seen[address] == 1 else "250 OK"
        return "250 OK"


@contextmanager
def unfriendly(monkeypatch: pytest.MonkeyPatch) -> Iterator[Unfriendly]:
    """Run the server, and have the running application send to it."""
    server = Unfriendly()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(settings(), "smtp_host", "127.0.0.1")
    monkeypatch.setattr(settings(), "smtp_port", server.server_address[1])
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
