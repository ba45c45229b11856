"""When two messages are one: the same headers and body, whatever way they came.

The identity of a message isn't its Message-ID: programs give two messages the same one, or none. It is everything that
its writer sent. What servers add on the way, and what the user's own server notes, is left out.
"""

from __future__ import annotations

import hashlib
import re

TRACES = (
    b"received", b"received-spf", b"return-path", b"delivered-to", b"envelope-to", b"envelope-from", b"delivery-date",
    b"authentication-results", b"arc-seal", b"arc-message-signature", b"arc-authentication-results",
    b"dkim-filter", b"dmarc-filter", b"apparently-to", b"original-recipient", b"errors-to", b"old-return-path",
    b"dkim-signature", b"bcc", b"status", b"content-length", b"lines", b"domainkey-status",
    b"dkim-status", b"bounces-to",
)  # fmt: skip
"""Fields that tell of the way, beside every ``X-…``."""

_TRACES = frozenset(TRACES)
_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:(.*)", re.S)
_LINE_ENDS = re.compile(rb"\r\r\n|\r\n|\r")
_MBOX_LINE = re.compile(rb"From [^\n]*\n")


def digest_of(raw: bytes) -> str:
    """Return the SHA-256 (hexadecimal) of what a message's writer sent.

    Line ends are taken as one kind and blank lines at the end as none. What has no header is taken whole; a line of a
    header that is no field counts as what it is, so that a damaged message that came two ways is one, too.
    """
    plain = _LINE_ENDS.sub(b"\n", raw) if b"\r" in raw else raw
    plain = _MBOX_LINE.sub(b"", plain, count=1) if plain.startswith(b"From ") else plain
    head, gap, body = plain.partition(b"\n\n")
    fields = _fields(head)
    if fields is None or not gap:
        return hashlib.sha256(b"whole\0" + raw).hexdigest()
    sha = hashlib.sha256(b"message\0")
    for name, value in fields:
        if name not in _TRACES and not name.startswith(b"x-"):
            sha.update(name + b":" + b" ".join(value.split()) + b"\n")
    sha.update(b"\n" + body.rstrip(b"\n"))
    return sha.hexdigest()


def _fields(head: bytes) -> list[tuple[bytes, bytes]] | None:
    """Return the fields of a header, unfolded, in order, other lines under no name; ``None`` where it is no header."""
    fields: list[tuple[bytes, bytes]] = []
    for line in head.split(b"\n"):
        if line[:1] in (b" ", b"\t") and fields:
            name, value = fields[-1]
            fields[-1] = name, value + b" " + line
            continue
        match = _FIELD.match(line)
        if match is None and not fields:
            return None
        fields.append((match[1].lower(), match[2]) if match else (b"", line))
    return fields
