"""Typing in letters, calls and meetings: through the one way in, with a receipt to hand over."""

from __future__ import annotations

import io
import json
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from consult import clock
from consult.app_context import blobs
from consult.drafting import questions
from consult.drafting import service as drafting
from consult.drafting.models import Consultation, QuestionTopic
from consult.intake import receipts
from consult.intake.models import Channel, SenderKind, Submission, SubmissionState
from consult.ledger.models import LedgerEntry
from consult.store import db
from tests.faces.desk.conftest import SignIn, Staff
from tests.faces.desk.making import drafted, in_review, released

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def today():
    """Return the local day."""
    return clock.local(clock.now()).date()


def a_form(**changes: object) -> dict[str, object]:
    """Return a letter on two articles and the whole, as the form sends it."""
    form: dict[str, object] = {
        "channel": "letter",
        "received": today().isoformat(),
        "subject": "关于社区食堂的几点建议",
        "external_id": "收文〔2026〕17号",
        "sender_kind": "enterprise",
        "name": "某餐饮公司",
        "contact": "某市二路2号",
        "publish_name": "y",
        "pieces-0-anchor": "art-3",
        "pieces-0-content": "第三项建议改为六十周岁。",
        "pieces-1-anchor": "",
        "pieces-1-content": "总体赞成。",
        "pieces-2-anchor": "art-1",
        "pieces-2-content": "   ",
        "token": "one-letter",
    }
    return form | changes


def send(client: FlaskClient, consultation: Consultation, **changes: object):
    """Send the form."""
    return client.post(f"/desk/consultations/{consultation.slug}/enter", data=a_form(**changes))


def stored() -> list[Submission]:
    """Return every submission there is."""
    db.session.rollback()
    return list(db.session.scalars(select(Submission).order_by(Submission.id)))


def test_a_letter_on_several_articles_becomes_one_submission_with_its_receipt(signed_in: SignIn, staff: Staff) -> None:
    consultation, client = released(staff), signed_in("moderator")
    answer = send(client, consultation, files=(io.BytesIO(PDF), "来信扫描件.pdf"))
    assert answer.status_code == 303
    (submission,) = stored()
    assert [(part.anchor, part.content) for part in submission.parts] == [
        ("art-3", "第三项建议改为六十周岁。"),
        ("", "总体赞成。"),
    ]
    assert submission.channel is Channel.LETTER
    assert submission.sender_kind is SenderKind.ENTERPRISE
    assert submission.state is SubmissionState.RECEIVED
    assert (submission.publish_name, submission.external_id) == (True, "收文〔2026〕17号")
    assert blobs().get(submission.attachments[0].digest) == PDF
    raw = json.loads(submission.raw.body or b"")
    assert raw["pieces-0-content"] == ["第三项建议改为六十周岁。"]
    page = client.get(answer.location).text
    assert submission.number in page
    assert receipts.key_of(submission.number) in page
    entry = db.session.scalars(select(LedgerEntry).where(LedgerEntry.act == "submission.receive")).one()
    assert (entry.actor_name, entry.actor_id) == ("审核甲", staff.moderator.id)
    receipt = receipts.find(submission.number, receipts.key_of(submission.number))
    assert receipt.id == submission.id, "the receipt handed over finds it"


def test_the_receipt_is_for_who_typed_it_in_and_has_a_code_to_scan(signed_in: SignIn, staff: Staff) -> None:
    consultation = released(staff)
    client = signed_in("drafter")
    address = send(client, consultation).location
    code = client.get(f"{address}/qr.svg")
    assert code.mimetype == "image/svg+xml"
    assert b"<svg" in code.data
    for name in ("colleague", "admin", "publisher"):
        other = signed_in(name)
        assert other.get(address).status_code == 404, name
        assert other.get(f"{address}/qr.svg").status_code == 404, name


def test_the_same_form_sent_twice_is_one_submission(signed_in: SignIn, staff: Staff) -> None:
    consultation, client = released(staff), signed_in("drafter")
    first, second = send(client, consultation), send(client, consultation)
    assert first.location == second.location
    assert len(stored()) == 1
    other = send(client, consultation, **{"pieces-0-content": "另一封信。"})
    assert other.status_code == 400
    assert "提交过一份不同的内容" in other.text


@pytest.mark.parametrize(("days_after", "late"), [(0, False), (1, True)])
def test_a_letter_is_late_by_the_day_it_reached_the_department(
    signed_in: SignIn, staff: Staff, days_after: int, late: bool
) -> None:
    consultation = released(staff, days=60)
    assert consultation.closes_at is not None
    last_day = clock.local(consultation.closes_at).date() - timedelta(days=1)
    day = last_day + timedelta(days=days_after)
    answer = send(signed_in("drafter"), consultation, received=day.isoformat())
    assert answer.status_code == 303
    (submission,) = stored()
    assert submission.late is late
    assert clock.local(submission.received_at).date() == day


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"received": ""}, "请填写收到的日期"),
        ({"received": "昨天"}, "“昨天”不是日期"),
        ({"received": (clock.local(clock.now()).date() + timedelta(days=2)).isoformat()}, "还没有到"),
        ({"received": "2020-01-01"}, "早于公布日"),
        ({"pieces-0-content": " ", "pieces-1-content": ""}, "还没有写意见"),
        ({"pieces-0-anchor": "art-99"}, "草案里没有“art-99”这一处"),
        ({"channel": "web"}, "请从列出的几项里选一项"),
        ({"name": "长" * 201}, "姓名或者单位名称最多 200 字"),
        ({"contact": "长" * 301}, "联系方式最多 300 字"),
        ({"files": (io.BytesIO(b"MZ" + bytes(300)), "扫描.pdf")}, "扫描.pdf"),
    ],
)
def test_what_cannot_be_taken_says_why_and_everything_typed_is_still_there(
    signed_in: SignIn, staff: Staff, changes: dict[str, object], words: str
) -> None:
    answer = send(signed_in("drafter"), released(staff), **changes)
    assert answer.status_code == 400
    assert words in answer.text
    for typed in ("关于社区食堂的几点建议", "收文〔2026〕17号"):
        assert typed in answer.text
    if "pieces-0-content" not in changes:
        assert "第三项建议改为六十周岁。" in answer.text
    assert stored() == []


def test_control_characters_and_a_long_letter_are_taken(signed_in: SignIn, staff: Staff) -> None:
    consultation = released(staff)
    text = "很长的信。\x00\x0b" * 10_000
    answer = send(signed_in("drafter"), consultation, **{"pieces-0-content": text})
    assert answer.status_code == 303, answer.text[:500]
    (submission,) = stored()
    assert submission.parts[0].content == "很长的信。" * 10_000


def test_before_the_publication_nothing_is_entered(signed_in: SignIn, staff: Staff) -> None:
    client = signed_in("drafter")
    assert "公布后方可登记" in client.get(f"/desk/consultations/{drafted(staff).slug}/enter").text
    scheduled = in_review(staff)
    drafting.publish(staff.of("publisher"), scheduled, at=clock.now(), opens=today() + timedelta(days=2))
    answer = send(client, scheduled)
    assert answer.status_code == 400
    assert "还没有公布" in answer.text
    gone = released(staff)
    drafting.withdraw(staff.of("publisher"), gone, "理由充分。", at=clock.now())
    assert "已经撤回" in send(client, gone).text
    assert stored() == []


def test_more_places_can_be_asked_for_without_losing_a_word(signed_in: SignIn, staff: Staff) -> None:
    answer = send(signed_in("drafter"), released(staff), verb="more")
    assert answer.status_code == 200
    assert answer.text.count('class="piece"') == 5
    assert "第三项建议改为六十周岁。" in answer.text
    assert stored() == []


def test_the_next_of_the_pile_starts_with_what_they_have_in_common(signed_in: SignIn, staff: Staff) -> None:
    consultation, client = released(staff), signed_in("drafter")
    address = send(client, consultation, channel="meeting", subject="社区座谈会").location
    page = client.get(address).text
    href = re.search(r'href="([^"]+)"[^>]*>登记下一件', page)
    assert href is not None
    following = client.get(href[1].replace("&amp;", "&")).text
    assert 'value="社区座谈会"' in following
    assert '<input checked id="channel-4"' in following
    assert "第三项建议改为六十周岁。" not in following


@pytest.mark.parametrize("name", ["legal", "auditor"])
def test_who_only_reads_types_nothing_in(signed_in: SignIn, staff: Staff, name: str) -> None:
    consultation, client = released(staff), signed_in(name)
    assert client.get(f"/desk/consultations/{consultation.slug}/enter").status_code == 403
    assert send(client, consultation).status_code == 403
    assert stored() == []


def test_answers_to_questions_are_typed_in_with_a_letter(staff: Staff, signed_in: SignIn) -> None:
    consultation = drafted(staff)
    questions.add(staff.of("drafter"), consultation, QuestionTopic.COMPETITION, "", at=clock.now())
    drafting.submit_for_review(staff.of("drafter"), consultation, at=clock.now())
    drafting.publish(staff.of("publisher"), consultation, at=clock.now())
    client = signed_in("drafter")
    assert 'name="answer-1"' in client.get(f"/desk/consultations/{consultation.slug}/enter").text
    sent = send(client, consultation, **{"answer-1": "没有影响"})
    assert "没有影响" in client.get(sent.location).text
    (submission,) = stored()
    assert [answer.content for answer in submission.answers] == ["没有影响"]
