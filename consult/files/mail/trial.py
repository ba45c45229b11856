"""Reading a message on trial, in a process of its own that it may take down with it.

Who was cut off several times while reading a message can't know whether the message did it: a machine that is switched
off, or runs out of memory for another reason, looks the same. A process that only reads this message tells.
"""

from __future__ import annotations

import contextlib
import multiprocessing

from consult.files import attachments
from consult.files.mail.reading import read

SECONDS = 120.0
"""Longest that a trial takes; the slowest of ten thousand damaged messages took under two."""


def ends_well(raw: bytes) -> bool:
    """Say whether a process that reads a message and its files comes to its end."""
    tried = multiprocessing.get_context("spawn").Process(target=read_whole, args=(raw,), daemon=True)
    tried.start()
    tried.join(SECONDS)
    if tried.is_alive():
        tried.kill()
        tried.join()
    return tried.exitcode == 0


def read_whole(raw: bytes) -> None:
    """Read a message, and look at each of its files as who takes it in does."""
    for file in read(raw).all_attachments():
        with contextlib.suppress(Exception):  # a message is taken whatever one of its files does to its reader
            attachments.check(file.name, file.data, max_bytes=len(file.data))
