"""Damaged messages on the database: each is stored and accounted for (ten thousand: ``benchmarks.damaged_mail``)."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

import tests.files.mail as mail_tests
from consult.intake.models import Submission
from consult.mailbox import deduplication, service
from consult.mailbox.message_store import RawMessage
from consult.mailbox.models import MailMessage, Outcome
from consult.store import db
from tests.files.mail.mutation import mutants
from tests.mailbox.letters import canteens
from tests.world import DURING

SEEDS = sorted((Path(mail_tests.__file__ or "").parent / "seeds").glob("*.eml"))


def check_each_is_stored_once(letters: list[RawMessage]) -> None:
    """Take damaged messages in and demand that each is there once."""
    canteens()
    rounds = range(0, len(letters), 50)
    taken = [ingested for at in rounds for ingested in service.ingest_many(letters[at : at + 50], at=DURING)]
    assert len(taken) == len(letters)
    different = {deduplication.digest_of(letter.raw) for letter in letters}
    assert sum(ingested.outcome is not Outcome.DUPLICATE for ingested in taken) == len(different)
    came = MailMessage.enclosed_in.is_(None), MailMessage.outcome.is_not(None)
    assert db.session.query(MailMessage).filter(*came).count() == len(different)
    assert db.session.query(MailMessage).filter(MailMessage.outcome.is_(None)).count() == 0
    assert all(ingested.submissions for ingested in taken if ingested.outcome is not Outcome.AUTOMATIC)
    numbers = {became.number for ingested in taken for became in ingested.submissions}
    assert db.session.query(Submission).count() == len(numbers)
    assert not db.session.query(MailMessage).filter(MailMessage.why.contains("出错")).count()


def test_two_hundred_damaged_messages_are_stored_and_accounted_for(app: Flask) -> None:
    check_each_is_stored_once([RawMessage(raw) for raw in mutants(seed=41, count=200)])


def test_the_nastiest_are_stored_and_accounted_for(app: Flask) -> None:
    check_each_is_stored_once([RawMessage(path.read_bytes()) for path in SEEDS])
