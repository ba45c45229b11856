"""Counterparts in ten pairs of versions as a reader found them: a table of articles, and digests of the texts."""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from consult.text.parser.provisions import Draft, parse
from tests.conftest import CORPUS

FOLDERS = [CORPUS / "statutes", *map(Path, filter(None, [os.environ.get("STATUTE_VERSIONS", "")]))]
"""Where the texts lie: two pairs in the corpus; a folder with more is named in the environment."""
TABLE = json.loads(Path(__file__).with_name("counterparts.json").read_text("utf-8"))


@dataclass(frozen=True)
class Pair:
    """An older and a newer version of a statute, and the articles in them that a reader took for counterparts."""

    old: Draft
    new: Draft
    expected: frozenset[tuple[str, str]]


def digest(draft: Draft) -> str:
    """Return the SHA-256 (16 hexadecimal digits) of the letters of a draft."""
    words = "".join(f"{step.provision.heading}{step.provision.text}" for step in draft.walk())
    return hashlib.sha256("".join(filter(str.isalnum, words)).encode()).hexdigest()[:16]


def read(name: str) -> Draft | None:
    """Return a text from one of the folders, without the marks of a page; None where it isn't there."""
    for folder in FOLDERS:
        path = folder / name
        if path.is_file():
            text = re.sub(r"<!--.*?-->", "", path.read_text("utf-8"), flags=re.DOTALL)
            return parse(re.sub(r"^#+\s*", "", text, flags=re.MULTILINE))
    return None


def pair(title: str) -> Pair | None:
    """Return the two versions of a statute as they were read for the table; None where they aren't there."""
    row = TABLE[title]
    drafts = [read(name) for name, _digest in (row["old"], row["new"])]
    old, new = drafts
    if old is None or new is None or [digest(old), digest(new)] != [row["old"][1], row["new"][1]]:
        return None
    numbers = [words.split(">") for words in row["counterparts"].split()]
    return Pair(old, new, frozenset((f"art-{old_}", f"art-{new_}") for old_, new_ in numbers))


AT_HAND = [title for title in TABLE if pair(title) is not None]
