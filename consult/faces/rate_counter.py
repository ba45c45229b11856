"""Where requests are counted for the rate limits: one file for all processes of a host, or Redis for all hosts.

Whatever becomes of the counter, the public is let in: a limit protects the site from too much, and a broken counter
must not close it. What broke it is logged once, until it works again.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import structlog
from limits.storage import Storage, storage_from_string

from config import Settings

FILE = "ratelimits.sqlite3"
BUSY_MS = 200
"""How long a process waits for the others; a count takes some hundredths of a millisecond."""
RESTS_SECONDS = 10.0
"""How long a counter that failed isn't asked again, so that nobody waits for it."""
SWEEP_SECONDS = 60.0
"""How often a process removes what has expired: keys are addresses, which aren't kept longer than they count."""
REDIS = {"socket_connect_timeout": 0.3, "socket_timeout": 0.3}
_LAYOUT = """
CREATE TABLE IF NOT EXISTS hits (key TEXT PRIMARY KEY, hits INTEGER NOT NULL, expires REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ix_hits_expires ON hits (expires);
"""
_COUNT = """
INSERT INTO hits (key, hits, expires) VALUES (:key, :amount, :expires)
ON CONFLICT (key) DO UPDATE SET
  hits = CASE WHEN hits.expires <= :now THEN 0 ELSE hits.hits END + :amount,
  expires = CASE WHEN hits.expires <= :now THEN :expires ELSE hits.expires END
RETURNING hits
"""
URI = "lenient://"
"""The storage that the limiter is given; ``target`` says what is behind it."""
Result = TypeVar("Result")

log = structlog.get_logger()


def target(settings: Settings) -> str:
    """Return where requests are counted: what the setting says, or a file in the data folder."""
    return settings.ratelimit_storage_url or f"counts://{settings.data_dir.resolve() / FILE}"


class FileStorage(Storage):
    """Counts in a SQLite file of their own, which may be lost at any time; never in the main database."""

    STORAGE_SCHEME = ["counts"]  # noqa: RUF012 - as the library has it

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **_options: Any) -> None:
        super().__init__(uri, wrap_exceptions)
        self._path = Path((uri or "").removeprefix("counts://"))
        self._local = threading.local()
        self._swept = time.monotonic()

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        """What the file can raise."""
        return (sqlite3.Error, OSError)

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count a request; return how many there were in the window."""
        now = time.time()
        count = self._connection().execute(_COUNT, {"key": key, "amount": amount, "now": now, "expires": now + expiry})
        hits = int(count.fetchone()[0])
        if time.monotonic() > self._swept + SWEEP_SECONDS:
            self._swept = time.monotonic()
            self._connection().execute("DELETE FROM hits WHERE expires <= ?", (now,))
        return hits

    def get(self, key: str) -> int:
        """Return how many requests there were in the window."""
        row = self._row(key)
        return int(row[0]) if row else 0

    def get_expiry(self, key: str) -> float:
        """Return when the window ends."""
        row = self._row(key)
        return float(row[1]) if row else time.time()

    def check(self) -> bool:
        """Whether the file can be read."""
        self._row("")
        return True

    def reset(self) -> int | None:
        """Forget all counts; return how many there were."""
        return int(self._connection().execute("DELETE FROM hits").rowcount)

    def clear(self, key: str) -> None:
        """Forget a count."""
        self._connection().execute("DELETE FROM hits WHERE key = ?", (key,))

    def _row(self, key: str) -> Any:
        return (
            self._connection()
            .execute("SELECT hits, expires FROM hits WHERE key = ? AND expires > ?", (key, time.time()))
            .fetchone()
        )

    def _connection(self) -> sqlite3.Connection:
        """Return this thread's connection; another one if the file was removed, or the process forked."""
        file = self._identity()
        known: tuple[Any, sqlite3.Connection] | None = getattr(self._local, "connection", None)
        if known is not None and file is not None and known[0] == file:
            return known[1]
        if known is not None:
            known[1].close()
            del self._local.connection
        self._path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = sqlite3.connect(self._path, timeout=BUSY_MS / 1000, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=OFF")
        connection.executescript(_LAYOUT)
        self._local.connection = self._identity(), connection
        return connection

    def _identity(self) -> tuple[int, int, int] | None:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return None
        return os.getpid(), status.st_dev, status.st_ino


class LenientStorage(Storage):
    """Another storage, whose failures let everybody in; it is asked again after a while."""

    STORAGE_SCHEME = ["lenient"]  # noqa: RUF012 - as the library has it

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, *, target: str, **_: Any) -> None:
        super().__init__(uri, wrap_exceptions)
        options: dict[str, Any] = dict(REDIS) if target.startswith("redis") else {}
        self._target: Any = storage_from_string(target, **options)
        self._rests_until = 0.0
        self._is_gone = False

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        """Nothing gets out."""
        return ()

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count a request; return how many there were, none if they can't be counted."""
        return self._ask(lambda: int(self._target.incr(key, expiry, amount=amount)), 0)

    def get(self, key: str) -> int:
        """Return how many requests there were, none if they can't be counted."""
        return self._ask(lambda: int(self._target.get(key)), 0)

    def get_expiry(self, key: str) -> float:
        """Return when the window ends."""
        return self._ask(lambda: float(self._target.get_expiry(key)), time.time())

    def check(self) -> bool:
        """Whether requests are counted."""
        return self._ask(lambda: bool(self._target.check()), False)

    def reset(self) -> int | None:
        """Forget all counts."""
        self._ask(self._target.reset, None)
        return None

    def clear(self, key: str) -> None:
        """Forget a count."""
        self._ask(lambda: self._target.clear(key), None)

    def _ask(self, question: Callable[[], Result], otherwise: Result) -> Result:
        if time.monotonic() < self._rests_until:
            return otherwise
        try:
            answer = question()
        except self._target.base_exceptions as error:
            self._rests_until = time.monotonic() + RESTS_SECONDS
            if not self._is_gone:
                self._is_gone = True
                log.error("requests_not_counted", error=f"{type(error).__name__}: {error}")
            return otherwise
        if self._is_gone:
            self._is_gone = False
            log.info("requests_counted_again")
        return answer
