"""Whether a consultation ran on a working mailbox: mail that was read, or a mailbox that was read while it ran."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
from flask import Flask

from consult.accounts.models import Role
from consult.drafting.models import Consultation
from consult.intake.arrival import ArrivalPart
from consult.intake.models import Channel
from consult.mailbox import queries, service
from consult.store import db
from tests.builders import a_mailbox, a_submission, an_open_consultation
from tests.world import DURING, PUBLISHED, actor

LONG_AFTER = DURING + timedelta(days=60)


@pytest.fixture
def consultation(app: Flask) -> Consultation:
    return an_open_consultation(actor(Role.DRAFTER), actor(Role.PUBLISHER), slug="open", at=PUBLISHED)


def connected(created_at: datetime, fetched_at: datetime | None, error: str = "") -> None:
    db.session.add(a_mailbox(created_at, fetched_at, error))
    db.session.commit()


def test_an_answer_that_staff_typed_in_as_mail_proves_no_mailbox(consultation: Consultation) -> None:
    a_submission(consultation, ArrivalPart("意见。", "art-3"), at=DURING, channel=Channel.MAILBOX)
    assert not queries.worked_during(consultation)


def test_mail_that_was_read_proves_one(consultation: Consultation) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "liming@example.com", "yijian@example.cn", consultation.title
    mail.set_content("第三条的年龄应当降低。")
    assert service.ingest(mail.as_bytes(), source="来信.eml", at=DURING).consultation == consultation.slug
    assert queries.worked_during(consultation)


@pytest.mark.parametrize(
    ("created_at", "fetched_at", "error", "worked"),
    [
        (PUBLISHED, DURING, "", True),
        (PUBLISHED, None, "", False),
        (PUBLISHED - timedelta(days=9), PUBLISHED - timedelta(days=1), "", False),
        (PUBLISHED, DURING, "登录失败", False),
        (PUBLISHED, LONG_AFTER, "登录失败", True),
        (LONG_AFTER, LONG_AFTER, "", False),
    ],
    ids=["read", "never read", "read before", "fails since", "failed after the end", "connected after the end"],
)
def test_a_mailbox_has_to_be_there_and_read_while_it_ran(
    consultation: Consultation, created_at: datetime, fetched_at: datetime | None, error: str, worked: bool
) -> None:
    connected(created_at, fetched_at, error)
    assert queries.worked_during(consultation) is worked
