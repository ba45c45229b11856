"""``flask demo load``: a consultation in every state, told by the real verbs, whatever the day."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import func, select

from consult.accounts import service as accounts
from consult.clock import now
from consult.drafting.models import Consultation, DraftVersion, ProvisionRow, State
from consult.faces.cli.demo_content import cast
from consult.faces.cli.demo_content.story import tell
from consult.intake import receipts
from consult.intake.models import Channel, Submission, SubmissionState
from consult.law.calendar import published
from consult.ledger.models import LedgerEntry
from consult.meeting.models import Override
from consult.moderation.models import PublicText
from consult.store import db
from consult.text import private
from tests.faces.cli.console import run

DAYS = [
    datetime(2026, 11, 24, 2, 0, tzinfo=UTC),
    datetime(2026, 2, 15, 15, 59, 59, tzinfo=UTC),  # the eve of the Spring Festival, a second before midnight
    datetime(2026, 10, 3, 16, 0, 1, tzinfo=UTC),  # in the National Day holidays, a second after midnight
    datetime(2028, 3, 1, 0, 30, tzinfo=UTC),  # a year whose holidays nobody has announced
]


def test_load_prints_states_accounts_and_receipts_that_can_be_looked_up(app: Flask) -> None:
    result = run(app, "demo", "load", "--json")
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert {one["state"] for one in document["consultations"]} == {state.value for state in State}
    for account in document["accounts"]:
        assert accounts.sign_in(account["username"], document["password"], None, at=now())
    for receipt in document["receipts"]:
        assert receipts.find(receipt["number"], receipt["key"]).number == receipt["number"]


def test_the_printed_lines_name_every_account_and_the_password(app: Flask) -> None:
    lines = run(app, "demo", "load").stdout
    assert all(account.username in lines for account in cast.ACCOUNTS)
    assert cast.PASSWORD in lines


def test_a_database_that_holds_something_is_left_as_it_is(app: Flask) -> None:
    run(
        app,
        "user",
        "create",
        "--username",
        "chen",
        "--name",
        "陈一",
        "--role",
        "admin",
        "--password",
        "a good phrase 9",
    )
    before = db.session.scalar(select(func.count()).select_from(LedgerEntry))
    result = run(app, "demo", "load")
    assert result.exit_code == 1
    assert "已经有内容" in result.stderr
    assert db.session.scalar(select(func.count()).select_from(Consultation)) == 0
    assert db.session.scalar(select(func.count()).select_from(LedgerEntry)) == before


@pytest.mark.slow
@pytest.mark.parametrize("day", DAYS)
def test_every_state_is_right_on_any_day_and_nothing_is_told_before_it_happens(app: Flask, day: datetime) -> None:
    told = tell(day)
    assert {one.state(day) for one in told.consultations.values()} == set(State)
    assert (db.session.scalar(select(func.max(LedgerEntry.at))) or day) <= day
    assert (db.session.scalar(select(func.max(Submission.received_at))) or day) <= day
    overridden = list(db.session.scalars(select(Override.precondition)))
    assert overridden == [] or day.year > max(published().years)


def test_the_draft_out_for_comment_is_long_and_the_voices_are_many(app: Flask) -> None:
    told = tell(now())
    articles = select(func.count()).where(
        ProvisionRow.kind == "article",
        ProvisionRow.version_id == told.consultations["lao-jiu-xiao-qu"].public_version_id,
    )
    assert (db.session.scalar(articles) or 0) >= 40
    assert sum(map(len, told.receipts.values())) >= 60
    assert set(db.session.scalars(select(Submission.channel).distinct())) >= set(Channel) - {Channel.PORTAL}
    states = set(db.session.scalars(select(Submission.state).distinct()))
    assert states == set(SubmissionState) - {SubmissionState.UNASSIGNED}
    assert db.session.scalar(select(func.count()).where(Submission.late.is_(True)))


def test_no_draft_of_the_demonstration_has_a_flaw_and_nothing_private_is_printed(app: Flask) -> None:
    tell(now())
    assert [warning for one in db.session.scalars(select(DraftVersion)) for warning in one.warnings] == []
    printed = list(db.session.scalars(select(PublicText)))
    assert sum(text.masked for text in printed) >= 3
    assert [text.content for text in printed if private.find(text.content)] == []
