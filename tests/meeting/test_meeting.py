"""The gate: facts from the stages, facts that people state, overrides, and the way to the meeting."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role
from consult.drafting import service as drafting
from consult.law.preconditions import CheckState
from consult.meeting import service as meeting
from consult.meeting.errors import MeetingRefused
from tests.builders import NOON, a_submission, an_actor, an_open_consultation


def test_a_fact_that_is_stated_turns_its_precondition_and_a_later_one_turns_it_back(app: Flask) -> None:
    drafter = an_actor(Role.DRAFTER)
    consultation = an_open_consultation(drafter, an_actor(Role.PUBLISHER))
    at = NOON + timedelta(days=1)

    def state(name: str) -> CheckState:
        return {item.id: item.state for item in meeting.check(consultation, at=at)}[name]

    assert state("disclosure-attribute") is CheckState.UNMET
    meeting.state_fact(drafter, consultation, "disclosure", "public", at=at)
    assert state("disclosure-attribute") is CheckState.MET
    meeting.state_fact(drafter, consultation, "disclosure", None, at=at)
    assert state("disclosure-attribute") is CheckState.UNMET
    with pytest.raises(MeetingRefused, match="不对"):
        meeting.state_fact(drafter, consultation, "disclosure", "sometimes", at=at)
    with pytest.raises(MeetingRefused, match="没有"):
        meeting.state_fact(drafter, consultation, "opinions_total", 0, at=at)


def test_only_the_legal_division_overrides_and_the_reason_stands_in_the_check(app: Flask) -> None:
    drafter, legal = an_actor(Role.DRAFTER), an_actor(Role.LEGAL)
    consultation = an_open_consultation(drafter, an_actor(Role.PUBLISHER))
    at = NOON + timedelta(days=1)
    with pytest.raises(NotAllowed):
        meeting.override(drafter, consultation, "interpretation-plan", "来不及", at=at)
    with pytest.raises(MeetingRefused, match="理由"):
        meeting.override(legal, consultation, "interpretation-plan", "——", at=at)
    meeting.override(legal, consultation, "interpretation-plan", "解读方案随文另报。", at=at)
    check = {item.id: item for item in meeting.check(consultation, at=at)}["interpretation-plan"]
    assert check.state is CheckState.OVERRIDDEN
    assert "随文另报" in check.why
    meeting.withdraw_override(legal, consultation, "interpretation-plan", at=at)
    assert {c.id: c for c in meeting.check(consultation, at=at)}["interpretation-plan"].state is CheckState.UNMET


def test_nothing_goes_to_the_meeting_with_a_precondition_unmet(app: Flask) -> None:
    drafter, publisher, legal = an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER), an_actor(Role.LEGAL)
    consultation = an_open_consultation(drafter, publisher)
    with pytest.raises(MeetingRefused, match="公布以后"):
        meeting.submit(legal, consultation, at=NOON + timedelta(days=60))


def test_a_late_opinion_turns_the_gate_red_again(app: Flask) -> None:
    consultation = an_open_consultation(an_actor(Role.DRAFTER), an_actor(Role.PUBLISHER))
    at = NOON + timedelta(days=60)
    screened = {c.id: c.state for c in meeting.check(consultation, at=at)}["submissions-screened"]
    assert screened is CheckState.MET
    a_submission(consultation, "迟到的意见。", at=at)
    screened = {c.id: c.state for c in meeting.check(consultation, at=at)}["submissions-screened"]
    assert screened is CheckState.UNMET
    assert drafting.State.CLOSED is consultation.state(at)
