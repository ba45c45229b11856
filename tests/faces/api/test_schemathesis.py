"""The interface against its own description: schemathesis sends what fits and what doesn't, and checks every answer."""

from __future__ import annotations

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.openapi import from_wsgi
from schemathesis.schemas import BaseSchema

from consult.accounts.permissions import Actor
from consult.clock import now
from consult.drafting.models import Consultation
from consult.intake.arrival import ArrivalPart
from consult.moderation import service as moderation
from tests.builders import a_submission

pytestmark = pytest.mark.slow

BOUNDED = settings(
    max_examples=25,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def described(app: Flask, consultation: Consultation, moderator: Actor) -> BaseSchema:
    """The interface of an application that has a consultation with released opinions."""
    for words in ("价格要公示。", "晚上也要开。"):
        moderation.accept(
            moderator, a_submission(consultation, ArrivalPart(words, "art-3"), at=now()).submission, at=now()
        )
    return from_wsgi("/api/v1/openapi.json", app)


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode))
def test_every_answer_is_as_described(described: BaseSchema, mode: schemathesis.GenerationMode) -> None:
    for operation in described.get_all_operations():

        @BOUNDED
        @given(case=operation.ok().as_strategy(generation_mode=mode))
        def answers_as_described(case: schemathesis.Case) -> None:
            case.call_and_validate()

        answers_as_described()


def test_following_the_links_from_answer_to_answer_finds_nothing(described: BaseSchema) -> None:
    described.as_state_machine().run(settings=settings(BOUNDED, stateful_step_count=8))


def test_the_description_is_openapi_3_1_and_names_every_address(app: Flask) -> None:
    document = app.test_client().get("/api/v1/openapi.json").get_json()
    assert document["openapi"].startswith("3.1")
    described = {path.replace("{", "<").replace("}", ">") for path in document["paths"]}
    offered = {rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/")}
    assert offered - described == {"/api/v1/openapi.json"}
