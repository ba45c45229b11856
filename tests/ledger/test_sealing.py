"""Sealing and checkpoints: every entry once, in order, beside rivals; nothing is signed over a broken past."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, update

from consult.accounts.permissions import SYSTEM
from consult.ledger import checkpoints, tree
from consult.ledger.errors import RecordBroken
from consult.ledger.models import LedgerCheckpoint, LedgerEntry, LedgerLeaf, LedgerNode
from consult.ledger.proofs import is_signature_valid
from consult.ledger.service import leaf_data, record
from consult.store import db, transaction
from tests.ledger import trees

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


def write(n: int, start: int = 0) -> None:
    """Write ``n`` acts down, each in its own transaction."""
    for i in range(start, start + n):
        with transaction():
            record(SYSTEM, "test.act", f"thing:{i}", at=AT + timedelta(seconds=i), n=i)


def root_by_another_implementation() -> bytes:
    query = select(LedgerEntry).join(LedgerLeaf, LedgerLeaf.entry_id == LedgerEntry.id).order_by(LedgerLeaf.position)
    root: bytes = trees.tree_of(leaf_data(entry) for entry in db.session.scalars(query)).get_root()
    return root


def test_entries_become_leaves_in_order_without_gaps(app: Flask) -> None:
    write(7)
    assert tree.seal(AT) == 7
    leaves = db.session.execute(select(LedgerLeaf.position, LedgerLeaf.entry_id).order_by(LedgerLeaf.position)).all()
    ids = list(db.session.scalars(select(LedgerEntry.id).order_by(LedgerEntry.id)))
    assert [tuple(leaf) for leaf in leaves] == list(enumerate(ids))


def test_sealing_again_adds_nothing(app: Flask) -> None:
    write(3)
    tree.seal(AT)
    assert tree.seal(AT) == 0
    assert tree.size() == 3


def test_the_stored_tree_is_that_of_the_rfc_however_it_grew(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "BATCH", 5)
    for n in (1, 2, 13, 4):
        write(n)
        tree.seal(AT)
        assert tree.root(tree.size()) == root_by_another_implementation()
    assert tree.size() == 20


def test_an_entry_that_shows_up_late_is_sealed_after_those_before_it(app: Flask) -> None:
    write(3)
    late = db.session.scalars(select(LedgerEntry).where(LedgerEntry.subject == "thing:1")).one()
    with transaction():
        late_id, late.id = late.id, 900  # not visible yet under its id
        db.session.flush()
        db.session.execute(delete(LedgerEntry).where(LedgerEntry.id == 900))
    tree.seal(AT)
    with transaction():
        db.session.add(LedgerEntry(id=late_id, **{c: getattr(late, c) for c in _columns()}))
    assert tree.seal(AT) == 1
    newest = db.session.scalars(select(LedgerLeaf).order_by(LedgerLeaf.position.desc()).limit(1)).one()
    assert newest.entry_id == late_id


def _columns() -> list[str]:
    return [column.name for column in LedgerEntry.__table__.columns if column.name != "id"]


def test_however_late_an_entry_shows_up_a_checkpoint_takes_it_in(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "LATE_IDS", 0)
    write(3)
    tree.seal(AT)
    db.session.execute(delete(LedgerNode))
    db.session.execute(delete(LedgerLeaf).where(LedgerLeaf.position >= 0))
    db.session.commit()
    entry = db.session.scalars(select(LedgerEntry.id).order_by(LedgerEntry.id)).first()
    with transaction():
        db.session.add(LedgerLeaf(position=0, entry_id=entry + 2, leaf_hash=b"\0" * 32))
    assert tree.seal(AT) == 0
    assert tree.seal(AT, everything=True) == 2


def test_two_sealers_at_once_seal_every_entry_once(app: Flask) -> None:
    write(60)

    def work() -> None:
        with app.app_context():
            tree.seal(AT)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    tree.seal(AT)
    assert db.session.scalar(select(func.count()).select_from(LedgerLeaf)) == 60
    assert tree.root(60) == root_by_another_implementation()


def test_a_checkpoint_signs_the_root_of_what_is_sealed(app: Flask) -> None:
    write(5)
    signed = checkpoints.checkpoint(AT)
    assert signed is not None
    assert (signed.size, signed.root) == (5, root_by_another_implementation().hex())
    assert is_signature_valid(signed)
    assert checkpoints.newest() == signed
    assert checkpoints.read_file(checkpoints.file_path(5)) == signed


def test_without_anything_new_the_checkpoint_stays(app: Flask) -> None:
    assert checkpoints.checkpoint(AT) is None
    write(2)
    first = checkpoints.checkpoint(AT)
    assert checkpoints.checkpoint(AT + timedelta(hours=1)) == first
    assert db.session.scalar(select(func.count()).select_from(LedgerCheckpoint)) == 1


def test_the_signing_key_is_made_once_and_only_its_owner_reads_it(app: Flask) -> None:
    assert checkpoints.public_key() == checkpoints.public_key()
    path = app.config["SETTINGS"].data_dir / "ledger_key"
    assert path.stat().st_mode & 0o777 == 0o600


def test_nothing_is_signed_over_a_tree_that_contradicts_an_earlier_checkpoint(app: Flask) -> None:
    write(4)
    checkpoints.checkpoint(AT)
    db.session.execute(update(LedgerNode).where(LedgerNode.level == 2).values(hash=b"\1" * 32))
    db.session.commit()
    write(1)
    with pytest.raises(RecordBroken, match="flask ledger verify"):
        checkpoints.checkpoint(AT + timedelta(hours=1))


def test_nothing_is_signed_over_a_database_that_was_exchanged_for_another(app: Flask) -> None:
    write(4)
    checkpoints.checkpoint(AT)
    for model in (LedgerCheckpoint, LedgerNode, LedgerLeaf, LedgerEntry):
        db.session.execute(delete(model))
    db.session.commit()
    write(9, 50)
    with pytest.raises(RecordBroken):
        checkpoints.checkpoint(AT + timedelta(hours=1))


def test_a_file_that_a_killed_process_left_out_is_written_with_the_next_checkpoint(app: Flask) -> None:
    write(2)
    checkpoints.checkpoint(AT)
    checkpoints.file_path(2).unlink()
    write(1)
    checkpoints.checkpoint(AT + timedelta(hours=1))
    assert checkpoints.read_file(checkpoints.file_path(2)) is not None
