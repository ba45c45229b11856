"""Each letter has its own fate: refused, put off, hanging or fine; nobody waits for another, nobody gets one twice."""

from __future__ import annotations

import email
import email.policy
import socket
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from consult import outgoing_mail
from consult.accounts.errors import NotAllowed, Refused
from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM
from consult.app_context import settings
from consult.files.mail.compose import message
from consult.hooks import Hooks
from consult.mail_queue import hooks, service
from consult.mail_queue.models import MailPurpose, MailState, OutgoingMail
from consult.store import db
from tests.builders import an_actor
from tests.faces.cli.console import run
from tests.mail_queue.servers import Unfriendly, unfriendly
from tests.together import both

AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)


def compose(letter: OutgoingMail, _at: datetime) -> EmailMessage:
    """What the tests send."""
    if letter.subject == "gone:1":
        raise hooks.Pointless("已经撤回")
    yesterday = AT - timedelta(days=1)
    return message(sender=settings().mail_sender, to=letter.address, subject="通知", text=letter.subject, at=yesterday)


@pytest.fixture(autouse=True)
def _composer(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    named: Hooks[hooks.Compose] = Hooks()
    named.register(f"{__name__}:compose")
    monkeypatch.setitem(hooks.composers, MailPurpose.NEWS, named)
    monkeypatch.delitem(hooks.endings, MailPurpose.NEWS, raising=False)


@pytest.fixture
def server(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Unfriendly]:
    with unfriendly(monkeypatch) as running:
        yield running


def put(address: str, subject: str = "test:1") -> int:
    letter = service.put(MailPurpose.NEWS, subject, address, at=AT)
    assert letter is not None
    return letter.id


def state_of(identifier: int) -> MailState:
    return db.session.get_one(OutgoingMail, identifier, populate_existing=True).state


def deliver_for_days(days: int = 6) -> None:
    """Look every minute for an hour, then every hour, as the worker does."""
    moments = [AT + timedelta(minutes=n) for n in range(60)]
    moments += [AT + timedelta(hours=n) for n in range(1, days * 24)]
    for at in moments:
        service.deliver(at)


def test_of_two_hundred_letters_every_other_arrives_once(server: Unfriendly, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing_mail, "SECONDS_IN_ALL", 1)
    bad = ["rcpt-550", "rcpt-451", "data-554", "data-451"]
    sent = {}
    for n in range(200):
        kind = bad[n // 2 % 4] if n % 2 else ("grey" if n % 10 == 0 else "fine")
        sent[f"{kind}-{n}@example.cn"] = put(f"{kind}-{n}@example.cn")
    hanging, dripping = put("hang-1@example.cn"), put("drip-1@example.cn")
    service.deliver(AT, limit=300)
    fine = {address for address in sent if address.startswith("fine")}
    assert {address for address, _ in server.taken} == fine
    deliver_for_days()
    arrived = Counter(address for address, _ in server.taken)
    assert arrived == dict.fromkeys(fine | {address for address in sent if address.startswith("grey")}, 1)
    for address, identifier in sent.items():
        wanted = MailState.SENT
        if address.startswith(("rcpt-5", "data-5")):
            wanted = MailState.REFUSED
        elif address.startswith(("rcpt-4", "data-4")):
            wanted = MailState.GIVEN_UP
        assert state_of(identifier) is wanted, address
    assert {state_of(hanging), state_of(dripping)} == {MailState.GIVEN_UP}


def test_the_message_says_when_it_was_sent_and_keeps_its_id(server: Unfriendly) -> None:
    identifier = put("grey-1@example.cn")
    service.deliver(AT)
    later = AT + service.PAUSES[0]
    assert service.deliver(later) == 1
    ((_, content),) = server.taken
    arrived = email.message_from_bytes(content, policy=email.policy.default)
    assert parsedate_to_datetime(arrived["Date"]) == later
    assert arrived["Message-ID"] == f"<{db.session.get_one(OutgoingMail, identifier).message_id}>"
    assert arrived.get_all("Date") is not None
    assert len(arrived.get_all("Date")) == 1


def test_the_same_letter_is_put_once_and_taken_by_one_worker(app: Flask, server: Unfriendly) -> None:
    for _ in range(2):
        service.put(MailPurpose.NEWS, "test:1", "fine-1@example.cn", at=AT, key="one")
    both(app, lambda: service.deliver(AT), lambda: service.deliver(AT))
    assert len(server.taken) == 1


def test_while_there_is_no_server_everything_waits_and_the_job_fails(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    monkeypatch.setattr(settings(), "smtp_host", "127.0.0.1")
    monkeypatch.setattr(settings(), "smtp_port", port)
    letters = [put(f"fine-{n}@example.cn") for n in range(10)]
    with pytest.raises(outgoing_mail.MailNotSent):
        service.deliver(AT)
    assert {state_of(letter) for letter in letters} == {MailState.WAITING}
    with unfriendly(monkeypatch) as server:
        deliver_for_days(2)
        assert len(server.taken) == 10


def test_an_account_that_may_not_send_is_no_fate_of_a_letter(
    server: Unfriendly, monkeypatch: pytest.MonkeyPatch
) -> None:
    identifier = put("rcpt-550-1@example.cn")
    monkeypatch.setattr(settings(), "smtp_user", "somebody")
    with pytest.raises(outgoing_mail.MailNotSent):
        service.deliver(AT)
    assert state_of(identifier) is MailState.WAITING


def test_what_is_pointless_or_has_no_address_ends_with_its_reason(server: Unfriendly) -> None:
    gone, bad = put("fine-1@example.cn", "gone:1"), put("no address")
    service.deliver(AT)
    assert (state_of(gone), state_of(bad)) == (MailState.POINTLESS, MailState.REFUSED)
    assert db.session.get_one(OutgoingMail, gone).answer == "已经撤回"
    assert server.taken == []


def test_one_is_tried_again_or_given_up_by_who_may(server: Unfriendly) -> None:
    refused, waiting, done = put("data-554@example.cn"), put("data-451@example.cn"), put("fine-1@example.cn")
    service.deliver(AT)
    with pytest.raises(NotAllowed):
        service.retry(an_actor(Role.DRAFTER), refused, at=AT)
    service.give_up(SYSTEM, waiting, at=AT)
    assert state_of(waiting) is MailState.GIVEN_UP
    for act, identifier in ((service.give_up, refused), (service.retry, done), (service.retry, 99)):
        with pytest.raises(Refused):
            act(SYSTEM, identifier, at=AT)
    service.retry(SYSTEM, refused, at=AT)
    assert state_of(refused) is MailState.WAITING
    assert [letter.id for letter in service.listed()] == [waiting, refused]


def test_addresses_end_with_their_subject_and_with_the_term(server: Unfriendly) -> None:
    mine, other, sent = put("fine-1@example.cn", "submission:A"), put("fine-2@example.cn"), put("fine-3@example.cn")
    service.delete_addresses("submission:A")
    db.session.commit()
    assert state_of(mine) is MailState.POINTLESS
    service.deliver(AT)
    assert {address for address, _ in server.taken} == {"fine-2@example.cn", "fine-3@example.cn"}
    later = AT + timedelta(days=1)
    assert service.count_old_addresses(later) == service.delete_old_addresses(later) == 2
    assert {db.session.get_one(OutgoingMail, key, populate_existing=True).address for key in (mine, other, sent)} == {
        ""
    }
    with pytest.raises(Refused):
        service.retry(SYSTEM, mine, at=AT)


def test_the_queue_is_read_and_acted_on_at_the_console(app: Flask, server: Unfriendly) -> None:
    refused, waiting = put("data-554@example.cn"), put("data-451@example.cn")
    service.deliver(AT)
    printed = run(app, "mail", "queue")
    assert "邮件服务器拒收：554 no" in printed.stdout
    assert run(app, "mail", "queue", "--retry", str(refused)).exit_code == 0
    assert run(app, "mail", "queue", "--give-up", str(waiting), "--json").exit_code == 0
    assert run(app, "mail", "queue", "--retry", "99").exit_code == 1
    assert run(app, "mail", "queue", "--retry", "1", "--give-up", "1").exit_code == 2
    assert {state_of(refused), state_of(waiting)} == {MailState.WAITING, MailState.GIVEN_UP}


def test_figures_are_there_for_operators(client: FlaskClient, server: Unfriendly) -> None:
    put("data-554@example.cn")
    service.deliver(AT)
    assert 'consult_mail_out{state="refused"} 1.0' in client.get("/metrics").text
