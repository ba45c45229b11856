"""SQLite's log of commits, waited for after a writer's turn instead of in it.

Waiting for the disk takes longer than writing a submission. In its turn a writer commits without waiting and lets the
next one in; afterwards it has the kernel bring the log to disk, one wait often serving several. The log is one file:
once it is on disk, so is every commit that stood in it before. Where it was checkpointed meanwhile, SQLite has brought
the log and then the database to disk by itself (https://www.sqlite.org/pragma.html#pragma_synchronous, NORMAL).
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Wal:
    """The log of a database file in WAL mode whose commits are to be durable (``synchronous=FULL``)."""

    database: str

    def commit_unsynced(self, connection: Any) -> None:
        """Have the connection's next transaction commit without waiting: who commits has to ``wait`` itself."""
        connection.execute("PRAGMA synchronous=NORMAL")

    def commit_synced(self, connection: Any) -> None:
        """Have the connection's next transactions wait for the disk again."""
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
