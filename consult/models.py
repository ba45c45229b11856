"""Every model of every stage, whichever part of the application asks: one that nobody has imported is no table."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

OWN_MODULES = ("consult.store.counters", "consult.intake.search")
"""Modules with tables besides those whose names end in ``models``."""


def load_models() -> None:
    """Import every model, so that the metadata names every table."""
    here = Path(__file__).parent
    by_name = sorted(path.relative_to(here).with_suffix("") for path in here.glob("*/*models.py"))
    for name in (*OWN_MODULES, *(".".join(("consult", *path.parts)) for path in by_name)):
        import_module(name)
