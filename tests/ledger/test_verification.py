"""What somebody does to the record behind the application's back is found and named."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, text, update

from consult.accounts.permissions import SYSTEM
from consult.ledger import checkpoints, tree
from consult.ledger.faults import Damage
from consult.ledger.models import LedgerCheckpoint, LedgerEntry, LedgerLeaf, LedgerNode
from consult.ledger.service import record
from consult.ledger.verification import CheckedCounts, verify
from consult.store import db, transaction

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def write(n: int, start: int = 0) -> None:
    for i in range(start, start + n):
        with transaction():
            record(SYSTEM, "test.act", f"thing:{i}", at=AT + timedelta(seconds=i), n=i)


def behind_the_back(statement: object) -> None:
    db.session.commit()
    with db.engine.begin() as connection:
        connection.execute(text(statement) if isinstance(statement, str) else statement)


def found() -> list[tuple[str, str, Damage]]:
    db.session.expire_all()
    return [(fault.where, fault.which, fault.what) for fault in verify(CheckedCounts())]


@pytest.fixture
def sealed(app: Flask) -> None:
    """Ten entries, a checkpoint after five and one after nine, the tenth not sealed."""
    write(5)
    checkpoints.checkpoint(AT)
    write(4, 5)
    checkpoints.checkpoint(AT + timedelta(hours=1))
    write(1, 9)


@pytest.mark.usefixtures("sealed")
class TestOneChange:
    def test_an_untouched_record_is_whole(self) -> None:
        checked = CheckedCounts()
        assert list(verify(checked)) == []
        assert (checked.entries, checked.leaves, checked.waiting, checked.checkpoints) == (10, 9, 1, 2)

    @pytest.mark.parametrize(
        "change",
        [
            {"act": "other.act"},
            {"subject": "thing:99"},
            {"actor_name": "别人"},
            {"actor_id": 7},
            {"at": AT + timedelta(microseconds=1)},
            {"digest": "0" * 64},
            {"detail": {"n": 4}},
            {"consultation_id": 1},
            {"seal": "0" * 64},
        ],
        ids=lambda change: next(iter(change)),
    )
    @pytest.mark.parametrize("entry_id", [1, 4, 9, 10])
    def test_a_changed_row_is_named(self, change: dict[str, object], entry_id: int) -> None:
        behind_the_back(update(LedgerEntry).where(LedgerEntry.id == entry_id).values(**change))
        assert found() == [("entry", str(entry_id), Damage.CHANGED)]

    @pytest.mark.parametrize("entry_id", [1, 5, 9, 10])
    def test_a_removed_row_is_named(self, entry_id: int) -> None:
        behind_the_back(delete(LedgerEntry).where(LedgerEntry.id == entry_id))
        assert found() == [("entry", str(entry_id), Damage.REMOVED)]

    def test_an_unsealed_row_that_was_removed_shows_even_where_ids_have_gaps(self) -> None:
        behind_the_back(delete(LedgerEntry).where(LedgerEntry.id == 10))
        if db.engine.dialect.name == "sqlite":
            behind_the_back("UPDATE sqlite_sequence SET seq = 9 WHERE name = 'ledger_entry'")
        assert found() == [("entry", "10", Damage.REMOVED)]

    def test_two_rows_that_changed_places_are_named(self) -> None:
        for old, new in ((3, 100), (6, 3), (100, 6)):
            behind_the_back(update(LedgerEntry).where(LedgerEntry.id == old).values(id=new))
        assert ("entry", "3", Damage.REORDERED) in found()
        assert ("entry", "6", Damage.REORDERED) in found()

    def test_a_row_that_was_put_in_is_named(self) -> None:
        row = {column.name: column for column in LedgerEntry.__table__.columns if column.name != "id"}
        with db.engine.begin() as connection:
            stored = connection.execute(select(*row.values()).where(LedgerEntry.id == 10)).mappings().one()
            connection.execute(LedgerEntry.__table__.insert().values({**stored, "id": 11, "subject": "thing:77"}))
        assert ("entry", "11", Damage.CHANGED) in found()

    def test_a_copied_row_is_named(self) -> None:
        row = {column.name: column for column in LedgerEntry.__table__.columns if column.name != "id"}
        with db.engine.begin() as connection:
            stored = connection.execute(select(*row.values()).where(LedgerEntry.id == 4)).mappings().one()
            connection.execute(LedgerEntry.__table__.insert().values({**stored, "id": 11}))
        assert found() == [("entry", "11", Damage.INSERTED)]

    @pytest.mark.parametrize("position", [0, 3, 8])
    def test_a_changed_leaf_is_named(self, position: int) -> None:
        behind_the_back(update(LedgerLeaf).where(LedgerLeaf.position == position).values(leaf_hash=b"\1" * 32))
        assert found() == [("leaf", str(position), Damage.CHANGED)]

    def test_a_removed_leaf_is_named(self) -> None:
        behind_the_back(delete(LedgerLeaf).where(LedgerLeaf.position == 2))
        assert found() == [("leaf", "2", Damage.REMOVED)]

    def test_leaves_taken_off_the_end_are_missed_by_the_checkpoint(self) -> None:
        behind_the_back(delete(LedgerLeaf).where(LedgerLeaf.position == 8))
        assert found() == [("leaf", "8-8", Damage.REMOVED)]

    @pytest.mark.parametrize(("level", "position"), [(1, 0), (1, 3), (2, 1), (3, 0)])
    def test_a_changed_node_is_named(self, level: int, position: int) -> None:
        where = (LedgerNode.level == level) & (LedgerNode.position == position)
        behind_the_back(update(LedgerNode).where(where).values(hash=b"\1" * 32))
        assert found() == [("node", f"{level}/{position}", Damage.CHANGED)]

    def test_a_removed_and_an_added_node_are_named(self) -> None:
        behind_the_back(delete(LedgerNode).where((LedgerNode.level == 2) & (LedgerNode.position == 0)))
        behind_the_back(LedgerNode.__table__.insert().values(level=1, position=4, hash=b"\1" * 32))
        assert found() == [("node", "2/0", Damage.REMOVED), ("node", "1/4", Damage.INSERTED)]

    @pytest.mark.parametrize(
        "change", [{"root": "0" * 64}, {"signature": "0" * 128}, {"at": AT + timedelta(minutes=1)}, {"size": 6}]
    )
    def test_a_changed_checkpoint_is_named(self, change: dict[str, object]) -> None:
        behind_the_back(update(LedgerCheckpoint).where(LedgerCheckpoint.size == 5).values(**change))
        assert ("checkpoint", str(change.get("size", 5)), Damage.CHANGED) in found()

    def test_a_removed_checkpoint_is_known_by_its_file(self) -> None:
        behind_the_back(delete(LedgerCheckpoint).where(LedgerCheckpoint.size == 9))
        assert found() == [("checkpoint", "9", Damage.REMOVED)]

    def test_a_changed_checkpoint_file_is_named(self) -> None:
        path = checkpoints.file_path(5)
        path.chmod(0o600)
        path.write_text(path.read_text().replace('"size": 5', '"size": 4'))
        assert found() == [("checkpoint_file", path.name, Damage.CHANGED)]

    def test_a_removed_checkpoint_file_is_named(self) -> None:
        checkpoints.file_path(5).unlink()
        assert found() == [("checkpoint_file", checkpoints.file_path(5).name, Damage.REMOVED)]


def test_a_history_rewritten_with_the_key_contradicts_the_checkpoint(app: Flask) -> None:
    write(4)
    checkpoints.checkpoint(AT)
    for model in (LedgerNode, LedgerLeaf, LedgerEntry):
        behind_the_back(delete(model))
    if db.engine.dialect.name == "sqlite":
        behind_the_back("DELETE FROM sqlite_sequence")
    else:
        behind_the_back("TRUNCATE ledger_entry RESTART IDENTITY")
    write(4, 50)
    tree.seal(AT)
    assert ("checkpoint", "4", Damage.CHANGED) in found()


def test_bytes_that_are_no_text_or_no_moment_are_named_not_stumbled_over(sealed: None, app: Flask) -> None:
    if db.engine.dialect.name != "sqlite":
        return  # PostgreSQL holds no such values
    behind_the_back("UPDATE ledger_entry SET at = 'yesterday' WHERE id = 2")
    behind_the_back("UPDATE ledger_entry SET detail = '{' WHERE id = 4")
    behind_the_back("UPDATE ledger_entry SET actor_name = CAST(x'ff' AS TEXT) WHERE id = 6")
    behind_the_back("UPDATE ledger_checkpoint SET at = 'never' WHERE size = 5")
    assert found() == [
        ("entry", "2", Damage.CHANGED),
        ("entry", "4", Damage.CHANGED),
        ("entry", "6", Damage.CHANGED),
        ("checkpoint", "5", Damage.CHANGED),
    ]


def test_an_act_that_was_rolled_back_is_missed_by_nobody(app: Flask) -> None:
    write(2)

    def fail() -> None:
        with transaction():
            record(SYSTEM, "test.act", "thing:x", at=AT)
            db.session.flush()
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    write(2, 2)
    assert found() == []


def test_the_command_names_what_it_finds_and_ends_with_1(app: Flask) -> None:
    write(3)
    runner = app.test_cli_runner()
    whole = runner.invoke(args=["ledger", "verify", "--json"])
    assert (whole.exit_code, json.loads(whole.stdout)["whole"]) == (0, True)
    assert runner.invoke(args=["ledger", "checkpoint"]).exit_code == 0
    behind_the_back(update(LedgerEntry).where(LedgerEntry.id == 2).values(subject="thing:99"))
    touched = runner.invoke(args=["ledger", "verify"])
    assert touched.exit_code == 1
    assert "记录第 2 行" in touched.stdout
    document = json.loads(runner.invoke(args=["ledger", "verify", "--json"]).stdout)
    assert document["whole"] is False
    assert [(f["where"], f["which"], f["what"]) for f in document["faults"]] == [("entry", "2", "changed")]
    assert all(fault["found"] == fault["message"] for fault in document["faults"])


def test_a_command_that_writes_seals_at_its_end(app: Flask) -> None:
    args = ["user", "create", "--username", "chen", "--name", "陈", "--role", "admin"]
    assert app.test_cli_runner().invoke(args=args).exit_code == 0
    db.session.rollback()  # end the snapshot, so that the next query sees what the command wrote
    assert tree.size() == db.session.scalar(select(func.count()).select_from(LedgerEntry)) == 2
