"""What kind of message it is: bulk mail that names a draft, notes of absence, files in clouds."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from consult.mailbox.models import MailMessage, Outcome
from consult.store import db
from tests.mailbox.letters import OPINION, a_letter, canteens, ingest, stored
from tests.world import DURING

ABOUT = "对《社区食堂管理办法（征求意见稿）》的意见"


@pytest.mark.parametrize("fields", [{"Precedence": "bulk"}, {"List_Unsubscribe": "<mailto:off@qq.com>"}])
def test_bulk_mail_that_names_a_draft_is_asked_about(app: Flask, fields: dict[str, Any]) -> None:
    consultation = canteens()
    ingested = ingest(a_letter(ABOUT, **fields))
    assert (ingested.outcome, ingested.consultation) == (Outcome.UNASSIGNED, None)
    assert "群发" in ingested.why
    assert stored(ingested).parts[0].content == OPINION
    assert (db.session.query(MailMessage).one().facts or {})["suggested"] == [consultation.id]
    in_text = ingest(a_letter("协会来函", f"{ABOUT}：{OPINION}", **fields))
    assert in_text.outcome is Outcome.UNASSIGNED


def test_bulk_mail_about_anything_else_stays_aside(app: Flask) -> None:
    canteens()
    assert ingest(a_letter("双十一大促", "全场五折", Precedence="bulk")).outcome is Outcome.AUTOMATIC


def test_a_note_of_absence_that_nobody_awaits_is_aside(app: Flask) -> None:
    canteens()
    assert ingest(a_letter(f"Re: {ABOUT}", "本人已离职，请联系李四。")).outcome is Outcome.AUTOMATIC
    opinion = ingest(a_letter(ABOUT, "本人已离职，现就草案提出意见：第三条应当写明公示方式。"))
    assert opinion.outcome is Outcome.STORED


def test_a_file_that_lies_in_a_cloud_is_named(app: Flask) -> None:
    canteens()
    ingested = ingest(a_letter(ABOUT, f"{OPINION}\n附件：https://pan.baidu.com/s/1abc 提取码 1234"), at=DURING)
    assert ingested.outcome is Outcome.STORED
    assert "附件没有随信寄来" in ingested.why
