"""Damaged messages on the database: each is stored and accounted for (ten thousand: ``benchmarks.damaged_mail``)."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

import tests.files.mail as mail_tests
from consult.intake.mailbox import same, service
from consult.intake.mailbox.keeping import Letter
from consult.intake.mailbox.models import MailMessage, Outcome
from consult.intake.models import Submission
from consult.store import db
from tests.files.mail.mutation import mutants
from tests.intake.mailbox.letters import canteens
from tests.world import DURING

SEEDS = sorted((Path(mail_tests.__file__ or "").parent / "seeds").glob("*.eml"))


def account(letters: list[Letter]) -> None:
    """Take damaged messages in and demand that each is there once."""
    canteens()
    rounds = range(0, len(letters), 50)
    taken = [one for at in rounds for one in service.ingest_many(letters[at : at + 50], at=DURING)]
    assert len(taken) == len(letters)
    different = {same.digest_of(letter.raw) for letter in letters}
    assert sum(one.outcome is not Outcome.DUPLICATE for one in taken) == len(different)
    assert db.session.query(MailMessage).filter(MailMessage.outcome.is_not(None)).count() == len(different)
    automatic = sum(one.outcome is Outcome.AUTOMATIC for one in taken)
    assert db.session.query(Submission).count() == len(different) - automatic
    assert not db.session.query(MailMessage).filter(MailMessage.why.contains("出错")).count()


def test_two_hundred_damaged_messages_are_stored_and_accounted_for(app: Flask) -> None:
    account([Letter(raw) for raw in mutants(seed=41, count=200)])


def test_the_nastiest_are_stored_and_accounted_for(app: Flask) -> None:
    account([Letter(path.read_bytes()) for path in SEEDS])
