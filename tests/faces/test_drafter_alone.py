"""One person alone can't bring a document to the meeting, whatever that person sends, in whatever order.

Every address of the desk that takes a POST and every command that names who acts is among what is tried; one without
values to try (``desk_forms``) fails. With the same values and all roles the gate does turn green.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

import click
import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import select

from consult.accounts.models import Role
from consult.adoption.models import Decision, Opinion, OpinionGroup
from consult.drafting.models import Consultation
from consult.intake.models import Submission
from consult.store import db
from tests.conftest import _empty
from tests.faces.desk_forms import COMMANDS, FILES, FORMS, PATH
from tests.faces.form_values import PAPER, Values
from tests.meeting.green import READY, RETURNED, SENT, build, closed
from tests.meeting.office import Answer, Office
from tests.snapshot import Snapshot
from tests.world import actor

NOW = READY + timedelta(hours=8)
STARTS = ("closed", "nearly")
"""A consultation that has just closed, and one of which all is done but the reviews."""
World = tuple[Office, Snapshot]


@dataclass(frozen=True)
class Trial:
    """One thing that can be done: an address with one of its verbs, or a command."""

    name: str
    do: Callable[[Values], Answer]


def addresses(app: Flask) -> dict[str, list[Any]]:
    """Return the rules of the desk that take a POST, by endpoint."""
    rules: dict[str, list[Any]] = {}
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("desk.") and "POST" in (rule.methods or ()):
            rules.setdefault(rule.endpoint.removeprefix("desk."), []).append(rule)
    return rules


def commands(app: Flask) -> dict[str, click.Command]:
    """Return the commands that take ``--by``, by their words."""
    by_name: dict[str, click.Command] = {}

    def walk(command: click.Command, words: tuple[str, ...]) -> None:
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                inner = command.get_command(context, name)
                assert inner is not None
                walk(inner, (*words, name))
        elif any("--by" in option.opts for option in command.params):
            by_name[" ".join(words)] = command

    context = click.Context(app.cli)
    walk(app.cli, ())
    return by_name


def verbs_of(rule: Any) -> list[str]:
    """Return the words that an address may end with."""
    converter = rule._converters.get("verb")
    return sorted(converter.items) if converter is not None else [""]


def post(rule: Any, verb: str) -> Callable[[Values], Answer]:
    """Send the form of an address."""
    asked = FORMS[rule.endpoint.removeprefix("desk.")]

    def do(values: Values) -> Answer:
        where = {
            name: values.of(asked.get(f"<{name}>") or PATH[name], f"<{name}>")
            for name in rule.arguments
            if name != "verb"
        }
        address = values.office.app.url_map.bind("localhost").build(
            rule.endpoint, where | ({"verb": verb} if verb else {}), method="POST"
        )
        fields = {name: kind for name, kind in asked.items() if not name.startswith("<")}
        extra = {name: value for name, value in values.fixed.items() if name not in asked and "<" not in name}
        typed = {name: values.of(kind, name) for name, kind in fields.items() if kind not in FILES}
        files = {name: values.of(kind, name) for name, kind in fields.items() if kind in FILES}
        path = address.removeprefix("/desk")
        return values.office.post_fields(values.who, path, typed | extra, {k: v for k, v in files.items() if v})

    return do


def run_command(words: str, command: click.Command) -> Callable[[Values], Answer]:
    """Run a command with ``--by``."""
    asked = COMMANDS[words]

    def do(values: Values) -> Answer:
        arguments = [*words.split()]
        if any(parameter.name == "slug" and isinstance(parameter, click.Argument) for parameter in command.params):
            arguments.append(values.office.slug)
        for name, kind in asked.items():
            value = values.office.folder / "out" if kind == "out" else values.of(kind, name)
            if isinstance(value, tuple):
                value = values.office.file(*value)
            arguments += [name, str(value)] if name.startswith("--") else [str(value)]
        return values.office.flask(*arguments, by=values.who)

    return do


def trials(app: Flask) -> list[Trial]:
    """Return everything that can be tried."""
    by_form = [
        Trial(f"{endpoint} {verb}".strip(), post(rule, verb))
        for endpoint, rules in sorted(addresses(app).items())
        for rule in rules
        for verb in verbs_of(rule)
    ]
    return by_form + [
        Trial(f"flask {words}", run_command(words, command)) for words, command in sorted(commands(app).items())
    ]


@pytest.fixture(scope="module")
def world(session_app: Flask) -> Iterator[World]:
    """Two consultations on their way to the gate, and a way back to them."""
    with session_app.app_context():
        _empty()
        first = closed("closed")
        nearly = build("nearly", reviewed=False)
        people = {name: getattr(first, name) for name in ("second", "publisher", "legal", "chief")}
        people |= {"closed": first.drafter, "nearly": nearly.drafter, "moderator": actor(Role.MODERATOR)}
        office = Office(session_app, people, "closed", NOW)
        snapshot = Snapshot()
        yield office, snapshot
        snapshot.restore()
        snapshot.close()


def test_every_form_of_the_desk_and_every_command_is_tried(session_app: Flask) -> None:
    """Whoever adds an address or a command says in ``desk_forms`` what it asks."""
    assert set(addresses(session_app)) == set(FORMS)
    assert set(commands(session_app)) == set(COMMANDS)
    for words, command in commands(session_app).items():
        known = {option for parameter in command.params for option in (*parameter.opts, parameter.name)}
        assert set(COMMANDS[words]) <= known, words
        needed = {
            parameter.opts[0] if isinstance(parameter, click.Option) else parameter.name
            for parameter in command.params
            if parameter.required
        }
        assert needed <= {*COMMANDS[words], "slug", "--by"}, words


@pytest.fixture(scope="module")
def every_trial(session_app: Flask) -> list[Trial]:
    return trials(session_app)


ORDER = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 2**32)), min_size=30, max_size=60)


@examples(
    max_examples=6,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(start=st.sampled_from(STARTS), order=ORDER)
def test_the_drafter_alone_never_reaches_green(
    world: World, every_trial: list[Trial], start: str, order: list[tuple[int, int]]
) -> None:
    office, snapshot = world
    office.slug = start
    try:
        assert not office.gate()["ready"]
        for which, seed in order:
            trial = every_trial[which % len(every_trial)]
            answer = trial.do(Values(office, start, Random(seed)))
            if not answer.refused:
                assert not office.gate()["ready"], trial.name
    finally:
        snapshot.restore()


def test_each_thing_tried_once_by_the_drafter_leaves_it_red(world: World, every_trial: list[Trial]) -> None:
    """Every form and command, one after another: none answers with a fault, none opens the gate."""
    office, snapshot = world
    office.slug = "nearly"
    try:
        for number, trial in enumerate(every_trial):
            trial.do(Values(office, "nearly", Random(number)))
        assert not office.gate()["ready"]
    finally:
        snapshot.restore()


Fixed = dict[str, Any]


def by_all(office: Office) -> Iterator[tuple[str, str, Fixed]]:
    """Yield what brings the closed consultation to the gate: what is sent, by whom, saying what."""
    consultation = db.session.scalars(select(Consultation).where(Consultation.slug == office.slug)).one()
    here = {"consultation_id": consultation.id}
    came = db.session.scalars(select(Submission.number).filter_by(**here)).all()
    yield "moderation_page", "moderator", {"number": list(came)}
    opinions = db.session.scalars(select(Opinion.id).filter_by(**here)).all()
    yield "adoption_together", office.slug, {"opinion": list(opinions), "verb": "group", "title": "降低优惠年龄"}
    group = db.session.scalars(select(OpinionGroup.id).filter_by(**here)).one()
    unaffordable = {"<key>": group, "outcome": "not_adopted", "reason": "财政承受能力有限。"}
    yield "adoption_group decide", office.slug, unaffordable
    decision = db.session.scalars(select(Decision.id).filter_by(**here)).one()
    yield "adoption_review_one confirm", "second", {"<key>": decision}
    yield "reporting_compile", office.slug, {"statement": "感谢参与。", "correction_reason": ""}
    yield "reporting_act submit", office.slug, {"<version>": 1}
    yield "reporting_act review", "legal", {"<version>": 1}
    yield "reporting_act publish", "publisher", {"<version>": 1}
    yield "new_version_add", office.slug, {"kind": "for_submission"}
    for name in ("market_activity", "special_group", "interpretation_plan", "interpretation_material"):
        yield "meeting_fact", office.slug, {"name": name, "value": "true", "evidence": PAPER}
    yield "meeting_fact", office.slug, {"name": "disclosure", "value": "public"}
    posted = {"medium": "new_media", "account": "某某发布", "posted_on": "2026-10-10", "link": "https://example.cn/a"}
    yield "publicity_posting", office.slug, posted
    nothing_else = {"article": "", "until": "", "version": 2, "sent_on": "", "returned_on": "", "role-0": ""}
    for who, kind, conclusion in (
        ("publisher", "fair-competition", "conforms"),
        ("legal", "risk", "controllable"),
        ("legal", "experts", "supported"),
    ):
        concluded = {"kind": kind, "conclusion": conclusion, "has-interest-0": "no", "signatory": "某专家"}
        yield "reviews_record", who, nothing_else | concluded
    days = {"sent_on": SENT.isoformat(), "returned_on": RETURNED.isoformat()}
    yield "reviews_record", "legal", nothing_else | {"kind": "legality", "conclusion": "lawful"} | days


def test_with_the_same_values_all_roles_together_reach_green(world: World, every_trial: list[Trial]) -> None:
    office, snapshot = world
    office.slug = "closed"
    named = {trial.name: trial for trial in every_trial}
    try:
        for name, who, fixed in by_all(office):
            assert not office.gate()["ready"]
            answer = named[name].do(Values(office, who, Random(1), fixed))
            assert not answer.refused, f"{name} by {who}: {answer.words}"
        assert office.red() == {}
    finally:
        snapshot.restore()
