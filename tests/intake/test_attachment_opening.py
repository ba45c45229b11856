"""What the public attaches is opened by the worker after the receipt; what is unfit is held back, nothing lost."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from consult.accounts.models import Role
from consult.app_context import blobs
from consult.drafting.models import Consultation
from consult.faces import jobs
from consult.faces.cli.ledger import everything_wrong
from consult.files import uploaded_files
from consult.files.attachments import check
from consult.files.sandbox import ATTEMPTS
from consult.intake import attachment_opening, search
from consult.intake.attachment_opening import HOLD_BACK, TOO_MUCH, WAITING, open_new, refused, unfit
from consult.intake.errors import Unfit
from consult.intake.models import AttachmentOpening, Channel, FileAttempt, Submission
from consult.intake.virus_scanning import content_of
from consult.ledger.models import LedgerEntry
from consult.ledger.verification import CheckedCounts
from consult.store import db
from tests.builders import NOON, a_submission, an_actor, an_open_consultation
from tests.files import bombs, samples
from tests.files.test_sandbox import is_killed
from tests.together import both

LIMIT = 20 << 20
LATER = NOON + timedelta(hours=1)
GOOD = samples.docx("建议延长营业时间。")
PROGRAM = samples.zipped({"坏.exe": b"MZ" + bytes(90)})


@pytest.fixture
def consultation(app: Flask) -> Consultation:
    return an_open_consultation(an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER))


def sent(consultation: Consultation, *files: tuple[str, bytes], channel: Channel = Channel.WEB) -> Submission:
    """Return a submission with files, taken as the public form takes them."""
    kept = [uploaded_files.glance(name, io.BytesIO(data), max_bytes=LIMIT) for name, data in files]
    blobs().put_many([data for _, data in files])
    return a_submission(consultation, "见附件。", at=LATER, attachments=tuple(kept), channel=channel).submission


def faults() -> list[object]:
    db.session.expire_all()
    return list(everything_wrong(CheckedCounts()))


def test_a_container_is_handed_on_once_it_was_opened_and_not_before(consultation: Consultation) -> None:
    submission = sent(consultation, ("意见.docx", GOOD), ("照片.png", b"\x89PNG\r\n\x1a\n" + bytes(30)))
    document, picture = submission.attachments
    with pytest.raises(Unfit, match=WAITING):
        content_of(document)
    assert content_of(picture)[:4] == b"\x89PNG", "needs no opening"
    assert jobs.run("open-attachments") == 1
    assert jobs.run("open-attachments") == 0
    assert content_of(document) == GOOD
    assert faults() == []


def test_an_unfit_one_is_kept_named_in_the_record_and_handed_to_nobody(consultation: Consultation) -> None:
    submission = sent(consultation, ("全部.zip", PROGRAM), ("像.docx", samples.zipped({"一.txt": b"a"})))
    assert open_new(LATER) == 2
    program, misnamed = submission.attachments
    assert set(unfit([program, misnamed])) == {program.id, misnamed.id}
    with pytest.raises(Unfit, match=r"不能下载：里有不能接收的文件（附件《坏\.exe》"):
        content_of(program)
    assert blobs().get(program.digest) == PROGRAM
    entries = db.session.scalars(select(LedgerEntry).where(LedgerEntry.act == HOLD_BACK)).all()
    assert sorted((entry.subject, entry.detail["position"]) for entry in entries) == [
        (f"submission:{submission.number}", 0),
        (f"submission:{submission.number}", 1),
    ]
    assert search.read_new(LATER) == 1
    assert faults() == []


@pytest.mark.parametrize("forgery", ["cleared", "deleted", "invented"])
def test_a_finding_that_is_changed_behind_the_applications_back_is_named(
    consultation: Consultation, forgery: str
) -> None:
    sent(consultation, ("全部.zip", PROGRAM), ("意见.docx", GOOD))
    open_new(LATER)
    statement = {
        "cleared": update(AttachmentOpening).values(refusal=""),
        "deleted": delete(AttachmentOpening).where(AttachmentOpening.refusal != ""),
        "invented": update(AttachmentOpening).where(AttachmentOpening.refusal == "").values(refusal="坏了"),
    }[forgery]
    db.session.execute(statement)
    db.session.commit()
    assert any("附件检查" in str(fault) for fault in faults())


def test_a_file_that_kills_its_reader_stops_no_other_and_is_held_back_at_the_third_time(
    consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission = sent(consultation, ("坏.zip", samples.zipped({"a": b"b"})), ("意见.docx", GOOD))
    bad, good = submission.attachments
    with monkeypatch.context() as patched:
        patched.setattr(attachment_opening, "try_opening", is_killed)
        for _ in range(ATTEMPTS - 1):
            assert open_new(LATER) == 0
        assert unfit([bad, good]) == {bad.id: WAITING, good.id: WAITING}
    assert open_new(LATER) == 2
    assert refused([bad, good]) == {}
    again = sent(consultation, ("坏.zip", samples.zipped({"c": b"d"})))
    monkeypatch.setattr(attachment_opening, "try_opening", is_killed)
    assert [open_new(LATER) for _ in range(ATTEMPTS)] == [0, 0, 1]
    assert refused(again.attachments) == {again.attachments[0].id: TOO_MUCH}
    assert db.session.scalars(select(FileAttempt)).all() == []
    assert faults() == []


def test_what_was_checked_at_another_door_waits_for_nothing(consultation: Consultation) -> None:
    submission = sent(consultation, ("意见.docx", GOOD), channel=Channel.LETTER)
    assert open_new(LATER) == 0
    assert content_of(submission.attachments[0]) == GOOD


@pytest.mark.parametrize("name", ["套.zip", "目录.zip"])
def test_a_bomb_waits_for_the_worker_and_is_opened_in_a_bounded_process(consultation: Consultation, name: str) -> None:
    submission = sent(consultation, (name, bombs.ATTACHMENTS[name]()))
    assert open_new(LATER) == 1
    with pytest.raises(Unfit):
        content_of(submission.attachments[0])


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("意见.docx", GOOD),
        ("意见.doc", GOOD),
        ("全部.zip", samples.zipped({"一.txt": b"a"})),
        ("旧.doc", samples.ole("WordDocument")),
        ("旧.xls", samples.ole("Workbook")),
        ("图纸.pdf", b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"),
        ("照片.png", b"\x89PNG\r\n\x1a\n" + bytes(30)),
    ],
)
def test_a_file_that_is_what_its_name_says_is_taken_for_it(name: str, data: bytes) -> None:
    assert uploaded_files.glance(name, io.BytesIO(data), max_bytes=LIMIT) == check(name, data, max_bytes=LIMIT)


def test_what_two_workers_open_at_once_is_noted_once(app: Flask, consultation: Consultation) -> None:
    ids = [file.id for file in sent(consultation, ("坏.zip", PROGRAM), ("意见.docx", GOOD)).attachments]
    db.session.rollback()

    def write_down() -> None:
        attachment_opening._write_down({ids[0]: "有可执行文件", ids[1]: ""}, LATER)

    both(app, write_down, write_down)
    assert db.session.scalars(select(AttachmentOpening.attachment_id)).all() == ids
    assert len(db.session.scalars(select(LedgerEntry).where(LedgerEntry.act == HOLD_BACK)).all()) == 1
    assert faults() == []
