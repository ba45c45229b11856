"""Attachments of every channel are scanned after they were taken; an infected one is held back and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import event, select, update

from consult.accounts.models import Role
from consult.app_context import blobs, settings
from consult.drafting.models import Consultation
from consult.faces import jobs
from consult.faces.cli.ledger import everything_wrong
from consult.files import clamd
from consult.files.attachments import check
from consult.files.clamd import Finding, Scan
from consult.files.sandbox import ATTEMPTS
from consult.intake import search, verification, virus_scanning
from consult.intake.errors import HeldBack
from consult.intake.models import Attachment, AttachmentScan, Channel, FileAttempt, Submission
from consult.intake.virus_scanning import ASK_AGAIN, HOLD_BACK, content_of, held_back, scan_new
from consult.ledger.models import LedgerEntry
from consult.ledger.verification import CheckedCounts
from consult.store import db
from consult.text.search_terms import tokens
from tests.builders import NOON, a_submission, an_actor, an_open_consultation
from tests.clamd import BAD, DEADLY, DUMB, SIGNATURE, listening

LATER = NOON + timedelta(hours=1)
NOBODY = "127.0.0.1:1"


@pytest.fixture
def consultation(with_scanner: str) -> Consultation:
    """An open consultation of a department that has a scanner."""
    return an_open_consultation(an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER))


def sent(consultation: Consultation, *files: bytes, **fields: object) -> Submission:
    """Return a submission with text files."""
    kept = [check(f"附件{n}.txt", data, max_bytes=1 << 20) for n, data in enumerate(files)]
    blobs().put_many(files)
    receipt = a_submission(consultation, "见附件。", at=LATER, attachments=tuple(kept), **fields)
    return receipt.submission


def findings() -> list[Finding]:
    """Return what was said of each attachment, in the order of their coming."""
    return list(db.session.scalars(select(AttachmentScan.finding).order_by(AttachmentScan.attachment_id)))


def held() -> list[LedgerEntry]:
    """Return the entries of files that were held back."""
    return list(db.session.scalars(select(LedgerEntry).where(LedgerEntry.act == HOLD_BACK)))


def faults() -> list[object]:
    db.session.expire_all()
    return list(everything_wrong(CheckedCounts()))


@pytest.mark.parametrize("channel", [Channel.WEB, Channel.PORTAL, Channel.LETTER, Channel.HOTLINE])
def test_an_infected_file_is_held_back_whatever_way_it_came(consultation: Consultation, channel: Channel) -> None:
    submission = sent(consultation, BAD, b"good", channel=channel)
    before = [(file.id, file.file_name, file.digest) for file in submission.attachments]
    assert jobs.run("scan") == 2
    assert jobs.run("scan") == 0
    infected, clean = db.session.get_one(Submission, submission.id).attachments
    with pytest.raises(HeldBack, match=f"^这个附件被病毒扫描隔离：{SIGNATURE}$"):
        content_of(infected)
    assert content_of(clean) == b"good"
    assert [(file.id, file.file_name, file.digest) for file in (infected, clean)] == before
    assert blobs().get(infected.digest) == BAD
    (entry,) = held()
    assert (entry.subject, entry.digest) == (f"submission:{submission.number}", infected.digest)
    assert entry.detail == {"position": 0, "signature": SIGNATURE}
    assert faults() == []


def test_without_a_scanner_nothing_is_asked_and_one_named_later_looks_at_what_came_before(
    consultation: Consultation, scanner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "clamd_address", "")
    sent(consultation, BAD)
    assert scan_new(LATER) == 0
    monkeypatch.setattr(settings(), "clamd_address", scanner)
    assert scan_new(LATER) == 1
    assert findings() == [Finding.INFECTED]


def test_a_scanner_that_is_away_is_asked_again_and_notes_nothing(
    consultation: Consultation, scanner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(consultation, BAD, b"good")
    monkeypatch.setattr(settings(), "clamd_address", NOBODY)
    assert scan_new(LATER) == 0
    assert findings() == []
    monkeypatch.setattr(settings(), "clamd_address", scanner)
    assert scan_new(LATER) == 2


def test_a_file_without_an_answer_stops_no_other_and_is_tried_again(consultation: Consultation) -> None:
    sent(consultation, DUMB, BAD)
    lost = sent(consultation, b"lost").attachments[0]
    blobs().path(lost.digest).unlink()
    assert scan_new(LATER) == 1
    assert findings() == [Finding.AWAY, Finding.INFECTED, Finding.AWAY]
    blobs().put(b"lost")
    assert scan_new(LATER + ASK_AGAIN - timedelta(seconds=1)) == 0
    assert scan_new(LATER + ASK_AGAIN) == 1
    assert findings() == [Finding.AWAY, Finding.INFECTED, Finding.CLEAN]


def test_a_file_that_the_scanner_goes_away_over_stops_no_other_and_is_tried_again(
    consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    deadly, infected = sent(consultation, DEADLY, BAD).attachments

    def scanned_by_a_fresh_one(at: datetime) -> int:
        with listening() as address:
            monkeypatch.setattr(settings(), "clamd_address", address)
            return scan_new(at)

    for _ in range(ATTEMPTS):
        assert scanned_by_a_fresh_one(LATER) == 0
    assert findings() == [Finding.AWAY]
    assert scanned_by_a_fresh_one(LATER) == 1
    assert findings() == [Finding.AWAY, Finding.INFECTED]
    assert set(held_back([deadly, infected])) == {infected.id}
    for at in (LATER + ASK_AGAIN, LATER + ASK_AGAIN):
        assert scanned_by_a_fresh_one(at) == 0
    blobs().path(deadly.digest).unlink()
    assert scanned_by_a_fresh_one(LATER + 3 * ASK_AGAIN) == 0
    assert findings() == [Finding.AWAY, Finding.INFECTED]


def test_a_scanner_that_is_away_counts_against_no_file(
    consultation: Consultation, scanner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(consultation, b"good")
    monkeypatch.setattr(settings(), "clamd_address", NOBODY)
    for _ in range(2 * ATTEMPTS):
        scan_new(LATER)
    assert db.session.scalars(select(FileAttempt)).all() == []
    monkeypatch.setattr(settings(), "clamd_address", scanner)
    assert scan_new(LATER) == 1
    assert (findings(), db.session.scalars(select(FileAttempt)).all()) == ([Finding.CLEAN], [])


def test_a_file_that_is_too_large_for_the_scanner_is_handed_on(consultation: Consultation) -> None:
    file = sent(consultation, b"x" * 300_000).attachments[0]
    scan_new(LATER)
    assert content_of(db.session.get_one(Attachment, file.id)) == b"x" * 300_000


@pytest.mark.parametrize("order", ["read then scanned", "scanned then read"])
def test_the_words_of_a_file_that_is_held_back_are_not_found(consultation: Consultation, order: str) -> None:
    number = sent(consultation, BAD + "电梯补贴".encode(), "停车收费".encode()).number

    def numbers_found(words: str) -> list[str]:
        return [hit.submission.number for hit in search.find(consultation.id, words)]

    if order == "read then scanned":
        jobs.run("search")
        assert numbers_found("电梯补贴") == [number]
    jobs.run("scan")
    jobs.run("search")
    jobs.run("search")
    assert numbers_found("电梯补贴") == []
    assert numbers_found("停车收费") == numbers_found("附件0") == numbers_found("见附件") == [number]
    indexed = select(search.SubmissionToken.token).where(search.SubmissionToken.token.in_(tokens("电梯补贴")))
    assert list(db.session.scalars(indexed)) == []
    assert not db.session.scalar(select(AttachmentScan.search_due).where(AttachmentScan.search_due.is_(True)))


class Killed(BaseException):
    """The process ends here."""


@contextmanager
def killed_at(statement: int) -> Iterator[list[str]]:
    """End whatever runs at a statement, counted from 1; the list tells what came so far."""
    seen: list[str] = []

    def count(_connection: object, _cursor: object, sql: str, *_rest: object) -> None:
        seen.append(sql)
        if len(seen) == statement:
            raise Killed

    event.listen(db.engine, "before_cursor_execute", count)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", count)


def test_killed_at_any_statement_each_file_is_held_back_once(consultation: Consultation) -> None:
    submission = sent(consultation, BAD + "电梯补贴".encode(), b"good")
    search.read_new(LATER)
    for statement in range(1, 100):
        with killed_at(statement):
            try:
                scan_new(LATER)
                search.read_again(LATER)
                break
            except Killed:
                db.session.rollback()
        assert len(held()) == findings().count(Finding.INFECTED) <= 1
    assert 8 < statement < 99
    assert findings() == [Finding.INFECTED, Finding.CLEAN]
    assert [entry.subject for entry in held()] == [f"submission:{submission.number}"]
    assert search.find(consultation.id, "电梯补贴") == []
    assert faults() == []


def test_two_workers_at_once_hold_a_file_back_once(
    app: Flask, consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(consultation, BAD)
    db.session.commit()
    both = Barrier(2, timeout=10)

    def scan_together(data: bytes) -> Scan | None:
        both.wait()  # neither writes down what it found before the other has looked
        return clamd.scan(data, settings().clamd_address)

    monkeypatch.setattr(virus_scanning, "scan", scan_together)

    def worker(_n: int) -> int:
        with app.app_context():
            return scan_new(LATER)

    with ThreadPoolExecutor(2) as workers:
        assert list(workers.map(worker, range(2))) == [1, 1]
    assert findings() == [Finding.INFECTED]
    assert len(held()) == 1


def test_a_file_that_somebody_hides_without_a_scan_is_named(consultation: Consultation) -> None:
    submission = sent(consultation, b"good")
    scan_new(LATER)
    db.session.execute(update(AttachmentScan).values(finding=Finding.INFECTED, signature="X"))
    db.session.commit()
    assert [(fault.where, fault.which) for fault in verification.faults()] == [("submission", submission.number)]
