"""Damaged messages on the database: each is stored and accounted for."""

from __future__ import annotations

import pytest
from flask import Flask

from consult.intake.mailbox import same, service
from consult.intake.mailbox.keeping import Letter
from consult.intake.mailbox.models import MailMessage, Outcome
from consult.intake.models import Submission
from consult.store import db
from tests.files.mail.mutation import mutants
from tests.intake.mailbox.letters import canteens
from tests.world import DURING


def account(seed: int, count: int) -> None:
    """Take damaged messages in and demand that each is there once."""
    canteens()
    letters = [Letter(raw) for raw in mutants(seed=seed, count=count)]
    taken = [one for at in range(0, count, 50) for one in service.ingest_many(letters[at : at + 50], at=DURING)]
    assert len(taken) == count
    different = {same.digest_of(letter.raw) for letter in letters}
    assert sum(one.outcome is not Outcome.DUPLICATE for one in taken) == len(different)
    assert db.session.query(MailMessage).filter(MailMessage.outcome.is_not(None)).count() == len(different)
    automatic = sum(one.outcome is Outcome.AUTOMATIC for one in taken)
    assert db.session.query(Submission).count() == len(different) - automatic
    assert not db.session.query(MailMessage).filter(MailMessage.why.contains("出错")).count()


def test_two_hundred_damaged_messages_are_stored_and_accounted_for(app: Flask) -> None:
    account(seed=41, count=200)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(20))
def test_ten_thousand_damaged_messages_are_stored_and_accounted_for(app: Flask, part: int) -> None:
    account(seed=5_000 + part, count=500)
