"""A backup brings everything back: rows, files, keys, the record; and the record goes on from it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from consult import clock
from consult.accounts.models import AccountSession
from consult.accounts.permissions import SYSTEM
from consult.adoption.models import Opinion
from consult.app_context import blobs
from consult.drafting.models import Consultation
from consult.intake import receipts
from consult.intake.models import Attachment, Submission
from consult.ledger import checkpoints, tree
from consult.ledger.models import LedgerEntry
from consult.ledger.upkeep import Upkeep
from consult.mail_queue import service as mail_queue
from consult.mail_queue.models import MailPurpose, MailState
from consult.store import db
from tests.backup.sites import Site, Sites, faults_of, rows_of, send
from tests.conftest import POSTGRES

CHANGED_BY_THE_RESTORE = {"ledger_entry", "ledger_leaf", "ledger_node", "account_session"}
KINDS = [False, True] if POSTGRES else [False]
"""Whether the empty place is on SQLite, whatever the site is on."""


def made(site: Site, path: Path, *options: str) -> dict[str, object]:
    result = site.command("backup", "create", str(path), "--json", *options)
    assert result.exit_code == 0, result.output
    document: dict[str, object] = json.loads(result.stdout)
    return document


def restored(site: Site, path: Path, *options: str) -> dict[str, object]:
    result = site.command("backup", "restore", str(path), "--json", *options)
    assert result.exit_code == 0, result.output
    document: dict[str, object] = json.loads(result.stdout)
    return document


@pytest.mark.parametrize("on_sqlite", KINDS)
def test_everything_is_back_and_goes_on(sites: Sites, tmp_path: Path, on_sqlite: bool) -> None:
    site, shown = sites.filled()
    made(site, tmp_path / "backup.zip")
    assert (tmp_path / "backup.zip").stat().st_mode & 0o777 == 0o600
    before = rows_of(site)
    place = sites.empty(on_sqlite=on_sqlite)
    document = restored(place, tmp_path / "backup.zip")
    assert document["whole"] is True
    assert document["lost"] == []
    after = rows_of(place)
    same = before.keys() - CHANGED_BY_THE_RESTORE
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    with place.inside():
        for number, key in shown:
            assert receipts.find(number, key).number == number
        opinion = db.session.scalars(select(Opinion)).first()
        assert opinion is not None
        for digest in db.session.scalars(select(Attachment.digest)):
            assert blobs().verify(digest)
        assert db.session.scalars(select(AccountSession).where(AccountSession.ended_at.is_(None))).all() == []
        highest = max(db.session.scalars(select(Submission.id)))
        fresh = send(db.session.scalars(select(Consultation)).one(), "恢复以后的意见。")
        assert fresh.submission_id > highest
        Upkeep().round(clock.now())
        assert checkpoints.checkpoint(clock.now()) is not None
    assert faults_of(place)[0] == []


def test_what_came_after_the_backup_is_named_as_lost_and_the_tree_goes_on(sites: Sites, tmp_path: Path) -> None:
    shared, second = tmp_path / "shared", tmp_path / "second"
    shared.mkdir()
    second.mkdir()
    elsewhere = {"journal_folder": shared, "tree_heads_folder": second}
    site, _ = sites.filled(**elsewhere)
    made(site, tmp_path / "backup.zip")
    with site.inside():
        consultation = db.session.scalars(select(Consultation)).one()
        numbers = [send(consultation, f"备份以后的第 {n} 条。").number for n in range(2)]
        Upkeep().round(clock.now())
        checkpoints.checkpoint(clock.now())
        largest = tree.size()
    place = sites.empty(**elsewhere)
    document = restored(place, tmp_path / "backup.zip")
    lost = {entry["subject"] for entry in document["lost"]}  # type: ignore[attr-defined]
    assert {f"submission:{number}" for number in numbers} <= lost
    with place.inside():
        send(db.session.scalars(select(Consultation)).one(), "恢复以后的意见。")
        Upkeep().round(clock.now())
        assert checkpoints.checkpoint(clock.now()) is not None
    for _ in range(2):
        faults, checked = faults_of(place)
        assert faults == []
        assert {f"submission:{number}" for number in numbers} <= {entry.subject for entry in checked.lost.values()}
        assert any(str(largest) in note for note in checked.notes)
    verified = place.command("ledger", "verify")
    assert verified.exit_code == 0
    assert all(number in verified.output for number in numbers)


def test_a_second_loss_is_named_beside_the_first(sites: Sites, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    site, _ = sites.filled(journal_folder=shared)
    made(site, tmp_path / "backup.zip")
    numbers = []
    for _ in range(2):
        with site.inside():
            numbers.append(send(db.session.scalars(select(Consultation)).one(), "又一条。").number)
            Upkeep().round(clock.now())
        site = sites.empty(journal_folder=shared)
        restored(site, tmp_path / "backup.zip")
    faults, checked = faults_of(site)
    assert faults == []
    assert {f"submission:{number}" for number in numbers} <= {entry.subject for entry in checked.lost.values()}


def test_what_is_removed_after_a_restore_is_a_fault(sites: Sites, tmp_path: Path) -> None:
    site, shown = sites.filled()
    made(site, tmp_path / "backup.zip")
    place = sites.empty()
    restored(place, tmp_path / "backup.zip")
    with place.inside():
        fresh = send(db.session.scalars(select(Consultation)).one(), "恢复以后的意见。")
        Upkeep().round(clock.now())
        with db.engine.begin() as connection:
            for number in (fresh.number, shown[0][0]):
                connection.execute(delete(LedgerEntry).where(LedgerEntry.subject == f"submission:{number}"))
    faults, checked = faults_of(place)
    assert any(fresh.number in fault for fault in faults)
    assert checked.lost == {}


def test_what_was_removed_before_the_backup_stays_a_fault(sites: Sites, tmp_path: Path) -> None:
    site, shown = sites.filled()
    with site.inside(), db.engine.begin() as connection:
        connection.execute(delete(LedgerEntry).where(LedgerEntry.subject == f"submission:{shown[1][0]}"))
    made(site, tmp_path / "backup.zip")
    place = sites.empty()
    assert place.command("backup", "restore", str(tmp_path / "backup.zip")).exit_code == 1
    faults, checked = faults_of(place)
    assert any(shown[1][0] in fault for fault in faults)
    assert checked.lost == {}


def test_an_older_copy_put_back_without_the_act_is_found(sites: Sites, tmp_path: Path) -> None:
    site, _ = sites.filled()
    made(site, tmp_path / "backup.zip")
    place = sites.empty(on_sqlite=True)
    restored(place, tmp_path / "backup.zip")
    database = Path(place.settings.database_url.removeprefix("sqlite:///"))
    with place.inside():
        db.session.remove()
        db.engine.dispose()
    shutil.copyfile(database, tmp_path / "older.sqlite3")
    with place.inside():
        fresh = send(db.session.scalars(select(Consultation)).one(), "会被回滚的意见。")
        Upkeep().round(clock.now())
        db.session.remove()
        db.engine.dispose()
    for path in database.parent.glob(f"{database.name}*"):
        path.unlink()
    shutil.copyfile(tmp_path / "older.sqlite3", database)
    faults, checked = faults_of(place)
    assert any(fresh.number in fault for fault in faults)
    assert checked.lost == {}


def test_letters_wait_for_a_person_after_a_restore(sites: Sites, tmp_path: Path) -> None:
    site, _ = sites.filled()
    with site.inside():
        mail_queue.put(MailPurpose.NEWS, "subscription:1/opened/1", "a@example.cn", at=clock.now())
    made(site, tmp_path / "backup.zip")
    place = sites.empty()
    restored(place, tmp_path / "backup.zip")
    with place.inside():
        assert mail_queue.deliver(clock.now()) == 0
        held = mail_queue.held()
        assert held is not None
        assert held.letters == 1
    assert "暂停发信" in place.command("mail", "queue").output
    assert place.command("mail", "queue", "--release").exit_code == 0
    assert place.command("mail", "queue", "--release").exit_code == 1
    with place.inside():
        assert mail_queue.held() is None
        mail_queue.deliver(clock.now())
        assert mail_queue.counts()[MailState.WAITING] == 0


def test_a_damaged_and_a_missing_file_are_named(sites: Sites, tmp_path: Path) -> None:
    site, _ = sites.filled()
    with site.inside():
        missing, altered, *_ = db.session.scalars(select(Attachment.digest).order_by(Attachment.id))
        blobs().path(missing).unlink()
        path = blobs().path(altered)
        path.chmod(0o600)
        path.write_bytes(b"other")
    result = site.command("backup", "create", str(tmp_path / "backup.zip"), "--json")
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert {of["digest"] for of in document["damaged"]} == {missing, altered}
    assert missing in result.stderr
    place = sites.empty()
    result = place.command("backup", "restore", str(tmp_path / "backup.zip"), "--json")
    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert document["whole"] is False
    assert {of["digest"] for of in document["damaged"]} == {missing, altered}


def test_files_that_an_earlier_backup_has_are_named_and_asked_for(sites: Sites, tmp_path: Path) -> None:
    site, _ = sites.filled()
    full, second, third = tmp_path / "full.zip", tmp_path / "second.zip", tmp_path / "third.zip"
    n_files = made(site, full)["files"]
    for path, since in ((second, full), (third, second)):
        with site.inside():
            send(db.session.scalars(select(Consultation)).one(), f"{path.stem} 以前的意见。")
        document = made(site, path, "--since", str(since))
        assert document["files"] == 1
    assert document["earlier_files"] == n_files + 1  # type: ignore[operator]
    place = sites.empty()
    refused = place.command("backup", "restore", str(third))
    assert refused.exit_code == 1
    assert "full.zip" in refused.stderr or "second.zip" in refused.stderr
    other = sites.working()
    made(other, tmp_path / "other.zip")
    wrong = place.command(
        "backup",
        "restore",
        str(third),
        "--since",
        str(full),
        "--since",
        str(second),
        "--since",
        str(tmp_path / "other.zip"),
    )
    assert wrong.exit_code == 1
    restored(place, third, "--since", str(second), "--since", str(full))
    assert faults_of(place)[0] == []
    assert (
        site.command("backup", "create", str(tmp_path / "x.zip"), "--since", str(tmp_path / "other.zip")).exit_code == 1
    )
    assert not (tmp_path / "x.zip").exists()


def test_a_backup_is_checked_by_restoring_it(sites: Sites, tmp_path: Path) -> None:
    site, _ = sites.filled()
    made(site, tmp_path / "backup.zip")
    before = rows_of(site)
    result = site.command("backup", "check", str(tmp_path / "backup.zip"), "--in", str(tmp_path), "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["whole"] is True
    assert list(tmp_path.glob("backup-check-*")) == []
    assert rows_of(site) == before


def test_a_row_that_somebody_put_in_is_named_when_it_is_restored(sites: Sites, tmp_path: Path) -> None:
    site, shown = sites.filled()
    with site.inside(), db.engine.begin() as connection:
        connection.execute(update(Submission).where(Submission.number == shown[1][0]).values(subject="改过的主题"))
    made(site, tmp_path / "backup.zip")
    result = sites.empty().command("backup", "restore", str(tmp_path / "backup.zip"))
    assert result.exit_code == 1
    assert "记录不完好" in result.stdout


def test_the_act_names_who_restored(sites: Sites, tmp_path: Path) -> None:
    site, _ = sites.filled()
    digest = made(site, tmp_path / "backup.zip")["digest"]
    place = sites.empty()
    restored(place, tmp_path / "backup.zip")
    with place.inside():
        entry = db.session.scalars(select(LedgerEntry).where(LedgerEntry.act == "record.restore")).one()
        assert entry.detail["backup"] == digest
        assert entry.actor_name == SYSTEM.name
