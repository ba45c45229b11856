"""Where a message belongs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM
from consult.drafting import service as drafting
from consult.drafting.models import Consultation
from consult.mailbox import acknowledgement
from consult.mailbox.models import Acknowledgement, MailMessage, Outcome
from consult.store import db
from tests.builders import a_consultation, an_open_consultation
from tests.mailbox.letters import OPINION, a_letter, canteens, ingest, stored
from tests.world import DURING, PUBLISHED, actor

PARKING = "停车场管理办法（征求意见稿）\n\n第一条 为了规范停车，制定本办法。\n第二条 停车场应当公示价格。\n"


@pytest.fixture
def two(app: Flask) -> tuple[str, str]:
    """Two consultations that are open."""
    slugs = canteens().slug, another("parking-2026", "停车场管理办法（征求意见稿）").slug
    for consultation in db.session.query(Consultation):
        consultation.mail_phrase = ""  # by itself it is the title
    db.session.commit()
    return slugs


def another(slug: str, title: str) -> Consultation:
    text = PARKING.replace("停车场管理办法（征求意见稿）", title)
    people = actor(Role.DRAFTER), actor(Role.PUBLISHER)
    return an_open_consultation(*people, text=text, at=PUBLISHED, slug=slug, title=title)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"to": "yijian+canteens@dept.example.gov.cn"}, "收件地址"),
        ({"subject": "Re: 意见 canteens"}, "编号"),
        ({"subject": "【canteens】意见"}, "编号"),
        ({"subject": "关于《社区食堂管理办法（征求意见稿）》的意见"}, "主题里有草案名称"),
        ({"subject": "关于《社区食堂管理办法》的几点建议"}, "主题里有草案名称"),
        ({"subject": "回复：社区食堂管理办法 征求意见稿 反馈"}, "主题里有草案名称"),
        ({"subject": "對社區食堂管理辦法的意見"}, "主题里有草案名称"),
        ({"subject": "意见", "text": f"我看了《社区食堂管理办法(征求意见稿)》。\n{OPINION}"}, "正文里有草案名称"),
        ({"subject": "意见", "text": f"关于社区食堂管理办法：\n{OPINION}"}, "正文里有草案名称"),
    ],
)
def test_a_message_finds_its_consultation_by(two: object, fields: dict[str, str], words: str) -> None:
    ingested = ingest(a_letter(**fields))  # type: ignore[arg-type]
    assert (ingested.outcome, ingested.consultation) == (Outcome.STORED, "canteens")
    assert words in ingested.why


def test_the_phrase_that_the_notice_asks_for_decides(two: object) -> None:
    consultation = db.session.query(Consultation).filter_by(slug="canteens").one()
    consultation.mail_phrase = "食堂办法意见"
    db.session.commit()
    assert ingest(a_letter("【食堂办法 意见】张三")).consultation == "canteens"


def test_a_message_about_two_drafts_waits_with_both_as_suggestions(two: object) -> None:
    ingested = ingest(a_letter("对《社区食堂管理办法》和《停车场管理办法》的意见"))
    assert ingested.outcome is Outcome.UNASSIGNED
    assert ingested.consultation is None
    facts = db.session.query(MailMessage).one().facts
    assert facts is not None
    assert len(facts["suggested"]) == 2


TWO_DRAFTS = [
    ("对《社区食堂管理办法》和《停车场管理办法》的意见", f"《社区食堂管理办法》：{OPINION}"),
    (
        "对《社区食堂管理办法》的意见",
        f"{OPINION}\n\n二、对《停车场管理办法（征求意见稿）》的意见：第二条应当写明价格。",
    ),
    ("对《社区食堂管理办法》的意见", f"{OPINION}\n另外，对《停车场管理办法》第二条，建议写明价格。"),
    ("意见 canteens", f"一、《社区食堂管理办法》\n{OPINION}\n二、《停车场管理办法》\n第二条应当写明价格。"),
]


@pytest.mark.parametrize(("subject", "text"), TWO_DRAFTS)
def test_an_opinion_on_a_second_draft_is_asked_about(two: object, subject: str, text: str) -> None:
    ingested = ingest(a_letter(subject, text))
    assert (ingested.outcome, ingested.consultation) == (Outcome.UNASSIGNED, None)
    facts = db.session.query(MailMessage).one().facts
    assert facts is not None
    assert len(facts["suggested"]) == 2


@pytest.mark.parametrize(
    "text",
    [
        "第三条与《停车场管理办法》第二条不一致，建议衔接。",
        "建议参照《停车场管理办法（征求意见稿）》的规定，写明公示方式。",
        "第三条应当删去“依照《停车场管理办法》”。",
    ],
)
def test_an_opinion_that_only_refers_to_another_draft_is_about_the_first(two: object, text: str) -> None:
    assert ingest(a_letter("对《社区食堂管理办法》的意见", text)).consultation == "canteens"


def test_a_message_about_nothing_waits(two: object) -> None:
    ingested = ingest(a_letter("您好", "请问办公时间？"))
    assert ingested.outcome is Outcome.UNASSIGNED
    assert stored(ingested).state.value == "unassigned"
    assert stored(ingested).consultation_id is None


def test_a_word_that_only_contains_the_slug_is_no_reference(two: object) -> None:
    assert ingest(a_letter("mycanteens2 parking-2026x")).outcome is Outcome.UNASSIGNED


def test_the_longer_of_two_titles_is_meant(app: Flask) -> None:
    canteens()
    another("school", "中小学社区食堂管理办法（征求意见稿）")
    assert ingest(a_letter("对中小学社区食堂管理办法的意见")).consultation == "school"


def test_an_answer_to_our_acknowledgement_belongs_where_that_did(two: object) -> None:
    first = ingest(a_letter("关于《社区食堂管理办法》"))
    acknowledgement.acknowledge(DURING)
    ours = db.session.query(Acknowledgement).one().message_id
    assert ingest(a_letter("补充", "再补充一点。", In_Reply_To=f"<{ours}>")).consultation == "canteens"
    assert ingest(a_letter(f"Re: 已收到您的意见（回执 {first.number}）", "又一点。")).consultation == "canteens"
    assert ingest(a_letter("补充", f"回执编号：{first.number}，再补充一点。")).consultation == "canteens"


def test_a_message_about_a_draft_that_is_not_out_yet_waits_with_the_reason(app: Flask) -> None:
    a_consultation(actor(Role.DRAFTER), slug="soon", at=PUBLISHED)
    ingested = ingest(a_letter("对《社区食堂管理办法》的意见"))
    assert ingested.outcome is Outcome.UNASSIGNED
    assert "还没有开始" in ingested.why


def test_a_message_about_a_withdrawn_draft_waits_with_the_reason(app: Flask) -> None:
    drafting.withdraw(SYSTEM, canteens(), reason="另行起草", at=PUBLISHED + timedelta(days=1))
    ingested = ingest(a_letter("对《社区食堂管理办法》的意见"))
    assert ingested.outcome is Outcome.UNASSIGNED
    assert "撤回" in ingested.why
