"""Web pages saved with their pictures in one file (.mht, RFC 2557)."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage

from consult.files import charsets


def html_of_archive(content: bytes) -> str | None:
    """The page in an archive of one; None if there is none."""
    message = email.message_from_bytes(content, policy=email.policy.default)
    if not isinstance(message, EmailMessage):
        return None
    for part in message.walk():
        if part.get_content_type() == "text/html":
            body = part.get_payload(decode=True)
            return charsets.decode(body, part.get_content_charset()).text if isinstance(body, bytes) else None
    return None
