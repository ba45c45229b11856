"""Extracts the text of attachments in the sandbox, so that a hostile file can't kill the worker.

A file that kills the sandbox or times out is retried by the next call, and put aside at the third attempt. An attempt
counts also if the worker itself is killed, but no file is put aside for that.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Self

import structlog

from consult.app_context import blobs, sandbox
from consult.files.sandbox import ATTEMPTS, ReaderDied
from consult.files.text_extraction import text_of_blob
from consult.intake import reading_attempts
from consult.intake.models import Attachment, Work

FILE_CHARACTERS = 200_000
"""Characters of an attachment that are indexed."""

log = structlog.get_logger()


class Reader:
    """Extracts the text of attachments one after another, in a sandbox that lives until a file kills it."""

    def __init__(self, at: datetime) -> None:
        self._at = at
        self._trial = sandbox()
        self._cut_off: set[str] = set()
        self._read: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._trial.close()

    def words_of(self, digest: str, media_type: str) -> str | None:
        """Return the text of a stored file, "" if it is put aside; commits the session.

        ``None`` if extraction was interrupted: the next call retries it.
        """
        if reading_attempts.are_put_aside(Work.SEARCH, [digest]):
            return ""
        if digest in self._cut_off:
            return None
        begun = reading_attempts.begin(Work.SEARCH, digest)
        try:
            text = self._trial.of(text_of_blob, blobs().root, digest, media_type)
        except ReaderDied as cut_off:
            return self._was_cut_off(digest, begun, cut_off)
        self._read.add(digest)
        return text[:FILE_CHARACTERS]

    def _was_cut_off(self, digest: str, begun: int, why: ReaderDied) -> str | None:
        if begun < ATTEMPTS:
            self._cut_off.add(digest)
            return None
        log.warning("attachment_put_aside", digest=digest, why=str(why))
        reading_attempts.put_aside(Work.SEARCH, digest, self._at)
        return ""

    def note_read(self) -> None:
        """Record the files completed since the last call, in the caller's transaction."""
        reading_attempts.ended(Work.SEARCH, self._read)
        self._read.clear()


def unread(files: Collection[Attachment]) -> set[int]:
    """Return the ids of attachments that aren't searchable because extraction failed."""
    aside = reading_attempts.are_put_aside(Work.SEARCH, {file.digest for file in files})
    return {file.id for file in files if file.digest in aside}
