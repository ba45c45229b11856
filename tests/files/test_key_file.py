"""A key is made once, however many ask for it at the same moment."""

from __future__ import annotations

import secrets
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from consult.files.key_file import read_or_make

AT_ONCE = 8


def test_of_many_who_ask_at_once_all_get_the_same_key(tmp_path: Path) -> None:
    path, together = tmp_path / "data" / "key", Barrier(AT_ONCE)

    def make() -> str:
        together.wait()  # all have seen that there is none
        return secrets.token_hex(16)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        keys = list(pool.map(lambda _: read_or_make(path, make), range(AT_ONCE)))
    assert len(set(keys)) == 1
    assert [file.name for file in path.parent.iterdir()] == ["key"]


def test_a_key_is_kept_and_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "key"
    assert read_or_make(path, lambda: "first") == read_or_make(path, lambda: "second") == "first"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
