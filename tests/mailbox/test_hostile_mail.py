"""Hostile mail costs the worker next to nothing and its reader no more than it has; it is kept, and stops no other."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from consult.app_context import settings
from consult.files.sandbox import SECONDS
from consult.intake.models import Submission
from consult.mailbox import bounded_reading, service
from consult.mailbox.bounded_reading import HARMLESS_BYTES, PUT_ASIDE, Reader
from consult.mailbox.message_store import RawMessage, raw_of
from consult.mailbox.models import MailMessage, Outcome, RefusedFile
from consult.store import db
from tests.builders import docx_of
from tests.files.mail.bombs import MESSAGES
from tests.files.test_sandbox import does_not_end, is_killed, needs_too_much
from tests.mailbox.letters import OPINION, a_letter, canteens
from tests.world import DURING

ROOT = Path(__file__).parents[2]
ABOUT = "意见 canteens"
A_DOCUMENT = ("意见.docx", docx_of(OPINION), "application/octet-stream")
A_TEXT = ("说明.txt", "说明。".encode(), "text/plain")
_PROGRAM = """
import json, re, resource, sys
from pathlib import Path
from consult.files.sandbox import ReaderDied, Sandbox
from consult.mailbox.bounded_reading import read_file

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])

def cpu(who):
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime

if __name__ == "__main__":
    start, used = peak(), cpu(resource.RUSAGE_SELF)
    with Sandbox() as sandbox:
        try:
            mail = sandbox.of(read_file, Path(sys.argv[1]), ["a@b.cn"], ["mx.b.cn"])
            outcome = [len(mail.text), mail.unreadable, mail.defects[:2]]
        except ReaderDied as why:
            outcome = str(why)
    there = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    here = (peak() - start) / 1024, cpu(resource.RUSAGE_SELF) - used
    print(json.dumps([outcome, *here, there, cpu(resource.RUSAGE_CHILDREN)]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", MESSAGES)
def test_a_bomb_costs_the_worker_little_and_its_reader_no_more_than_it_has(name: str, tmp_path: Path) -> None:
    raw = MESSAGES[name]()
    assert len(raw) > HARMLESS_BYTES, "else the worker reads it itself"
    (tmp_path / "bomb").write_bytes(raw)
    (tmp_path / "measured.py").write_text(_PROGRAM)
    done = subprocess.run(
        [sys.executable, tmp_path / "measured.py", tmp_path / "bomb"],
        env={"PYTHONPATH": str(ROOT)}, capture_output=True, check=False, text=True, timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    outcome, worker, worker_seconds, reader, reader_seconds = json.loads(done.stdout.splitlines()[-1])
    print(f"{name}: {len(raw) / 1e6:.1f} MB, {worker:.0f} MiB {worker_seconds:.2f} s | {reader:.0f} MiB", outcome)
    assert isinstance(outcome, list), "read, or said to be unreadable, without a reader that dies"
    assert worker < 128, "what it has to store of the message, and no multiple of it"
    assert worker_seconds < 1
    assert reader < 512
    assert reader_seconds < SECONDS


def test_ordinary_mail_starts_no_process_and_what_must_be_unpacked_or_is_large_does(app: Flask) -> None:
    with Reader() as reader:
        assert OPINION in reader.message(a_letter(ABOUT), []).text
        picture = b"\x89PNG\r\n\x1a\n" + bytes(30)
        assert reader.attachment("照片.png", picture).media_type == "image/png"
        assert reader._sandbox._process is None
        packed = a_letter(ABOUT, "", files=[A_DOCUMENT])
        assert OPINION in reader.message(packed, []).text
        assert reader._sandbox._process is not None
    with Reader() as reader:
        assert OPINION in reader.message(a_letter(ABOUT, OPINION + "\n" + "同意。" * HARMLESS_BYTES), []).text
        assert reader._sandbox._process is not None


@pytest.mark.parametrize("what_it_does", [is_killed, does_not_end, needs_too_much])
def test_a_message_that_takes_its_reader_down_is_kept_and_put_aside_and_stops_no_other(
    app: Flask, what_it_does: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    canteens()
    monkeypatch.setattr(settings(), "reading_seconds", 5 if what_it_does is not does_not_end else 1)
    monkeypatch.setattr(bounded_reading, "read_file", what_it_does)
    large = a_letter(ABOUT, "坏" * HARMLESS_BYTES)
    letters = [RawMessage(a_letter(f"{ABOUT}一")), RawMessage(large), RawMessage(a_letter(f"{ABOUT}二"))]
    ingested = service.ingest_many(letters, at=DURING)
    assert [result.outcome for result in ingested] == [Outcome.STORED, Outcome.QUARANTINED, Outcome.STORED]
    row = db.session.query(MailMessage).filter_by(outcome=Outcome.QUARANTINED).one()
    assert PUT_ASIDE in row.why
    assert raw_of(row) == large
    assert service.pending() == []
    assert db.session.query(Submission).count() == 3, "somebody is asked to look at it"


def test_a_file_that_takes_its_reader_down_is_refused_and_its_letter_taken(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    canteens()
    monkeypatch.setattr(bounded_reading, "check_file", is_killed)
    raw = a_letter(ABOUT, files=[A_DOCUMENT, A_TEXT])
    assert service.ingest(raw, source="a.eml", at=DURING).outcome is Outcome.STORED
    refused = db.session.query(RefusedFile).one()
    assert (refused.name, "没有在限定的时间和内存内查完" in refused.why) == ("意见.docx", True)
    assert [file.file_name for file in db.session.query(Submission).one().attachments] == ["说明.txt"]


def test_a_bomb_in_a_letter_is_refused_in_words(app: Flask) -> None:
    canteens()
    raw = MESSAGES["a ZIP with one text of 250 MB"]()
    service.ingest(raw, source="a.eml", at=DURING)
    assert "《a.zip》过于复杂" in db.session.query(RefusedFile).one().why


def test_the_files_of_one_letter_take_no_more_than_their_time_together(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    canteens()
    monkeypatch.setattr(bounded_reading, "FILES_SECONDS", -1)
    raw = a_letter(ABOUT, files=[A_DOCUMENT, A_TEXT])
    assert service.ingest(raw, source="a.eml", at=DURING).outcome is Outcome.STORED
    assert "其他附件已经用去限定的时间" in db.session.query(RefusedFile).one().why
    assert [file.file_name for file in db.session.query(Submission).one().attachments] == ["说明.txt"]
