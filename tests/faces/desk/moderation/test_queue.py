"""The moderator's pages: the queue, every act as a plain form, refusals beside what was typed, who may do what."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient

from consult.accounts.permissions import SYSTEM
from consult.app_context import blobs
from consult.drafting.models import Consultation
from consult.faces import jobs
from consult.files.attachments import check
from consult.intake.models import Doubt, Submission, SubmissionState
from consult.moderation import queries, service
from consult.store import db
from tests.builders import an_open_consultation
from tests.faces.desk.conftest import SignIn, Staff
from tests.world import AFTER, PUBLISHED, submission

QUEUE = "/desk/consultations/canteens/moderation"


@pytest.fixture
def consultation(app: Flask, staff: Staff) -> Consultation:
    return an_open_consultation(staff.of("drafter"), staff.of("publisher"), at=PUBLISHED, slug="canteens")


@dataclass(frozen=True)
class Came:
    """What a test needs to know of a submission, whatever session is at work."""

    id: int
    number: str
    parts: tuple[int, ...]


def arrive(*contents: str | tuple[str, str], slug: str = "canteens", **fields: object) -> Came:
    consultation = db.session.scalars(db.select(Consultation).where(Consultation.slug == slug)).one()
    came = submission(consultation, *contents, **fields)
    return Came(came.id, came.number, tuple(part.id for part in came.parts))


def anew(came: Came) -> Submission:
    """The submission as the database holds it now."""
    db.session.rollback()
    return db.session.get_one(Submission, came.id, populate_existing=True)


def act(client: FlaskClient, came: Came, verb: str, **fields: str) -> tuple[int, str]:
    answer = client.post(f"{QUEUE}/{came.number}/{verb}", data=fields)
    return answer.status_code, answer.text


def test_the_queue_shows_what_waits_and_the_first_submission_beside_it(
    consultation: Consultation, signed_in: SignIn
) -> None:
    arrive(("art-3", "菜价要公示，电话 13812345678。"), name="李雷", publish_name=True)
    arrive("第二件来件。")
    page = signed_in("moderator").get(QUEUE).text
    assert '待审核 <span class="num">2</span>' in page
    assert '<mark title="电话">13812345678' in page
    assert "菜价要公示，电话 【电话】。</textarea>" in page
    assert "第三条" in page
    assert "同意公开姓名" in page
    assert "第二件来件。" in page
    for key in "amrtj":
        assert f'data-key="{key}"' in page


def test_the_original_is_text_and_never_markup(consultation: Consultation, signed_in: SignIn) -> None:
    arrive("<script>alert(1)</script></textarea><b>x", name="<i>n</i>")
    page = signed_in("moderator").get(QUEUE).text
    assert "<script>alert" not in page
    assert "<i>n</i>" not in page
    assert "</textarea><b>" not in page


def test_accepting_prints_the_text_as_the_moderator_wrote_it_and_opens_the_next(
    consultation: Consultation, signed_in: SignIn
) -> None:
    first, second = arrive("甲家的狗。"), arrive("第二件。")
    part, number = first.parts[0], second.number
    client = signed_in("moderator")
    answer = client.post(f"{QUEUE}/{first.number}/accept", data={f"text-{part}": "邻居家的狗。"})
    assert answer.status_code == 303
    assert f"open={number}" in answer.location
    now = anew(first)
    assert now.state is SubmissionState.ACCEPTED
    assert queries.printed(now)[part].content == "邻居家的狗。"


def test_a_refusal_stands_beside_the_form_with_what_was_typed(consultation: Consultation, signed_in: SignIn) -> None:
    came = arrive("第一处。", "第二处。")
    first, second = came.parts
    client = signed_in("moderator")
    status, page = act(client, came, "accept", **{f"text-{first}": "改写过的第一处。", f"text-{second}": " "})
    assert status == 400
    assert "公开文本是空的" in page
    assert "改写过的第一处。</textarea>" in page
    status, page = act(client, came, "reject", reason="写到一半的说明")
    assert status == 400
    assert "请选择不予公开的理由" in page
    assert "写到一半的说明</textarea>" in page
    assert anew(came).state is SubmissionState.RECEIVED


def test_rejecting_with_a_reason_and_taking_it_back(consultation: Consultation, signed_in: SignIn) -> None:
    came = arrive("卖发票。")
    client = signed_in("moderator")
    assert act(client, came, "reject", reason_id="advertising", reason="卖发票的")[0] == 303
    assert anew(came).state is SubmissionState.REJECTED
    page = client.get(f"{QUEUE}?state=rejected").text
    assert "广告、垃圾信息" in page
    assert "卖发票的" in page
    assert act(client, came, "undo")[0] == 303
    assert anew(came).state is SubmissionState.RECEIVED


def test_the_message_after_an_act_leads_to_where_it_is_undone(consultation: Consultation, signed_in: SignIn) -> None:
    first, second, third = arrive("甲家的狗。"), arrive("第二件。"), arrive("第三件。")
    client = signed_in("moderator")
    assert act(client, first, "accept")[0] == 303
    offered = re.search(r'class="note[^>]*>.*?href="([^"]+)"[^>]*>撤销', client.get(QUEUE).text)
    assert offered is not None
    page = client.get(html.unescape(offered[1])).text
    assert f'<span class="num">{first.number}</span>' in page
    assert f"{first.number}/undo" in page
    assert act(client, third, "take-up")[0] == 303
    assert f"open={third.number}" in client.get(QUEUE).text
    client.post(f"{QUEUE}/accept-page", data={"number": [second.number]})
    assert f"open={second.number}" in client.get(QUEUE).text


def test_what_looks_like_a_duplicate_is_marked_as_one(consultation: Consultation, signed_in: SignIn) -> None:
    first, again = arrive("菜价要公示。"), arrive("菜价要公示。")
    client = signed_in("moderator")
    page = client.get(f"{QUEUE}?open={again.number}").text
    assert "文字相同" in page
    assert act(client, again, "duplicate", original=first.number)[0] == 303
    assert anew(again).state is SubmissionState.DUPLICATE
    assert act(client, again, "duplicate", original="20260101-XXXXXXXX")[0] == 404


def test_what_was_taken_up_waits_in_a_folder_of_its_own(consultation: Consultation, signed_in: SignIn) -> None:
    came = arrive("要细看。")
    client = signed_in("moderator")
    assert act(client, came, "take-up")[0] == 303
    assert "要细看。" not in client.get(QUEUE).text
    assert "要细看。" in client.get(f"{QUEUE}?state=screening").text


def test_the_public_text_of_what_was_accepted_can_be_changed(consultation: Consultation, signed_in: SignIn) -> None:
    came = arrive("三单元老李。")
    service.accept(SYSTEM, anew(came), at=AFTER)
    part = came.parts[0]
    client = signed_in("moderator")
    assert act(client, came, "mask", **{f"text-{part}": "一位邻居。"})[0] == 303
    assert "一位邻居。</textarea>" in client.get(f"{QUEUE}?state=accepted").text
    assert "三单元老李。" in client.get(f"{QUEUE}?state=accepted").text


def test_a_page_is_accepted_at_once_after_asking(consultation: Consultation, signed_in: SignIn) -> None:
    first, second = arrive("电话 13812345678。"), arrive("第二件。")
    repeated = arrive("第二件。")
    doubtful = arrive("没有证明的一件。", doubt=Doubt.UNPROVEN)
    client = signed_in("moderator")
    assert "没有经过自动的防刷验证" in client.get(f"{QUEUE}?open={doubtful.number}").text
    page = client.get(f"{QUEUE}/accept-page").text
    assert "单独核对" in page
    assert "13812345678" not in page
    assert len(re.findall(r'name="number" value="[^"]+" checked', page)) == 2
    assert "疑似重复" in page
    answer = client.post(f"{QUEUE}/accept-page", data={"number": [first.number, second.number]})
    assert answer.status_code == 303
    assert [anew(came).state.value for came in (first, second, repeated)] == ["accepted", "accepted", "received"]
    assert "已通过 2 件" in client.get(QUEUE).text


def test_the_queue_is_paged_by_key(consultation: Consultation, signed_in: SignIn) -> None:
    came = [arrive(f"第 {n:03} 件。") for n in range(queries.PAGE + 3)]
    client = signed_in("moderator")
    first = client.get(QUEUE).text
    assert "第 049 件" in first
    assert "第 050 件" not in first
    second = client.get(f"{QUEUE}?after={came[queries.PAGE - 1].id}").text
    assert "第 050 件" in second
    assert "第 049 件" not in second
    assert f"before={came[queries.PAGE].id}" in second


@pytest.mark.parametrize(
    "args", ["after=x", "after=99999999999999999999999", "state=none", "open=nothing", "before=-1"]
)
def test_a_meddled_address_shows_the_queue(consultation: Consultation, signed_in: SignIn, args: str) -> None:
    arrive("一件。")
    assert signed_in("moderator").get(f"{QUEUE}?{args}").status_code == 200


def test_a_submission_is_found_by_its_number(consultation: Consultation, signed_in: SignIn) -> None:
    came = arrive("找得到。")
    client = signed_in("moderator")
    answer = client.get(f"{QUEUE}/find?number={came.number.lower()}")
    assert "找得到。" in client.get(answer.location).text
    answer = client.get(f"{QUEUE}/find?number=20260101-NOTHING", follow_redirects=True)
    assert "未找到该编号" in answer.text


def test_submissions_are_found_by_the_words_of_an_attachment(consultation: Consultation, signed_in: SignIn) -> None:
    data = "电梯<b>补贴</b>应当公示。".encode()
    blobs().put(data)
    came = arrive("见附件。", attachments=(check("说明.txt", data, max_bytes=1000),))
    jobs.run("search")
    page = signed_in("moderator").get(f"{QUEUE}/find?number=电梯<b>补贴").text
    assert came.number in page
    assert "在附件里" in page
    assert "<mark>电梯&lt;b&gt;补贴</mark>" in page
    assert "请输入两个字以上" in signed_in("moderator").get(f"{QUEUE}/find?number=梯").text


def test_an_attachment_is_only_ever_a_download(consultation: Consultation, signed_in: SignIn) -> None:
    file = check("说明 “一”.txt", "纯文本".encode(), max_bytes=1000)
    blobs().put("纯文本".encode())
    came = arrive("见附件。", attachments=(file,))
    client = signed_in("moderator")
    answer = client.get(f"{QUEUE}/{came.number}/attachments/0")
    assert answer.data == "纯文本".encode()
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Type"].startswith("application/octet-stream")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get(f"{QUEUE}/{came.number}/attachments/7").status_code == 404


def test_the_raw_form_is_given_byte_for_byte(consultation: Consultation, signed_in: SignIn) -> None:
    came = arrive("原样。", raw=b"a\r\n\xff\x00b", raw_media_type="message/rfc822")
    answer = signed_in("moderator").get(f"{QUEUE}/{came.number}/raw")
    assert answer.data == b"a\r\n\xff\x00b"
    assert f"{came.number}.eml" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize("who", ["drafter", "publisher", "legal", "auditor"])
def test_who_does_not_screen_sees_the_queue_and_changes_nothing(
    consultation: Consultation, signed_in: SignIn, who: str
) -> None:
    came = arrive("一件。")
    client = signed_in(who)
    page = client.get(QUEUE)
    assert page.status_code == 200
    assert "<textarea" not in page.text
    for verb in ("accept", "reject", "mask", "undo", "take-up"):
        assert act(client, came, verb, reason_id="unrelated")[0] == 403
    assert client.post(f"{QUEUE}/accept-page", data={"number": came.number}).status_code == 403
    assert anew(came).state is SubmissionState.RECEIVED


@pytest.mark.parametrize("who", ["other_moderator", "other_drafter"])
def test_another_divisions_staff_does_not_see_the_queue(
    consultation: Consultation, signed_in: SignIn, who: str
) -> None:
    came = arrive("一件。", attachments=())
    client = signed_in(who)
    assert client.get(QUEUE).status_code in (403, 404)
    assert act(client, came, "accept")[0] in (403, 404)
    assert client.get(f"{QUEUE}/{came.number}/raw").status_code in (403, 404)


def test_a_submission_of_another_consultation_is_not_reached_through_this_one(
    consultation: Consultation, staff: Staff, signed_in: SignIn
) -> None:
    an_open_consultation(staff.of("other_drafter"), staff.of("publisher"), at=PUBLISHED, slug="streets")
    came = arrive("别处的。", slug="streets")
    client = signed_in("moderator")
    assert act(client, came, "accept")[0] == 404
    assert client.get(f"{QUEUE}/{came.number}/raw").status_code == 404


def test_without_signing_in_nothing_is_shown(app: Flask, consultation: Consultation) -> None:
    answer = app.test_client().get(QUEUE)
    assert answer.status_code == 302
    assert "/desk/sign-in" in answer.location


def test_an_act_without_the_csrf_token_does_nothing(
    app: Flask, consultation: Consultation, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    came = arrive("一件。")
    client = signed_in("moderator")
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    assert act(client, came, "accept")[0] == 400
    assert anew(came).state is SubmissionState.RECEIVED
    assert client.get(f"{QUEUE}/{came.number}/accept").status_code == 405


LONG = "请打13812345678找我，" * 1_200


def test_a_long_submission_is_folded_and_the_page_says_how_much_is_not_shown(
    consultation: Consultation, signed_in: SignIn
) -> None:
    arrive(LONG + "最后一句。", "第二处。")
    page = signed_in("moderator").get(QUEUE).text
    assert page.count("<mark") < 150
    hidden = re.search(r"还有 ([\d,]+) 字未在本页显示", page)
    assert hidden is not None
    assert 17_000 < int(hidden[1].replace(",", "")) < len(LONG)
    assert "最后一句" not in page
    assert 'name="read" value="1" required' in page


def test_a_long_submission_is_not_accepted_unread_neither_singly_nor_with_many(
    consultation: Consultation, signed_in: SignIn
) -> None:
    came, short = arrive(LONG), arrive("短的。")
    client = signed_in("moderator")
    status, page = act(client, came, "accept")
    assert status == 400
    assert "请逐段看完" in page
    asked = client.get(f"{QUEUE}/accept-page").text
    assert re.search(rf'value="{came.number}" disabled', asked)
    client.post(f"{QUEUE}/accept-page", data={"number": [came.number, short.number]})
    assert anew(came).state is SubmissionState.RECEIVED
    assert anew(short).state is SubmissionState.ACCEPTED
    assert act(client, came, "accept", read="1")[0] == 303
    now = anew(came)
    assert now.state is SubmissionState.ACCEPTED
    assert queries.printed(now)[came.parts[0]].content == LONG.replace("13812345678", "【电话】")


def fields_of(page: str) -> dict[str, str]:
    """The fields of the form of a piece as a browser would send them."""
    hidden = dict(re.findall(r'name="(start|end|seen)"[^>]*? value="([^"]*)"', page))
    text = re.search(r'<textarea[^>]*name="text"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    assert text is not None
    return {**hidden, "text": html.unescape(text[1])}


def test_all_of_a_long_submission_is_read_and_masked_in_pieces(consultation: Consultation, signed_in: SignIn) -> None:
    came = arrive(LONG + "楼上的老王。", "<b>第二处</b>。")
    client = signed_in("moderator")
    url = f"{QUEUE}/{came.number}/texts"
    pages = [client.get(f"{url}/{nth}") for nth in range(1, 7)]
    assert [page.status_code for page in pages] == [200] * 6
    assert client.get(f"{url}/7").status_code == client.get(f"{url}/0").status_code == 404
    assert "".join(fields_of(page.text)["text"] for page in pages[:5]) == (LONG + "楼上的老王。").replace(
        "13812345678", "【电话】"
    )
    assert all(page.text.count("<mark") < 300 for page in pages)
    assert "<b>第二处" not in pages[5].text
    fields = fields_of(pages[4].text)
    assert client.post(f"{url}/5", data={**fields, "text": "楼上的邻居。"}).status_code == 303
    again = client.post(f"{url}/5", data={**fields, "text": "晚来的修改。"})
    assert again.status_code == 400
    assert "刚刚被修改过" in again.text
    assert "晚来的修改。</textarea>" in again.text
    act(client, came, "accept", read="1")
    content = queries.printed(anew(came))[came.parts[0]].content
    assert content.endswith("楼上的邻居。")
    assert "老王" not in content


def test_who_does_not_screen_reads_the_pieces_and_writes_none(consultation: Consultation, signed_in: SignIn) -> None:
    came = arrive(LONG)
    client = signed_in("drafter")
    page = client.get(f"{QUEUE}/{came.number}/texts/1")
    assert page.status_code == 200
    assert "<textarea" not in page.text
    fields = dict(re.findall(r'name="(start|end|seen)"[^>]*? value="([^"]*)"', page.text))
    assert client.post(f"{QUEUE}/{came.number}/texts/1", data={**fields, "text": "x"}).status_code == 403
    assert queries.printed(anew(came)) == {}
