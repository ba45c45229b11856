"""Rows in the record: what a commit changes is recorded, what is forged behind its back is named."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, update

from consult.accounts import service as accounts
from consult.accounts.models import Division, Role, User
from consult.accounts.permissions import SYSTEM
from consult.app_context import settings
from consult.drafting.models import InstrumentRow
from consult.faces.cli.ledger import everything_wrong
from consult.ledger import checkpoints
from consult.ledger.models import DIGESTS_OF_ROWS, LedgerEntry
from consult.ledger.rows import coverage, enrolment
from consult.ledger.rows.recorded import recorded_changes
from consult.ledger.verification import CheckedCounts
from consult.ledger.verification.row_words import WORDS
from consult.ledger.verification.rows import rows
from consult.store import db, transaction
from tests.builders import NOON, a_division, a_user
from tests.faces.cli.console import run
from tests.snapshot import Snapshot


def behind_the_back(statement: Any) -> None:
    with db.engine.begin() as connection:
        connection.execute(statement)
    db.session.expire_all()


def named() -> list[tuple[str, str, str]]:
    db.session.rollback()
    return [(fault.where, fault.which, fault.what.value) for fault in rows(CheckedCounts())]


def last_change() -> tuple[str, str, bool, bool]:
    *_, (_, table, key, before, after) = recorded_changes()
    return table, key, before is not None, after is not None


def test_every_covered_table_has_a_name_and_every_name_a_table(app: Flask) -> None:
    assert {table.name for table in coverage.covered_tables()} == set(WORDS)


def test_inserting_changing_and_deleting_a_row_are_each_recorded_with_the_act(app: Flask) -> None:
    division = a_division("建设处")
    key = str(division.id)
    assert last_change() == ("division", key, False, True)
    accounts.rename_division(SYSTEM, division, "建设二处", at=NOON)
    assert last_change() == ("division", key, True, True)
    entry = db.session.scalars(select(LedgerEntry).order_by(LedgerEntry.id.desc()).limit(1)).one()
    assert (entry.subject, entry.at, entry.detail["of"]) == (DIGESTS_OF_ROWS, NOON, f"division:{division.id}")
    db.session.delete(division)
    db.session.commit()
    assert last_change() == ("division", key, True, False)
    assert named() == []


def test_a_statement_that_changes_many_rows_is_recorded_row_by_row(app: Flask) -> None:
    for name in ("甲处", "乙处", "丙处"):
        a_division(name)
    with transaction() as session:
        session.execute(update(Division).where(Division.name != "丙处").values(name=Division.name + "室"))
        session.execute(delete(Division).where(Division.name == "丙处"))
    assert [change[4] is None for change in recorded_changes()][-3:] == [False, False, True]
    assert named() == []


def test_what_is_rolled_back_or_stays_as_it_was_is_not_recorded(app: Flask) -> None:
    division = a_division("甲处")
    before = len(list(recorded_changes()))
    division.name = "乙处"
    db.session.flush()
    db.session.rollback()
    with transaction() as session:
        savepoint = session.begin_nested()
        division.name = "丙处"
        session.add(Division(name="丁处"))
        session.flush()
        savepoint.rollback()
        session.add(Division(name="戊处"))
    assert len(list(recorded_changes())) == before + 1
    assert named() == []


def test_an_insert_that_hides_its_keys_is_refused(app: Flask) -> None:
    row = {"level": "法律", "name": "甲法", "adopted_on": NOON.date(), "expired": False, "taken_at": NOON}
    with pytest.raises(TypeError, match="instrument"), transaction() as session:
        session.execute(insert(InstrumentRow), [row])


def test_a_row_that_is_deleted_put_in_changed_or_renumbered_is_named(app: Flask) -> None:
    first, second = a_division("甲处"), a_division("乙处")
    key, other_key = str(first.id), str(second.id)
    kept = Snapshot()
    for statement, expected in (
        (delete(Division).where(Division.id == first.id), {("division", key, "removed")}),
        (insert(Division).values(id=77, name="假处"), {("division", "77", "inserted")}),
        (update(Division).where(Division.id == second.id).values(name="假处"), {("division", other_key, "changed")}),
        (
            update(Division).where(Division.id == second.id).values(id=88),
            {("division", other_key, "removed"), ("division", "88", "inserted")},
        ),
    ):
        behind_the_back(statement)
        assert set(named()) == expected
        kept.restore()
    assert named() == []
    kept.close()


def test_the_role_and_the_password_of_an_account_are_covered(app: Flask) -> None:
    user = a_user(Role.AUDITOR, "chen")
    accounts.set_password(SYSTEM, user, "correct horse battery", at=NOON)
    key = str(user.id)
    for change in ({"role": Role.ADMIN}, {"password_hash": "$argon2id$forged"}, {"division_id": None}):
        kept = Snapshot()
        behind_the_back(update(User).where(User.username == "chen").values(change))
        assert named() == [("user_account", key, "changed")]
        kept.restore()
        kept.close()


def test_a_forged_row_that_a_verb_writes_over_later_is_still_named(app: Flask) -> None:
    division = a_division("甲处")
    behind_the_back(update(Division).values(name="假处"))
    accounts.rename_division(SYSTEM, db.session.get_one(Division, division.id), "乙处", at=NOON)
    assert named() == [("division", str(division.id), "changed")]


def test_rows_of_before_are_taken_in_once_and_said_to_be_covered_from_that_day(app: Flask) -> None:
    behind_the_back(insert(Division).values([{"name": "老处"}, {"name": "旧处"}]))
    document = json.loads(run(app, "ledger", "verify", "--json").stdout)
    assert [fault["message"] for fault in document["faults"]] == [
        "数据行还没有纳入校验：被删除、被调换的行查不出来。请运行 flask ledger enrol。"
    ]
    assert json.loads(run(app, "ledger", "enrol", "--json").stdout)["rows"] == 2
    printed = run(app, "ledger", "verify").stdout
    assert "记录完好" in printed
    assert "起纳入校验：当时已有的数据 2 行" in printed
    behind_the_back(insert(Division).values(name="假处"))
    assert "全部数据表都已纳入校验" in run(app, "ledger", "enrol").stdout
    assert [what for _, _, what in named()] == ["inserted"]


def test_rows_that_verbs_changed_before_they_were_taken_in_are_whole(app: Flask) -> None:
    behind_the_back(insert(Division).values([{"name": "老处"}, {"name": "旧处"}, {"name": "撤处"}]))
    old, _, gone = db.session.scalars(select(Division).order_by(Division.id)).all()
    accounts.rename_division(SYSTEM, old, "新处", at=NOON)
    db.session.delete(gone)
    db.session.commit()
    enrolment.enrol(NOON + timedelta(days=1))
    assert named() == []
    behind_the_back(delete(Division).where(Division.name == "旧处"))
    assert [what for _, _, what in named()] == ["removed"]


def test_an_older_copy_of_the_database_is_found_by_the_journal_and_by_the_files_of_checkpoints(app: Flask) -> None:
    division = a_division("甲处")
    checkpoints.checkpoint(NOON)
    kept = Snapshot()
    accounts.rename_division(SYSTEM, division, "乙处", at=NOON)
    kept.restore()
    assert any("底账" in fault.message for fault in everything_wrong(CheckedCounts()))
    accounts.rename_division(SYSTEM, db.session.scalars(select(Division)).one(), "丙处", at=NOON)
    checkpoints.checkpoint(NOON + timedelta(hours=1))
    shutil.rmtree(settings().data_dir / "ledger")  # the journal is gone too
    kept.restore()
    kept.close()
    assert any(fault.where == "checkpoint" for fault in everything_wrong(CheckedCounts()))
