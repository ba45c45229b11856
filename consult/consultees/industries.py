"""Which sections of the industry classification (GB/T 4754) a name of a division, group or class belongs to."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

_FILLING = re.compile(r"[\s、，,（）()和及与业\-]")
_SHORTEST = 3
"""Characters of a name that may be a shortened one."""


@cache
def _names() -> dict[str, tuple[str, ...]]:
    """Return the names of each section, without what doesn't tell them apart."""
    text = resources.files(__package__).joinpath("industries.txt").read_text(encoding="utf-8")
    rows = (line.split(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    return {letter: tuple(dict.fromkeys(map(_bare, names.split("|")))) for letter, names in rows}


def sections_of(name: str) -> list[str]:
    """Return the letters of the sections that have a division, group or class of this name.

    Where none has just this name, those in which one is meant by it: a part (物业管理服务 for 物业管理), or the name
    with characters left out (建材批发 for 矿产品、建材及化工产品批发).
    """
    bare = _bare(name)
    if not bare:
        return []
    for fits in (str.__eq__, _is_part, _is_shortened):
        sections = [letter for letter, names in _names().items() if any(fits(known, bare) for known in names)]
        if sections:
            return sections
    return []


def _is_part(known: str, name: str) -> bool:
    return len(known) >= _SHORTEST and len(name) >= _SHORTEST and (known in name or name in known)


def _is_shortened(known: str, name: str) -> bool:
    """Whether all characters of a name stand in a longer one, in their order."""
    rest = iter(known)
    return len(name) >= _SHORTEST and all(character in rest for character in name)


def _bare(name: str) -> str:
    return _FILLING.sub("", name)
