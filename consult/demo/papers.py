"""Papers of the demonstration: short texts that say that they are made up."""

from __future__ import annotations

from consult.app_context import blobs, settings
from consult.files.attachments import CheckedAttachment, check


def store_paper(name: str, *lines: str) -> CheckedAttachment:
    """Store a text file as a paper of the demonstration."""
    data = "\n".join(("（演示材料）", *lines)).encode()
    blobs().put(data)
    return check(name, data, max_bytes=settings().attachment_bytes)
