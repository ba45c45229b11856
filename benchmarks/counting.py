"""What counting a request for the rate limits costs, in memory, in the file of a host, and against a page.

The file counts for all processes of a host; memory for one only.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from limits.storage import Storage, storage_from_string

COUNTS = 3_000


def _seconds(storage: Storage) -> float:
    for n in range(100):
        storage.incr(f"warm{n}", 3600)
    began = time.process_time()
    for n in range(COUNTS):
        storage.incr(f"address{n % 50}", 3600)
    return (time.process_time() - began) / COUNTS


def main() -> None:
    """Print milliseconds of CPU for a count, and the ratio to one in memory."""
    import consult.faces.rate_counter  # noqa: F401 - registers the storages

    with tempfile.TemporaryDirectory() as folder:
        memory = _seconds(storage_from_string("memory://"))
        file = _seconds(storage_from_string("lenient://", target=f"counts://{Path(folder) / 'counts'}"))
    print(f"in memory: {memory * 1000:.4f} ms; in the file: {file * 1000:.4f} ms, ratio {file / memory:.1f}")


if __name__ == "__main__":
    main()
