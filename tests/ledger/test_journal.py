"""Every entry is in the journal before its verb returns, on every way, and what was rolled back is in none."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, insert, select

from config import ROOT
from consult import clock
from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM
from consult.drafting.terms import BySlug
from consult.intake import batches, service
from consult.intake.arrival import Arrival, ArrivalPart
from consult.intake.models import Channel
from consult.ledger.journal import files, lines
from consult.ledger.models import LedgerEntry
from consult.ledger.service import BulkAct, record, record_many
from consult.store import bulk, db, raw_transaction, transaction
from tests.builders import an_actor, an_open_consultation

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def journal() -> list[tuple[int, str, str]]:
    """Return id, seal and subject of every line, after checking that the lines are chained."""
    before, noted = lines.beginning(files.host()), []
    for _, line in lines.read(files.journal_path()) if files.journal_path().exists() else ():
        assert line.number == before.number + 1
        assert line.follows(before.chain)
        before = lines.End(line.number, line.chain)
        noted.append((line.note.id, line.note.seal, line.note.subject))
    return noted


def entries() -> list[tuple[int, str, str]]:
    db.session.rollback()
    return [
        tuple(row)
        for row in db.session.execute(
            select(LedgerEntry.id, LedgerEntry.seal, LedgerEntry.subject).order_by(LedgerEntry.id)
        )
    ]


def an_arrival(words: str = "建议延长办理时间。") -> Arrival:
    return Arrival(Channel.WEB, (ArrivalPart(words),), raw=b"{}", raw_media_type="application/json")


@pytest.fixture
def consultation(app: Flask) -> object:
    return an_open_consultation(
        an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER), at=clock.now() - timedelta(days=1), slug="canteen"
    )


def test_a_receipt_is_in_the_journal_when_it_is_handed_out(consultation: object) -> None:
    receipt = service.receive(BySlug("canteen"), an_arrival(), at=clock.now())
    assert journal()[-1][2] == f"submission:{receipt.number}"
    assert sorted(journal()) == entries()


@pytest.mark.parametrize("n", [2, 40])
def test_a_batch_is_in_the_journal(consultation: object, n: int) -> None:
    outcomes = batches.receive_many(
        consultation,  # type: ignore[arg-type]
        [an_arrival(f"第 {i} 条") for i in range(n)],
        at=clock.now(),
        actor=SYSTEM,
    )
    assert [noted[2] for noted in journal()[-n:]] == [f"submission:{receipt.number}" for receipt in outcomes]  # type: ignore[union-attr]
    assert sorted(journal()) == entries()


def test_a_command_writes_the_journal(app: Flask) -> None:
    args = ["user", "create", "--username", "chen", "--name", "陈", "--role", "admin"]
    assert app.test_cli_runner().invoke(args=args).exit_code == 0
    assert sorted(journal()) == entries() != []


def test_acts_of_the_session_and_in_bulk_are_noted_once_in_one_transaction(app: Flask) -> None:
    with transaction():
        record(SYSTEM, "test.act", "thing:与 空格", at=AT)
        record_many(SYSTEM, "test.act", [BulkAct("thing:2", "0" * 64, {})] * 3, at=AT, consultation_id=None)
        with raw_transaction():
            record_many(SYSTEM, "test.act", [BulkAct("thing:3", "0" * 64, {})], at=AT, consultation_id=None)
        assert journal() == []
    assert sorted(journal()) == entries()
    assert len(journal()) == 5


def _fail_in_session() -> None:
    with transaction():
        record(SYSTEM, "test.act", "thing:gone", at=AT)
        db.session.flush()
        raise LookupError


def _fail_in_raw() -> None:
    with raw_transaction():
        record_many(SYSTEM, "test.act", [BulkAct("thing:gone", "0" * 64, {})], at=AT, consultation_id=None)
        raise LookupError


def _fail_after_savepoint() -> None:
    with transaction() as session:
        with session.begin_nested():
            record(SYSTEM, "test.act", "thing:gone", at=AT)
        raise LookupError


@pytest.mark.parametrize("fail", [_fail_in_session, _fail_in_raw, _fail_after_savepoint])
def test_what_is_rolled_back_is_in_no_journal(app: Flask, fail: Callable[[], None]) -> None:
    with pytest.raises(LookupError):
        fail()
    with transaction():
        record(SYSTEM, "test.act", "thing:kept", at=AT)
    assert [subject for *_, subject in journal()] == ["thing:kept"]


def test_a_savepoint_that_is_rolled_back_takes_only_its_own_notes(app: Flask) -> None:
    with transaction() as session:
        record(SYSTEM, "test.act", "thing:before", at=AT)
        savepoint = session.begin_nested()
        record(SYSTEM, "test.act", "thing:gone", at=AT)
        session.flush()
        savepoint.rollback()
        record(SYSTEM, "test.act", "thing:after", at=AT)
    assert [subject for *_, subject in journal()] == ["thing:before", "thing:after"]
    assert sorted(journal()) == entries()


def test_a_torn_line_is_left_and_the_next_is_chained_to_the_last_whole_one(app: Flask) -> None:
    with transaction():
        record(SYSTEM, "test.act", "thing:1", at=AT)
    with files.journal_path().open("a") as file:
        file.write("2 17 abcdef")
    with transaction():
        record(SYSTEM, "test.act", "thing:2", at=AT)
    assert [subject for *_, subject in journal()] == ["thing:1", "thing:2"]


def test_a_journal_that_cannot_be_written_doesnt_take_back_what_is_committed(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with transaction():
        record(SYSTEM, "test.act", "thing:1", at=AT)
    monkeypatch.undo()
    assert len(entries()) == 1
    assert journal() == []


def test_a_statement_that_would_go_past_the_journal_is_refused(app: Flask) -> None:
    with pytest.raises(RuntimeError, match="record"):
        db.session.execute(insert(LedgerEntry).values(act="test.act"))


def _last_name(node: ast.expr) -> str:
    """Return the name by which an expression calls something, or nothing where it has none."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def test_only_the_service_of_the_ledger_writes_entries() -> None:
    """No module but ``consult/ledger/service.py`` makes entries, in any of the ways that there are."""
    writers = set()
    for path in sorted((ROOT / "consult").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Call):
                names = [_last_name(argument) for argument in node.args[:1]]
                called = _last_name(node.func)
                if called == "LedgerEntry" or (called.startswith(("insert", "copy")) and names == ["LedgerEntry"]):
                    writers.add(path.relative_to(ROOT).as_posix())
    assert writers == {"consult/ledger/service.py"}


def test_ids_come_back_with_rows_whatever_their_number(app: Flask) -> None:
    for n in (1, 3, 50):
        with transaction():
            rows = [
                {"act": "a", "actor_id": None, "actor_kind": "system", "actor_name": "", "consultation_id": None}
                | {"at": AT, "detail": {}, "digest": "0" * 64, "subject": "s", "seal": f"{n:032x}{i:032x}"}
                for i in range(n)
            ]
            ids = bulk.insert_rows_for_ids(LedgerEntry, rows, "seal")
        stored = dict(db.session.execute(select(LedgerEntry.seal, LedgerEntry.id)).all())
        assert {seal: stored[seal] for seal in ids} == ids
        assert len(ids) == n
    assert db.session.scalar(select(func.count()).select_from(LedgerEntry)) == 54
