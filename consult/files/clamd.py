"""Client of ClamAV's daemon: the INSTREAM command of clamd(8), over a Unix socket or TCP.

Forty lines instead of the package ``clamd``, which has had no release since 2014 and takes the first piece of an
answer for the whole.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from enum import StrEnum

PIECE = 64 << 10
ANSWER_BYTES = 4_096


class Finding(StrEnum):
    """The result of a scan; ``away``: no answer from the scanner; ``passed``: the file was too large."""

    CLEAN = "clean"
    INFECTED = "infected"
    PASSED = "passed"
    AWAY = "away"


@dataclass(frozen=True)
class Scan:
    """The finding and the scanner's message: the name of the virus, or why there is no result."""

    finding: Finding
    words: str = ""


def scan(data: bytes, address: str, *, seconds: float = 30) -> Scan:
    """Scan bytes; never raises.

    Arguments:
        address: ``host:port``, or the path of a Unix socket.
        seconds: timeout of each step.
    """
    try:
        with _connected(address, seconds) as line:
            answer = _ask(line, data)
    except (OSError, ValueError) as error:
        return Scan(Finding.AWAY, f"{type(error).__name__}: {error}"[:200])
    text = answer.partition(b"\0")[0].decode("utf-8", "replace").strip().removeprefix("stream:").strip()
    if text.endswith("FOUND"):
        return Scan(Finding.INFECTED, text.removesuffix("FOUND").strip()[:200])
    if text == "OK":
        return Scan(Finding.CLEAN)
    return Scan(Finding.PASSED if "size limit" in text else Finding.AWAY, text[:200] or "no answer")


def _connected(address: str, seconds: float) -> socket.socket:
    if "/" in address:
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(seconds)
        line.connect(address)
        return line
    host, _, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]") or "127.0.0.1", int(port)), seconds)


def _ask(line: socket.socket, data: bytes) -> bytes:
    """Send the bytes in pieces and return the answer, which may come before all were sent."""
    try:
        line.sendall(b"zINSTREAM\0")
        for start in range(0, len(data), PIECE):
            piece = data[start : start + PIECE]
            line.sendall(struct.pack("!I", len(piece)) + piece)
        line.sendall(struct.pack("!I", 0))
    except (BrokenPipeError, ConnectionResetError):
        pass  # the daemon closed the connection because the file is too large; it has already answered
    answer = b""
    while b"\0" not in answer and len(answer) < ANSWER_BYTES and (more := line.recv(ANSWER_BYTES)):
        answer += more
    return answer
