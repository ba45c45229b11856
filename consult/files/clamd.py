"""Asking ClamAV's daemon about bytes: the INSTREAM command of clamd(8), over a socket or TCP.

The client is our own, forty lines: the package ``clamd`` has had no release since 2014 and reads an answer as whole
whatever piece of it came first.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from enum import StrEnum

PIECE = 64 << 10
ANSWER_BYTES = 4_096


class Finding(StrEnum):
    """What the scanner said; ``away`` where it said nothing, ``passed`` over where it takes no file of that size."""

    CLEAN = "clean"
    INFECTED = "infected"
    PASSED = "passed"
    AWAY = "away"


@dataclass(frozen=True)
class Scan:
    """The finding, and the scanner's own words: the name of what it found, or why it found nothing."""

    finding: Finding
    words: str = ""


def scan(data: bytes, address: str, *, seconds: float = 30) -> Scan:
    """Have bytes scanned; never raises.

    Arguments:
        address: ``host:port``, or the path of a Unix socket.
        seconds: that each step may take.
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
    """Send the bytes in pieces and return the answer; one that comes before all were sent is an answer, too."""
    try:
        line.sendall(b"zINSTREAM\0")
        for start in range(0, len(data), PIECE):
            piece = data[start : start + PIECE]
            line.sendall(struct.pack("!I", len(piece)) + piece)
        line.sendall(struct.pack("!I", 0))
    except (BrokenPipeError, ConnectionResetError):
        pass  # it hung up because the file is too large for it; it said so before
    answer = b""
    while b"\0" not in answer and len(answer) < ANSWER_BYTES and (more := line.recv(ANSWER_BYTES)):
        answer += more
    return answer
