"""Two moderators at the same moment: whatever they say of two submissions, one of them counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest
from flask import Flask

from consult.accounts.models import Role
from consult.accounts.permissions import Actor
from consult.drafting.models import Consultation
from consult.intake.models import Submission, SubmissionState
from consult.moderation import service as moderation
from consult.moderation.errors import ScreeningRefused
from tests.together import both, elsewhere
from tests.world import AFTER, actor, open_consultation, submission


class Two(NamedTuple):
    """Two submissions, two moderators, and what reads the submissions for the second of them."""

    earlier: Submission
    later: Submission
    first: Actor
    second: Actor
    earlier_there: Callable[[], Submission]
    later_there: Callable[[], Submission]


@pytest.fixture
def two(app: Flask) -> Two:
    consultation: Consultation = open_consultation()
    earlier, later = submission(consultation, "应当留样。"), submission(consultation, "应当留样！")
    return Two(earlier, later, actor(Role.MODERATOR), actor(Role.MODERATOR), elsewhere(earlier), elsewhere(later))


def test_two_submissions_never_repeat_one_another(app: Flask, two: Two) -> None:
    earlier, later, first, second, earlier_there, later_there = two
    with pytest.raises(ScreeningRefused, match="重复"):
        both(
            app,
            lambda: moderation.mark_duplicate(first, earlier, later, at=AFTER),
            lambda: moderation.mark_duplicate(second, later_there(), earlier_there(), at=AFTER),
        )
    assert (earlier.state, later.state) == (SubmissionState.DUPLICATE, SubmissionState.RECEIVED)


def test_nothing_repeats_what_is_kept_out_of_print_at_that_moment(app: Flask, two: Two) -> None:
    earlier, later, first, second, earlier_there, later_there = two
    with pytest.raises(ScreeningRefused, match="已经不予公开"):
        both(
            app,
            lambda: moderation.reject(first, later, reason_id="public-decency", at=AFTER),
            lambda: moderation.mark_duplicate(second, earlier_there(), later_there(), at=AFTER),
        )
    assert earlier.state is SubmissionState.RECEIVED


def test_two_who_pass_the_same_in_another_order_do_not_stop_each_other(app: Flask, two: Two) -> None:
    earlier, later, first, second, earlier_there, later_there = two
    with pytest.raises(ScreeningRefused, match="已经审核过"):
        both(
            app,
            lambda: moderation.accept(first, earlier, at=AFTER),
            lambda: moderation.mark_duplicate(second, later_there(), earlier_there(), at=AFTER),
            lambda: moderation.accept(first, later, at=AFTER),
        )
    assert (earlier.state, later.state) == (SubmissionState.ACCEPTED, SubmissionState.ACCEPTED)
