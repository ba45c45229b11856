"""Files are scanned by a server that speaks clamd's protocol over a real socket; one that is away costs nothing."""

from __future__ import annotations

import socketserver
import threading
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from consult.app_context import settings
from consult.faces.jobs.virus_scanning import scan
from consult.files import clamd
from consult.files.clamd import Finding, Scan
from consult.intake.models import AttachmentScan, Submission
from consult.intake.virus_scanning import PROBE
from consult.mailbox import virus_scanning
from consult.mailbox.models import MailMessage, Outcome, RefusedFile
from consult.store import db
from tests.clamd import BAD, SIGNATURE, Scanner
from tests.mailbox.letters import a_letter, canteens, ingest, stored
from tests.world import DURING

ABOUT = "关于《社区食堂管理办法》"
LARGE = b"x" * 300_000
"""More than the scanner takes."""


def a_file(name: str, data: bytes) -> Any:
    return (name, data, "text/plain")


def test_the_scanners_words_are_understood(scanner: str) -> None:
    assert clamd.scan(b"harmless" * 20_000, scanner).finding is Finding.CLEAN
    answer = clamd.scan(b"x" * 70_000 + BAD, scanner)
    assert (answer.finding, answer.words) == (Finding.INFECTED, SIGNATURE)
    assert clamd.scan(b"x" * 20_000_000, scanner).finding in (Finding.PASSED, Finding.AWAY)


@pytest.mark.parametrize("address", ["127.0.0.1:1", "/no/such/socket", "127.0.0.1", "no..host:3310", ":x"])
def test_a_scanner_that_is_not_there_is_away(address: str) -> None:
    assert clamd.scan(b"x", address, seconds=1).finding is Finding.AWAY


def test_a_scanner_may_listen_on_a_unix_socket(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with socketserver.ThreadingUnixStreamServer(path, Scanner) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        assert clamd.scan(BAD, path).finding is Finding.INFECTED
        server.shutdown()


def test_an_infected_file_stays_in_the_raw_message_and_the_others_are_taken(with_scanner: str) -> None:
    canteens()
    ingested = ingest(a_letter(ABOUT, files=(a_file("甲.txt", BAD), a_file("乙.txt", b"good"))))
    submission = stored(ingested)
    assert ingested.outcome is Outcome.STORED
    assert [file.file_name for file in submission.attachments] == ["乙.txt"]
    note = db.session.query(RefusedFile).one()
    assert (note.name, SIGNATURE in note.why) == ("甲.txt", True)
    assert not db.session.query(MailMessage).one().scan_due


def test_what_was_found_clean_at_the_door_is_not_sent_to_the_scanner_again(
    with_scanner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    canteens()
    ingest(a_letter(ABOUT, files=(a_file("甲.txt", b"good"), a_file("乙.txt", b"better"), a_file("丙.txt", LARGE))))
    whole, asked = clamd.scan, []

    def listened_to(data: bytes, address: str, *, seconds: float) -> Scan:
        asked.append(data)
        return whole(data, address, seconds=seconds)

    monkeypatch.setattr(clamd, "scan", listened_to)
    assert scan(DURING) == 3
    assert asked == [PROBE, LARGE]  # of which the scanner said neither
    assert list(db.session.scalars(select(AttachmentScan.finding).order_by(AttachmentScan.attachment_id))) == [
        Finding.CLEAN, Finding.CLEAN, Finding.PASSED,
    ]  # fmt: skip


def test_a_message_of_nothing_but_an_infected_file_is_quarantined(with_scanner: str) -> None:
    canteens()
    assert ingest(a_letter(ABOUT, "", files=(a_file("甲.txt", BAD),))).outcome is Outcome.QUARANTINED
    assert db.session.query(Submission).count() == 1


def test_while_the_scanner_is_away_files_are_taken_marked_and_scanned_later(
    app: Flask, scanner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    canteens()
    monkeypatch.setattr(settings(), "clamd_address", "127.0.0.1:1")
    ingested = ingest(a_letter(ABOUT, files=(a_file("甲.txt", BAD), a_file("乙.txt", b"good"))))
    assert [file.file_name for file in stored(ingested).attachments] == ["甲.txt", "乙.txt"]
    assert virus_scanning.UNSCANNED in ingested.why
    assert scan(DURING) == 0
    monkeypatch.setattr(settings(), "clamd_address", scanner)
    assert scan(DURING) == 2
    assert scan(DURING) == 0
    row = db.session.query(MailMessage).one()
    assert [file.name for file in row.refused] == ["甲.txt"]
    assert "1 个附件有病毒" in row.why
    assert virus_scanning.UNSCANNED not in row.why


def test_without_a_scanner_nothing_is_asked_and_nothing_waits(app: Flask) -> None:
    canteens()
    assert virus_scanning.UNSCANNED not in ingest(a_letter(ABOUT, files=(a_file("甲.txt", BAD),))).why
    assert not db.session.query(MailMessage).one().scan_due
