"""The real server, as ``make run`` starts it: slow clients hold nobody up; a body too large gets its page."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from config import ROOT

PATIENCE = 60
ORDINARY = 15
"""Seconds within which a page comes, on a busy machine."""
LARGEST = 1_000_000


class Server:
    """A running web server."""

    def __init__(self, port: int) -> None:
        self.port = port

    def connect(self) -> socket.socket:
        """Open a connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=ORDINARY)

    def ask(self, *pieces: bytes, pause: float = 0.0) -> bytes:
        """Send a request in pieces over a new connection; return all that comes until the server closes it."""
        with self.connect() as line:
            for piece in pieces:
                line.sendall(piece)
                time.sleep(pause)
            return everything(line)

    def page(self, path: str = "/") -> bytes:
        """Return the answer to an ordinary request."""
        return self.ask(b"GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % path.encode())


def everything(line: socket.socket) -> bytes:
    """Return what comes until the end."""
    pieces = []
    while piece := line.recv(65_536):
        pieces.append(piece)
    return b"".join(pieces)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start the web server of a new site, with the command of ``scripts/serve``."""
    folder, port = tmp_path_factory.mktemp("site"), free_port()
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(folder), "FLASK_APP": "wsgi:app", "DATA_DIR": str(folder / "data"),
        "PORT": str(port), "REQUEST_BYTES": str(LARGEST), "RATELIMIT_ENABLED": "false",
    }  # fmt: skip
    commands = Path(sys.executable).parent
    subprocess.run([commands / "flask", "db", "upgrade"], cwd=ROOT, env=environment, check=True, capture_output=True)
    assert ".venv/bin/gunicorn wsgi:app" in (ROOT / "scripts/serve").read_text(), "what is started here"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [commands / "gunicorn", "wsgi:app"], cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        running = Server(port)
        for _ in range(PATIENCE * 5):
            try:
                running.page("/healthz")
                break
            except OSError:
                assert process.poll() is None, (folder / "log").read_text()
                time.sleep(0.2)
        yield running
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


def test_slow_clients_hold_nobody_up(server: Server) -> None:
    with ExitStack() as lines:
        opened = [lines.enter_context(server.connect()) for _ in range(96)]
        for line in opened[:24]:  # half a body
            line.sendall(
                b"POST /api/v1/consultations/x/submissions HTTP/1.1\r\nHost: localhost\r\n"
                b"Content-Type: application/json\r\n"
                b"Content-Length: 100000\r\n\r\n{" + b" " * 20_000
            )
        for line in opened[24:48]:  # half a chunked body
            line.sendall(
                b"POST /api/v1/consultations/x/submissions HTTP/1.1\r\nHost: localhost\r\n"
                b"Content-Type: application/json\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n1000\r\n{"
            )
        for line in opened[48:72]:  # half a header
            line.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        for line in opened[72:]:  # answers that nobody takes
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.sendall(b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 200)
        for _ in range(3):
            assert server.page().startswith(b"HTTP/1.1 200 ")
            for line in opened[48:72]:
                line.sendall(b"a")
        assert b'"status":"ok"' in server.page("/healthz").replace(b" ", b"")


def test_a_body_that_comes_slowly_comes_whole(server: Server) -> None:
    body = json.dumps({"content": "好" * 500}).encode()
    head = (
        b"POST /api/v1/consultations/none/submissions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        b"Content-Type: application/json\r\n"
    )
    whole = server.ask(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    assert whole.startswith(b"HTTP/1.1 404 "), whole[:300]
    slowly = server.ask(
        head + b"Content-Length: %d\r\n" % len(body), b"\r\n", body[:700], body[700:701], body[701:], pause=0.2
    )
    chunks = b"".join(
        b"%x;a=b\r\n%s\r\n" % (len(body[n : n + 333]), body[n : n + 333]) for n in range(0, len(body), 333)
    )
    chunked = server.ask(
        head + b"Transfer-Encoding: chunked\r\n\r\n", chunks[:5], chunks[5:], b"0\r\n", b"\r\n", pause=0.1
    )
    broken = server.ask(head + b"Content-Length: %d\r\n\r\n" % (len(body) - 5) + body[:-5])
    assert [answer.split(b" ")[1] for answer in (slowly, chunked, broken)] == [b"404", b"404", b"400"]


@pytest.mark.parametrize(
    ("stated", "sent"), [(LARGEST + 1, LARGEST + 1), (50 * LARGEST, 50 * LARGEST), (5 << 30, 8 * LARGEST)]
)
def test_a_body_too_large_gets_its_page(server: Server, stated: int, sent: int) -> None:
    with server.connect() as line:
        line.sendall(
            b"POST /receipts HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            b"Content-Length: %d\r\n\r\n" % stated
        )
        for _ in range(sent // LARGEST):
            line.sendall(b"a" * LARGEST)
        line.sendall(b"a" * (sent % LARGEST))
        line.shutdown(socket.SHUT_WR)
        answer = everything(line)
    assert answer.startswith(b"HTTP/1.1 413 "), answer[:300]
    assert "太大".encode() in answer or "过大".encode() in answer or "超过".encode() in answer


def test_requests_over_one_connection_are_answered_in_turn(server: Server) -> None:
    ask = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    last = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    assert server.ask(ask * 3 + last).count(b"HTTP/1.1 200 ") == 4, "all at once"
    assert server.ask(ask, ask, last, pause=0.3).count(b"HTTP/1.1 200 ") == 3, "one after the other"


def test_who_waits_for_a_word_to_go_on_gets_it(server: Server) -> None:
    with server.connect() as line:
        line.sendall(
            b"POST /api/v1/consultations/none/submissions HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: application/json\r\n"
            b"Expect: 100-continue\r\nConnection: close\r\nContent-Length: 15\r\n\r\n"
        )
        assert line.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        line.sendall(b'{"content":"a"}')
        assert everything(line).startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\na",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\na",
        b"POST /receipts HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"a" * 100_000,
    ],
)
def test_what_is_no_request_gets_no_page(server: Server, garbage: bytes) -> None:
    with server.connect() as line:
        line.sendall(garbage)
        line.shutdown(socket.SHUT_WR)
        answer = everything(line)
    assert not answer.startswith(b"HTTP/1.1 2")
    assert server.page("/healthz").startswith(b"HTTP/1.1 200 ")
