"""Proof of work: signed, for one form, in time; who brings none is taken all the same and looked at by itself."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from altcha.v1 import solve_challenge
from flask.testing import FlaskClient
from sqlalchemy import select

from consult.app_context import settings
from consult.drafting.models import Consultation
from consult.intake.models import Doubt, Submission
from consult.store import db
from tests.faces.public.conftest import A_DAY_IN, field, fill

TEXT = "建议延长开放时间。"


@pytest.fixture(autouse=True)
def _easy(canteen: Consultation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "proof_of_work_hashes", 50)


@pytest.fixture(autouse=True)
def travel() -> Any:
    with time_machine.travel(A_DAY_IN, tick=False) as now:
        yield now


def challenge_for(client: FlaskClient, token: str) -> dict[str, Any]:
    """Ask for a challenge as the form's script does."""
    return client.get(f"/consultations/canteen/comment/challenge?token={token}").get_json()


def solved(challenge: dict[str, Any], **changed: object) -> str:
    """Solve a challenge and write the solution as the widget does."""
    solution = solve_challenge(
        challenge["challenge"], challenge["salt"], challenge["algorithm"], challenge["maxNumber"]
    )
    assert solution is not None
    words = {name: challenge[name] for name in ("algorithm", "challenge", "salt", "signature")}
    return base64.b64encode(json.dumps(words | {"number": solution.number} | changed).encode()).decode()


def fresh_token(client: FlaskClient) -> str:
    """Open the form and return its token."""
    return field(client.get("/consultations/canteen/comment").text, "token")


def doubts() -> list[Doubt]:
    """Return the doubts of what was stored, oldest first."""
    db.session.rollback()
    return list(db.session.scalars(select(Submission.doubt).order_by(Submission.id)))


def test_a_form_with_its_work_proven_raises_no_doubt(client: FlaskClient) -> None:
    token = fresh_token(client)
    sent = fill(client, token=token, altcha=solved(challenge_for(client, token)))
    assert sent.status_code == 303
    assert doubts() == [Doubt.NONE]


def test_a_form_without_script_is_taken_and_looked_at_by_itself(client: FlaskClient) -> None:
    assert fill(client).status_code == 303
    assert doubts() == [Doubt.UNPROVEN]


def test_a_filled_trap_loses_nobody_his_words(client: FlaskClient) -> None:
    """A browser that fills forms by itself fills the trap, too."""
    sent = fill(client, website="http://own-page.example", **{"pieces-0-content": TEXT})
    assert sent.status_code == 303
    assert doubts() == [Doubt.TRAP]
    assert db.session.scalars(select(Submission)).one().parts[0].content == TEXT


def test_a_solution_counts_for_the_form_it_was_made_for_and_once(client: FlaskClient) -> None:
    token = fresh_token(client)
    solution = solved(challenge_for(client, token))
    first = fill(client, token=token, altcha=solution)
    again = fill(client, token=token, altcha=solution)
    assert first.location == again.location
    other = fill(client, altcha=solution)
    assert other.status_code == 303
    assert doubts() == [Doubt.NONE, Doubt.UNPROVEN]


def test_a_solution_that_came_too_late_proves_nothing(client: FlaskClient, travel: Any) -> None:
    token = fresh_token(client)
    solution = solved(challenge_for(client, token))
    travel.shift(timedelta(minutes=settings().proof_of_work_minutes, seconds=1))
    assert fill(client, token=token, altcha=solution).status_code == 303
    assert doubts() == [Doubt.UNPROVEN]


@pytest.mark.parametrize(
    "changed",
    [
        {"number": 10**9},
        {"number": "7"},
        {"number": True},
        {"salt": 7},
        {"salt": "\ud800"},
        {"signature": "0" * 64},
        {"signature": None},
        {"algorithm": "MD5"},
        {"algorithm": "SHA-1"},
    ],
    ids=repr,
)
def test_a_forged_solution_proves_nothing(client: FlaskClient, changed: dict[str, object]) -> None:
    token = fresh_token(client)
    forged = solved(challenge_for(client, token), **changed)
    assert fill(client, token=token, altcha=forged).status_code == 303
    assert doubts() == [Doubt.UNPROVEN]


@pytest.mark.parametrize(
    "garbage", ["x", "NQ==", "W10=", "bnVsbA==", "A" * 5000, "意见", base64.b64encode(b"[" * 1400)]
)
def test_what_is_no_solution_at_all_proves_nothing(client: FlaskClient, garbage: str | bytes) -> None:
    assert fill(client, altcha=garbage).status_code == 303
    assert doubts() == [Doubt.UNPROVEN]


def test_a_longer_life_written_into_the_challenge_breaks_its_signature(client: FlaskClient, travel: Any) -> None:
    token = fresh_token(client)
    challenge = challenge_for(client, token)
    solution = solved(challenge, salt=f"x?expires=99999999999&token={token}&")
    travel.shift(timedelta(hours=2))
    assert fill(client, token=token, altcha=solution).status_code == 303
    assert doubts() == [Doubt.UNPROVEN]


def test_switched_off_nothing_is_asked_and_nothing_is_doubted(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "proof_of_work", "off")
    assert "data-proof" not in client.get("/consultations/canteen/comment").text
    assert client.get("/consultations/canteen/comment/challenge?token=x").status_code == 404
    assert fill(client).status_code == 303
    assert doubts() == [Doubt.NONE]


def test_work_proven_allows_more_submissions_from_one_address(
    limited: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limited.application.config["SETTINGS"], "ratelimit_submit", "1 per hour")
    assert fill(limited).status_code == 303
    assert fill(limited).status_code == 429
    token = fresh_token(limited)
    assert fill(limited, token=token, altcha=solved(challenge_for(limited, token))).status_code == 303


def test_a_challenge_is_no_page_of_a_consultation_that_is_not_public(client: FlaskClient) -> None:
    assert client.get("/consultations/nothing/comment/challenge?token=x").status_code == 404
    assert client.get("/consultations/canteen/comment/challenge").status_code == 404
    assert client.get("/consultations/canteen/comment/challenge?token=x").headers["Cache-Control"] == "no-store"
