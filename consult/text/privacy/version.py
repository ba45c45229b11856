"""Which detector it is: what an older one marked as private is marked again."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path


@cache
def version() -> str:
    """Return a digest of the sources of the detector and of what it builds on, so that no change is forgotten."""
    here = Path(__file__).parent
    sources = sorted([*here.glob("*.py"), *here.parent.glob("*.py")])
    return hashlib.sha256(b"\0".join(source.read_bytes() for source in sources)).hexdigest()[:16]
