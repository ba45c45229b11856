"""Two people who bring one consultation to the meeting, or past it, at the same moment."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from consult.accounts.models import Role
from consult.drafting import service as drafting
from consult.drafting.models import Stage
from consult.ledger.models import LedgerEntry
from consult.meeting import service as meeting
from consult.meeting.errors import MeetingRefused
from consult.meeting.models import Override
from consult.store import db
from tests.builders import NOON, an_actor, an_open_consultation
from tests.meeting.green import READY, build
from tests.together import both, elsewhere


def test_of_two_overrides_at_the_same_moment_one_stands(app: Flask) -> None:
    legal, at = an_actor(Role.LEGAL), NOON + timedelta(days=1)
    consultation = an_open_consultation(an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER))
    there = elsewhere(consultation)
    with pytest.raises(MeetingRefused, match="不用放行"):
        both(
            app,
            lambda: meeting.override(legal, consultation, "interpretation-plan", "随文另报。", at=at),
            lambda: meeting.override(legal, there(), "interpretation-plan", "另行报送。", at=at),
        )
    standing = select(func.count()).select_from(Override).where(Override.withdrawn_at.is_(None))
    assert db.session.scalar(standing) == 1


def test_what_is_withdrawn_is_not_noted_as_promulgated_by_who_began_before(app: Flask) -> None:
    green = build()
    one, there = green.consultation, elsewhere(green.consultation)
    meeting.submit(green.legal, one, at=READY)
    with pytest.raises(MeetingRefused, match="上会以后"):
        both(
            app,
            lambda: drafting.withdraw(green.publisher, one, "上位法修改", at=READY),
            lambda: meeting.promulgate(green.publisher, there(), at=READY),
        )
    assert one.stage is Stage.WITHDRAWN
    assert db.session.scalar(select(func.count()).where(LedgerEntry.act == "consultation.promulgate")) == 0
