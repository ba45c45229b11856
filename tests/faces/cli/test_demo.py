"""``flask demo load``: a consultation in every state, told by the real verbs, whatever the day."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from consult.accounts import service as accounts
from consult.clock import now
from consult.consultees import confirmation, disagreements, doubles, hearings, status
from consult.consultees.models import GatheringKind
from consult.consultees.response_kinds import ResponseStanding
from consult.consultees.status import Standing
from consult.demo import demo_accounts
from consult.demo.scenario import load_demo
from consult.drafting.models import Consultation, DraftVersion, ProvisionRow, State
from consult.intake import receipts
from consult.intake.models import Channel, Submission, SubmissionState
from consult.law.calendar import published
from consult.law.preconditions import CheckState, unmet
from consult.ledger.models import LedgerEntry
from consult.meeting import checks, gate_states, overrides
from consult.meeting.models import Override
from consult.moderation.models import PublicText
from consult.privacy.models import Erasure, PrivacyRequest
from consult.store import db
from consult.text.privacy import detection
from tests.faces.cli.console import run
from tests.lock_order import LockOrder
from tests.snapshot import Kept, kept

DAYS = [
    datetime(2026, 11, 24, 2, 0, tzinfo=UTC),
    datetime(2026, 2, 15, 15, 59, 59, tzinfo=UTC),  # the eve of the Spring Festival, a second before midnight
    datetime(2026, 10, 3, 16, 0, 1, tzinfo=UTC),  # in the National Day holidays, a second after midnight
    datetime(2028, 3, 1, 0, 30, tzinfo=UTC),  # a year whose holidays nobody has announced
]


Printed = dict[str, Any]
"""What ``flask demo load --json`` printed."""


@pytest.fixture(scope="module")
def world(session_app: Flask) -> Iterator[Kept[Printed]]:
    """The demonstration, loaded once."""

    def load() -> Printed:
        result = run(session_app, "demo", "load", "--json")
        assert result.exit_code == 0, result.stderr
        document: Printed = json.loads(result.stdout)
        return document

    with kept(session_app, load) as world:
        yield world


@pytest.fixture
def document(world: Kept[Printed]) -> Iterator[Printed]:
    """What was printed; the database holds the demonstration."""
    with world.turn() as document:
        yield document


@pytest.fixture
def empty_app(app: Flask, locks: LockOrder) -> Iterator[Flask]:
    """The demonstration is loaded in one transaction into an empty database, where nobody waits for its locks."""
    yield app
    locks.broken.clear()


def consultation(slug: str) -> Consultation:
    return db.session.scalars(select(Consultation).where(Consultation.slug == slug)).one()


def test_load_prints_states_accounts_and_receipts_that_can_be_looked_up(document: Printed) -> None:
    assert {consultation["state"] for consultation in document["consultations"]} == {state.value for state in State}
    for account in document["accounts"]:
        assert accounts.sign_in(account["username"], document["password"], None, at=now())
    for receipt in document["receipts"]:
        assert receipts.find(receipt["number"], receipt["key"]).number == receipt["number"]


def test_the_printed_lines_name_every_account_and_the_password(empty_app: Flask) -> None:
    lines = run(empty_app, "demo", "load").stdout
    assert all(account.username in lines for account in demo_accounts.ACCOUNTS)
    assert demo_accounts.PASSWORD in lines


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
def test_every_state_is_right_on_any_day_and_nothing_is_told_before_it_happens(empty_app: Flask, day: datetime) -> None:
    story = load_demo(day)
    assert {consultation.state(day) for consultation in story.consultations.values()} == set(State)
    assert (db.session.scalar(select(func.max(LedgerEntry.at))) or day) <= day
    assert (db.session.scalar(select(func.max(Submission.received_at))) or day) <= day
    passed = select(Override.precondition).where(Override.approved_at.is_not(None))
    overridden = list(db.session.scalars(passed))
    assert overridden == [] or day.year > max(published().years)


def test_the_draft_out_for_comment_is_long_and_the_voices_are_many(document: Printed) -> None:
    articles = select(func.count()).where(
        ProvisionRow.kind == "article",
        ProvisionRow.version_id == consultation("lao-jiu-xiao-qu").public_version_id,
    )
    assert (db.session.scalar(articles) or 0) >= 40
    assert document["submissions"] >= 60
    assert set(db.session.scalars(select(Submission.channel).distinct())) == set(Channel)
    states = set(db.session.scalars(select(Submission.state).distinct()))
    assert states == set(SubmissionState) - {SubmissionState.UNASSIGNED}
    assert db.session.scalar(select(func.count()).where(Submission.late.is_(True)))


@pytest.mark.usefixtures("document")
def test_no_draft_of_the_demonstration_has_a_flaw_and_nothing_private_is_printed() -> None:
    assert [warning for version in db.session.scalars(select(DraftVersion)) for warning in version.warnings] == []
    printed = list(db.session.scalars(select(PublicText)))
    assert sum(text.masked for text in printed) >= 3
    assert [text.content for text in printed if detection.find(text.content)] == []


@pytest.mark.usefixtures("document")
def test_one_is_ready_for_the_meeting_with_the_papers_of_all_that_is_green() -> None:
    ready = consultation("she-qu-shi-tang")
    rows = {row.id: row for row in checks.check(ready, at=now())}
    assert unmet(list(rows.values())) == ()
    applying = {id_ for id_, row in rows.items() if row.state is CheckState.MET}
    heard = {"consultees-heard", "special-group-heard", "fair-competition-heard", "hearing-material"}
    assert heard | {"fair-competition-review", "legality-review", "risk-assessment", "expert-argument"} <= applying
    assert {gathering.kind for gathering in hearings.of(ready)} == {
        GatheringKind.HEARING,
        GatheringKind.EXPERT_ARGUMENT,
    }
    (disagreement,) = disagreements.of(ready)
    assert disagreement.settled_at is None


@pytest.mark.usefixtures("document")
def test_another_has_red_rows_one_of_them_since_today_and_an_exception_that_waits() -> None:
    red = consultation("jia-zhuang-dian-ti")
    ids = {row.id for row in unmet(checks.check(red, at=now()))}
    assert {"legality-review", "plan-channels", "interpretation-material"} <= ids
    (turned,) = gate_states.turned_red([red.id], now() - timedelta(days=1))
    assert turned.precondition == "interpretation-material"
    assert [made.precondition for made in overrides.pending(red)] == ["plan-channels"]


@pytest.mark.usefixtures("document")
def test_the_one_out_for_comment_has_every_state_of_the_board_a_double_and_answers_to_confirm() -> None:
    out = consultation("lao-jiu-xiao-qu")
    standings = {cell.standing for cell in status.cells(out, now())}
    wanted = {Standing.SENT, Standing.OPENED, Standing.BOUNCED, Standing.HEARD, Standing.NO_OPINION, None}
    assert wanted <= standings
    proposed = {response.proposed_as for response in confirmation.waiting(out, limit=9)}
    assert proposed == {ResponseStanding.OPINION, ResponseStanding.NOT_AN_ANSWER}
    assert len(doubles.unresolved(out)) == 1


@pytest.mark.usefixtures("document")
def test_requests_about_personal_data_stand_in_each_state() -> None:
    states = sorted(request.state.value for request in db.session.query(PrivacyRequest))
    assert states == ["granted", "proposed", "refused", "waiting"]
    erased = sorted(erasure.rule for erasure in db.session.query(Erasure))
    assert len(erased) == 4, "two on request, two by the run that deletes what is over"
