"""Where the acts on accounts are written down.

The ledger stands on accounts (it names the actor of every act), so accounts can't import it: the application hands its
verb over when it starts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_recorders: list[Callable[..., Any]] = []


def use(recorder: Callable[..., Any]) -> None:
    """Have ``recorder`` (``consult.ledger.service.record``) write down every act on accounts."""
    _recorders[:] = [recorder]


def record(*args: Any, **kwargs: Any) -> None:
    """Write an act down in the caller's transaction; arguments as those of ``consult.ledger.service.record``."""
    if not _recorders:
        raise RuntimeError("no ledger was handed over: an act on an account would go unrecorded")
    _recorders[0](*args, **kwargs)
