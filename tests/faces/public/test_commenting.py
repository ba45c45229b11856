"""The form: what it takes, what it refuses, and that nothing typed is ever lost."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from consult.app_context import settings
from consult.drafting import service as drafting
from consult.drafting.models import Consultation
from consult.faces import jobs
from consult.intake.models import Attachment, AttachmentScan, Submission, SubmissionPart
from consult.store import db
from tests.builders import NOON, a_consultation
from tests.clamd import BAD, SIGNATURE, listening
from tests.faces.public.conftest import A_DAY_IN, Staff, field, fill
from tests.files import samples

TEXT = "价格公示要写清楚每道菜的分量，方便老人比较。"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def stored() -> int:
    """Return how many submissions there are."""
    db.session.expire_all()
    return db.session.scalar(select(func.count()).select_from(Submission)) or 0


@pytest.fixture(autouse=True)
def _a_day_in(canteen: Consultation):
    with time_machine.travel(A_DAY_IN, tick=False) as traveller:
        yield traveller


def test_one_form_carries_opinions_on_several_articles_and_on_the_whole(client: FlaskClient) -> None:
    sent = fill(
        client,
        **{
            "pieces-0-anchor": "art-3",
            "pieces-0-quote": "公示菜品价格",
            "pieces-0-content": TEXT,
            "pieces-1-anchor": "",
            "pieces-1-content": "整体支持。",
            "pieces-2-anchor": "art-4",
            "pieces-2-content": "",
            "name": "赵一",
            "contact": "13800138000",
            "publish_name": "y",
        },
    )
    assert sent.status_code == 303
    parts = db.session.scalars(select(SubmissionPart).order_by(SubmissionPart.position)).all()
    assert [(part.anchor, part.content, part.quote) for part in parts] == [
        ("art-3", TEXT, "公示菜品价格"),
        ("", "整体支持。", ""),
    ]
    submission = parts[0].submission
    assert (submission.name, submission.contact, submission.publish_name) == ("赵一", "13800138000", True)
    assert not submission.late


def test_the_receipt_page_shows_number_key_and_code(client: FlaskClient) -> None:
    sent = fill(client)
    assert "key" not in sent.location
    page = client.get(sent.location)
    number = db.session.scalar(select(Submission.number))
    assert number is not None
    assert number in page.text
    assert "已收到您的意见" in page.text
    assert page.headers["Cache-Control"] == "no-store, private"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert client.get(f"/receipts/{number}/qr.svg").data.startswith(b"<svg")


def test_a_double_click_makes_one_submission_and_shows_one_receipt(client: FlaskClient) -> None:
    page = client.get("/consultations/canteen/comment").text
    typed = {"verb": "send", "token": field(page, "token"), "pieces-0-anchor": "", "pieces-0-content": TEXT}
    first = client.post("/consultations/canteen/comment", data=typed, content_type="multipart/form-data")
    second = client.post("/consultations/canteen/comment", data=typed, content_type="multipart/form-data")
    assert first.location == second.location
    assert stored() == 1


def test_the_same_form_with_other_words_is_asked_about_not_lost(client: FlaskClient) -> None:
    page = client.get("/consultations/canteen/comment").text
    typed = {"verb": "send", "token": field(page, "token"), "pieces-0-anchor": "", "pieces-0-content": TEXT}
    client.post("/consultations/canteen/comment", data=typed)
    again = client.post("/consultations/canteen/comment", data=typed | {"pieces-0-content": "又想到一点。"})
    assert again.status_code == 409
    assert "又想到一点。" in again.text
    assert field(again.text, "token") != typed["token"]
    third = client.post(
        "/consultations/canteen/comment",
        data=typed | {"pieces-0-content": "又想到一点。", "token": field(again.text, "token")},
    )
    assert third.status_code == 303
    assert stored() == 2


def test_an_article_is_added_and_dropped_without_script_and_nothing_typed_is_lost(client: FlaskClient) -> None:
    typed = {"token": "t", "pieces-0-anchor": "", "pieces-0-content": TEXT, "name": "赵一", "add_anchor": "art-3"}
    added = client.post("/consultations/canteen/comment", data=typed | {"verb": "add"})
    assert added.status_code == 200
    assert TEXT in added.text
    assert 'value="赵一"' in added.text
    assert field(added.text, "pieces-1-anchor") == "art-3"
    two = typed | {"pieces-1-anchor": "art-3", "pieces-1-content": "第三条也要改。"}
    dropped = client.post("/consultations/canteen/comment", data=two | {"verb": "drop-0"})
    assert field(dropped.text, "pieces-0-anchor") == "art-3"
    assert "第三条也要改。" in dropped.text
    assert TEXT not in dropped.text
    assert stored() == 0


def test_the_link_of_an_article_opens_the_form_on_it(client: FlaskClient) -> None:
    page = client.get("/consultations/canteen/comment?anchor=art-3&anchor=art-4&anchor=forged").text
    assert field(page, "pieces-0-anchor") == "art-3"
    assert field(page, "pieces-1-anchor") == "art-4"
    assert '"forged"' not in page


@pytest.mark.parametrize("words", ["", "   \n\t ", "\x00\x07\u200b"])
def test_an_empty_form_is_refused_and_says_what_to_do(client: FlaskClient, words: str) -> None:
    sent = fill(client, **{"pieces-0-content": words, "name": "赵一"})
    assert sent.status_code == 400
    assert "请写下意见再提交" in sent.text
    assert 'value="赵一"' in sent.text
    assert stored() == 0


def test_a_megabyte_of_text_is_refused_with_every_character_still_there(client: FlaskClient) -> None:
    long = "长" * 350_000
    sent = fill(client, **{"pieces-0-content": long})
    assert sent.status_code == 400
    assert "350,000 字" in sent.text
    assert long in sent.text
    assert stored() == 0


def test_control_characters_are_taken_out_of_what_is_read(client: FlaskClient) -> None:
    assert fill(client, **{"pieces-0-content": "价\x00格\x1b[31m要公示\u2028。"}).status_code == 303
    assert db.session.scalar(select(SubmissionPart.content)) == "价格[31m要公示。"


@pytest.mark.parametrize("anchor", ["art-999", "art-3\x00"])
def test_a_forged_provision_is_refused_with_the_text_still_there(client: FlaskClient, anchor: str) -> None:
    sent = fill(client, **{"pieces-0-anchor": anchor, "pieces-0-content": TEXT})
    assert sent.status_code == 400
    assert "请从草案的条文重新选择" in sent.text
    assert TEXT in sent.text
    assert stored() == 0


@pytest.mark.parametrize("token", ["a\x00b", "t" * 65])
def test_a_forged_form_token_costs_one_more_click_and_no_text(client: FlaskClient, token: str) -> None:
    sent = fill(client, **{"token": token, "pieces-0-content": TEXT})
    assert sent.status_code == 400
    assert TEXT in sent.text
    again = fill(client, **{"token": field(sent.text, "token"), "pieces-0-content": TEXT})
    assert again.status_code == 303
    assert stored() == 1


def test_an_hour_early_is_refused_with_the_text_still_there(client: FlaskClient, staff: Staff) -> None:
    tomorrow = a_consultation(staff.drafter, slug="tomorrow", title="明天才公布的办法")
    drafting.submit_for_review(staff.drafter, tomorrow, at=A_DAY_IN)
    drafting.publish(staff.publisher, tomorrow, at=A_DAY_IN, opens=(A_DAY_IN + timedelta(days=1)).date())
    assert tomorrow.opens_at is not None
    with time_machine.travel(tomorrow.opens_at - timedelta(hours=1), tick=False):
        sent = client.post("/consultations/tomorrow/comment", data={"pieces-0-content": TEXT, "verb": "send"})
    assert sent.status_code == 409
    assert "还没有开始" in sent.text
    assert TEXT in sent.text
    assert stored() == 0


def test_a_second_late_is_taken_marked_late_and_said_so_though_the_page_was_opened_in_time(
    client: FlaskClient, canteen: Consultation
) -> None:
    assert canteen.closes_at is not None
    with time_machine.travel(canteen.closes_at - timedelta(minutes=5), tick=False):
        page = client.get("/consultations/canteen/comment").text
    typed = {"verb": "send", "token": field(page, "token"), "pieces-0-content": TEXT}
    with time_machine.travel(canteen.closes_at + timedelta(seconds=1), tick=False):
        sent = client.post("/consultations/canteen/comment", data=typed)
        receipt = client.get(sent.location).text
    assert sent.status_code == 303
    assert db.session.scalar(select(Submission.late)) is True
    assert "您的意见在截止之后收到" in receipt


def test_the_last_second_is_in_time(client: FlaskClient, canteen: Consultation) -> None:
    assert canteen.closes_at is not None
    with time_machine.travel(canteen.closes_at - timedelta(seconds=1), tick=False):
        assert fill(client).status_code == 303
    assert db.session.scalar(select(Submission.late)) is False


def test_a_withdrawn_consultation_takes_nothing_and_keeps_the_text(
    client: FlaskClient, canteen: Consultation, staff: Staff
) -> None:
    token = field(client.get("/consultations/canteen/comment").text, "token")
    drafting.withdraw(staff.publisher, canteen, "上位法已经修改", at=A_DAY_IN)
    typed = {"token": token, "pieces-0-anchor": "", "pieces-0-content": TEXT, "sender_kind": "person"}
    sent = client.post("/consultations/canteen/comment", data=typed | {"verb": "send"})
    assert sent.status_code == 409
    assert "已经撤回" in sent.text
    assert TEXT in sent.text
    assert TEXT in client.post("/consultations/canteen/comment", data=typed | {"verb": "add"}).text
    assert "提交意见" not in client.get("/consultations/canteen/comment").text


@pytest.mark.parametrize("token", [None, "wrong"])
def test_a_missing_or_wrong_security_token_costs_nobody_their_text(
    app: Flask, client: FlaskClient, token: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    page = client.get("/consultations/canteen/comment").text
    typed = {"verb": "send", "token": field(page, "token"), "pieces-0-anchor": "art-3", "pieces-0-content": TEXT}
    refused = client.post("/consultations/canteen/comment", data=typed | ({"csrf_token": token} if token else {}))
    assert refused.status_code == 400
    assert "请再点一次" in refused.text
    assert TEXT in refused.text
    assert stored() == 0
    fresh = field(refused.text, "csrf_token")
    assert client.post("/consultations/canteen/comment", data=typed | {"csrf_token": fresh}).status_code == 303


def test_a_sender_waits_for_no_scanner_which_looks_at_the_file_afterwards(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening() as address:
        monkeypatch.setattr(settings(), "clamd_address", address)
        assert fill(client, files=[(io.BytesIO(BAD), "图纸.txt")]).status_code == 303
        assert db.session.scalars(select(AttachmentScan)).all() == []
        assert jobs.run("scan") == 1
    assert db.session.scalars(select(AttachmentScan.signature)).all() == [SIGNATURE]


def test_a_sender_waits_for_no_opening_and_is_told_on_the_receipt_what_was_found(client: FlaskClient) -> None:
    packed = samples.zipped({"程序.exe": b"MZ" + bytes(90)})
    receipt = fill(client, files=[(io.BytesIO(packed), "全部.zip")])
    assert receipt.status_code == 303
    assert "工作人员不能打开" not in client.get(receipt.location).text
    assert jobs.run("open-attachments") == 1
    page = client.get(receipt.location).text
    assert "收到之后检查附件《全部.zip》，工作人员不能打开它" in page
    assert "里有不能接收的文件（附件《程序.exe》是 .exe 文件" in page
    assert "请改好后另外提交一次" in page


def test_attachments_are_kept_by_content_and_counted(client: FlaskClient) -> None:
    files = [(io.BytesIO(PDF), "图纸.pdf"), (io.BytesIO("说明".encode()), "说明.txt")]
    assert fill(client, files=files).status_code == 303
    kept = db.session.scalars(select(Attachment).order_by(Attachment.position)).all()
    assert [(file.file_name, file.media_type) for file in kept] == [
        ("图纸.pdf", "application/pdf"),
        ("说明.txt", "text/plain"),
    ]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([(b"MZ\x90\x00" + b"\x00" * 200, "图纸.pdf")], "图纸.pdf"),
        ([(b"", "空的.txt")], "空文件"),
        ([(b"<html><script>1</script>", "网页.html")], "网页.html"),
        ([(b"x", f"{n}.txt") for n in range(6)], "最多上传 5 个附件"),
    ],
)
def test_a_wrong_attachment_is_named_and_everything_typed_is_still_there(
    client: FlaskClient, files: list[tuple[bytes, str]], words: str
) -> None:
    sent = fill(
        client,
        files=[(io.BytesIO(data), name) for data, name in files],
        **{"pieces-0-content": TEXT, "contact": "010-12345678"},
    )
    assert sent.status_code == 400
    assert words in sent.text
    assert TEXT in sent.text
    assert "010-12345678" in sent.text
    assert "附件要重新选择" in sent.text
    assert stored() == 0


def test_an_attachment_over_the_limit_is_refused(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "attachment_bytes", 1000)
    sent = fill(client, files=[(io.BytesIO(b"x" * 1001), "大.txt")], **{"pieces-0-content": TEXT})
    assert sent.status_code == 400
    assert "大.txt" in sent.text
    assert TEXT in sent.text


def test_nothing_of_a_refused_form_is_kept_not_even_its_attachments(client: FlaskClient) -> None:
    before = set(settings().data_dir.rglob("*"))
    fill(client, files=[(io.BytesIO(b"only here 4711"), "a.txt")], **{"pieces-0-anchor": "art-999"})
    assert {path for path in set(settings().data_dir.rglob("*")) - before if path.is_file()} == set()


def test_the_form_says_what_personal_data_is_for_and_how_long_it_is_kept(client: FlaskClient) -> None:
    page = client.get("/consultations/canteen/comment").text
    for words in ("可以都不填", "只用来", "最多保存 3 年", "单独同意"):
        assert words in page


def test_a_text_with_markup_is_shown_as_text(client: FlaskClient) -> None:
    sent = fill(client, **{"pieces-0-anchor": "art-999", "pieces-0-content": "<script>alert(1)</script></textarea>"})
    assert "<script>alert(1)" not in sent.text


def test_a_form_to_an_unknown_address_is_not_found(client: FlaskClient) -> None:
    with time_machine.travel(NOON, tick=False):
        assert client.post("/consultations/nothing/comment", data={"pieces-0-content": TEXT}).status_code == 404


def test_who_sends_too_much_gets_the_form_back_with_the_text(limited: FlaskClient) -> None:
    for n in range(30):
        assert fill(limited, **{"pieces-0-content": f"第{n}次。"}).status_code == 303
    refused = fill(limited, **{"pieces-0-content": TEXT})
    assert refused.status_code == 429
    assert TEXT in refused.text
    assert "提交得太多" in refused.text
    assert stored() == 30
