"""Files that staff upload are scanned as attachments are, found by state, and held back whatever row names them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from consult.accounts.models import Role
from consult.accounts.permissions import Actor
from consult.app_context import blobs, settings
from consult.drafting import versions
from consult.drafting.models import Consultation, VersionKind
from consult.faces import jobs
from consult.faces.cli.ledger import everything_wrong
from consult.faces.jobs.virus_scanning import HANDED_ON
from consult.files.clamd import Finding
from consult.files.sandbox import ATTEMPTS
from consult.intake import file_scans
from consult.intake.errors import HeldBack
from consult.intake.file_scans import HOLD_BACK, content_of, held_back
from consult.intake.models import FileScan
from consult.intake.virus_scanning import ASK_AGAIN
from consult.ledger import verification
from consult.ledger.models import LedgerEntry
from consult.store import Base, db
from tests.builders import DRAFT, NOON, an_actor, an_open_consultation
from tests.clamd import BAD, DEADLY, DUMB, SIGNATURE, listening
from tests.together import both

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def drafter(with_scanner: str) -> Actor:
    """Somebody of a department that has a scanner."""
    return an_actor(Role.DRAFTER)


@pytest.fixture
def consultation(drafter: Actor) -> Consultation:
    """An open consultation, whose draft is a file of the desk."""
    return an_open_consultation(drafter, an_actor(Role.PUBLISHER))


def another(drafter: Actor, consultation: Consultation, mark: bytes) -> str:
    """Return the digest of a draft's file with something in it."""
    data = f"{DRAFT}\n".encode() + mark
    revised = VersionKind.REVISED
    return versions.add_version(
        drafter, consultation, kind=revised, file_name="修改稿.txt", data=data, at=LATER
    ).file_digest


def scan_new(hours: int = 0) -> int:
    """Do what the worker does."""
    return file_scans.scan_new(HANDED_ON, LATER + timedelta(hours=hours))


def faults() -> list[str]:
    """Return the kinds of things that aren't as they were recorded."""
    db.session.expire_all()
    return [fault.where for fault in everything_wrong(verification.CheckedCounts())]


def test_a_draft_is_scanned_and_an_infected_one_held_back(drafter: Actor, consultation: Consultation) -> None:
    infected = another(drafter, consultation, BAD)
    clean = consultation.versions[0].file_digest
    assert jobs.run("scan-files") == 2
    assert jobs.run("scan-files") == 0
    with pytest.raises(HeldBack, match=f"^这个文件被病毒扫描隔离：{SIGNATURE}$"):
        content_of(infected)
    assert content_of(clean) == blobs().get(clean)
    assert held_back([infected, clean]) == {infected: SIGNATURE}
    assert BAD in blobs().get(infected)
    (entry,) = db.session.scalars(select(LedgerEntry).where(LedgerEntry.act == HOLD_BACK))
    assert (entry.subject, entry.digest, entry.detail) == (f"file:{infected}", infected, {"signature": SIGNATURE})
    assert faults() == []


def test_what_was_uploaded_before_there_was_a_scanner_is_scanned_once_there_is(
    consultation: Consultation, scanner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "clamd_address", "")
    assert scan_new() == 0
    monkeypatch.setattr(settings(), "clamd_address", "127.0.0.1:1")
    assert scan_new() == 0
    monkeypatch.setattr(settings(), "clamd_address", scanner)
    assert scan_new() == 1


def test_one_file_that_two_rows_name_is_scanned_once(drafter: Actor, consultation: Consultation) -> None:
    assert another(drafter, consultation, b"x") == another(drafter, consultation, b"x")
    assert scan_new() == 2


def test_a_file_without_an_answer_stops_no_other_and_is_tried_again(drafter: Actor, consultation: Consultation) -> None:
    silent = another(drafter, consultation, DUMB)
    assert scan_new() == 1
    assert db.session.get_one(FileScan, silent).finding is Finding.AWAY
    assert content_of(silent)
    assert scan_new(hours=1) == 0
    assert db.session.get_one(FileScan, silent).scanned_at == LATER + ASK_AGAIN


def test_a_file_that_the_scanner_goes_away_over_stops_no_other(
    drafter: Actor, consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    deadly = another(drafter, consultation, DEADLY)
    done = 0
    for _ in range(ATTEMPTS + 1):
        with listening() as address:
            monkeypatch.setattr(settings(), "clamd_address", address)
            done += scan_new()
    assert done == 1
    assert db.session.get_one(FileScan, deadly).finding is Finding.AWAY


def test_two_workers_at_once_hold_a_file_back_once(app: Flask, drafter: Actor, consultation: Consultation) -> None:
    digest = another(drafter, consultation, BAD)
    scans = {digest: file_scans.virus_scanning.Scan(Finding.INFECTED, SIGNATURE)}

    def write_down() -> None:
        file_scans._write_down(scans, LATER)

    both(app, write_down, write_down)
    assert len(db.session.scalars(select(LedgerEntry).where(LedgerEntry.act == HOLD_BACK)).all()) == 1


def test_a_finding_that_is_changed_behind_the_application_is_named(drafter: Actor, consultation: Consultation) -> None:
    another(drafter, consultation, BAD)
    scan_new()
    infected = FileScan.finding == Finding.INFECTED
    for touched in (
        update(FileScan).where(infected).values(signature="X"),
        update(FileScan).where(infected).values(finding=Finding.CLEAN),
        update(FileScan).values(finding=Finding.INFECTED, signature="X"),
        delete(FileScan),
    ):
        db.session.execute(touched)
        db.session.flush()
        assert {fault.where for fault in file_scans.faults()} == {"file"}
        db.session.rollback()


NEVER_HANDED_ON = {
    "Attachment.digest": "scanned by itself",
    "TableImport.digest": "read, never given out",
    "TableImport.account": "written here",
    "ArchivePackage.digest": "written here",
    "RawForm.blob": "given out as it came; the page says so",
    "RawForm.erased_digest": "of what was deleted",
    "MailMessage.blob": "given out as it came; the page says so",
    "RefusedFile.digest": "not taken",
    "StaffUpload.digest": "read by the worker, never given out",
    "Invitation.sent_digest": "of a sealed letter, which is scanned by its own row",
    "NoticePosting.account": "an account of new media, no file",
    "Review.version_digest": "of a version, which is scanned by its own row",
    **dict.fromkeys(
        (
            *("FeedbackReport.digest", "FindDecision.digest", "LedgerEntry.digest", "MailMessage.digest"),
            *("ReportScan.digest", "Submission.digest"),
        ),
        "of no file",
    ),
    **dict.fromkeys(("FileAttempt.digest", "FileScan.digest"), "what is known of a file that another row names"),
}


def test_every_place_is_looked_at_where_a_row_names_a_file_that_is_given_out() -> None:
    names_files = {
        f"{mapper.class_.__name__}.{column.key}"
        for mapper in Base.registry.mappers
        for column in mapper.columns
        if column.key.endswith(("digest", "blob", "account"))
    }
    handed_on = {f"{column.class_.__name__}.{column.key}" for column in HANDED_ON}
    assert names_files - set(NEVER_HANDED_ON) == handed_on
