"""Submissions found by their words and those of their attachments."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select

from consult.accounts.models import Role
from consult.app_context import blobs
from consult.drafting.models import Consultation
from consult.files.attachments import CheckedAttachment, check
from consult.intake import search
from consult.intake.arrival import ArrivalPart
from consult.intake.attachment_text import Reader
from consult.intake.models import Submission
from consult.intake.search import SubmissionText, SubmissionToken
from consult.store import db
from tests.builders import NOON, a_submission, an_actor, an_open_consultation, docx_of

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def consultation(app: Flask) -> Consultation:
    """An open consultation."""
    return an_open_consultation(an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER))


def a_file(name: str, data: bytes) -> CheckedAttachment:
    """Return a stored attachment."""
    blobs().put(data)
    return check(name, data, max_bytes=1 << 20)


def sent(consultation: Consultation, *parts: str | ArrivalPart, **fields: object) -> str:
    """Return the number of a submission."""
    return a_submission(consultation, *parts, at=LATER, **fields).number


def numbers_found(consultation: Consultation, words: str, **options: int) -> list[str]:
    """Return the numbers of what is found."""
    return [result.submission.number for result in search.find(consultation.id, words, **options)]


def test_what_was_said_who_said_it_and_its_subject_are_found(consultation: Consultation) -> None:
    first = sent(
        consultation, "建议延长营业时间。", ArrivalPart("老年人优惠太少", "art-3"), name="某餐饮公司", raw=b"1"
    )
    second = sent(consultation, "建议延长\n营业 时间，并公示价格。", subject="ＰＭ2.5", raw=b"2")
    assert search.read_new(LATER) == 2
    assert numbers_found(consultation, "营业时间") == [second, first]
    assert numbers_found(consultation, "营业时间 价格") == [second]
    assert numbers_found(consultation, "老年人优惠") == [first]
    assert numbers_found(consultation, "餐饮公司") == [first]
    assert numbers_found(consultation, "pm2.5") == [second]
    assert numbers_found(consultation, "停车") == []
    assert numbers_found(consultation, "营") == []
    assert numbers_found(consultation, "") == []


def test_the_words_of_attachments_are_found(consultation: Consultation) -> None:
    files = (
        a_file("盖章意见.docx", docx_of("第四条的公开方式应当写明招标。")),
        a_file("图.png", b"\x89PNG\r\n\x1a\n" + bytes(40)),
    )
    number = sent(consultation, "见附件。", attachments=files)
    search.read_new(LATER)
    (hit,) = search.find(consultation.id, "写明招标")
    assert (hit.submission.number, hit.in_files) == (number, True)
    assert ("写明招标", True) in hit.excerpt
    assert numbers_found(consultation, "盖章意见") == [number]


def test_a_file_that_is_gone_hides_nothing_else(consultation: Consultation) -> None:
    file = a_file("附件.txt", "招标公告".encode())
    number = sent(consultation, "见附件，另外建议延长时间。", attachments=(file,))
    blobs().path(file.digest).unlink()
    assert search.read_new(LATER) == 1
    assert numbers_found(consultation, "延长时间") == [number]


def test_pairs_without_the_term_are_not_taken_for_it(consultation: Consultation) -> None:
    sent(consultation, "加装、装电、电梯")
    search.read_new(LATER)
    assert numbers_found(consultation, "加装电梯") == []


def test_another_consultation_is_not_searched(consultation: Consultation) -> None:
    other = an_open_consultation(an_actor(Role.DRAFTER, "b"), an_actor(Role.PUBLISHER, "c"))
    sent(other, "建议延长营业时间。")
    search.read_new(LATER)
    assert numbers_found(consultation, "营业时间") == []


def test_pages_hold_everything_once(consultation: Consultation) -> None:
    numbers = [sent(consultation, f"第{n}件：建议延长营业时间。", raw=str(n).encode()) for n in range(7)]
    search.read_new(LATER)
    seen: list[str] = []
    before = 0
    while hits := search.find(consultation.id, "营业时间", before=before, limit=3):
        seen += [hit.submission.number for hit in hits]
        before = hits[-1].submission.id
    assert seen == numbers[::-1]


def test_read_again_nothing_is_read_twice(consultation: Consultation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "BATCH", 2)
    for n in range(5):
        sent(consultation, f"第{n}件。", raw=str(n).encode())
    assert search.read_new(LATER) == 5
    assert search.read_new(LATER) == 0
    assert db.session.scalar(select(func.count()).select_from(SubmissionText)) == 5


def test_two_workers_at_once_read_each_submission_once(
    app: Flask, consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = sent(consultation, "建议延长营业时间。")
    db.session.commit()
    both, read = Barrier(2, timeout=10), search._read

    def read_together(submissions: Sequence[Submission], reader: Reader) -> list[tuple[int, str, str]]:
        both.wait()  # neither keeps what it read before the other has looked
        return read(submissions, reader)

    monkeypatch.setattr(search, "_read", read_together)

    def worker(_n: int) -> int:
        with app.app_context():
            return search.read_new(LATER)

    with ThreadPoolExecutor(2) as workers:
        assert sorted(workers.map(worker, range(2))) == [0, 1]
    assert numbers_found(consultation, "营业时间") == [number]


def test_one_whose_transaction_took_longer_is_read_all_the_same(consultation: Consultation) -> None:
    first = sent(consultation, "第一件，来得慢。", raw=b"1")
    sent(consultation, "第二件。", raw=b"2")
    search.read_new(LATER)
    id_ = db.session.scalar(select(Submission.id).where(Submission.number == first))
    for table in (SubmissionText, SubmissionToken):
        db.session.execute(db.delete(table).where(table.submission_id == id_))
    db.session.commit()
    assert search.read_new(LATER) == 1
    assert numbers_found(consultation, "来得慢") == [first]
