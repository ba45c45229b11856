"""Syncs SQLite's write-ahead log after a writer has released the lock, instead of under it.

Waiting for the disk takes longer than writing a submission. A writer commits without it, releases the lock, and then
calls ``fdatasync`` on the log; one sync often serves several writers, because it covers every earlier commit in the
file. Where the log was checkpointed meanwhile, SQLite has synced it and the database by itself
(https://www.sqlite.org/pragma.html#pragma_synchronous, NORMAL).
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Wal:
    """The write-ahead log of a database file whose commits are to be durable (``synchronous=FULL``)."""

    database: str

    def commit_unsynced(self, connection: Any) -> None:
        """Let the connection's next transaction commit without a sync: the caller calls ``wait``."""
        connection.execute("PRAGMA synchronous=NORMAL")

    def commit_synced(self, connection: Any) -> None:
        """Let the connection's next transactions sync on commit again."""
        connection.execute("PRAGMA synchronous=FULL")

    def wait(self) -> None:
        """Return when everything committed so far is on disk.

        Raises:
            OSError: the disk doesn't take it.
        """
        with suppress(FileNotFoundError):  # nobody has the database open any more: SQLite checkpointed and removed it
            log = os.open(f"{self.database}-wal", os.O_RDONLY)
            try:
                os.fdatasync(log)
            finally:
                os.close(log)  # SQLite keeps no locks on this file that closing it would drop
