"""Which opinions everybody may read one by one: accepted, standing, and not asked to be kept private."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from consult.accounts.models import Role
from consult.drafting.models import Consultation
from consult.intake.arrival import ArrivalPart
from consult.moderation import service as moderation
from consult.reporting import queries
from tests.builders import NOON, a_submission, an_actor, an_open_consultation

LATER = NOON + timedelta(days=1)


@pytest.fixture
def consultation(app: Flask) -> Consultation:
    return an_open_consultation(an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER))


def test_an_opinion_is_read_once_it_is_accepted_and_no_longer_when_that_is_undone(consultation: Consultation) -> None:
    moderator = an_actor(Role.MODERATOR)
    submission = a_submission(consultation, ArrivalPart("应当留样。", "art-3"), at=LATER).submission
    assert queries.public_opinions(consultation.id) == []
    moderation.accept(moderator, submission, at=LATER)
    assert [row.opinion.content for row in queries.public_opinions(consultation.id)] == ["应当留样。"]
    moderation.undo(moderator, submission, at=LATER)
    assert queries.public_opinions(consultation.id) == []


def test_what_its_sender_wants_kept_private_is_not_read(consultation: Consultation) -> None:
    submission = a_submission(consultation, "不要公开。", at=LATER, keep_private=True).submission
    moderation.accept(an_actor(Role.MODERATOR), submission, at=LATER)
    assert queries.public_opinions(consultation.id) == []


def test_opinions_come_by_key_and_by_provision(consultation: Consultation) -> None:
    moderator = an_actor(Role.MODERATOR)
    for words, anchor in (("甲。", "art-3"), ("乙。", ""), ("丙。", "art-3")):
        moderation.accept(
            moderator, a_submission(consultation, ArrivalPart(words, anchor), at=LATER).submission, at=LATER
        )
    first, second, third = queries.public_opinions(consultation.id)
    assert [
        row.opinion.content for row in queries.public_opinions(consultation.id, after=first.opinion.id, limit=1)
    ] == ["乙。"]
    assert queries.public_opinions(consultation.id, anchor="art-3") == [first, third]
    assert queries.public_opinions(consultation.id, anchor="") == [second]
