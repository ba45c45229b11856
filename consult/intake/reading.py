"""Reading the words of attachments, each on trial: what a file does to its reader, it does to a process of its own.

A file that takes the process down, or doesn't let it come to an end, is tried again by the next call, and put aside at
the third time. Who was killed while reading has counted that as a try, and no file is put aside for it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Self

import structlog

from consult.files.extraction import text_of_blob
from consult.files.trial import ATTEMPTS, CutOff, Trial
from consult.intake import attempts
from consult.intake.models import Attachment, Work
from consult.settings import blobs

SECONDS = 60.0
"""Longest that one file is waited for; large ones take a few."""
FILE_CHARACTERS = 200_000
"""Characters of an attachment that are searched."""

log = structlog.get_logger()


class Reader:
    """Reads attachments one after another, in a process that lasts as long as none takes it down."""

    def __init__(self, at: datetime) -> None:
        self._at = at
        self._trial = Trial(SECONDS)
        self._cut_off: set[str] = set()
        self._read: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._trial.close()

    def words_of(self, digest: str, media_type: str) -> str | None:
        """Return the text of a stored file, "" of one that is put aside; commits what the session holds.

        ``None`` where its reading was cut off: the next call tries it again.
        """
        if attempts.are_put_aside(Work.SEARCH, [digest]):
            return ""
        if digest in self._cut_off:
            return None
        begun = attempts.begin(Work.SEARCH, digest)
        try:
            text = self._trial.of(text_of_blob, blobs().root, digest, media_type)
        except CutOff as cut_off:
            return self._was_cut_off(digest, begun, cut_off)
        self._read.add(digest)
        return text[:FILE_CHARACTERS]

    def _was_cut_off(self, digest: str, begun: int, why: CutOff) -> str | None:
        if begun < ATTEMPTS:
            self._cut_off.add(digest)
            return None
        log.warning("attachment_put_aside", digest=digest, why=str(why))
        attempts.put_aside(Work.SEARCH, digest, self._at)
        return ""

    def note_read(self) -> None:
        """Note, in the caller's transaction, the files that were read to their end since the last note."""
        attempts.ended(Work.SEARCH, self._read)
        self._read.clear()


def unread(files: Collection[Attachment]) -> set[int]:
    """Return the ids of those attachments whose words can't be found, since reading them never came to its end."""
    aside = attempts.are_put_aside(Work.SEARCH, {file.digest for file in files})
    return {file.id for file in files if file.digest in aside}
