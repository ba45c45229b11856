"""What senders ask about personal data is decided with a reason and in time; deletion before its term takes two."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta

import pytest
from flask import Flask

from consult.accounts.errors import NotAllowed
from consult.accounts.models import Role
from consult.clock import LOCAL
from consult.drafting.models import Consultation
from consult.faces.cli.ledger import everything_wrong
from consult.intake.models import Submission
from consult.ledger.verification import CheckedCounts
from consult.moderation import private_data
from consult.privacy import holds, requests
from consult.privacy.errors import RequestRefused
from consult.privacy.models import RequestKind, RequestState
from consult.store import db
from tests.builders import a_submission, a_user
from tests.faces.cli.console import run
from tests.world import DURING, actor, open_consultation

ASKED = datetime(2026, 11, 2, 9, 0, tzinfo=LOCAL)


@pytest.fixture
def consultation(app: Flask) -> Consultation:
    """An open consultation."""
    return open_consultation()


@pytest.fixture
def came(consultation: Consultation) -> Submission:
    """A submission with name and contact."""
    return a_submission(consultation, "价格要公示。", at=DURING, name="赵一", contact="13812345678").submission


def faults() -> list[str]:
    return [fault.message for fault in everything_wrong(CheckedCounts())]


def test_the_deadline_is_counted_in_working_days(came: Submission) -> None:
    assert requests.ask(came, RequestKind.ERASE, "", at=ASKED).due_on == date(2026, 11, 23)


def test_a_copy_has_all_that_is_kept_of_the_sender(came: Submission) -> None:
    copy = requests.copy_of(came, at=ASKED)
    assert (copy["name"], copy["contact"], copy["texts"][0]["text"]) == ("赵一", "13812345678", "价格要公示。")
    assert faults() == []


def test_a_correction_is_written_when_one_person_agrees_and_the_record_verifies(came: Submission) -> None:
    asked = requests.ask(came, RequestKind.CORRECT, "写错了", at=ASKED, name="赵二", contact="13812345678")
    requests.grant(actor(Role.LEGAL), asked, "核实无误。", at=ASKED)
    assert (came.name, asked.state, asked.new_name, asked.words) == ("赵二", RequestState.GRANTED, "", "")
    assert faults() == []
    again = requests.ask(came, RequestKind.CORRECT, "", at=ASKED, name="赵三", contact="")
    requests.grant(actor(Role.LEGAL), again, "核实无误。", at=ASKED)
    assert (came.name, came.contact) == ("赵三", "")
    assert faults() == []


def test_a_corrected_name_is_masked_in_the_texts_from_then_on(consultation: Consultation) -> None:
    words = "孔方明认为价格要公示。"
    came = a_submission(consultation, words, at=DURING, name="赵一", contact="13812345678").submission
    assert private_data.of(came).in_part(came.parts[0]) == ()
    asked = requests.ask(came, RequestKind.CORRECT, "", at=ASKED, name="孔方明", contact="13812345678")
    requests.grant(actor(Role.LEGAL), asked, "核实无误。", at=ASKED)
    assert [datum.text for datum in private_data.of(came).in_part(came.parts[0])] == ["孔方明"]


def test_a_deletion_takes_two_persons(came: Submission) -> None:
    first, second = actor(Role.LEGAL), actor(Role.PUBLISHER)
    asked = requests.ask(came, RequestKind.ERASE, "不想留下", at=ASKED)
    with pytest.raises(RequestRefused, match="还没有人同意"):
        requests.confirm(second, asked, at=ASKED)
    requests.grant(first, asked, "可以删除。", at=ASKED)
    assert came.name == "赵一"
    with pytest.raises(RequestRefused, match="两人"):
        requests.confirm(first, asked, at=ASKED)
    requests.confirm(second, asked, at=ASKED)
    assert (came.name, came.contact, came.parts[0].content) == ("", "", "价格要公示。")
    assert came.raw.erased_digest is not None
    assert asked.state is RequestState.GRANTED
    assert faults() == []
    with pytest.raises(RequestRefused, match="已经删除"):
        requests.ask(came, RequestKind.ERASE, "", at=ASKED)


def test_a_hold_stops_a_deletion_at_both_steps(consultation: Consultation, came: Submission) -> None:
    legal, second = actor(Role.LEGAL), actor(Role.LEGAL)
    asked = requests.ask(came, RequestKind.ERASE, "", at=ASKED)
    holds.place(legal, consultation, "行政复议。", at=ASKED)
    with pytest.raises(RequestRefused, match="暂停"):
        requests.grant(legal, asked, "可以删除。", at=ASKED)
    holds.lift(legal, consultation, "办结。", at=ASKED)
    requests.grant(legal, asked, "可以删除。", at=ASKED)
    holds.place(legal, consultation, "又一件。", at=ASKED)
    with pytest.raises(RequestRefused, match="暂停"):
        requests.confirm(second, asked, at=ASKED)
    assert came.name == "赵一"


def test_a_refusal_needs_a_reason_and_ends_it(came: Submission) -> None:
    asked = requests.ask(came, RequestKind.ERASE, "不想留下", at=ASKED)
    with pytest.raises(RequestRefused, match="理由"):
        requests.refuse(actor(Role.LEGAL), asked, " ", at=ASKED)
    requests.refuse(actor(Role.LEGAL), asked, "正在核实情况。", at=ASKED)
    assert (asked.state, asked.reason, asked.words) == (RequestState.REFUSED, "正在核实情况。", "")
    with pytest.raises(RequestRefused, match="已经办理"):
        requests.grant(actor(Role.LEGAL), asked, "可以。", at=ASKED)


def test_the_same_is_asked_once_and_may_be_taken_back(consultation: Consultation, came: Submission) -> None:
    asked = requests.ask(came, RequestKind.ERASE, "", at=ASKED)
    with pytest.raises(RequestRefused, match="已经收到"):
        requests.ask(came, RequestKind.ERASE, "", at=ASKED)
    other = a_submission(consultation, "另一件。", at=DURING).submission
    with pytest.raises(RequestRefused):
        requests.take_back(other, asked, at=ASKED)
    requests.take_back(came, asked, at=ASKED)
    assert requests.ask(came, RequestKind.ERASE, "", at=ASKED + timedelta(days=1)).state is RequestState.WAITING


def test_a_correction_of_nothing_is_refused(came: Submission) -> None:
    with pytest.raises(RequestRefused, match="更正"):
        requests.ask(came, RequestKind.CORRECT, "", at=ASKED, name="赵一", contact="13812345678")


@pytest.mark.parametrize("role", [Role.DRAFTER, Role.MODERATOR, Role.AUDITOR])
def test_who_may_not_decide_is_refused(came: Submission, role: Role) -> None:
    asked = requests.ask(came, RequestKind.ERASE, "", at=ASKED)
    for verb in (requests.grant, requests.refuse):
        with pytest.raises(NotAllowed):
            verb(actor(role), asked, "理由。", at=ASKED)
    with pytest.raises(NotAllowed):
        requests.confirm(actor(role), asked, at=ASKED)
    assert requests.undecided(actor(role)) == []
    assert len(requests.undecided(actor(Role.LEGAL))) == 1
    db.session.rollback()


def test_what_a_sender_asked_for_by_letter_is_deleted_by_command(app: Flask, came: Submission) -> None:
    asked = requests.ask(came, RequestKind.ERASE, "已经搬走", at=ASKED)
    legal, number = a_user(Role.LEGAL, "zhao"), came.number
    assert legal
    result = run(app, "privacy", "erase", number, "--by", "zhao", "--reason", "来信要求删除（11月2日）", "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, {"number": number, "erased": True})
    db.session.expire_all()
    assert (came.name, came.contact, asked.state, asked.words) == ("", "", RequestState.GRANTED, "")
    assert came.parts[0].content == "价格要公示。"
    assert faults() == []
    again = run(app, "privacy", "erase", number, "--by", "zhao", "--reason", "来信要求删除")
    assert (again.exit_code, "已经删除" in again.stderr) == (1, True)
    missing = run(app, "privacy", "erase", "20990101-AAAAAAAA", "--reason", "来信要求")
    assert (missing.exit_code, "没有回执编号" in missing.stderr) == (1, True)


def test_the_command_refuses_without_reason_right_or_while_there_is_a_hold(app: Flask, came: Submission) -> None:
    consultation = came.consultation
    assert consultation is not None
    with pytest.raises(RequestRefused, match="请写明理由"):
        requests.erase(actor(Role.LEGAL), came, " ", at=ASKED)
    with pytest.raises(NotAllowed):
        requests.erase(actor(Role.AUDITOR), came, "来信要求", at=ASKED)
    holds.place(actor(Role.LEGAL), consultation, "行政复议（2026）12号", at=ASKED)
    with pytest.raises(RequestRefused, match="暂停删除"):
        requests.erase(actor(Role.LEGAL), came, "来信要求", at=ASKED)
    assert came.name == "赵一"
