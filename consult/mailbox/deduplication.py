"""Recognises duplicate deliveries: the same headers and body, by whatever route.

A message isn't identified by its Message-ID, which programs reuse or omit, but by everything that its author sent.
Trace fields that servers add are left out.
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
"""Trace fields, besides every ``X-…``."""

_TRACES = frozenset(TRACES)
_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:(.*)", re.S)
_LINE_ENDS = re.compile(rb"\r\r\n|\r\n|\r")
_MBOX_LINE = re.compile(rb"From [^\n]*\n")


def digest_of(raw: bytes) -> str:
    """Return the SHA-256 (hexadecimal) of what the author of a message sent.

    Line ends are normalised and blank lines at the end ignored. Without a header, the whole message counts; a header
    line that is not a field counts as it is, so that a damaged message delivered twice is recognised, too.
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
    """Return the unfolded fields of a header in order, other lines without a name; ``None`` if it isn't a header."""
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
