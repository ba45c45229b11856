"""The gate: facts from the stages, facts that people state, overrides, and the way to the meeting."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role, User
from consult.accounts.permissions import SYSTEM
from consult.app_context import blobs
from consult.drafting import service as drafting
from consult.drafting import versions
from consult.drafting.errors import WrongState
from consult.drafting.models import VersionKind
from consult.law.preconditions import CheckState, unmet
from consult.ledger.service import record
from consult.meeting import checks, flags, overrides
from consult.meeting import service as meeting
from consult.meeting.errors import MeetingRefused
from consult.review.models import Review
from consult.store import db
from tests.builders import DRAFT, NOON, a_submission, an_open_consultation, docx_of
from tests.meeting.green import READY, a_paper, build
from tests.world import actor


def test_a_fact_that_is_stated_turns_its_precondition_and_a_later_one_turns_it_back(app: Flask) -> None:
    drafter = actor(Role.DRAFTER)
    consultation = an_open_consultation(drafter, actor(Role.PUBLISHER))
    at = NOON + timedelta(days=1)

    def state(name: str) -> CheckState:
        return {item.id: item.state for item in checks.check(consultation, at=at)}[name]

    assert state("disclosure-attribute") is CheckState.UNMET
    flags.state_fact(drafter, consultation, "disclosure", "public", at=at)
    assert state("disclosure-attribute") is CheckState.MET
    flags.state_fact(drafter, consultation, "disclosure", None, at=at)
    assert state("disclosure-attribute") is CheckState.UNMET


REFUSED = [
    ("disclosure", "sometimes", "", "没有“sometimes”"),
    ("disclosure", "on_request", "依据《政府信息公开条例》第十四条不公开", "应当主动公开"),
    ("disclosure", "not_public", "依据《政府信息公开条例》第十四条不公开", "应当主动公开"),
    ("market_activity", False, "", "理由"),
    ("market_activity", False, "不涉及", "理由"),
    ("public_interest", False, "。。。。。。。。。。。。", "理由"),
    ("special_group", "no", "", "是或者否"),
    ("interpretation_plan", True, "已经制定完成了的解读方案", "上传"),
    ("opinions_total", 0, "", "没有“opinions_total”"),
    ("legality", "lawful", "法规处口头答复合法", "由系统根据办理记录认定"),
    ("fair_competition", "conforms", "", "由系统根据办理记录认定"),
    ("notice_channels", ["new_media"], "", "由系统根据办理记录认定"),
    ("competition_public_heard", True, "", "由系统根据办理记录认定"),
    ("experts_reported", True, "", "由系统根据办理记录认定"),
]


@pytest.mark.parametrize(("name", "value", "note", "words"), REFUSED)
def test_what_is_not_a_persons_to_state_or_lacks_its_reason_is_refused(
    app: Flask, name: str, value: object, note: str, words: str
) -> None:
    drafter = actor(Role.DRAFTER)
    consultation = an_open_consultation(drafter, actor(Role.PUBLISHER))
    with pytest.raises(MeetingRefused, match=words):
        flags.state_fact(drafter, consultation, name, value, note=note, at=NOON + timedelta(days=1))
    assert meeting.facts_stated(consultation) == []


def test_another_person_confirms_what_one_stated(app: Flask) -> None:
    drafter, second, legal = actor(Role.DRAFTER), actor(Role.DRAFTER), actor(Role.LEGAL)
    consultation = an_open_consultation(drafter, actor(Role.PUBLISHER))
    at, why = NOON + timedelta(days=1), "只规定内部工作流程，不影响社会公众。"
    fact = flags.state_fact(second, consultation, "public_interest", False, note=why, at=at)
    for who in (second, drafter, SYSTEM):
        with pytest.raises(MeetingRefused, match="另一人"):
            flags.confirm_fact(who, fact, at=at)
    flags.confirm_fact(legal, fact, at=at)
    assert fact.confirmed_by_id == legal.id


PLAN, WHY = "interpretation-plan", "解读方案随会议通知另行报送，已经办公室同意。"


def test_an_exception_is_asked_for_by_one_and_approved_by_another_neither_of_whom_drafted(app: Flask) -> None:
    drafter, legal, chief = actor(Role.DRAFTER), actor(Role.LEGAL), actor(Role.LEGAL)
    consultation = an_open_consultation(drafter, actor(Role.PUBLISHER))
    at = NOON + timedelta(days=1)

    def state() -> CheckState:
        return {item.id: item.state for item in checks.check(consultation, at=at)}[PLAN]

    with pytest.raises(NotAllowed):
        overrides.request_override(drafter, consultation, PLAN, WHY, a_paper(), at=at)
    for reason in ("", "——", "1", "领导同意", "。" * 20):
        with pytest.raises(MeetingRefused, match="理由"):
            overrides.request_override(legal, consultation, PLAN, reason, a_paper(), at=at)
    with pytest.raises(MeetingRefused, match="证明材料"):
        overrides.request_override(legal, consultation, PLAN, WHY, None, at=at)
    for row in ("legality-review", "fair-competition-review"):
        with pytest.raises(MeetingRefused, match="依法不得"):
            overrides.request_override(legal, consultation, row, WHY, a_paper(), at=at)
    overrides.request_override(legal, consultation, PLAN, WHY, a_paper(), at=at)
    assert state() is CheckState.UNMET
    with pytest.raises(MeetingRefused, match="另一人"):
        overrides.approve(legal, consultation, PLAN, at=at)
    with pytest.raises(NotAllowed):
        overrides.approve(drafter, consultation, PLAN, at=at)
    made = overrides.approve(chief, consultation, PLAN, at=at)
    assert state() is CheckState.OVERRIDDEN
    blobs().path(made.document_digest).unlink()
    assert state() is CheckState.UNMET
    overrides.withdraw(legal, consultation, PLAN, at=at)
    assert state() is CheckState.UNMET


def test_two_accounts_of_which_one_set_the_others_password_are_one_person(app: Flask) -> None:
    legal, publisher = actor(Role.LEGAL), actor(Role.PUBLISHER)
    consultation = an_open_consultation(actor(Role.DRAFTER), actor(Role.PUBLISHER))
    at = NOON + timedelta(days=1)
    name = db.session.get_one(User, legal.id).username
    record(publisher, "account.set_password", f"user:{name}", at=at)
    db.session.commit()
    overrides.request_override(legal, consultation, PLAN, WHY, a_paper(), at=at)
    with pytest.raises(MeetingRefused, match="不能视为两人"):
        overrides.approve(publisher, consultation, PLAN, at=at)


def test_what_was_submitted_stays_as_the_gate_said_then(app: Flask) -> None:
    green = build()
    meeting.submit(green.legal, green.consultation, at=READY)
    before = checks.check(green.consultation, at=READY)
    db.session.execute(update(Review).values(withdrawn_at=READY))
    db.session.commit()
    assert checks.check(green.consultation, at=READY) == before
    assert unmet(checks.evaluate_now(green.consultation, at=READY))
    with pytest.raises(WrongState, match="送审稿不能更换"):
        versions.add_version(
            green.drafter,
            green.consultation,
            kind=VersionKind.FOR_SUBMISSION,
            file_name="送审稿.docx",
            data=docx_of(DRAFT),
            at=READY,
        )


def test_nothing_goes_to_the_meeting_with_a_precondition_unmet(app: Flask) -> None:
    drafter, publisher, legal = actor(Role.DRAFTER), actor(Role.PUBLISHER), actor(Role.LEGAL)
    consultation = an_open_consultation(drafter, publisher)
    with pytest.raises(MeetingRefused, match="公布以后"):
        meeting.submit(legal, consultation, at=NOON + timedelta(days=60))


def test_a_late_opinion_turns_the_gate_red_again(app: Flask) -> None:
    consultation = an_open_consultation(actor(Role.DRAFTER), actor(Role.PUBLISHER))
    at = NOON + timedelta(days=60)
    screened = {c.id: c.state for c in checks.check(consultation, at=at)}["submissions-screened"]
    assert screened is CheckState.MET
    a_submission(consultation, "迟到的意见。", at=at)
    screened = {c.id: c.state for c in checks.check(consultation, at=at)}["submissions-screened"]
    assert screened is CheckState.UNMET
    assert drafting.State.CLOSED is consultation.state(at)
