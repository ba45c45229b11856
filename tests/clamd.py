"""A server that speaks clamd's protocol over a real socket."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

BAD = b"X5O!P%@AP: a text of the tests that the scanner below finds something in"
DUMB = b"a text of the tests that the scanner below hangs up on"
DEADLY = b"a text of the tests that the scanner below goes away over"
SIGNATURE = "Test.Signature-1"
LIMIT = 200_000


class Scanner(socketserver.StreamRequestHandler):
    """The INSTREAM command of clamd(8)."""

    def handle(self) -> None:
        """Take one command."""
        assert self.rfile.read(10) == b"zINSTREAM\0"
        data = b""
        while size := struct.unpack("!I", self.rfile.read(4))[0]:
            data += self.rfile.read(size)
            if len(data) > LIMIT:
                self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
                return
        if DEADLY in data:
            self.server.server_close()  # nobody answers any more
        elif DUMB not in data:
            self.wfile.write(b"stream: " + (f"{SIGNATURE} FOUND\0".encode() if BAD in data else b"OK\0"))


@contextmanager
def listening() -> Iterator[str]:
    """Give the address of a scanner that runs."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Scanner) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()
