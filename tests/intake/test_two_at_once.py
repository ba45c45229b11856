"""Two at the same moment over mailboxes, keys and consents: each is set up once, and noted once."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select

from consult.accounts.permissions import SYSTEM
from consult.intake import api_senders, consent
from consult.intake.api_senders import SenderRefused
from consult.intake.models import Channel, TrustedSender
from consult.ledger.models import LedgerEntry
from consult.mailbox import settings
from consult.mailbox.errors import MailboxRefused
from consult.mailbox.models import Mailbox
from consult.store import db
from tests.together import both, elsewhere
from tests.world import DURING, open_consultation, submission

TERMS = settings.MailboxSettings("imap.dept.gov.cn", "yijian@dept.gov.cn", "x")


def noted(act: str) -> int:
    return db.session.scalar(select(func.count()).where(LedgerEntry.act == act)) or 0


def test_a_mailbox_that_two_set_up_together_is_set_up_once(app: Flask) -> None:
    with pytest.raises(MailboxRefused, match="已经设置过"):
        both(app, lambda: settings.add(SYSTEM, TERMS, at=DURING), lambda: settings.add(SYSTEM, TERMS, at=DURING))
    assert db.session.scalar(select(func.count()).select_from(Mailbox)) == 1


def test_two_mailboxes_that_are_changed_to_the_same_stay_two(app: Flask) -> None:
    mailbox = settings.add(SYSTEM, settings.MailboxSettings("imap.dept.gov.cn", "one", "x"), at=DURING)
    other = settings.add(SYSTEM, settings.MailboxSettings("imap.dept.gov.cn", "other", "x"), at=DURING)
    there = elsewhere(other)
    with pytest.raises(MailboxRefused, match="已经设置过"):
        both(
            app,
            lambda: settings.change(SYSTEM, mailbox, TERMS, at=DURING),
            lambda: settings.change(SYSTEM, there(), TERMS, at=DURING),
        )
    assert (mailbox.user, other.user) == ("yijian@dept.gov.cn", "other")


def test_a_mailbox_that_two_close_together_is_closed_once(app: Flask) -> None:
    mailbox = settings.add(SYSTEM, TERMS, at=DURING)
    there = elsewhere(mailbox)
    both(app, lambda: settings.close(SYSTEM, mailbox, at=DURING), lambda: settings.close(SYSTEM, there(), at=DURING))
    assert noted("mailbox.close") == 1


def test_a_key_that_two_ask_for_under_one_name_is_the_first_ones(app: Flask) -> None:
    def admit() -> None:
        api_senders.admit(SYSTEM, name="12345热线平台", channel=Channel.HOTLINE, at=DURING)

    with pytest.raises(SenderRefused, match="已经有密钥"):
        both(app, admit, admit)
    assert db.session.scalar(select(func.count()).select_from(TrustedSender)) == 1


def test_a_consent_that_is_taken_back_twice_at_once_is_taken_back_once(app: Flask) -> None:
    came = submission(open_consultation(), "应当留样。", name="王一", publish_name=True)
    there = elsewhere(came)
    both(
        app,
        lambda: consent.withdraw_consent(came, at=DURING),
        lambda: consent.withdraw_consent(there(), at=DURING),
    )
    assert noted("submission.withdraw_consent") == 1
