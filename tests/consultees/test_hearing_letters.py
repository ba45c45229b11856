"""Letters to those invited to a meeting: each goes out once, names the right time, and is taken back with it."""

from __future__ import annotations

import email
import email.policy
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from consult.accounts.permissions import SYSTEM, Actor
from consult.app_context import settings
from consult.consultees import hearing_letters, hearing_verification, hearings
from consult.consultees.errors import ConsulteeRefused
from consult.consultees.hearing_models import LetterKind
from consult.consultees.models import Gathering, GatheringKind
from consult.drafting.models import Consultation
from consult.files import meeting_letter
from consult.files.pdf_subprocess import text_of_pdf
from tests.builders import NOON
from tests.consultees.meetings import arranged

HELD = NOON + timedelta(days=10)
LATER = HELD + timedelta(days=3)


@pytest.fixture(autouse=True)
def empty_outbox(app: Flask) -> None:
    for old in outbox_files():
        old.unlink()


def outbox_files() -> list[Path]:
    return sorted((settings().data_dir / "outbox").glob("*.eml"))


def outbox() -> list[tuple[str, str]]:
    """Return the subject and the text of each mail that went out."""
    read = [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in outbox_files()]
    return [(str(mail["Subject"]), mail.get_content()) for mail in read]


@pytest.fixture
def meeting(drafter: Actor, consultation: Consultation) -> Gathering:
    people = ["王专家 wang@example.org", "李代表"]
    return arranged(drafter, consultation, GatheringKind.SYMPOSIUM, held_at=HELD, at=NOON, others=people)


def test_who_has_an_address_gets_mail_once_the_others_a_letter_to_print(
    drafter: Actor, consultation: Consultation, meeting: Gathering
) -> None:
    assert hearing_letters.write(drafter, consultation, meeting, at=NOON) == 2
    with pytest.raises(ConsulteeRefused, match="都已经准备好"):
        hearing_letters.write(drafter, consultation, meeting, at=NOON)
    hearing_letters.send_waiting(NOON)
    hearing_letters.send_waiting(NOON)
    ((subject, text),) = outbox()
    assert "收费标准会议" in subject
    assert "三楼会议室" in text
    (paper,) = hearing_letters.to_print(meeting)
    assert paper.attendance.name == "李代表"
    hearing_letters.mark_sent(drafter, consultation, paper, at=NOON)
    assert hearing_letters.to_print(meeting) == []
    assert list(hearing_verification.faults()) == []


def test_a_reminder_goes_out_once_for_a_rule_and_a_time(
    drafter: Actor, consultation: Consultation, meeting: Gathering
) -> None:
    hearing_letters.write(drafter, consultation, meeting, at=NOON)
    hearing_letters.send_waiting(NOON)
    assert hearing_letters.remind(SYSTEM, NOON + timedelta(minutes=5)) == 0
    eve = HELD - timedelta(days=1)
    assert hearing_letters.remind(SYSTEM, eve) == 1
    assert hearing_letters.remind(SYSTEM, eve) == 0
    hearing_letters.send_waiting(eve)
    assert any("提醒" in subject for subject, _ in outbox())
    assert hearing_letters.remind(SYSTEM, HELD) == 0


def test_who_was_written_to_hears_that_it_was_moved_and_who_was_not_is_invited_to_the_new_time(
    drafter: Actor, consultation: Consultation, meeting: Gathering
) -> None:
    hearing_letters.write(drafter, consultation, meeting, at=NOON)
    hearing_letters.send_waiting(NOON)
    hearings.move(drafter, consultation, meeting, held_at=LATER, place="二楼", reason="场地临时被占用", at=NOON)
    waiting = {
        letter.attendance.name: letter.kind
        for letter in hearing_letters.of(meeting)
        if letter.sent_at is None and letter.lapsed_at is None
    }
    assert waiting == {"王专家": LetterKind.MOVED, "李代表": LetterKind.INVITATION}
    hearing_letters.send_waiting(NOON)
    _, text = next(mail for mail in outbox() if "变更" in mail[0])
    assert "二楼" in text
    assert "场地临时被占用" in text
    assert list(hearing_verification.faults()) == []


def test_who_was_written_to_hears_that_it_was_cancelled_the_others_nothing(
    drafter: Actor, consultation: Consultation, meeting: Gathering
) -> None:
    hearing_letters.write(drafter, consultation, meeting, at=NOON)
    hearing_letters.send_waiting(NOON)
    hearings.cancel(drafter, consultation, meeting, "草案已经撤回重写", at=NOON)
    hearing_letters.send_waiting(NOON)
    assert [("取消" in subject) for subject, _ in outbox()].count(True) == 1
    assert hearing_letters.to_print(meeting) == []
    assert hearing_letters.remind(SYSTEM, HELD - timedelta(days=1)) == 0


def test_moving_back_and_forth_writes_each_time(drafter: Actor, consultation: Consultation, meeting: Gathering) -> None:
    hearing_letters.write(drafter, consultation, meeting, at=NOON)
    for n, when in enumerate((LATER, HELD, LATER)):
        at = NOON + timedelta(minutes=n)
        hearing_letters.send_waiting(at)
        hearings.move(drafter, consultation, meeting, held_at=when, place="", reason="场地临时被占用", at=at)
    hearing_letters.send_waiting(NOON + timedelta(minutes=9))
    assert len(outbox()) == 4


def test_a_letter_is_printed_with_title_body_and_day() -> None:
    letter = meeting_letter.MeetingLetter("某市民政局", "李代表", "通知", ("请参加。",), "010", "2026年11月1日")
    text = text_of_pdf(meeting_letter.to_pdf([letter, letter]))
    assert text.count("请参加。") == 2
    assert meeting_letter.to_docx([letter]).startswith(b"PK")
