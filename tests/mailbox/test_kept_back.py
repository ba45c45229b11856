"""A message that the server keeps back holds up no other, and is asked for again, a few times."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask

from consult.accounts.permissions import SYSTEM
from consult.intake.models import Submission
from consult.mailbox import fetching, retries
from consult.mailbox.errors import MailboxRefused
from consult.mailbox.models import Ending, Mailbox, Sighting, Withheld
from consult.store import db
from tests.imap.dovecot import Dovecot
from tests.imap.line import Line
from tests.mailbox.letters import canteens
from tests.mailbox.test_fetching import letters, set_up
from tests.world import AFTER

pytestmark = pytest.mark.imap
SECOND = re.compile(rb"UID FETCH [0-9,]*\b2\b[0-9,]* \(UID INTERNALDATE")


def fetched(mailbox: Mailbox, *, later: int = 0) -> list[int]:
    """Return the UIDs of what a fetch brings so many minutes after the first."""
    return [message.uid for message in fetching.fetch(mailbox, at=AFTER + timedelta(minutes=later))]


def kept_back(mailbox: Mailbox) -> list[tuple[int, int]]:
    """Return UID and tries of what is waited for."""
    return [(row.uid, row.tries) for row in retries.withheld([mailbox]).get(mailbox.id, [])]


def test_a_message_that_the_server_cannot_read_is_passed_over_noted_and_fetched_once_it_can(
    app: Flask, dovecot: Dovecot
) -> None:
    """Dovecot closes the connection in the middle of such a message."""
    canteens()
    account = dovecot.account(*letters(4))
    account.lock_up(1)
    mailbox = set_up(account)
    assert fetched(mailbox) == [1, 3, 4]
    assert kept_back(mailbox) == [(2, 1)]
    row = db.session.scalars(db.select(Withheld)).one()
    assert "Internal error" in row.server_words
    assert mailbox.error == ""
    assert fetched(mailbox, later=1) == []
    assert kept_back(mailbox) == [(2, 1)]  # not due yet
    assert fetched(mailbox, later=3) == []
    assert kept_back(mailbox) == [(2, 2)]
    account.lock_up(1, mode=0o600)
    assert fetched(mailbox, later=8) == [2]
    assert kept_back(mailbox) == []
    assert row.ending is Ending.CAME
    assert db.session.query(Submission).count() == 4


@pytest.mark.parametrize("leaves_out", [False, True])
def test_so_is_one_that_the_server_refuses_or_leaves_out(app: Flask, dovecot: Dovecot, leaves_out: bool) -> None:
    canteens()
    with Line(dovecot.port) as line:
        line.refused, line.leaves_out = SECOND, leaves_out
        mailbox = set_up(dovecot.account(*letters(3)), port=line.port)
        assert fetched(mailbox) == [1, 3]
        row = db.session.scalars(db.select(Withheld)).one()
        assert ("can't read it" in row.server_words) is not leaves_out
        line.refused = None
        assert fetched(mailbox, later=3) == [2]
    assert db.session.query(Submission).count() == 3


def test_the_worker_gives_up_after_some_tries_and_somebody_may_let_it_begin_anew(
    app: Flask, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "TRIES", 3)
    with Line(dovecot.port) as line:
        line.refused = SECOND
        mailbox = set_up(dovecot.account(*letters(2)), port=line.port)
        for later in (0, 10, 100, 1_000, 10_000):
            fetched(mailbox, later=later)
        assert kept_back(mailbox) == [(2, 3)]
        assert retries.is_given_up(retries.withheld([mailbox])[mailbox.id][0])
        assert retries.restart(SYSTEM, mailbox, at=AFTER) == 1
        line.refused = None
        assert fetched(mailbox, later=20_000) == [2]


def test_one_that_was_removed_meanwhile_is_waited_for_no_longer(app: Flask, dovecot: Dovecot) -> None:
    with Line(dovecot.port) as line:
        line.refused = SECOND
        account = dovecot.account(*letters(3))
        mailbox = set_up(account, port=line.port)
        fetched(mailbox)
        account.remove(2)
        line.refused = None
        assert fetched(mailbox, later=10) == []
    assert kept_back(mailbox) == []
    assert db.session.scalars(db.select(Withheld)).one().ending is Ending.GONE


def test_a_server_that_keeps_everything_back_is_told_and_loses_nothing(
    app: Flask, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    canteens()
    monkeypatch.setattr(fetching, "IN_A_ROW", 2)
    monkeypatch.setattr(fetching, "BATCH", 2)
    with Line(dovecot.port) as line:
        line.refused = re.compile(rb"UID FETCH .*INTERNALDATE")
        mailbox = set_up(dovecot.account(*letters(5)), port=line.port)
        with pytest.raises(MailboxRefused, match="一连 2 封"):
            fetched(mailbox)
        line.refused = None
        assert fetched(mailbox, later=1) == [3, 4, 5]
        assert fetched(mailbox, later=3) == [1, 2]
    assert mailbox.error == ""


def test_a_line_that_always_breaks_at_one_message_is_held_up_by_it_only_so_often(
    app: Flask, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "BREAKS", 3)
    with Line(dovecot.port) as line:
        line.refused, line.breaks = SECOND, True
        mailbox = set_up(dovecot.account(*letters(4)), port=line.port)
        for later in range(9):
            try:
                fetched(mailbox, later=later)
                break
            except MailboxRefused:
                assert "连接中断" in mailbox.error
    seen = db.session.scalars(db.select(Sighting.uid).order_by(Sighting.uid))
    assert list(seen) == [1, 3, 4]
    assert kept_back(mailbox) == [(2, 1)]
    assert later < 8
