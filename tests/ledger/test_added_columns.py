"""A column that a migration adds to a table changes no digest of before: else an upgrade accuses everybody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from consult.ledger.row_digests import BEFORE
from consult.store import NOT_IN_RECORD, Base

MIGRATIONS = Path(__file__).parents[2] / "migrations" / "versions"
CHECKED_SINCE = "0066"
"""Earlier ones are held against a database of before by tests/kept."""
BY_ITSELF = re.compile(r'op\.add_column\(\s*"(\w+)",\s*sa\.Column\(\s*"(\w+)"')
BY_HAND = re.compile(r"ALTER TABLE (\w+) ADD COLUMN (\w+)")
TOGETHER = re.compile(r'batch_alter_table\("(\w+)"\) as table:(.*?)(?=\n    \S|\Z)', re.DOTALL)
ONE_OF_THEM = re.compile(r'add_column\(\s*sa\.Column\(\s*"(\w+)"')


def added() -> Iterator[tuple[str, str]]:
    """Yield table and name of each column that a migration adds."""
    for path in sorted(MIGRATIONS.glob("*.py")):
        if path.name < CHECKED_SINCE:
            continue
        upgrade = path.read_text(encoding="utf-8").partition("def downgrade")[0]
        yield from BY_ITSELF.findall(upgrade)
        yield from BY_HAND.findall(upgrade)
        for table, block in TOGETHER.findall(upgrade):
            yield from ((table, name) for name in ONE_OF_THEM.findall(block))


@pytest.mark.parametrize(("table", "name"), sorted(set(added())))
def test_an_added_column_has_its_value_of_before(session_app: Flask, table: str, name: str) -> None:
    known = Base.metadata.tables[table]
    if NOT_IN_RECORD in known.info or NOT_IN_RECORD in known.columns[name].info:
        return
    assert BEFORE in known.columns[name].info, f"{table}.{name}: say in its info which value rows of before have"


def test_columns_that_were_added_are_seen() -> None:
    assert ("notice_posting", "about") in set(added())
    assert ("consultation", "evaluates_id") in set(added())
