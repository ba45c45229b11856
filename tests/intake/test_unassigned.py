"""Submissions that wait for somebody to say where they belong."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role
from consult.accounts.permissions import PUBLIC, SYSTEM
from consult.drafting import service as drafting
from consult.intake import unassigned, verification
from consult.intake.errors import SubmissionRefused
from consult.intake.models import SubmissionState
from consult.store import counters
from tests.mailbox.letters import a_letter, canteens, ingest, stored
from tests.together import both, elsewhere
from tests.world import AFTER, DURING, actor


def test_an_assigned_submission_is_received_and_counted(app: Flask) -> None:
    consultation = canteens()
    submission = stored(ingest(a_letter("您好")))
    unassigned.assign(actor(Role.MODERATOR), submission, consultation, at=DURING)
    assert submission.state is SubmissionState.RECEIVED
    assert submission.consultation_id == consultation.id
    assert counters.counts(consultation.id, "channel") == {"mailbox": 1}
    assert unassigned.count_unassigned() == 0
    assert list(verification.faults()) == []


def test_whether_it_is_late_follows_from_when_it_was_received(app: Flask) -> None:
    consultation = canteens()
    ends = consultation.closes_at
    assert ends is not None
    at = AFTER + timedelta(days=30)
    in_time = stored(ingest(a_letter("甲", received=ends - timedelta(hours=1)), at=at))
    late = stored(ingest(a_letter("乙", received=ends), at=at))
    for submission in (in_time, late):
        unassigned.assign(actor(Role.MODERATOR), submission, consultation, at=at)
    assert (in_time.late, late.late) == (False, True)


def test_nothing_is_assigned_twice(app: Flask) -> None:
    consultation = canteens()
    submission = stored(ingest(a_letter("您好")))
    unassigned.assign(actor(Role.MODERATOR), submission, consultation, at=DURING)
    with pytest.raises(SubmissionRefused, match="已经归类"):
        unassigned.assign(actor(Role.MODERATOR), submission, consultation, at=DURING)


def test_nothing_is_assigned_to_what_is_withdrawn_at_that_moment(app: Flask) -> None:
    consultation = canteens()
    submission = stored(ingest(a_letter("您好")))
    moderator, submission_there, consultation_there = (
        actor(Role.MODERATOR),
        elsewhere(submission),
        elsewhere(consultation),
    )
    with pytest.raises(SubmissionRefused):
        both(
            app,
            lambda: drafting.withdraw(SYSTEM, consultation, "上位法修改", at=DURING),
            lambda: unassigned.assign(moderator, submission_there(), consultation_there(), at=DURING),
        )
    assert submission.state is SubmissionState.UNASSIGNED


def test_who_may_not_assign_is_refused(app: Flask) -> None:
    consultation = canteens()
    submission = stored(ingest(a_letter("您好")))
    for who in (PUBLIC, actor(Role.AUDITOR), actor(Role.MODERATOR, "别的处")):
        with pytest.raises(NotAllowed):
            unassigned.assign(who, submission, consultation, at=DURING)


def test_what_is_no_opinion_stays_with_its_reason_and_may_wait_again(app: Flask) -> None:
    submission = stored(ingest(a_letter("优惠促销")))
    moderator = actor(Role.MODERATOR)
    unassigned.dismiss(moderator, submission, "广告", at=DURING)
    assert unassigned.waiting() == []
    assert unassigned.waiting(state=SubmissionState.REJECTED) == [submission]
    unassigned.restore(moderator, submission, at=DURING)
    assert unassigned.waiting() == [submission]
    assert list(verification.faults()) == []


def test_the_list_goes_on_by_key(app: Flask) -> None:
    for n in range(5):
        ingest(a_letter(f"第{n}封"))
    first = unassigned.waiting(limit=3)
    rest = unassigned.waiting(after=first[-1].id, limit=3)
    assert [submission.subject for submission in [*first, *rest]] == [f"第{n}封" for n in range(5)]
