"""Writing the notice on the desk; versions of the draft: read, downloaded, added."""

from __future__ import annotations

import re

import pytest

from consult.store import db
from tests.builders import DRAFT, a_consultation, docx_of
from tests.faces.desk.conftest import SignIn, Staff
from tests.faces.desk.consultation.test_overview import fresh
from tests.faces.desk.making import drafted, in_review, released, sent, token_in, upload
from tests.faces.public.conftest import field

FORM = {
    "title": "社区助餐管理办法（征求意见稿）",
    "kind": "rules-draft",
    "summary": "怎样开、谁来管。",
    "notice_html": "<p>自己写的公告。</p><script>alert(1)</script>",
    "explanation_html": "第一段\n第二段",
    "mail_phrase": "社区助餐",
    "contact": "某市一路1号",
}


def test_the_notice_is_stored_cleaned_and_read_by_others(signed_in: SignIn, staff: Staff) -> None:
    slug = drafted(staff).slug
    client = signed_in("colleague")
    answer = client.post(f"/desk/consultations/{slug}/notice", data=FORM)
    assert answer.status_code == 303
    consultation = fresh(slug)
    assert (consultation.title, consultation.kind, consultation.enterprise_related) == (
        FORM["title"],
        "rules-draft",
        False,
    )
    assert consultation.notice_html == "<p>自己写的公告。</p>"
    assert consultation.explanation_html == "<p>第一段</p><p>第二段</p>"
    page = signed_in("legal").get(f"/desk/consultations/{slug}/notice").text
    assert "自己写的公告。" in page
    assert "<textarea" not in page
    assert client.post(f"/desk/consultations/{slug}/notice", data=FORM | {"then": "overview"}).location.endswith(slug)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("title", "", "请填写标题"),
        ("kind", "", "请选择文件类别"),
        ("summary", "长" * 301, "简介有 301 字"),
        ("contact", "长" * 301, "联系方式有 301 字"),
        ("mail_phrase", "长" * 81, "邮件主题用语有 81 字"),
        ("explanation_html", "长" * 100_001, "起草说明（连同格式）有 100,001 字"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_everything_typed_is_still_there(
    signed_in: SignIn, staff: Staff, field: str, value: str, words: str
) -> None:
    slug = drafted(staff).slug
    answer = signed_in("drafter").post(f"/desk/consultations/{slug}/notice", data=FORM | {field: value})
    assert answer.status_code == 400
    assert words in answer.text
    assert f'href="#{field}"' in answer.text, "the summary leads to the field"
    assert "&lt;p&gt;自己写的公告。&lt;/p&gt;" in answer.text
    if field not in ("title", "kind"):
        assert value in answer.text
    assert fresh(slug).title != FORM["title"]


def test_a_form_that_another_overtook_shows_what_is_stored_and_keeps_what_was_typed(
    signed_in: SignIn, staff: Staff
) -> None:
    slug = drafted(staff).slug
    address = f"/desk/consultations/{slug}/notice"
    seen = field(signed_in("drafter").get(address).text, "seen")
    assert signed_in("colleague").post(address, data=FORM | {"seen": seen}).status_code == 303
    mine = FORM | {"notice_html": "<p>我写的公告。</p>", "seen": seen}
    answer = signed_in("drafter").post(address, data=mine)
    assert answer.status_code == 409
    assert "公告又有改动" in answer.text
    assert "&lt;p&gt;我写的公告。&lt;/p&gt;" in answer.text
    assert "<p>自己写的公告。</p>" in answer.text, "what is stored, to compare with"
    assert fresh(slug).notice_html == "<p>自己写的公告。</p>"
    again = signed_in("drafter").post(address, data=mine | {"seen": field(answer.text, "seen")})
    assert again.status_code == 303
    assert fresh(slug).notice_html == "<p>我写的公告。</p>"


def test_sent_for_review_it_is_read_only_and_a_late_form_keeps_its_words(signed_in: SignIn, staff: Staff) -> None:
    slug = in_review(staff).slug
    client = signed_in("drafter")
    assert "<textarea" not in client.get(f"/desk/consultations/{slug}/notice").text
    answer = client.post(f"/desk/consultations/{slug}/notice", data=FORM)
    assert answer.status_code == 400
    assert "送审之后不能再改公告" in answer.text
    assert "自己写的公告" in answer.text


def test_the_contents_of_a_notice_name_all_its_upper_clauses(signed_in: SignIn, staff: Staff) -> None:
    text = (
        "关于规范摊点的意见\n一、总体要求\n坚持方便群众。\n二、设置\n（一）划定区域。征求居民意见。\n"
        "（二）总量控制。向社会公布。\n三、附则\n自公布之日起施行。"
    )
    a_consultation(staff.of("drafter"), text=text, slug="stalls", title="关于规范摊点的意见")
    page = signed_in("drafter").get("/desk/consultations/stalls/draft").text
    contents = page.partition(">目录</h")[2].partition("</ul>")[0]
    assert re.findall(r'href="#([\w-]+)"><span>([^<]+)<', contents) == [
        ("head-1", "一、总体要求"),
        ("head-2", "二、设置"),
        ("head-3", "三、附则"),
    ]


def test_another_version_is_looked_at_before_it_is_stored(signed_in: SignIn, staff: Staff) -> None:
    slug = released(staff).slug
    client = signed_in("drafter")
    new = f"/desk/consultations/{slug}/new-version"
    assert "征求意见稿不变" in client.get(new).text
    changed = docx_of(DRAFT.replace("七十周岁", "六十五周岁"))
    preview = sent(client, new, {"file": upload(changed, "修改稿.docx"), "kind": "revised"})
    query = {"draft": token_in(preview.text), "kind": "revised"}
    assert "六十五周岁" in preview.text
    assert len(fresh(slug).versions) == 1
    stored = client.post(f"{new}/preview", data=query)
    assert stored.location.endswith("/draft/2")
    page = client.get(stored.location).text
    assert "六十五周岁" in page
    assert "修改稿" in page
    assert "七十周岁" in client.get(f"/desk/consultations/{slug}/draft").text, "out for comment is the first"
    file = client.get(f"/desk/consultations/{slug}/draft/2/file")
    assert file.data == changed
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert file.headers["X-Content-Type-Options"] == "nosniff"


def test_a_version_that_does_not_fit_the_state_is_refused(signed_in: SignIn, staff: Staff) -> None:
    client = signed_in("drafter")
    slug = released(staff).slug
    new = f"/desk/consultations/{slug}/new-version"
    wrong = client.post(new, data={"file": upload(docx_of(DRAFT)), "kind": "for_comment"})
    assert wrong.status_code == 400
    none = client.post(new, data={"file": upload(docx_of(DRAFT))})
    assert "请选择稿次类别" in none.text
    broken = sent(client, new, {"file": upload(docx_of(DRAFT)[:900], "坏.docx"), "kind": "revised"})
    assert "文件无法使用" in broken.text
    assert "坏.docx" in broken.text
    token = token_in(sent(client, new, {"file": upload(docx_of(DRAFT)), "kind": "revised"}).text)
    sneaked = client.post(f"{new}/preview", data={"draft": token, "kind": "for_comment"}, follow_redirects=True)
    assert "征求意见稿送审后不能更换" in sneaked.text
    assert client.post(f"{new}/preview", data={"draft": token, "kind": "novel"}).status_code == 400
    assert client.post(f"{new}/preview", data={"draft": "forged", "kind": "revised"}).status_code == 303
    db.session.rollback()
    waiting = in_review(staff).slug
    assert client.get(f"/desk/consultations/{waiting}/new-version").status_code == 303
    assert len(fresh(slug).versions) == 1
