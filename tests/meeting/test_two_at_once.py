"""Two people who bring one consultation to the meeting, or past it, at the same moment."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from consult.accounts.models import Role
from consult.meeting import overrides
from consult.meeting.errors import MeetingRefused
from consult.meeting.models import Override
from consult.store import db
from tests.builders import NOON, an_open_consultation
from tests.meeting.green import a_paper
from tests.together import both, elsewhere
from tests.world import actor

WHY = "解读方案随会议通知另行报送，已经办公室同意。"


def test_of_two_who_ask_for_an_exception_at_the_same_moment_one_stands(app: Flask) -> None:
    legal, at = actor(Role.LEGAL), NOON + timedelta(days=1)
    consultation = an_open_consultation(actor(Role.DRAFTER), actor(Role.PUBLISHER))
    there, paper = elsewhere(consultation), a_paper()
    both(
        app,
        lambda: overrides.request_override(legal, consultation, "interpretation-plan", WHY, paper, at=at),
        lambda: overrides.request_override(legal, there(), "interpretation-plan", WHY, paper, at=at),
    )
    standing = select(func.count()).select_from(Override).where(Override.withdrawn_at.is_(None))
    assert db.session.scalar(standing) == 1


def test_of_two_who_approve_at_the_same_moment_one_does(app: Flask) -> None:
    legal, chief, at = actor(Role.LEGAL), actor(Role.LEGAL), NOON + timedelta(days=1)
    consultation = an_open_consultation(actor(Role.DRAFTER), actor(Role.PUBLISHER))
    there, publisher = elsewhere(consultation), actor(Role.PUBLISHER)
    overrides.request_override(legal, consultation, "interpretation-plan", WHY, a_paper(), at=at)
    with pytest.raises(MeetingRefused, match="没有等待批准"):
        both(
            app,
            lambda: overrides.approve(chief, consultation, "interpretation-plan", at=at),
            lambda: overrides.approve(publisher, there(), "interpretation-plan", at=at),
        )
