"""gunicorn's thread worker, whose threads get whole requests and hand over whole answers.

gunicorn reads and writes in its threads, so that as many clients who send half a request, or take half an answer, as
there are threads stop the site. Here the main loop does both for all connections at once.
"""

from __future__ import annotations

import errno
import resource
import selectors
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any

from gunicorn import http
from gunicorn.workers.gthread import TConn, ThreadWorker

from consult.faces.server.request_buffer import RequestBuffer
from consult.faces.server.response_buffer import ResponseBuffer
from consult.faces.uploads import LARGEST_BODY

HEAD_SECONDS = 20.0
"""How long a request's headers may take."""
GRACE_SECONDS = 30.0
SLOWEST = 1024
"""Bytes a second below which, after the grace, neither a request nor an answer is waited for."""
LINGER_SECONDS = 60.0
"""How long what nobody reads is still taken from a client that sends it, so that the answer reaches it."""
KEPT_BYTES = 2 * LARGEST_BODY
"""Bytes of requests that one worker keeps; beyond that, the largest that isn't whole is given up."""
OPEN_FILES = 8192
CLOSING_SECONDS = 2.0
"""How long a client may take to close a connection over which nothing more comes."""
_BLOCK = 64 * 1024


class Connection(TConn):  # type: ignore[misc]
    """A connection, what came over it, and what goes out."""

    def __init__(self, cfg: Any, client: socket.socket, address: Any, server: Any) -> None:
        super().__init__(cfg, client, address, server)
        self.parser: Any = None
        self.data_ready = True
        self.keeps_alive = False
        self.since = time.monotonic()
        self.moved = 0
        """Bytes that came or went since."""
        self.counted = 0
        """Bytes of the request that count as kept."""
        self.seconds = HEAD_SECONDS
        self.request = RequestBuffer(LARGEST_BODY)
        self.answer: ResponseBuffer | None = None

    def init(self) -> None:
        """Have the parser read what was kept."""
        if self.parser is None:
            self.parser = http.get_parser(self.cfg, self, self.client)

    def recv(self, size: int) -> bytes:
        """Return bytes of the request, as the parser asks a socket for them."""
        return self.request.recv(size)

    def wait(self, seconds: float) -> None:
        """Begin to wait for the client."""
        self.since, self.moved, self.seconds = time.monotonic(), 0, seconds

    def is_given_up(self, now: float) -> bool:
        """Whether the client took too long."""
        return now > self.since + self.seconds + self.moved / SLOWEST

    def close(self, graceful: bool = False) -> None:
        """Close it and drop what was kept."""
        self.request.close()
        if self.answer is not None:
            self.answer.close()
        super().close()


class BufferingWorker(ThreadWorker):  # type: ignore[misc]
    """Reads requests and sends answers in its main loop."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._waiting: dict[Connection, None] = {}
        """Connections that the loop reads from or writes to, by how long they are there."""
        self._kept = 0
        self._swept = 0.0

    def init_process(self) -> None:
        """Let the process have as many files open as connections and their buffers may need."""
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, OPEN_FILES), most))
        super().init_process()

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection; when there are too many, the one that has waited longest makes room."""
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.ECONNABORTED, errno.EMFILE, errno.ENFILE):
                return
            raise
        self.nr_conns += 1
        if self.nr_conns >= self.worker_connections - self.cfg.threads and self._waiting:
            self._drop(next(iter(self._waiting)))
        conn = Connection(self.cfg, client, address, listener.getsockname())
        self._watch(conn, selectors.EVENT_READ, self._read)

    def handle_request(self, req: Any, conn: Connection) -> Any:
        """Have the answer kept, and send as much of it as the client takes at once."""
        conn.answer = ResponseBuffer(conn.sock)
        connection, conn.sock = conn.sock, conn.answer
        try:
            keeps_alive = super().handle_request(req, conn)
            conn.answer.flush()
        finally:
            conn.sock = connection
        return keeps_alive and not conn.answer.was_shut

    def finish_request(self, conn: Connection, future: Future[Any]) -> None:
        """Go on with a connection whose request was handled."""
        self._forget(conn)
        try:
            conn.keeps_alive = bool(not future.cancelled() and future.result()) and self.alive
            conn.keeps_alive = conn.keeps_alive and not conn.request.is_too_large
            self._send(conn)
        except Exception:
            self._close(conn)

    def murder_keepalived(self, force: bool = False) -> None:
        """Close connections whose clients take too long, and idle ones when the worker ends."""
        now = time.monotonic()
        if now < self._swept + 1 and self.alive and not force:
            return
        self._swept = now
        for conn in list(self._waiting):
            is_idle = conn.answer is None and not conn.request.is_begun
            if force or conn.is_given_up(now) or (is_idle and not self.alive):
                self._drop(conn)

    def _watch(self, conn: Connection, events: int, act: Callable[[Connection], None]) -> None:
        self._waiting[conn] = None
        self.poller.register(conn.sock, events, partial(self._act, conn, act))

    def _unwatch(self, conn: Connection) -> None:
        if conn in self._waiting:
            del self._waiting[conn]
            self.poller.unregister(conn.sock)

    def _act(self, conn: Connection, act: Callable[[Connection], None], _socket: Any) -> None:
        if conn not in self._waiting:  # given up in the same round
            return
        try:
            act(conn)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._drop(conn)

    def _read(self, conn: Connection) -> None:
        data = conn.sock.recv(_BLOCK)
        if not data:
            self._drop(conn)
            return
        if not conn.request.is_begun:
            conn.wait(HEAD_SECONDS)
        self._take(conn, data)
        while self._kept > KEPT_BYTES and self._waiting:
            self._drop(max(self._waiting, key=lambda other: other.request.size))

    def _take(self, conn: Connection, data: bytes) -> None:
        """Add to a request what came; have it handled when it is whole."""
        before = conn.request.size
        conn.request.feed(data)
        came = conn.request.size - before
        conn.counted += came
        self._kept += came
        if before == 0 and conn.request.size:  # the headers are there
            conn.wait(GRACE_SECONDS)
            if conn.request.waits_for_continue:
                conn.sock.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        conn.moved += came
        if conn.request.is_whole:
            self._unwatch(conn)
            conn.request.rewind()
            self.enqueue_req(conn)

    def _send(self, conn: Connection) -> None:
        """Send what is left of the answer; then wait for the next request, or for the end."""
        if conn.answer is not None and not conn.answer.flush():
            if conn not in self._waiting:
                conn.wait(GRACE_SECONDS)
                self._watch(conn, selectors.EVENT_WRITE, self._send_on)
            return
        self._unwatch(conn)
        conn.sock.setblocking(False)
        if conn.answer is not None:
            conn.answer.close()
            conn.answer = None
        if not conn.keeps_alive:
            self._linger(conn)
            return
        after = conn.request.after
        conn.request.close()
        conn.request = RequestBuffer(LARGEST_BODY)
        conn.wait(HEAD_SECONDS if after else float(self.cfg.keepalive))
        self._watch(conn, selectors.EVENT_READ, self._read)
        if after:
            self._take(conn, after)

    def _send_on(self, conn: Connection) -> None:
        assert conn.answer is not None
        conn.moved = conn.answer.sent
        self._send(conn)

    def _linger(self, conn: Connection) -> None:
        """Say that nothing more comes, and take what the client still sends: closing at once would lose the answer."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._close(conn)
            return
        conn.wait(LINGER_SECONDS if conn.request.is_too_large else CLOSING_SECONDS)
        self._watch(conn, selectors.EVENT_READ, self._discard)

    def _discard(self, conn: Connection) -> None:
        data = conn.sock.recv(_BLOCK)
        if not data:
            self._drop(conn)

    def _drop(self, conn: Connection) -> None:
        self._forget(conn)
        self._unwatch(conn)
        self._close(conn)

    def _forget(self, conn: Connection) -> None:
        self._kept -= conn.counted
        conn.counted = 0

    def _close(self, conn: Connection) -> None:
        self.nr_conns -= 1
        conn.close()
