"""Files that commands keep as papers: checked as uploads are, and stored."""

from __future__ import annotations

from pathlib import Path

from consult.accounts.errors import Refused
from consult.app_context import blobs, settings
from consult.files import attachments


def keep_file(path: Path) -> attachments.CheckedAttachment:
    """Check a file that is to be kept as a paper, and store its bytes.

    Raises:
        Refused: it is of a kind that may not be kept, empty or too large.
        OSError: it can't be read.
    """
    data = path.read_bytes()
    try:
        checked = attachments.check(path.name, data, max_bytes=settings().attachment_bytes)
    except attachments.AttachmentRefused as refusal:
        raise Refused(str(refusal.words)) from refusal
    blobs().put(data)
    return checked
