"""An enemy with a hand on the database, on the journal, or on both for a moment: what is gone is named.

Each test does what somebody would do behind the application's back, sequences set back and tree built again included.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, text

from config import ROOT
from consult import clock
from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM
from consult.app_context import settings
from consult.drafting.terms import BySlug
from consult.intake import service
from consult.intake.models import Answer, Attachment, RawForm, Submission, SubmissionPart
from consult.intake.receipts import Receipt
from consult.ledger import checkpoints, head_mail, tree, tree_heads
from consult.ledger.faults import Damage, Fault
from consult.ledger.journal import files
from consult.ledger.models import LedgerCheckpoint, LedgerEntry, LedgerLeaf, LedgerNode
from consult.ledger.service import record
from consult.ledger.upkeep import Upkeep
from consult.ledger.verification import CheckedCounts, verify
from consult.store import db, transaction
from tests.builders import an_actor, an_arrival, an_open_consultation

SLUG = "canteen"


@pytest.fixture
def site(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """A site with a second place for tree heads and four submissions, whose worker has done its rounds so far."""
    second = tmp_path / "auditor"
    second.mkdir()
    monkeypatch.setattr(settings(), "tree_heads_folder", second)
    at = clock.now() - timedelta(days=1)
    an_open_consultation(an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER), at=at, slug=SLUG)
    work()
    for _ in range(4):
        send()
    work()
    assert faults() == []
    return app


def send() -> Receipt:
    return service.receive(BySlug(SLUG), an_arrival("建议延长开放时间。"), at=clock.now())


def work(later: timedelta = timedelta()) -> None:
    """Do a round of upkeep, as a worker that has just started does."""
    Upkeep().round(clock.now() + later)
    Upkeep().round(clock.now() + later)


def check() -> tuple[list[Fault], CheckedCounts]:
    db.session.rollback()
    db.session.expire_all()
    checked = CheckedCounts()
    return list(verify(checked)), checked


def faults() -> list[Fault]:
    return check()[0]


def named() -> set[tuple[str, str, Damage]]:
    return {(fault.where, fault.which, fault.what) for fault in faults()}


def journal_faults() -> set[Damage]:
    return {fault.what for fault in faults() if fault.where == "journal"}


def entry_of(receipt: Receipt) -> int:
    subject = f"submission:{receipt.number}"
    return db.session.scalars(select(LedgerEntry.id).where(LedgerEntry.subject == subject)).one()


def erase(*receipts: Receipt) -> list[int]:
    """Delete submissions with all that belongs to them and their entries, and set back what would show a gap."""
    ids = [entry_of(receipt) for receipt in receipts]
    db.session.commit()
    with db.engine.begin() as connection:
        for model in (SubmissionPart, Answer, RawForm, Attachment):
            for receipt in receipts:
                connection.execute(delete(model).where(model.submission_id == receipt.submission_id))
        connection.execute(delete(Submission).where(Submission.id.in_([r.submission_id for r in receipts])))
        connection.execute(delete(LedgerEntry).where(LedgerEntry.id.in_(ids)))
        if connection.dialect.name == "sqlite":
            connection.execute(
                text("UPDATE sqlite_sequence SET seq = (SELECT max(id) FROM ledger_entry) WHERE name = 'ledger_entry'")
            )
    return ids


def build_tree_again(of: int) -> None:
    """Take the leaf of an entry and all after it away, with their nodes, and seal what is left."""
    position = db.session.scalars(select(LedgerLeaf.position).where(LedgerLeaf.entry_id == of)).one()
    db.session.commit()
    with db.engine.begin() as connection:
        connection.execute(delete(LedgerLeaf).where(LedgerLeaf.position >= position))
        for level in range(1, 40):
            whole = position >> level
            connection.execute(delete(LedgerNode).where(LedgerNode.level == level, LedgerNode.position >= whole))
    tree.seal(clock.now(), everything=True)


def cut_last_lines(path: Path, n: int) -> None:
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-n]))


def shared(path: Path) -> Path:
    return files.shared_folder() / path.name


class TestTheDatabase:
    def test_a_submission_deleted_before_it_is_sealed_is_named_by_its_number(self, site: Flask) -> None:
        receipt = send()
        (gone,) = erase(receipt)
        (fault,) = [fault for fault in faults() if fault.where == "entry"]
        assert (fault.which, fault.what) == (str(gone), Damage.REMOVED)
        assert f"submission:{receipt.number}" in fault.message

    def test_several_deleted_from_the_middle_are_named_each(self, site: Flask) -> None:
        sent = [send() for _ in range(5)]
        gone = erase(sent[1], sent[2])
        assert {("entry", str(id_), Damage.REMOVED) for id_ in gone} <= named()

    def test_many_in_a_row_are_named_together(self, site: Flask) -> None:
        gone = erase(*[send() for _ in range(30)])
        assert ("entry", f"{gone[20]}-{gone[-1]}", Damage.REMOVED) in named()

    def test_one_deleted_after_sealing_with_the_tree_built_again_is_named(self, site: Flask) -> None:
        receipt = send()
        send()
        work()
        gone = entry_of(receipt)
        erase(receipt)
        build_tree_again(gone)
        found_out = named()
        assert ("entry", str(gone), Damage.REMOVED) in found_out
        assert any(where in {"checkpoint", "leaf"} for where, _, _ in found_out), "the signed head shows it as well"

    def test_without_any_journal_the_signed_heads_show_that_the_tree_was_built_again(self, site: Flask) -> None:
        receipt = send()
        work()
        gone = entry_of(receipt)
        erase(receipt)
        build_tree_again(gone)
        for journal in (files.journal_path(), shared(files.journal_path())):
            journal.unlink()
        assert any(where == "leaf" and what is Damage.REMOVED for where, _, what in named())

    def test_an_entry_exchanged_for_another_of_the_same_id_is_named(self, site: Flask) -> None:
        receipt = send()
        (gone,) = erase(receipt)
        again = send()
        if entry_of(again) != gone:  # PostgreSQL's sequence went on
            with db.engine.begin() as connection:
                connection.execute(text(f"UPDATE ledger_entry SET id = {gone} WHERE id = {entry_of(again)}"))
        assert ("entry", str(gone), Damage.CHANGED) in named()

    @pytest.mark.parametrize("with_checkpoint", [False, True])
    def test_an_older_copy_of_the_database_put_back_is_named(self, site: Flask, with_checkpoint: bool) -> None:
        older = {table: _rows(table) for table in db.metadata.sorted_tables}
        lost = [send() for _ in range(3)]
        work()
        if with_checkpoint:
            checkpoints.checkpoint(clock.now())
        ids = [entry_of(receipt) for receipt in lost]
        size = tree.size()
        _put_back(older)
        found_out = faults()
        assert {("entry", str(id_), Damage.REMOVED) for id_ in ids} <= {(f.where, f.which, f.what) for f in found_out}
        assert any(f"签名的树头有 {size} 条" in fault.message for fault in found_out)

    def test_nothing_is_signed_over_an_older_copy(self, site: Flask) -> None:
        older = {table: _rows(table) for table in db.metadata.sorted_tables}
        send()
        work()
        size = tree.size()
        _put_back(older)
        send()
        send()
        work()
        head = tree_heads.newest()
        assert head is not None
        assert head.checkpoint.size == size


def test_a_backup_put_back_by_intent_with_its_folders_is_whole(site: Flask, tmp_path: Path) -> None:
    checkpoints.checkpoint(clock.now())
    work()
    older = {table: _rows(table) for table in db.metadata.sorted_tables}
    data = settings().data_dir
    for folder in ("ledger", "checkpoints"):
        shutil.copytree(data / folder, tmp_path / "backup" / folder)
    send()
    work()
    checkpoints.checkpoint(clock.now())
    _put_back(older)
    second = settings().tree_heads_folder
    assert second is not None
    for folder in (data / "ledger", data / "checkpoints", second):
        shutil.rmtree(folder)
    for folder in ("ledger", "checkpoints"):
        shutil.copytree(tmp_path / "backup" / folder, data / folder)
    shutil.rmtree(files.shared_folder())
    work()
    send()
    work()
    assert faults() == []


def _rows(table: Any) -> list[dict[str, Any]]:
    with db.engine.connect() as connection:
        return [dict(row) for row in connection.execute(select(table)).mappings()]


def _put_back(older: dict[Any, list[dict[str, Any]]]) -> None:
    db.session.rollback()
    with db.engine.begin() as connection:
        for table in reversed(db.metadata.sorted_tables):
            connection.execute(table.delete())
        for table, rows in older.items():
            if rows:
                connection.execute(table.insert(), rows)
        if connection.dialect.name == "sqlite":
            connection.execute(
                text("UPDATE sqlite_sequence SET seq = (SELECT max(id) FROM ledger_entry) WHERE name = 'ledger_entry'")
            )


class TestTheJournal:
    def test_a_tail_cut_off_is_named(self, site: Flask) -> None:
        cut_last_lines(files.journal_path(), 2)
        assert journal_faults() == {Damage.REMOVED}

    def test_a_tail_cut_off_everywhere_is_named_by_the_signed_heads(self, site: Flask) -> None:
        for journal in (files.journal_path(), shared(files.journal_path())):
            cut_last_lines(journal, 1)
        assert journal_faults() == {Damage.REMOVED}

    def test_a_tail_cut_off_stays_named_when_the_journal_went_on(self, site: Flask) -> None:
        cut_last_lines(files.journal_path(), 2)
        send()
        work()
        assert Damage.CHANGED in journal_faults()

    def test_a_journal_deleted_here_is_named(self, site: Flask) -> None:
        files.journal_path().unlink()
        assert journal_faults() == {Damage.REMOVED}

    def test_a_journal_deleted_everywhere_is_named(self, site: Flask) -> None:
        files.journal_path().unlink()
        shared(files.journal_path()).unlink()
        assert journal_faults() == {Damage.REMOVED}

    def test_a_journal_begun_again_stays_named_when_it_has_outgrown_the_old_one(self, site: Flask) -> None:
        rows = files.journal_path().read_bytes().count(b"\n")
        files.journal_path().unlink()
        shared(files.journal_path()).unlink()
        for _ in range(rows + 2):
            send()
        work()
        send()
        work()
        assert Damage.REMOVED in journal_faults()

    def test_a_journal_deleted_with_all_heads_is_named_by_the_record(self, site: Flask) -> None:
        shutil.rmtree(files.folder())
        shutil.rmtree(settings().tree_heads_folder or "")
        assert journal_faults() == {Damage.REMOVED}

    def test_a_shipped_copy_deleted_is_named(self, site: Flask) -> None:
        shared(files.journal_path()).unlink()
        assert journal_faults() == {Damage.REMOVED}

    @pytest.mark.parametrize("everywhere", [False, True])
    def test_two_lines_that_changed_places_are_named(self, site: Flask, everywhere: bool) -> None:
        for journal in (files.journal_path(), *([shared(files.journal_path())] if everywhere else [])):
            rows = journal.read_bytes().splitlines(keepends=True)
            rows[-2], rows[-3] = rows[-3], rows[-2]
            journal.write_bytes(b"".join(rows))
        assert Damage.CHANGED in journal_faults()

    @pytest.mark.parametrize("everywhere", [False, True])
    def test_an_older_copy_of_the_journal_is_named(self, site: Flask, everywhere: bool, tmp_path: Path) -> None:
        journals = [files.journal_path(), *([shared(files.journal_path())] if everywhere else [])]
        older = files.journal_path().read_bytes()
        send()
        work()
        for journal in journals:
            journal.write_bytes(older)
        assert journal_faults() == {Damage.REMOVED}

    def test_a_changed_line_is_named(self, site: Flask) -> None:
        for journal in (files.journal_path(), shared(files.journal_path())):
            journal.write_bytes(journal.read_bytes().replace(b"submission.receive", b"submission.reject", 1))
        assert Damage.CHANGED in journal_faults()

    def test_entry_and_line_deleted_together_before_they_were_shipped_leave_only_what_the_page_says(
        self, site: Flask
    ) -> None:
        """What can't be found, as docs/decisions/0029 says: both hands, within a round of the worker."""
        erase(send())
        cut_last_lines(files.journal_path(), 1)
        assert faults() == []


class TestTheHeads:
    def test_a_head_cut_off_is_named_by_its_copies(self, site: Flask) -> None:
        cut_last_lines(tree_heads.path(), 1)
        assert any(where == "tree_heads" and what is Damage.REMOVED for where, _, what in named())

    def test_a_head_cut_off_here_and_in_the_shared_folder_is_named_by_the_second_place(self, site: Flask) -> None:
        cut_last_lines(tree_heads.path(), 1)
        cut_last_lines(shared(tree_heads.path()), 1)
        assert any(where == "tree_heads" and what is Damage.REMOVED for where, _, what in named())

    def test_a_changed_head_is_named(self, site: Flask) -> None:
        tree_heads.path().write_bytes(tree_heads.path().read_bytes().replace(b'"size":', b'"size":1', 1))
        assert any(where == "tree_heads" and what is Damage.CHANGED for where, _, what in named())

    def test_heads_that_are_gone_here_are_named(self, site: Flask) -> None:
        tree_heads.path().unlink()
        assert any(where == "tree_heads" and what is Damage.REMOVED for where, _, what in named())

    def test_heads_that_are_gone_everywhere_are_missed_by_a_checkpoint(self, site: Flask) -> None:
        checkpoints.checkpoint(clock.now() + timedelta(hours=1))
        for folder in tree_heads.places():
            (folder / tree_heads.path().name).unlink()
        assert ("tree_heads", "", Damage.REMOVED) in named()

    def test_a_rewritten_record_signed_with_the_key_contradicts_earlier_heads(self, site: Flask) -> None:
        receipt = send()
        send()
        work()
        gone = entry_of(receipt)
        erase(receipt)
        build_tree_again(gone)
        send()
        tree.seal(clock.now())
        forged = tree_heads._signed_head(
            tree_heads.sign_checkpoint(tree_heads.signing_key(), tree.size(), tree.root(tree.size()), clock.now()),
            tree_heads.newest().digest,  # type: ignore[union-attr]
        )
        with tree_heads.path().open("ab") as file:
            file.write(forged.line + b"\n")
        assert any(where == "checkpoint" and what is Damage.CHANGED for where, _, what in named())


KILLED = """
import os, signal
from datetime import timedelta
from wsgi import app
from consult import clock
from consult.drafting.terms import BySlug
from consult.intake import service
from consult.ledger.journal import files
from tests.builders import an_arrival
files.append = lambda notes: os.kill(os.getpid(), signal.SIGKILL)
with app.app_context():
    service.receive(BySlug("canteen"), an_arrival("建议加开夜间窗口。"), at=clock.now())
"""


class TestAKilledProcess:
    def test_its_entry_is_no_fault_and_its_line_is_made_up_for_as_late(self, site: Flask) -> None:
        before = db.session.scalar(select(LedgerEntry.id).order_by(LedgerEntry.id.desc()).limit(1)) or 0
        environment = {
            "DATABASE_URL": settings().database_url,
            "DATA_DIR": str(settings().data_dir),
            "SECRET_KEY": settings().secret_key,
        }
        done = subprocess.run([sys.executable, "-c", KILLED], cwd=ROOT, env={**os.environ, **environment}, check=False)
        assert done.returncode == -signal.SIGKILL
        killed, checked = check()
        assert killed == []
        assert checked.journal_late == 0
        entry = db.session.scalars(select(LedgerEntry).where(LedgerEntry.id > before)).one()
        assert entry.act == "submission.receive"
        id_, number = entry.id, entry.subject.partition(":")[2]

        work(timedelta(seconds=31))
        made_up, checked = check()
        assert made_up == []
        assert checked.journal_late == 1
        work(timedelta(seconds=62))
        assert check()[1].journal_late == 1, "it is made up for once"

        erase(Receipt(number, db.session.scalars(select(Submission.id).where(Submission.number == number)).one()))
        assert ("entry", str(id_), Damage.REMOVED) in named()

    def test_the_command_says_how_many_lines_are_late(self, site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(files, "append", lambda _notes: None)
        send()
        monkeypatch.undo()
        work(timedelta(seconds=31))
        result = site.test_cli_runner().invoke(args=["ledger", "verify"])
        assert result.exit_code == 0, result.stdout
        assert "1 行是事后补记的" in result.stdout


class TestSeveralHosts:
    @pytest.fixture
    def hosts(self, site: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
        """Return what makes this process one of several hosts that share a folder and the signing key."""
        monkeypatch.setattr(settings(), "journal_folder", tmp_path / "shared")
        key = settings().data_dir / "ledger_key"

        def become(name: str) -> None:
            folder = tmp_path / name
            if not folder.exists():
                folder.mkdir()
                shutil.copy(key, folder / "ledger_key")
            monkeypatch.setattr(settings(), "data_dir", folder)
            monkeypatch.setattr(settings(), "host_name", name)

        work()
        return become

    def test_an_entry_of_another_host_is_missed_on_any(self, hosts: Any) -> None:
        hosts("b")
        receipt = send()
        work()
        (gone,) = erase(receipt)
        hosts("c")
        assert ("entry", str(gone), Damage.REMOVED) in named()

    def test_a_host_that_ships_no_more_is_mentioned_with_how_long(self, hosts: Any) -> None:
        hosts("b")
        send()
        work()
        path = shared(files.journal_path())
        past = clock.now().timestamp() - 301
        os.utime(path, (past, past))
        hosts("c")
        work()
        found_out, checked = check()
        assert found_out == []
        assert [note for note in checked.notes if "主机 b" in note and "落后 5 分钟" in note]

    def test_lines_that_wait_to_be_shipped_are_counted(self, hosts: Any) -> None:
        hosts("b")
        work()
        send()
        send()
        found_out, checked = check()
        assert found_out == []
        assert [note for note in checked.notes if "主机 b" in note and "2 行还没有送达" in note]

    def test_entries_that_no_shipped_journal_has_are_counted(self, hosts: Any) -> None:
        hosts("b")
        work()
        with transaction():
            record(SYSTEM, "test.act", "thing:1", at=clock.now() - timedelta(minutes=5))
        hosts("c")
        found_out, checked = check()
        assert found_out == []
        assert [note for note in checked.notes if "1 行还没有底账" in note]

    def test_a_host_whose_journal_is_gone_is_named(self, hosts: Any) -> None:
        hosts("b")
        send()
        work()
        shared(files.journal_path()).unlink()
        hosts("c")
        assert ("journal", "b", Damage.REMOVED) in named()

    def test_a_shared_folder_that_cant_be_reached_stops_neither_receipts_nor_sealing(
        self, hosts: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hosts("b")
        (tmp_path / "a file").write_text("")
        monkeypatch.setattr(settings(), "journal_folder", tmp_path / "a file" / "shared")
        receipt = send()
        work()
        assert entry_of(receipt) in db.session.scalars(select(LedgerLeaf.entry_id)).all()


def test_a_host_without_a_worker_ships_by_command(site: Flask) -> None:
    send()
    result = site.test_cli_runner().invoke(args=["ledger", "ship", "--json"])
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["head"]["size"] == tree.size()
    assert shared(files.journal_path()).read_bytes() == files.journal_path().read_bytes()


def test_upkeep_signs_within_a_round_and_no_more_than_needed(site: Flask) -> None:
    send()
    work()
    head = tree_heads.newest()
    assert head is not None
    assert head.checkpoint.size == tree.size()
    lines = tree_heads.path().read_bytes().count(b"\n")
    work()
    assert tree_heads.path().read_bytes().count(b"\n") == lines
    for folder in tree_heads.places()[1:]:
        assert (folder / tree_heads.path().name).read_bytes() == tree_heads.path().read_bytes()
    assert db.session.scalars(select(LedgerCheckpoint)).all() == [], "only checkpoints are published"


def test_verifying_while_people_send_and_the_worker_works_accuses_nobody(site: Flask) -> None:
    stopping, failures = Event(), list[BaseException]()

    def keep_doing(work_of_a_turn: Callable[[], object]) -> None:
        while not stopping.is_set():
            with site.app_context():
                try:
                    work_of_a_turn()
                except BaseException as error:
                    failures.append(error)
                    return
                finally:
                    db.session.remove()

    upkeep = Upkeep()
    doing: list[Callable[[], object]] = [send, send, lambda: upkeep.round(clock.now())]
    threads = [Thread(target=keep_doing, args=(work_of_a_turn,)) for work_of_a_turn in doing]
    for thread in threads:
        thread.start()
    try:
        seen = [faults() for _ in range(8)]
    finally:
        stopping.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert seen == [[]] * 8
    assert check()[1].journal_late == 0


def test_an_auditor_gets_a_head_a_day_that_shows_what_was_deleted_since(
    site: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    for letter in (outbox := settings().data_dir / "outbox").glob("tree-head-*"):
        letter.unlink()
    assert head_mail.send_daily(clock.now()) == 0, "nobody asks for it"
    monkeypatch.setattr(settings(), "tree_head_mail", "shenji@example.gov.cn")
    today = clock.now()
    assert [head_mail.send_daily(today), head_mail.send_daily(today)] == [1, 0]
    work()
    assert head_mail.send_daily(today + timedelta(days=1)) == 0, "nothing happened but that mail"
    last = send()
    work()
    assert head_mail.send_daily(today + timedelta(days=1)) == 1
    first, second = sorted(outbox.glob("tree-head-*"), key=lambda path: int(path.name.split("-")[2]))
    kept = second.read_bytes()
    attached = next(part for part in message_from_bytes(kept).walk() if part.get_filename() == head_mail.FILE)
    line = attached.get_payload(decode=True)
    for copy in (first.read_bytes(), kept, line, tree_heads.path().read_bytes()):
        assert list(head_mail.faults(copy)) == []
    for forged in (line.replace(b'"size":', b'"size":1'), b"nothing", b""):
        assert [fault.what for fault in head_mail.faults(forged)] == [Damage.CHANGED]
    (gone,) = erase(last)
    with db.engine.begin() as connection:
        place = connection.scalar(select(LedgerLeaf.position).where(LedgerLeaf.entry_id == gone))
        connection.execute(delete(LedgerLeaf).where(LedgerLeaf.position >= place))
    db.session.expire_all()
    assert [fault.what for fault in head_mail.faults(kept)] == [Damage.REMOVED]
