"""Thousands of damaged messages: each is read, accounted for, and fit to be stored."""

from pathlib import Path

import pytest

from consult.files.mail import Mail, read
from consult.files.mail.message_reader import MAX_TEXT
from tests.files.mail.mutation import WHOLE, mutants

SEEDS = sorted((Path(__file__).parent / "seeds").glob("*.eml"))


def examine(raw: bytes) -> Mail:
    """Read a message and demand what holds for every one."""
    mail = read(raw)
    assert not any("无法解析" in defect for defect in mail.defects), mail.defects
    lines = (mail.subject, mail.from_name, mail.from_address, *mail.recipients(), mail.message_id, *mail.references)
    for text in (mail.text, mail.quoted, mail.html_text, *lines):
        text.encode("utf-8")
        assert "\x00" not in text
    for line in lines:
        assert "\n" not in line
        assert "\r" not in line
    assert len(mail.text) <= MAX_TEXT
    assert mail.date is None or mail.date.tzinfo is not None
    for attachment in mail.all_attachments():
        assert "\n" not in attachment.name
        assert attachment.media_type.count("/") == 1
    says_something = mail.text or mail.quoted or mail.attachments or mail.nested or mail.subject
    assert says_something or mail.unreadable or not raw.strip() or mail.defects or mail.auto or mail.from_address
    return mail


def test_undamaged_messages_have_no_defects():
    for raw in WHOLE:
        mail = examine(raw)
        assert mail.defects == ()
        assert not mail.unreadable


@pytest.mark.parametrize("part", range(6))
def test_hundreds_of_damaged_messages_are_read(part):
    for raw in mutants(seed=1000 + part, count=60):
        examine(raw)


def test_reading_twice_gives_the_same():
    for raw in mutants(seed=7, count=40):
        assert read(raw) == read(raw)


def test_the_seeds_are_there():
    assert len(SEEDS) >= 30


@pytest.mark.parametrize("seed", SEEDS, ids=lambda path: path.stem)
def test_the_nastiest_are_read(seed):
    examine(seed.read_bytes())
