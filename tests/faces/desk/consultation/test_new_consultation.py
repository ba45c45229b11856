"""Upload, preview, confirm; and every file that is refused."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from docx import Document
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from consult.app_context import settings
from consult.drafting import versions
from consult.drafting.models import Consultation, Issuer
from consult.files import drafts
from consult.store import db
from consult.text.parser.provisions import Draft, parse
from tests.builders import DRAFT, docx_of
from tests.faces.desk.conftest import SignIn, Staff
from tests.faces.desk.making import TITLE, drafted, sent, token_in, upload
from tests.files.test_sandbox import does_not_end, is_killed
from tests.files.word import docx, paragraph, table

NEW = "/desk/consultations/new"
OLE = bytes.fromhex("d0cf11e0a1b11ae1")


def count() -> int:
    """Return how many consultations there are."""
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Consultation)) or 0


def previewed(client: FlaskClient, data: bytes = b"", name: str = "文稿.docx") -> str:
    """Upload a draft and return the address of its preview."""
    answer = sent(client, NEW, {"file": upload(data or docx_of(DRAFT), name)})
    assert (answer.status_code, "核对条文" in answer.text) == (200, True), answer.text
    return f"{answer.request.path}?draft={answer.request.args['draft']}"


def test_a_draft_is_uploaded_looked_at_and_confirmed(signed_in: SignIn) -> None:
    client = signed_in("drafter")
    address = previewed(client)
    page = client.get(address).text
    for words in ("第三条", "对七十周岁以上老年人给予优惠", "第一章", "《规章制定程序条例》第十五条第二款", "不少于"):
        assert words in page
    assert f'value="{TITLE}"' in page
    assert count() == 0, "a preview makes nothing"
    answer = client.post(
        f"{NEW}/preview",
        data={
            "draft": token_in(client.get(address).text),
            "title": TITLE,
            "kind": "rules-draft",
            "enterprise_related": "y",
        },
    )
    assert answer.status_code == 303
    assert answer.location.endswith("/notice")
    consultation = db.session.scalars(select(Consultation)).one()
    assert (consultation.title, consultation.kind, consultation.enterprise_related) == (TITLE, "rules-draft", True)
    assert consultation.division is not None
    assert consultation.division.name == "保障处"


def test_what_looks_wrong_stands_beside_the_draft_with_its_place(signed_in: SignIn) -> None:
    client = signed_in("drafter")
    page = client.get(previewed(client, docx_of(DRAFT.replace("第四条", "第七条")))).text
    assert "第七条：与前一个序号不连续" in page
    assert 'href="#art-7"' in page
    assert 'id="art-7"' in page


def test_a_table_in_the_file_is_pointed_at_with_its_place(signed_in: SignIn) -> None:
    body = "".join(paragraph(line) for line in DRAFT.split("\n"))
    page = signed_in("drafter").get(previewed(signed_in("drafter"), docx(body + table(("类别", "标准"), ("甲", "乙")))))
    anchor = re.search(r'<a href="#([^"]+)">表格（2 行 2 列）按行读成文字', page.text)
    assert anchor is not None
    assert f'id="{anchor[1]}"' in page.text


@pytest.mark.parametrize("what_it_does", [is_killed, does_not_end])
def test_a_file_that_takes_its_reader_down_is_refused_in_words(
    signed_in: SignIn, monkeypatch: pytest.MonkeyPatch, what_it_does: Callable[..., str]
) -> None:
    client = signed_in("drafter")
    with monkeypatch.context() as patch:
        patch.setattr(drafts, "try_reading", what_it_does)
        patch.setattr(settings(), "reading_seconds", 0.5)
        answer = sent(client, NEW, {"file": upload(docx_of(DRAFT), "文稿.docx")})
    assert "文件无法使用" in answer.text
    assert "读取“文稿.docx”时程序中断，没有读完" in answer.text
    assert count() == 0
    assert client.get(previewed(client)).status_code == 200


def test_a_file_is_parsed_where_it_is_read_for_the_first_time(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def here(_: str) -> Draft:
        raise AssertionError("in the process that serves others beside")

    expected = versions.read_draft("文稿.docx", docx_of(DRAFT))
    monkeypatch.setattr(drafts, "parse", here)
    assert versions.read_in_sandbox("文稿.docx", docx_of(DRAFT)) == expected


def test_a_draft_is_parsed_once_between_its_upload_and_its_version(
    signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The upload parses it in a process of its own; after that nothing does, however often the preview is opened."""
    uploads_read, parsed_here = [], []
    read_upload = versions.read_in_sandbox

    def counted_upload(name: str, source: bytes | Path) -> versions.DraftSource:
        uploads_read.append(name)
        return read_upload(name, source)

    def counted_parse(text: str) -> Draft:
        parsed_here.append(text)
        return parse(text)

    monkeypatch.setattr(versions, "read_in_sandbox", counted_upload)
    monkeypatch.setattr(drafts, "parse", counted_parse)
    client = signed_in("drafter")
    address = previewed(client)
    assert [client.get(address).status_code for _ in range(2)] == [200, 200]
    form = {"draft": token_in(client.get(address).text), "title": TITLE, "kind": "rules-draft"}
    assert client.post(f"{NEW}/preview", data=form).status_code == 303
    assert (uploads_read, parsed_here) == (["文稿.docx"], [])
    version = db.session.scalars(select(Consultation)).one().public_version
    assert version is not None
    assert version.text == versions.read_draft("文稿.docx", docx_of(DRAFT)).text
    assert len(parsed_here) == 1, "and what counts them does count"


def test_words_of_enterprises_business_set_the_tick_and_are_named(signed_in: SignIn) -> None:
    client = signed_in("drafter")
    page = client.get(previewed(client, docx_of(DRAFT.replace("运营单位", "经营者和企业")))).text
    assert "经营者、企业" in page
    assert '<input checked id="enterprise_related"' in page
    plain = client.get(previewed(client, docx_of(DRAFT))).text
    assert '<input id="enterprise_related"' in plain


def test_without_a_kind_or_a_title_what_was_typed_is_still_there(signed_in: SignIn) -> None:
    client = signed_in("drafter")
    token = token_in(client.get(previewed(client)).text)
    answer = client.post(f"{NEW}/preview", data={"draft": token, "title": "我自己写的标题"})
    assert answer.status_code == 400
    assert "请选择文件类别" in answer.text
    assert 'value="我自己写的标题"' in answer.text
    assert "第三条" in answer.text
    too_long = client.post(f"{NEW}/preview", data={"draft": token, "title": "长" * 201, "kind": "rules-draft"})
    assert too_long.status_code == 400
    assert "标题有 201 字" in too_long.text
    forged = client.post(f"{NEW}/preview", data={"draft": token, "title": "某办法", "kind": "novel"})
    assert forged.status_code == 400
    assert count() == 0


def encrypted_docx() -> bytes:
    """Return what Word writes for a document with a password: an OLE container with an encrypted package."""
    return OLE + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(2000)


def image_only() -> bytes:
    """Return a Word file without a word in it."""
    buffer = io.BytesIO()
    Document().save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("空.txt", b"", "空文件"),
        ("说明.txt", "这里没有条文。\n只有几句话。".encode(), "未找到条文"),
        ("损坏.docx", docx_of(DRAFT)[:3000], "损坏"),
        ("加密.docx", encrypted_docx(), "加密"),
        ("老格式.doc", OLE + bytes(4000), "老格式"),
        ("图片.docx", image_only(), "没有文字"),
        ("照片.jpg", b"\xff\xd8\xff\xe0" + bytes(500), "照片"),
        ("../../路径.txt", b"\x00\x01\x02\x03" * 300, "路径"),
    ],
)
def test_a_file_that_is_no_draft_says_why_by_its_name_and_leaves_nothing(
    signed_in: SignIn, name: str, data: bytes, words: str
) -> None:
    answer = sent(signed_in("drafter"), NEW, {"file": upload(data, name)})
    assert "文件无法使用" in answer.text
    assert words in answer.text
    assert "Traceback" not in answer.text
    assert count() == 0


def test_no_file_at_all_is_said_too(signed_in: SignIn) -> None:
    answer = signed_in("drafter").post(NEW, data={})
    assert answer.status_code == 400
    assert "请先选择文稿文件" in answer.text


def test_more_than_a_request_may_hold_gets_the_page_that_says_so(
    app: Flask, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 100_000)
    answer = signed_in("drafter").post(NEW, data={"file": upload(b"x" * 200_000)})
    assert answer.status_code == 413
    assert "文件太大" in answer.text


def test_a_preview_belongs_to_who_uploaded_it_and_cannot_be_forged(signed_in: SignIn, staff: Staff) -> None:
    address = previewed(signed_in("drafter"))
    for who, target in (("colleague", address), ("drafter", address + "0"), ("drafter", address + "x")):
        answer = signed_in(who).get(target)
        assert answer.status_code == 303
        assert answer.location.endswith(NEW)
    assert signed_in("drafter").get(f"{NEW}/preview").status_code == 303


@pytest.mark.parametrize("name", ["moderator", "publisher", "legal", "auditor"])
def test_nobody_else_creates(signed_in: SignIn, name: str) -> None:
    client = signed_in(name)
    for answer in (client.get(NEW), client.post(NEW, data={"file": upload(docx_of(DRAFT))})):
        assert answer.status_code == 403
        assert "需要：起草处室" in answer.text
    assert "新建征求意见" not in client.get("/desk/").text


def test_a_document_of_several_departments_names_the_one_that_leads(signed_in: SignIn, staff: Staff) -> None:
    made = drafted(staff)
    client = signed_in("drafter")
    address = f"/desk/consultations/{made.slug}/notice"
    written = {"title": made.title, "kind": made.kind, "notice_html": "<p>公告</p>", "issuer": "joint"}
    refused = client.post(address, data=written)
    assert (refused.status_code, "牵头起草单位" in refused.text) == (400, True)
    assert client.post(address, data={**written, "leading_unit": "某市商务局"}).status_code == 303
    db.session.expire_all()
    assert (made.issuer, made.leading_unit) == (Issuer.JOINT, "某市商务局")
    assert client.post(address, data={**written, "issuer": "nobody"}).status_code == 400
