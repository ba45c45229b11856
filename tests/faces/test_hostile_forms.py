"""No form makes a 500: every address that takes a POST, with values that nobody means well, as everybody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle
from random import Random
from urllib.parse import quote, urlencode

import click
import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from consult import clock
from consult.accounts.errors import Refused
from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM
from consult.consultees import members
from consult.consultees.invitations import token_of
from consult.consultees.models import Consultee, Invitation, MemberRole
from consult.faces.cli.console import DayType
from consult.faces.desk import form_values
from consult.intake.models import Submission
from consult.store import db
from consult.subscriptions import service as subscriptions
from consult.subscriptions.models import Scope, Subscription
from tests.faces.desk_forms import FILES, FORMS, PATH
from tests.faces.form_values import Values
from tests.faces.test_drafter_alone import World, addresses, verbs_of, world
from tests.meeting.office import Office
from tests.world import actor

__all__ = ["world"]

NUL, HALF = "%00", "%ED%A0%80"
HOSTILE = (
    NUL,
    f"a{NUL}b",
    HALF,
    "9" * 19,
    "9" * 40,
    "-1",
    "0",
    "1e400",
    "nan",
    "%C2%B2",
    quote("٣一"),
    "0000-00-00",
    "0001-01-01",
    "9999-12-31T23:59",
    "..%2F..%2Fetc",
    quote("'\"<script>{{7*7}}"),
    quote("[1,{}]"),
    "x" * 70_000,
)
FORM = "application/x-www-form-urlencoded"
ROLES = (Role.DRAFTER, Role.MODERATOR, Role.PUBLISHER, Role.LEGAL, Role.ADMIN, Role.AUDITOR)


@pytest.fixture
def office(world: World) -> Iterator[Office]:
    """The department with somebody of every role; what the test leaves behind is taken back."""
    office, snapshot = world
    snapshot.restore()  # other tests of this module empty the database, and may come in between
    office.slug = "nearly"
    for role in ROLES:
        office.people[role.value] = actor(role)
    db.session.commit()
    office.app.config["PROPAGATE_EXCEPTIONS"] = False
    try:
        with time_machine.travel(office.at, tick=False):
            yield office
    finally:
        office.app.config["PROPAGATE_EXCEPTIONS"] = None
        snapshot.restore()


def forms(office: Office, who: str, seed: int = 1) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Yield every address of the desk that takes a POST with what its form asks, filled in as is right."""
    values = Values(office, who, Random(seed))
    built = office.app.url_map.bind("localhost")
    for endpoint, rules in sorted(addresses(office.app).items()):
        asked = FORMS[endpoint]
        for rule in rules:
            for verb in verbs_of(rule):
                names = [name for name in rule.arguments if name != "verb"]
                where = {name: values.of(asked.get(f"<{name}>") or PATH[name], f"<{name}>") for name in names}
                address = built.build(rule.endpoint, where | ({"verb": verb} if verb else {}), method="POST")
                fields = {name: kind for name, kind in asked.items() if not name.startswith("<")}
                yield (
                    endpoint,
                    address,
                    {name: "" if kind in FILES else values.of(kind, name) for name, kind in fields.items()},
                )


def sample(start: int) -> Callable[[int], list[str]]:
    """Return who gives the next hostile values, one after another from those at a place of their own on."""
    turn = cycle(HOSTILE)
    for _ in range(start * 3):
        next(turn)
    return lambda number: [next(turn) for _ in range(number)]


def body(fields: dict[str, object], **hostile: str) -> str:
    right = urlencode({name: str(value) for name, value in fields.items() if name not in hostile})
    return "&".join([right, *(f"{quote(name)}={value}" for name, value in hostile.items())])


def send(client: FlaskClient, address: str, data: str) -> int:
    status = client.post(address, data=data, content_type=FORM).status_code
    db.session.rollback()
    return status


@pytest.mark.parametrize("role", ROLES)
def test_no_form_is_an_error_when_all_of_it_is_hostile(office: Office, role: Role) -> None:
    client = office.browser(role.value)
    broken, some = [], sample(ROLES.index(role))
    for endpoint, address, fields in list(forms(office, role.value)):
        if endpoint in ("sign_out", "end_all_sessions"):
            continue
        for value in some(2):
            everything = dict.fromkeys([*fields, "verb", "token", "no-such-field"], value)
            status = send(client, address, body(fields, **everything))
            if status >= 500 or (NUL in value and status not in (303, 400, 403, 404, 302)):
                broken.append((endpoint, value[:20], status))
            if status == 403:  # nothing that follows is read
                break
    assert broken == []


@pytest.mark.parametrize("role", [Role.ADMIN, Role.DRAFTER])
def test_no_form_is_an_error_when_one_of_its_fields_is_hostile(office: Office, role: Role) -> None:
    client = office.browser(role.value)
    broken, some = [], sample(ROLES.index(role))
    days = cycle(("0001-01-01", "9999-12-31"))
    for endpoint, address, fields in list(forms(office, role.value, 2)):
        if endpoint in ("sign_out", "end_all_sessions"):
            continue
        if send(client, address, body({})) == 403:  # nothing that follows is read
            continue
        for name in fields:
            value = next(days) if FORMS[endpoint][name] == "day" else some(1)[0]
            status = send(client, address, body(fields, **{name: value}))
            if status >= 500:
                broken.append((endpoint, name, value[:20], status))
    assert broken == []


def test_no_hostile_address_of_a_form_is_an_error(office: Office) -> None:
    client, broken = office.browser("admin"), []
    for endpoint, rules in sorted(addresses(office.app).items()):
        for rule in rules:
            for value in ("9" * 19, "9" * 40, "-1", "0", "x", "%C2%B2", HALF, NUL):
                path = rule.rule
                for name in rule.arguments:
                    opening = next(part for part in path.split("<") if part.split(">")[0].endswith(name))
                    path = path.replace(f"<{opening.split('>')[0]}>", value, 1)
                status = send(client, path, "")
                if status >= 500:
                    broken.append((endpoint, path[:80], status))
    assert broken == []


def public_forms(app: Flask) -> Iterator[str]:
    """Yield the addresses beside the desk that take a POST."""
    invitation = db.session.scalars(select(Invitation)).first()
    number = db.session.scalars(select(Submission.number)).first()
    subscriptions.subscribe("a@example.cn", Scope.ALL, at=clock.now())
    token = db.session.scalars(select(Subscription.token)).first()
    for rule in app.url_map.iter_rules():
        if "POST" not in (rule.methods or ()) or rule.endpoint.startswith("desk.") or "sign_out" in rule.endpoint:
            continue
        for verb in verbs_of(rule):
            for real in (True, False):
                known = {
                    "slug": "nearly",
                    "identifier": invitation.id if invitation and real else 999_999_999_999,
                    "number": number if real else "x",
                    "token": token if real else "x",
                    "verb": verb,
                }
                where = {name: known[name] for name in rule.arguments}
                yield app.url_map.bind("localhost").build(rule.endpoint, where, method="POST")


FIELDS = (
    "pieces-0-content pieces-0-anchor pieces-0-quote name contact publish_name keep_private token altcha website verb"
    " number key username password present fresh again content answer-1 answer-2 why last_day email role lang next id"
    " words request by_mail address scope consultation"
)
NAMES = FIELDS.split()
"""What the forms beside the desk ask."""


@pytest.mark.parametrize("who", ["visitor", "member", "holder of a link"])
def test_no_form_beside_the_desk_is_an_error(office: Office, who: str) -> None:
    client = office.app.test_client()
    consultee = db.session.scalars(select(Consultee)).first()
    assert consultee is not None
    if who == "member":
        _, password = members.create_member(
            SYSTEM, consultee, username="wang@example.com", name="王", role=MemberRole.SEND, at=clock.now()
        )
        typed = {"username": "wang@example.com", "password": password}
        assert client.post("/portal/sign-in", data=typed).status_code == 303
    if who == "holder of a link":
        invitation = db.session.scalars(select(Invitation)).first()
        assert invitation is not None
        assert client.get(f"/portal/i/{token_of(invitation)}").status_code == 303
    broken, some = [], sample(len(who))
    for address in list(public_forms(office.app)):
        for value in some(4):
            status = send(client, address, "&".join(f"{name}={value}" for name in NAMES))
            if status >= 500:
                broken.append((address, value[:20], status))
        for document in (b"{", b"[]", b'"\\ud800"', b'{"text": {"a": ["\\u0000"]}}', b"9" * 5000, b"[" * 5000):
            status = client.post(address, data=document, content_type="application/json").status_code
            if status >= 500:
                broken.append((address, document[:20].decode(), status))
    assert broken == []


class TestOnePlace:
    @pytest.mark.parametrize(
        ("headers", "data", "kind"),
        [
            ({}, f"username={NUL}&password=x", FORM),
            ({}, f"user{NUL}name=x", FORM),
            ({"X-Anything": "a\0b"}, "username=x", FORM),
            (
                {},
                '--B\r\nContent-Disposition: form-data; name="f"; filename="a\0.txt"\r\n\r\nx\r\n--B--\r\n',
                "multipart/form-data; boundary=B",
            ),
        ],
    )
    def test_what_can_not_be_stored_is_refused_with_a_sentence(
        self, client: FlaskClient, headers: dict[str, str], data: str, kind: str
    ) -> None:
        answer = client.post("/desk/sign-in", data=data, headers=headers, content_type=kind)
        assert answer.status_code == 400
        assert "不能保存的字符" in answer.text

    @pytest.mark.parametrize(
        "document", ["{}", "[]", '[["a"]]', '"x"', "[" * 5000, "9" * 5000, '{"username": {"a": 1}}']
    )
    @pytest.mark.parametrize("address", ["/desk/sign-in", "/portal/sign-in", "/receipts"])
    def test_no_form_is_filled_from_json(self, client: FlaskClient, address: str, document: str) -> None:
        assert client.post(address, data=document, content_type="application/json").status_code == 415

    @pytest.mark.parametrize("document", ["[" * 5000, '{"text": {"a": ["\\u0000"]}}', "9" * 5000])
    def test_what_asks_in_json_is_refused_what_it_can_not_read(self, client: FlaskClient, document: str) -> None:
        assert client.post("/private-data", data=document, content_type="application/json").status_code == 400

    def test_what_can_is_not(self, client: FlaskClient) -> None:
        answer = client.post("/desk/sign-in", data={"username": "王\u0001😀", "password": "x"})
        assert "不能保存的字符" not in answer.text

    @pytest.mark.parametrize("typed", ["0001-01-01", "1899-12-31", "3000-01-01", "9999-12-31"])
    def test_no_day_that_nobody_means_is_taken(self, typed: str) -> None:
        with pytest.raises(click.BadParameter, match="年份不对"):
            DayType(["%Y-%m-%d"]).convert(typed, None, None)
        with pytest.raises(Refused, match="不是日期"):
            form_values.day(typed)

    @pytest.mark.parametrize("typed", ["1900-01-01", "2026-12-01", "2999-12-31"])
    def test_other_days_are(self, typed: str) -> None:
        assert DayType(["%Y-%m-%d"]).convert(typed, None, None).date() == form_values.day(typed)
