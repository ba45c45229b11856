"""How much memory a piece of work takes, measured in a process of its own."""

from __future__ import annotations

import subprocess
import sys

_PROGRAM = """
import re, sys
from pathlib import Path

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])

{before}
start = peak()
{work}
print(peak() - start)
"""


def grown_kib(before: str, work: str, *arguments: str, given: bytes = b"") -> int:
    """Return by how many KiB the peak of a fresh process grows while it does ``work`` after ``before``.

    Read from ``VmHWM``, which starts at zero with the program. ``ru_maxrss`` doesn't: on Linux a child starts with the
    peak of the process that made it, and one made by a test process of 500 MB never seems to grow.

    Arguments:
        before: Python that prepares (imports, reads ``sys.argv[1:]`` or standard input).
        work: Python whose memory counts.
        given: what stands on its standard input.

    Raises:
        subprocess.CalledProcessError: the program failed.
    """
    program = _PROGRAM.format(before=before, work=work)
    done = subprocess.run([sys.executable, "-c", program, *arguments], input=given, capture_output=True, check=True)
    return int(done.stdout.split()[-1])
