"""The report's page: what is missing, compiling, review by another person, publication, correction, and who may."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from consult.adoption import service as adoption
from consult.adoption.models import Outcome
from consult.drafting.models import Consultation
from consult.faces import jobs
from consult.files.feedback import WRITERS
from consult.reporting import queries
from consult.reporting.models import FeedbackReport, ReportState
from consult.store import db
from tests.builders import an_open_consultation
from tests.faces.desk.conftest import SignIn, Staff
from tests.world import AFTER, PUBLISHED, accepted, opinions_of, submission

PAGE = "/desk/consultations/canteens/report"


@pytest.fixture
def decided(app: Flask, staff: Staff) -> int:
    """A consultation whose period is over and whose opinions are all decided and reviewed; its id."""
    consultation = an_open_consultation(staff.of("drafter"), staff.of("publisher"), at=PUBLISHED, slug="canteens")
    accepted(consultation, ("art-3", "菜价要公示。"), name="李雷")
    accepted(consultation, "总体赞成。", name="韩梅梅", publish_name=True)
    for opinion, outcome, reason in zip(
        opinions_of(consultation), (Outcome.ADOPTED, Outcome.EXPLAINED), ("", "所提已在第三条写明。"), strict=True
    ):
        decision = adoption.decide(staff.of("drafter"), opinion, outcome, reason, at=AFTER)
        adoption.review(staff.of("legal"), decision, at=AFTER)
    return consultation.id


def send(client: FlaskClient, path: str, **fields: str) -> tuple[int, str]:
    answer = client.post(f"{PAGE}/{path}", data=fields)
    return answer.status_code, answer.text


def newest(key: int) -> FeedbackReport:
    db.session.rollback()
    return queries.versions(key)[0]


def compiled(signed_in: SignIn, **fields: str) -> None:
    assert send(signed_in("drafter"), "compile", **fields)[0] == 303


def published(signed_in: SignIn, version: int = 1) -> None:
    assert send(signed_in("drafter"), f"{version}/submit")[0] == 303
    assert send(signed_in("legal"), f"{version}/review")[0] == 303
    assert send(signed_in("publisher"), f"{version}/publish")[0] == 303


def test_the_page_says_what_is_missing_and_leads_there(app: Flask, staff: Staff, signed_in: SignIn) -> None:
    consultation = an_open_consultation(staff.of("drafter"), staff.of("publisher"), at=PUBLISHED, slug="canteens")
    accepted(consultation, "一条。")
    submission(consultation, "没有审核的。")
    client = signed_in("drafter")
    page = client.get(PAGE).text
    assert "还有 1 件来件未审核" in page
    assert "还有 1 条意见待处理" in page
    status, page = send(client, "compile", statement="写好的说明")
    assert status == 400
    assert "审核后方可编制反馈" in page
    assert "写好的说明</textarea>" in page


def test_a_report_goes_its_way_through_three_people(decided: int, signed_in: SignIn) -> None:
    compiled(signed_in, statement="收到两条意见。")
    assert newest(decided).state is ReportState.COMPILED
    page = signed_in("drafter").get(f"{PAGE}/1").text
    assert "收到两条意见。" in page
    assert "菜价要公示。" in page
    assert "韩梅梅" in page
    assert "李雷" not in page
    published(signed_in)
    jobs.run("report-files")
    report = newest(decided)
    assert report.state is ReportState.PUBLISHED
    assert {"html", "docx", "pdf", "xlsx", "json", "csv"} == set(report.files)


def test_nobody_reviews_what_they_compiled_nor_publishes_what_they_reviewed(decided: int, signed_in: SignIn) -> None:
    client = signed_in("publisher")
    assert send(client, "compile")[0] == 303
    assert send(client, "1/submit")[0] == 303
    status, page = send(client, "1/review")
    assert (status, "审核人不能是编制人" in page) == (400, True)
    other = signed_in("second_publisher")
    assert send(other, "1/review")[0] == 303
    status, page = send(other, "1/publish")
    assert (status, "公布人不能是审核人" in page) == (400, True)
    assert newest(decided).state is ReportState.REVIEWED


def test_a_return_needs_words_that_the_drafter_reads(decided: int, signed_in: SignIn) -> None:
    compiled(signed_in)
    assert send(signed_in("drafter"), "1/submit")[0] == 303
    client = signed_in("legal")
    status, page = send(client, "1/return", reason=" ")
    assert (status, "请写明退回的理由" in page) == (400, True)
    assert send(client, "1/return", reason="第二条的理由太短。")[0] == 303
    page = signed_in("drafter").get(PAGE).text
    assert "第二条的理由太短。" in page
    compiled(signed_in)
    assert newest(decided).version == 2


def test_a_correction_is_a_new_version_with_its_reason(decided: int, signed_in: SignIn) -> None:
    compiled(signed_in, statement="第一版。")
    published(signed_in)
    client = signed_in("drafter")
    assert "第一版。</textarea>" in client.get(PAGE).text
    status, page = send(client, "compile", statement="改过的说明", correction_reason="")
    assert (status, "更正的原因" in page, "改过的说明</textarea>" in page) == (400, True, True)
    assert send(client, "compile", statement="改过的说明", correction_reason="数字写错。")[0] == 303
    published(signed_in, 2)
    first, second = reversed(queries.versions(decided))
    assert (first.state, second.state) == (ReportState.PUBLISHED, ReportState.PUBLISHED)
    assert second.replaces_id == first.id


def test_a_step_out_of_order_is_refused_in_words(decided: int, signed_in: SignIn) -> None:
    compiled(signed_in)
    status, page = send(signed_in("publisher"), "1/publish")
    assert (status, "还没有经另一个人审核" in page) == (400, True)
    assert send(signed_in("drafter"), "9/submit")[0] == 404


def test_every_figure_leads_to_the_rows_that_it_counts(decided: int, signed_in: SignIn) -> None:
    compiled(signed_in)
    client = signed_in("drafter")
    page = client.get(f"{PAGE}/figures/outcome.explained").text
    assert "总体赞成。" in page
    assert "菜价要公示。" not in page
    assert client.get(f"{PAGE}/figures/received").status_code == 200
    assert client.get(f"{PAGE}/figures/concentrated").status_code == 200
    assert client.get(f"{PAGE}/figures/nothing").status_code == 404


def test_the_worker_makes_the_files_of_a_version_and_no_page_does(decided: int, signed_in: SignIn) -> None:
    compiled(signed_in)
    client = signed_in("drafter")
    assert client.get(f"{PAGE}/1/file.docx").status_code == 404
    assert "文件正在生成" in client.get(f"{PAGE}/1").text
    jobs.run("report-files")
    files = {extension: client.get(f"{PAGE}/1/file.{extension}") for extension in WRITERS}
    assert {answer.status_code for answer in files.values()} == {200}
    assert "未公布的稿子" in files["html"].text
    assert files["docx"].headers["Content-Disposition"].startswith("attachment")
    assert client.get(f"{PAGE}/1/file.exe").status_code == 404
    published(signed_in)
    assert newest(decided).files == {}
    jobs.run("report-files")
    assert "未公布的稿子" not in client.get(f"{PAGE}/1/file.html").text
    assert jobs.run("report-files") == 0


@pytest.mark.parametrize("who", ["auditor", "moderator"])
def test_who_only_looks_on_changes_nothing(decided: int, signed_in: SignIn, who: str) -> None:
    client = signed_in(who)
    assert client.get(PAGE).status_code == 200
    assert send(client, "compile")[0] == 403
    compiled(signed_in)
    client = signed_in(who)
    for verb in ("submit", "review", "return", "publish"):
        assert send(client, f"1/{verb}", reason="x")[0] == 403
    assert newest(decided).state is ReportState.COMPILED


def test_a_drafter_neither_reviews_nor_publishes(decided: int, signed_in: SignIn) -> None:
    compiled(signed_in)
    client = signed_in("colleague")
    assert send(client, "1/submit")[0] == 303
    assert send(client, "1/review")[0] == 403
    assert send(client, "1/publish")[0] == 403


def test_another_divisions_drafter_is_refused(decided: int, signed_in: SignIn) -> None:
    client = signed_in("other_drafter")
    assert client.get(PAGE).status_code in (403, 404)
    assert send(client, "compile")[0] in (403, 404)
    assert db.session.get_one(Consultation, decided).slug == "canteens"


def test_an_adoption_that_nothing_shows_is_named_before_publication(
    app: Flask, signed_in: SignIn, staff: Staff, decided: int
) -> None:
    compiled(signed_in)
    for role in ("drafter", "legal", "publisher"):
        page = signed_in(role).get(PAGE).text
        assert "有 1 条既没有理由，也看不出草案改了什么" in page
        assert f'{PAGE}/1?after=0">1</a>' in page
    newest(decided)
    shown = app.test_cli_runner().invoke(args=["report", "compile", "canteens", "--by", staff.drafter.username])
    assert "看不出草案改了什么的有 1 条：第 1 条" in shown.output
    (adopted, _) = opinions_of(db.session.get_one(Consultation, decided))
    again = adoption.decide(
        staff.of("drafter"), adopted, Outcome.ADOPTED, "", at=AFTER, proposed_text="第三条　菜品和价格应当公示。"
    )
    adoption.review(staff.of("legal"), again, at=AFTER)
    db.session.commit()
    compiled(signed_in)
    assert "既没有理由" not in signed_in("legal").get(PAGE).text
