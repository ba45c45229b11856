"""The tab of reviews: asked for, completed, concluded, confirmed, taken back; who may not is refused."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from docx import Document
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from consult import clock
from consult.app_context import rules, settings
from consult.drafting import versions
from consult.drafting.models import Consultation, Issuer, VersionKind
from consult.faces import jobs
from consult.law.reviews import ReviewKind, ReviewState
from consult.review import forms, queries, verification
from consult.review.models import PaperRole, Review, StandardFinding
from consult.store import db
from tests.builders import DRAFT, docx_of
from tests.clamd import BAD, listening
from tests.faces.desk.conftest import SignIn, Staff
from tests.faces.desk.making import released

LEGALITY, FAIR = ReviewKind.LEGALITY, ReviewKind.FAIR_COMPETITION
EXCEPTED = "market-access-4"


@pytest.fixture
def consultation(staff: Staff) -> Consultation:
    made = released(staff, days=50)
    add_version(staff, made)
    return made


def add_version(staff: Staff, consultation: Consultation, text: str = DRAFT) -> None:
    versions.add_version(
        staff.of("drafter"), consultation, kind=VersionKind.FOR_SUBMISSION, file_name="送审稿.docx",
        data=docx_of(text), at=clock.now(),
    )  # fmt: skip


def today(days: int = 0) -> str:
    return (clock.local(clock.now()).date() + timedelta(days=days)).isoformat()


def a_file(words: str = "审核意见", name: str = "意见书.txt") -> tuple[io.BytesIO, str]:
    return io.BytesIO(words.encode()), name


def post(client: FlaskClient, consultation: Consultation, where: str, **fields: Any) -> TestResponse:
    data = {name.replace("__", "-"): value for name, value in fields.items()}
    return client.post(
        f"/desk/consultations/{consultation.slug}/reviews/{where}", data=data, content_type="multipart/form-data"
    )


def newest_number(consultation: Consultation) -> int:
    db.session.expire_all()
    return max(version.number for version in consultation.versions)


def ask(client: FlaskClient, consultation: Consultation, kind: ReviewKind = LEGALITY, **fields: Any) -> TestResponse:
    sent = {"kind": kind.value, "version": newest_number(consultation), "sent_on": today(-3), **fields}
    return post(client, consultation, "ask", **sent)


def reviews(consultation: Consultation) -> list[Review]:
    db.session.expire_all()
    return queries.of(consultation)


def state(consultation: Consultation, kind: ReviewKind = LEGALITY) -> ReviewState:
    db.session.expire_all()
    return queries.finding(consultation, kind, clock.now()).state


def concluded(signed_in: SignIn, consultation: Consultation, **fields: Any) -> Review:
    ask(signed_in("drafter"), consultation)
    (review,) = reviews(consultation)
    given = {"conclusion": "lawful", "returned_on": today(), "paper__0": a_file(), "point": "第三条删去后半句。"}
    answer = post(signed_in("legal"), consultation, f"{review.id}/conclude", **{**given, **fields})
    assert answer.status_code == 303, answer.text
    return review


def test_a_review_goes_from_the_drafter_to_the_legal_division_and_back(
    signed_in: SignIn, consultation: Consultation
) -> None:
    page = signed_in("drafter").get(f"/desk/consultations/{consultation.slug}/reviews").text
    assert "合法性审核" in page
    assert "合法性审查" not in page
    assert ask(signed_in("drafter"), consultation, material__basis=a_file("法律依据", "依据.txt")).status_code == 303
    (review,) = reviews(consultation)
    assert [(paper.role, paper.item) for paper in review.papers] == [(PaperRole.MATERIAL, "basis")]
    legal = signed_in("legal")
    lacking = {"lacking": "缺少意见采纳情况", "on": today(-2)}
    assert post(legal, consultation, f"{review.id}/pause", **lacking).status_code == 303
    assert state(consultation) is ReviewState.PAUSED
    back = {"on": today(-1), "material__opinions": a_file("采纳情况", "采纳情况.txt")}
    assert post(signed_in("drafter"), consultation, f"{review.id}/resume", **back).status_code == 303
    given = {"conclusion": "lawful", "returned_on": today(), "point": ["第三条删去后半句。", "", "统一用语。"]}
    files = {"paper__0": a_file(), "paper__1": a_file("律师意见", "律师.txt"), "role__1": "counsel_opinion"}
    assert post(signed_in("legal"), consultation, f"{review.id}/conclude", **given, **files).status_code == 303
    assert state(consultation) is ReviewState.STANDS
    answer = post(signed_in("drafter"), consultation, f"{review.id}/points", point="2", done="已全文统一。")
    assert answer.status_code == 303
    page = signed_in("drafter").get(f"/desk/consultations/{consultation.slug}/reviews").text
    for words in ("有效", "统一用语。", "已全文统一。", "律师.txt", "采纳情况.txt"):
        assert words in page
    assert list(verification.faults()) == []


BAD_REQUESTS: list[tuple[str, dict[str, Any], str]] = [
    ("a day that is none", {"sent_on": "2026-02-31"}, "不是日期"),
    ("a day to come", {"sent_on": today(2)}, "尚未到来"),
    ("no day", {"sent_on": ""}, "送审日期"),
    ("no such version", {"version": "9" * 30}, "没有这一稿"),
    ("before the period ended", {"sent_on": today(-45)}, "采纳情况"),
    ("due before it was sent", {"due_on": today(-9)}, "早于送审日期"),
]


@pytest.mark.parametrize(("fields", "words"), [row[1:] for row in BAD_REQUESTS], ids=[row[0] for row in BAD_REQUESTS])
def test_a_request_that_cannot_be_is_refused_beside_what_was_typed(
    signed_in: SignIn, consultation: Consultation, fields: dict[str, Any], words: str
) -> None:
    answer = ask(signed_in("drafter"), consultation, early_reason="", **fields)
    assert answer.status_code == 400
    assert words in answer.text
    assert '<details class="fold" id="ask-legality" open>' in answer.text
    assert reviews(consultation) == []


def test_a_kind_that_is_none_is_not_found(signed_in: SignIn, consultation: Consultation) -> None:
    assert post(signed_in("drafter"), consultation, "ask", kind="beauty", version=1).status_code == 404
    assert post(signed_in("legal"), consultation, "999/withdraw", reason="没有这一次审查。").status_code == 404


@pytest.mark.parametrize("who", ["moderator", "auditor", "other_drafter"])
def test_who_does_not_ask_for_reviews_is_refused(signed_in: SignIn, consultation: Consultation, who: str) -> None:
    client = signed_in(who)
    if who != "other_drafter":
        assert 'id="ask-legality"' not in client.get(f"/desk/consultations/{consultation.slug}/reviews").text
    assert ask(client, consultation).status_code in (403, 404)
    assert reviews(consultation) == []


@pytest.mark.parametrize(("who", "words"), [("drafter", "法规处"), ("publisher", "法规处"), ("auditor", "")])
def test_only_the_legal_division_concludes_on_legality(
    signed_in: SignIn, consultation: Consultation, who: str, words: str
) -> None:
    ask(signed_in("drafter"), consultation)
    (review,) = reviews(consultation)
    given = {"conclusion": "lawful", "returned_on": today(), "paper__0": a_file()}
    answer = post(signed_in(who), consultation, f"{review.id}/conclude", **given)
    assert answer.status_code in (400, 403)
    assert words in answer.text
    assert state(consultation) is ReviewState.ASKED


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"conclusion": ""}, "请选择审查结论"),
        ({"conclusion": "conforms"}, "没有“conforms”"),
        ({"paper__0": (io.BytesIO(b""), "")}, "原件"),
        ({"role__0": "expert_opinion"}, "不是这种审查的材料"),
        ({"returned_on": today(3)}, "尚未到来"),
        ({"note": "很长" * 3000}, "最多"),
    ],
)
def test_a_conclusion_that_lacks_something_is_refused_and_kept_in_the_form(
    signed_in: SignIn, consultation: Consultation, fields: dict[str, Any], words: str
) -> None:
    ask(signed_in("drafter"), consultation)
    (review,) = reviews(consultation)
    given: dict[str, Any] = {"conclusion": "lawful", "returned_on": today(), "point": "这一条请留着。"}
    if "paper__0" not in fields:
        given["paper__0"] = a_file()
    answer = post(signed_in("legal"), consultation, f"{review.id}/conclude", **{**given, **fields})
    assert answer.status_code == 400
    assert words in answer.text
    assert "这一条请留着。" in answer.text
    assert state(consultation) is ReviewState.ASKED


def test_a_newer_version_is_confirmed_beside_the_comparison(
    signed_in: SignIn, staff: Staff, consultation: Consultation
) -> None:
    review = concluded(signed_in, consultation)
    add_version(staff, consultation, DRAFT.replace("七十周岁", "六十周岁"))
    assert state(consultation) is ReviewState.LAPSED
    legal = signed_in("legal")
    page = legal.get(f"/desk/consultations/{consultation.slug}/reviews").text
    assert f"/desk/consultations/{consultation.slug}/compare/2/3" in page
    refused = post(legal, consultation, f"{review.id}/confirm", version=3, note="同意")
    assert (refused.status_code, "不少于" in refused.text) == (400, True)
    words = "只调整了年龄，不影响原审核意见。"
    assert post(signed_in("legal"), consultation, f"{review.id}/confirm", version=3, note=words).status_code == 303
    assert state(consultation) is ReviewState.STANDS


def test_a_review_is_withdrawn_with_a_reason_by_who_concluded_it(signed_in: SignIn, consultation: Consultation) -> None:
    review = concluded(signed_in, consultation)
    refused = post(signed_in("publisher"), consultation, f"{review.id}/withdraw", reason="结论不对，应当重新审核。")
    assert (refused.status_code, "另行登记" in refused.text) == (400, True)
    answer = post(signed_in("legal"), consultation, f"{review.id}/withdraw", reason="送审材料有误，需要重新审核。")
    assert answer.status_code == 303
    assert state(consultation) is ReviewState.MISSING
    assert "送审材料有误" in signed_in("legal").get(f"/desk/consultations/{consultation.slug}/reviews").text


def record_fair(client: FlaskClient, consultation: Consultation, **fields: Any) -> TestResponse:
    standards = {f"standard-{id_}": StandardFinding.CLEAR.value for id_ in rules().standards}
    given = {"kind": FAIR.value, "version": newest_number(consultation), "conclusion": "conforms", "paper__0": a_file()}
    return post(client, consultation, "record", **{**given, **standards, **fields})


def test_an_exception_names_its_item_its_standard_and_its_end(signed_in: SignIn, consultation: Consultation) -> None:
    exception = {
        "conclusion": "exception",
        "article": "3",
        "alternatives": "衡量过补贴和过渡期，均不能实现环境保护目标。",
        "end_condition": "配套设施建成后终止实施。",
        "note": "为实现节约能源、保护环境的公共利益。",
    }
    refused = record_fair(signed_in("legal"), consultation, **exception)
    assert (refused.status_code, "适用例外规定的是哪一项" in refused.text) == (400, True)
    assert "衡量过补贴和过渡期" in refused.text
    answer = record_fair(signed_in("legal"), consultation, **exception, **{f"standard-{EXCEPTED}": "excepted"})
    assert answer.status_code == 303
    (review,) = reviews(consultation)
    assert (review.article, review.standards[EXCEPTED]) == ("第十二条第三项", "excepted")
    name, data = forms.document(review)
    words = text_of(data)
    assert name == "公平竞争审查表-第2稿.docx"
    for stated in ("第十二条第三项", "衡量过补贴和过渡期", "终止条件：配套设施建成后终止实施", "未核对原文"):
        assert stated in words
    assert words.count("不含有") == len(rules().standards) - 1
    assert words.count("含有，适用例外规定") == 1


@pytest.mark.parametrize("finding", ["violated", "excepted", "perhaps"])
def test_a_conclusion_agrees_with_its_standards(signed_in: SignIn, consultation: Consultation, finding: str) -> None:
    answer = record_fair(signed_in("legal"), consultation, **{f"standard-{EXCEPTED}": finding})
    assert answer.status_code == 400
    assert reviews(consultation) == []


def test_several_departments_need_the_leading_one(signed_in: SignIn, consultation: Consultation) -> None:
    consultation.issuer, consultation.leading_unit = Issuer.JOINT, "某市商务局"
    db.session.commit()
    refused = record_fair(signed_in("legal"), consultation, reviewing_unit="某市城市管理局")
    assert (refused.status_code, "牵头起草单位“某市商务局”" in refused.text) == (400, True)
    assert record_fair(signed_in("legal"), consultation, reviewing_unit="某市商务局").status_code == 303
    assert state(consultation, FAIR) is ReviewState.STANDS


def test_a_document_of_the_government_needs_the_market_regulator(signed_in: SignIn, consultation: Consultation) -> None:
    consultation.issuer = Issuer.GOVERNMENT
    db.session.commit()
    assert record_fair(signed_in("legal"), consultation).status_code == 303
    (review,) = reviews(consultation)
    finding = queries.finding(consultation, FAIR, clock.now())
    assert (finding.passes, "市场监管部门的审查意见" in finding.why) == (False, True)
    other = post(signed_in("legal"), consultation, f"{review.id}/opinion", conclusion="violates", file=a_file())
    assert (other.status_code, "不一致" in other.text) == (400, True)
    assert post(signed_in("legal"), consultation, f"{review.id}/opinion", conclusion="conforms").status_code == 400
    answer = post(signed_in("legal"), consultation, f"{review.id}/opinion", conclusion="conforms", file=a_file())
    assert answer.status_code == 303
    db.session.expire_all()
    assert queries.finding(consultation, FAIR, clock.now()).passes
    assert "初审意见：符合审查标准" in text_of(forms.documents(consultation)[0][1])
    assert list(verification.faults()) == []


def test_an_experts_opinion_is_signed_and_its_interest_asked(signed_in: SignIn, consultation: Consultation) -> None:
    def record(**fields: Any) -> TestResponse:
        given = {"kind": "experts", "version": newest_number(consultation), "conclusion": "supported"}
        return post(signed_in("legal"), consultation, "record", paper__0=a_file(), **{**given, **fields})

    for fields, words in (
        ({}, "应当署名"),
        ({"signatory": "论证专家甲"}, "有无直接利害关系"),
        ({"signatory": "论证专家甲", "has-interest-0": "yes", "interest": "持有申请企业股份"}, "不得参与论证"),
    ):
        answer = record(**fields)
        assert (answer.status_code, words in answer.text) == (400, True)
    assert record(**{"signatory": "论证专家甲", "has-interest-0": "no"}).status_code == 303
    assert state(consultation, ReviewKind.EXPERTS) is ReviewState.STANDS


def test_an_infected_paper_is_named_and_not_given_out(
    signed_in: SignIn, consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    review = concluded(signed_in, consultation, paper__0=(io.BytesIO(BAD), "意见书.txt"))
    page = f"/desk/consultations/{consultation.slug}/reviews"
    address = f"{page}/{review.id}/papers/{reviews(consultation)[0].papers[0].id}"
    client = signed_in("drafter")
    assert BAD in client.get(address).data
    with listening() as scanner:
        monkeypatch.setattr(settings(), "clamd_address", scanner)
        jobs.run("scan-files")
    assert client.get(address).status_code == 403
    assert "已隔离" in client.get(page).text
    assert f'href="{address}"' not in client.get(page).text
    assert client.get(f"{page}/{review.id}/papers/99999").status_code == 404


def test_the_opinion_on_legality_is_a_word_document(signed_in: SignIn, consultation: Consultation) -> None:
    review = concluded(signed_in, consultation)
    answer = signed_in("drafter").get(f"/desk/consultations/{consultation.slug}/reviews/{review.id}/form.docx")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    words = text_of(answer.data)
    for stated in (
        "合法性审核意见书",
        "送审稿",
        "起草说明",
        "第三条删去后半句。",
        "尚未登记办理情况",
        "法律顾问",
        "合法",
    ):
        assert stated in words
    assert "合法性审查意见书" not in words
    assert [name for name, _ in forms.documents(consultation)] == ["合法性审核意见书-第2稿.docx"]


def test_a_major_decision_has_a_legality_examination(signed_in: SignIn, staff: Staff) -> None:
    made = released(staff, kind="major-decision", days=50)
    page = signed_in("legal").get(f"/desk/consultations/{made.slug}/reviews").text
    assert "合法性审查" in page
    assert "合法性审核" not in page


def text_of(data: bytes) -> str:
    document = Document(io.BytesIO(data))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])
