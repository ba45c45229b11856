"""Everything is moved to another database and back: rows, figures and record equal, ids go on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select

from consult import clock
from consult.app import create_app
from consult.drafting.models import Consultation
from consult.ledger import checkpoints
from consult.ledger.models import LedgerEntry
from consult.ledger.upkeep import Upkeep
from consult.store import db
from tests.backup.sites import Site, Sites, faults_of, rows_of, send
from tests.conftest import POSTGRES

WAYS = [(False, False), (False, True), (True, False)] if POSTGRES else [(True, True)]
"""Whether the site, and the other database, are on SQLite."""


def moved(site: Site, target: Site) -> Site:
    """Copy a site's rows into an empty database; return the site with that database."""
    result = site.command("backup", "copy-to", target.settings.database_url, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["rows"] > 100
    settings = site.settings.model_copy(update={"database_url": target.settings.database_url})
    return Site(create_app(settings), settings)


@pytest.mark.parametrize(("from_sqlite", "to_sqlite"), WAYS)
def test_all_of_it_is_moved(sites: Sites, from_sqlite: bool, to_sqlite: bool) -> None:
    site, _ = sites.filled(on_sqlite=from_sqlite)
    there = moved(site, sites.empty(on_sqlite=to_sqlite))
    before, after = rows_of(site), rows_of(there)
    assert {name for name in before if before[name] != after[name]} <= {"ledger_leaf", "ledger_node"}
    assert faults_of(there)[0] == []
    with there.inside():
        highest = db.session.scalar(select(func.max(LedgerEntry.id)))
        send(db.session.scalars(select(Consultation)).one(), "迁移以后的意见。")
        Upkeep().round(clock.now())
        assert checkpoints.checkpoint(clock.now()) is not None
        assert db.session.scalar(select(func.min(LedgerEntry.id)).where(LedgerEntry.id > highest)) == highest + 1
    assert faults_of(there)[0] == []


def test_what_is_removed_after_a_move_is_a_fault(sites: Sites) -> None:
    site, _ = sites.filled()
    there = moved(site, sites.empty(on_sqlite=True))
    with there.inside():
        fresh = send(db.session.scalars(select(Consultation)).one(), "迁移以后的意见。")
        with db.engine.begin() as connection:
            connection.execute(delete(LedgerEntry).where(LedgerEntry.subject == f"submission:{fresh.number}"))
    assert any(fresh.number in fault for fault in faults_of(there)[0])


def test_a_database_with_anything_in_it_takes_nothing(sites: Sites) -> None:
    site, _ = sites.filled()
    other, _ = sites.filled()
    before = rows_of(other)
    assert site.command("backup", "copy-to", other.settings.database_url).exit_code == 1
    assert site.command("backup", "copy-to", site.settings.database_url).exit_code == 1
    assert rows_of(other) == before


@pytest.mark.parametrize(
    "url", ["nonsense", "postgresql://nobody@127.0.0.1:1/none", "sqlite:////no/such/folder/x.sqlite3"]
)
def test_an_address_that_leads_nowhere_is_refused_in_words(sites: Sites, tmp_path: Path, url: str) -> None:
    site, _ = sites.filled()
    result = site.command("backup", "copy-to", url)
    assert result.exit_code == 1
    assert result.exception.__class__ is SystemExit, result.exception
    assert "数据库" in result.stderr
