"""Reading a message whole, as it is tried before one is read that has cut its sorting off (``consult.files.trial``)."""

from __future__ import annotations

import contextlib

from consult.files import attachments
from consult.files.mail.reading import read


def read_whole(raw: bytes) -> None:
    """Read a message, and look at each of its files as who takes it in does."""
    for file in read(raw).all_attachments():
        with contextlib.suppress(Exception):  # a message is taken whatever one of its files does to its reader
            attachments.check(file.name, file.data, max_bytes=len(file.data))
