"""Attachments that take their reader down: tried again, put aside, and nothing else is held up or lost by it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from consult.accounts.models import Role
from consult.app_context import blobs, settings
from consult.drafting.models import Consultation
from consult.faces import jobs
from consult.files.attachments import check
from consult.files.sandbox import ATTEMPTS, Sandbox, SandboxStopped
from consult.files.text_extraction import text_of_blob
from consult.intake import attachment_text, reading_attempts, search
from consult.intake.models import Attachment, FileAttempt, Submission, Work
from consult.store import db
from tests.builders import NOON, a_submission, an_actor, an_open_consultation
from tests.files.test_sandbox import does_not_end, is_killed, is_told_to_end

DEADLY = "这份附件会中断读取程序".encode()


def dies_of_one(root: Path, digest: str, media_type: str) -> str:
    """Read a file; one of them takes its reader down."""
    text = text_of_blob(root, digest, media_type)
    return is_killed() if DEADLY.decode() in text else text


@pytest.fixture
def consultation(app: Flask) -> Consultation:
    """An open consultation."""
    return an_open_consultation(an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER))


def sent(consultation: Consultation, content: str, *files: bytes) -> Submission:
    """Return a submission with text files."""
    blobs().put_many(files)
    kept = tuple(check(f"材料{n}.txt", data, max_bytes=1 << 20) for n, data in enumerate(files))
    return a_submission(consultation, content, at=NOON, attachments=kept, raw=content.encode()).submission


def numbers_found(consultation: Consultation, words: str) -> list[str]:
    """Return the numbers of what is found."""
    return [hit.submission.number for hit in search.find(consultation.id, words)]


def begun() -> list[int]:
    """Return how often the reading of each file was begun that hasn't come to its end."""
    return list(db.session.scalars(select(FileAttempt.begun).where(FileAttempt.put_aside_at.is_(None))))


def unread(submission: Submission) -> set[int]:
    """Return the positions of the files whose words can't be found."""
    files = db.session.scalars(select(Attachment).where(Attachment.submission_id == submission.id)).all()
    ids = attachment_text.unread(files)
    return {file.position for file in files if file.id in ids}


def test_a_file_that_takes_its_reader_down_is_put_aside_and_everything_else_is_found(
    consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachment_text, "text_of_blob", dies_of_one)
    bad = sent(consultation, "建议延长营业时间。", "停车收费".encode(), DEADLY, "电梯补贴".encode())
    good = sent(consultation, "建议公示价格。", "食堂卫生".encode())
    for attempt in range(1, ATTEMPTS):
        jobs.run("search")
        assert numbers_found(consultation, "食堂卫生") == [good.number], "it holds up no other"
        assert (unread(bad), max(begun())) == (set(), attempt)
    jobs.run("search")
    for words in ("延长营业", "停车收费", "电梯补贴", "材料1"):
        assert numbers_found(consultation, words) == [bad.number]
    assert (unread(bad), unread(good), begun()) == ({1}, set(), [])
    assert blobs().get(bad.attachments[1].digest) == DEADLY
    assert jobs.run("search") == 0


def test_the_same_file_sent_again_is_not_tried_again(
    consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(attachment_text, "text_of_blob", dies_of_one)
        sent(consultation, "第一件。", DEADLY)
        for _ in range(ATTEMPTS):
            search.read_new(NOON)
    again = sent(consultation, "第二件，同一份附件。", DEADLY)
    search.read_new(NOON)
    assert numbers_found(consultation, "同一份附件") == [again.number]
    assert unread(again) == {0}


def test_a_file_that_lets_its_reader_come_to_no_end_is_put_aside(
    consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachment_text, "text_of_blob", does_not_end)
    monkeypatch.setattr(settings(), "reading_seconds", 0.2)
    submission = sent(consultation, "建议延长营业时间。", DEADLY)
    for _ in range(ATTEMPTS):
        search.read_new(NOON)
    assert numbers_found(consultation, "延长营业") == [submission.number]
    assert unread(submission) == {0}


class Killed(BaseException):
    """The process ends here."""


def test_a_file_whose_reader_was_killed_from_outside_however_often_is_read_in_the_end(
    consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission = sent(consultation, "见附件。", "停车收费".encode())

    def killed(*_: object) -> str:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Sandbox, "of", killed)
        for attempt in range(1, 2 * ATTEMPTS):
            with pytest.raises(Killed):
                search.read_new(NOON)
            db.session.rollback()
            assert begun() == [attempt], "it is counted before the reading begins"
    assert search.read_new(NOON) == 1
    assert numbers_found(consultation, "停车收费") == [submission.number]
    assert (unread(submission), begun()) == (set(), [])


def test_a_reader_that_is_told_to_end_says_nothing_of_the_file(
    consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission = sent(consultation, "见附件。", "停车收费".encode())
    with monkeypatch.context() as patch:
        patch.setattr(attachment_text, "text_of_blob", is_told_to_end)
        for _ in range(2 * ATTEMPTS):
            with pytest.raises(SandboxStopped):
                jobs.run("search")
    jobs.run("search")
    assert numbers_found(consultation, "停车收费") == [submission.number]


def test_a_file_that_was_read_is_noted_once_however_many_batches_follow(
    consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[int] = []

    def count(work: Work, digests: Collection[str], ended: Callable[..., None] = reading_attempts.ended) -> None:
        noted.append(len(digests))
        ended(work, digests)

    monkeypatch.setattr(reading_attempts, "ended", count)
    monkeypatch.setattr(search, "BATCH", 1)
    for words in ("停车收费", "食堂卫生", "电梯补贴"):
        sent(consultation, "见附件。", words.encode())
    assert search.read_new(NOON) == 3
    assert (noted, begun()) == ([1, 1, 1], [])


def test_the_counts_are_by_what_is_done_with_a_file(consultation: Consultation) -> None:
    assert [reading_attempts.begin(work, "a" * 64) for work in (Work.SEARCH, Work.SCAN, Work.SEARCH)] == [1, 1, 2]
