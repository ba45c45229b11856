"""What becomes of a message: kept first, counted once, read as far as it goes."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from consult.accounts.models import Role
from consult.drafting.models import Consultation
from consult.files import sandbox
from consult.files.mail import Mail
from consult.intake import batches, receipts, verification
from consult.intake.arrival import Arrival
from consult.intake.models import Channel, Submission
from consult.mailbox import bounded_reading, message_store, routing, service
from consult.mailbox.message_store import RawMessage
from consult.mailbox.models import MailMessage, Outcome, RefusedFile
from consult.store import counters, db
from tests.builders import docx_of
from tests.files.test_sandbox import is_killed
from tests.mailbox.letters import OPINION, a_letter, canteens, drafting, ingest, stored
from tests.world import AFTER, DURING, PUBLISHED, actor, open_consultation

ABOUT = "关于《社区食堂管理办法》"


def test_a_message_is_a_submission_with_the_senders_words(app: Flask) -> None:
    canteens()
    raw = a_letter(ABOUT)
    submission = stored(ingest(raw))
    assert submission.channel is Channel.MAILBOX
    assert [part.content for part in submission.parts] == [OPINION]
    assert (submission.name, submission.contact) == ("王芳", "wangfang@example.cn")
    assert submission.raw.body == raw
    assert submission.received_at == DURING
    assert list(verification.faults()) == []


def test_the_same_message_again_is_a_duplicate_with_the_first_number(app: Flask) -> None:
    canteens()
    raw = a_letter(ABOUT)
    first, again = ingest(raw), ingest(raw)
    assert (again.outcome, again.number, again.consultation) == (Outcome.DUPLICATE, first.number, "canteens")
    assert counters.counts(stored(first).consultation_id or 0, "received") == {"in_time": 1}


def test_the_same_message_in_two_mailboxes_is_one(app: Flask) -> None:
    canteens()
    raw = a_letter(ABOUT)
    other = b"Delivered-To: other@dept.example.gov.cn\r\nX-Spam-Score: 1\r\n" + raw.replace(b"mx.dept", b"mx2.dept")
    assert ingest(raw).outcome is Outcome.STORED
    assert ingest(other.replace(b"\n", b"\r\n").replace(b"\r\r\n", b"\r\n")).outcome is Outcome.DUPLICATE


def test_a_damaged_message_in_two_mailboxes_is_one(app: Flask) -> None:
    canteens()
    raw = a_letter(ABOUT).replace(b"Subject:", "主题断了\nSubject:".encode("gbk"), 1)
    assert ingest(raw).outcome is Outcome.STORED
    assert ingest(raw.replace(b"mx.dept", b"mx2.dept")).outcome is Outcome.DUPLICATE
    assert ingest(raw.replace("断".encode("gbk"), "缺".encode("gbk"))).outcome is Outcome.STORED


@pytest.mark.parametrize("message_id", ["<same@example.cn>", None])
def test_different_messages_are_two_whatever_their_identifier_says(app: Flask, message_id: str | None) -> None:
    canteens()
    first, second = (ingest(a_letter(ABOUT, f"{OPINION}{n}", message_id=message_id)) for n in (1, 2))
    assert first.outcome is second.outcome is Outcome.STORED
    assert first.number != second.number


def test_the_same_message_twice_in_one_batch_is_one(app: Flask) -> None:
    canteens()
    raw = a_letter(ABOUT)
    outcomes = [ingested.outcome for ingested in service.ingest_many([RawMessage(raw), RawMessage(raw)], at=DURING)]
    assert outcomes == [Outcome.STORED, Outcome.DUPLICATE]


def test_mail_that_reached_the_server_after_the_end_is_late_and_taken(app: Flask) -> None:
    ends = canteens().closes_at
    assert ends is not None
    late = ingest(a_letter(ABOUT, received=ends + timedelta(seconds=1)), at=AFTER + timedelta(days=9))
    in_time = ingest(a_letter(ABOUT, received=ends - timedelta(seconds=1)), at=AFTER + timedelta(days=9))
    by_server = ingest(
        a_letter(ABOUT, received=None), at=AFTER + timedelta(days=9), server_at=ends - timedelta(hours=1)
    )
    assert [stored(ingested).late for ingested in (late, in_time, by_server)] == [True, False, False]
    assert late.outcome is Outcome.STORED


def test_the_senders_own_date_proves_nothing(app: Flask) -> None:
    canteens()
    assert stored(ingest(a_letter(ABOUT, received=None), at=AFTER + timedelta(days=9))).late


def test_mail_from_before_the_opening_counts_from_the_opening(app: Flask) -> None:
    canteens()
    submission = stored(ingest(a_letter(ABOUT, received=PUBLISHED - timedelta(days=30))))
    assert submission.received_at == PUBLISHED
    assert not submission.late


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"Auto_Submitted": "auto-replied"}, "auto_reply"),
        ({"List_Id": "<news.example.cn>"}, "list"),
        ({"X_Consultation_Mail": "1"}, "own"),
    ],
)
def test_what_a_program_sent_is_kept_and_is_no_opinion(app: Flask, fields: dict[str, str], kind: str) -> None:
    canteens()
    ingested = ingest(a_letter(ABOUT, **fields))  # type: ignore[arg-type]
    assert (ingested.outcome, ingested.number) == (Outcome.AUTOMATIC, None)
    row = db.session.query(MailMessage).one()
    assert row.automatic == kind
    assert message_store.raw_of(row)
    assert db.session.query(Submission).count() == 0


@pytest.mark.parametrize("raw", [b"", b"\x00" * 500, bytes(range(256)) * 40, b"\r\n\r\n"])
def test_what_is_no_message_is_kept_shown_and_counted(app: Flask, raw: bytes) -> None:
    ingested = ingest(raw)
    assert ingested.outcome is Outcome.QUARANTINED
    submission = stored(ingested)
    assert submission.state.value == "unassigned"
    assert (submission.raw.body or b"") == raw
    assert ingest(raw).outcome is Outcome.DUPLICATE


def test_an_empty_body_with_the_opinion_attached_is_read_from_the_attachment(app: Flask) -> None:
    canteens()
    file = ("意见.docx", docx_of(OPINION), "application/msword")
    submission = stored(ingest(a_letter(ABOUT, "", files=(file,))))
    assert OPINION in submission.parts[0].content
    assert [attachment.file_name for attachment in submission.attachments] == ["意见.docx"]


def bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b"0" * (300 << 20))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("程序.exe", b"MZ\x90\x00" + b"\x00" * 200),
        ("意见.pdf", b"PK\x03\x04nothing"),
        ("空.docx", b""),
        ("大.zip", None),
    ],
)
def test_a_file_that_may_not_be_attached_is_kept_in_the_raw_message_with_a_note(
    app: Flask, name: str, data: bytes | None
) -> None:
    canteens()
    data = bomb() if data is None else data
    raw = a_letter(ABOUT, files=((name, data, "application/octet-stream"), ("甲.txt", "好".encode(), "text/plain")))
    ingested = ingest(raw)
    submission = stored(ingested)
    assert ingested.outcome is Outcome.STORED
    assert [file.file_name for file in submission.attachments] == ["甲.txt"]
    note = db.session.query(RefusedFile).one()
    assert (note.name, note.size) == (name, len(data))
    assert note.why
    assert message_store.raw_of(db.session.query(MailMessage).one()) == raw


def test_a_message_of_nothing_but_a_refused_file_is_quarantined_and_still_counts(app: Flask) -> None:
    canteens()
    raw = a_letter(ABOUT, "", files=(("程序.exe", b"MZ\x90\x00" + b"\x00" * 200, "application/octet-stream"),))
    ingested = ingest(raw)
    assert (ingested.outcome, ingested.consultation) == (Outcome.QUARANTINED, "canteens")
    assert ingested.number


def test_a_large_message_is_a_blob(app: Flask) -> None:
    canteens()
    raw = a_letter(ABOUT, OPINION + "食堂" * 300_000)
    submission = stored(ingest(raw))
    assert submission.raw.body is None
    assert message_store.raw_of(db.session.query(MailMessage).one()) == raw


def test_a_message_whose_sorting_was_cut_off_is_sorted_later(app: Flask) -> None:
    canteens()
    message_store.store([RawMessage(a_letter(ABOUT))], at=DURING)
    assert db.session.query(Submission).count() == 0
    assert [message.ingested.outcome for message in service.resume(at=DURING)] == [Outcome.STORED]
    assert service.resume(at=DURING) == []
    assert db.session.query(Submission).one().state.value == "received"


def cut_off_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a message whose sorting is cut off as often as is borne."""
    canteens()
    message_store.store([RawMessage(a_letter(ABOUT))], at=DURING)

    def killed(*_: object, **__: object) -> Mail:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(bounded_reading, "read", killed)
        for _ in range(sandbox.ATTEMPTS):
            with pytest.raises(KeyboardInterrupt):
                service.resume(at=DURING)
            db.session.rollback()


def test_a_message_that_cuts_its_sorting_off_again_and_again_is_put_aside_unread(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_off_again_and_again(monkeypatch)
    monkeypatch.setattr(service, "read_with_attachments", is_killed)
    service.resume(at=DURING)
    row = db.session.query(MailMessage).one()
    assert row.outcome is Outcome.QUARANTINED
    assert "中断" in row.why


def test_one_whose_sorting_was_cut_off_by_something_else_is_read_all_the_same(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_off_again_and_again(monkeypatch)
    service.resume(at=DURING)
    assert db.session.query(MailMessage).one().outcome is Outcome.STORED
    assert db.session.query(Submission).one().state.value == "received"


def test_an_error_with_one_message_holds_up_no_other(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    canteens()
    whole = batches.receive_together

    def fails_once(consultation: Consultation, arrivals: list[Arrival], **more: Any) -> object:
        if any("坏" in arrival.subject for arrival in arrivals):
            raise RuntimeError("no")
        return whole(consultation, arrivals, **more)

    monkeypatch.setattr(batches, "receive_together", fails_once)
    letters = [RawMessage(a_letter(f"{ABOUT}{mark}")) for mark in ("一", "坏", "二")]
    outcomes = [ingested.outcome for ingested in service.ingest_many(letters, at=DURING)]
    assert outcomes == [Outcome.STORED, Outcome.QUARANTINED, Outcome.STORED]


def test_messages_of_one_batch_each_find_their_own_consultation(app: Flask) -> None:
    canteens()
    open_consultation("parking")
    subjects = ("意见 parking", "意见 canteens", "别的事", "意见 canteens", "意见 parking")
    outcomes = service.ingest_many(
        [RawMessage(a_letter(subject, f"{OPINION}{n}")) for n, subject in enumerate(subjects)], at=DURING
    )
    assert [ingested.consultation for ingested in outcomes] == ["parking", "canteens", None, "canteens", "parking"]
    assert [stored(ingested).parts[0].content for ingested in outcomes] == [
        f"{OPINION}{n}" for n in range(len(subjects))
    ]
    assert counters.counts(stored(outcomes[0]).consultation_id or 0, "received") == {"in_time": 2}
    assert list(verification.faults()) == []


def test_mail_to_what_was_withdrawn_while_it_was_read_waits_unassigned(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    consultation = canteens()
    before = routing.targets()
    drafting.withdraw(actor(Role.PUBLISHER), consultation, "内容有变", at=DURING)
    monkeypatch.setattr(routing, "targets", lambda: before)
    ingested = ingest(a_letter(ABOUT))
    assert ingested.outcome is Outcome.UNASSIGNED
    assert "撤回" in ingested.why
    assert stored(ingested).consultation_id is None


def test_a_receipt_number_that_is_given_away_holds_up_no_message(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    canteens()
    drawn = iter(["20261010-AAAAAAAA", "20261010-AAAAAAAA", *(f"20261010-BBBBBBB{n}" for n in range(2, 9))])
    monkeypatch.setattr(receipts, "new_number", lambda _at: next(drawn))
    outcomes = service.ingest_many([RawMessage(a_letter(ABOUT, f"{OPINION}{n}")) for n in range(2)], at=DURING)
    assert [ingested.outcome for ingested in outcomes] == [Outcome.STORED] * 2
    assert len({ingested.number for ingested in outcomes}) == 2
    assert list(verification.faults()) == []
