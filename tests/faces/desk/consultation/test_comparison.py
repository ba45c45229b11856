"""Versions on the desk: the table of changes, files, where an opinion's provision went, the drafting check."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import timedelta

import pytest
from docx import Document
from flask import Flask
from lxml import etree

from consult.drafting import instruments, versions
from consult.drafting.models import Consultation, VersionKind
from consult.files import tables
from consult.text.parser.outline import outline
from consult.text.parser.provisions import parse
from tests.builders import DRAFT, an_open_consultation, docx_of
from tests.drafting.test_possible_matches import written
from tests.drafting.test_version_comparison import REVISED
from tests.faces.desk.conftest import SignIn, Staff
from tests.faces.desk.making import ago, sent
from tests.text.comparison.test_counterparts import AFTER, BEFORE
from tests.world import PUBLISHED, accepted

DESK = "/desk/consultations/canteens"


@pytest.fixture
def canteens(app: Flask, staff: Staff) -> Consultation:
    """A consultation with a revised draft in which article 3 became article 4."""
    consultation = an_open_consultation(staff.of("drafter"), staff.of("publisher"), at=PUBLISHED, slug="canteens")
    accepted(consultation, ("art-3-para-1-item-3", "优惠应当从六十五周岁起。"), name="李雷")
    accepted(consultation, ("art-5", "施行日期太晚。"), name="韩梅")
    versions.add_version(
        staff.of("drafter"),
        consultation,
        kind=VersionKind.REVISED,
        file_name="修改稿.txt",
        data=REVISED.encode(),
        at=PUBLISHED + timedelta(days=1),
    )
    return consultation


def test_two_versions_stand_beside_each_other_with_what_changed_marked(
    canteens: Consultation, signed_in: SignIn
) -> None:
    page = signed_in("drafter").get(f"{DESK}/compare/1/2").get_data(as_text=True)
    assert "新增第三条" in page
    assert "第三条改为第四条，内容修改" in page
    assert "<del>七</del>" in page
    assert "<ins>六</ins>" in page
    assert "居民提供助餐服务" not in page
    assert "居民提供助餐服务" in signed_in("drafter").get(f"{DESK}/compare/1/2?all=1").get_data(as_text=True)


def test_the_table_of_changes_is_a_document_of_its_own(canteens: Consultation, signed_in: SignIn) -> None:
    answer = signed_in("drafter").get(f"{DESK}/compare/1/2.docx")
    rows = Document(io.BytesIO(answer.data)).tables[0].rows
    assert any("免费场地" in row.cells[1].text and "新增" in row.cells[2].text for row in rows)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_form_of_two_versions_leads_to_their_comparison(canteens: Consultation, signed_in: SignIn) -> None:
    browser = signed_in("drafter")
    assert browser.get(f"{DESK}/compare?old=2&new=1").location.endswith("/compare/2/1")
    assert browser.get(f"{DESK}/compare?old=二&new=1").status_code == 404
    assert browser.get(f"{DESK}/compare/1/7").status_code == 404


def test_a_version_that_is_new_links_to_the_comparison_with_the_public_one(
    canteens: Consultation, signed_in: SignIn
) -> None:
    browser = signed_in("drafter")
    assert f"{DESK}/compare/1/2" in browser.get(DESK).get_data(as_text=True)
    assert f"{DESK}/compare/1/2" in browser.get(f"{DESK}/draft/2").get_data(as_text=True)


def test_beside_an_opinion_stands_where_its_provision_went(canteens: Consultation, signed_in: SignIn) -> None:
    page = signed_in("drafter").get(f"{DESK}/adoption?at=art-3").get_data(as_text=True)
    assert "修改稿：第四条第一款第三项" in page
    assert "<ins>六</ins>" in page


def test_beside_an_opinion_on_what_was_only_renumbered_stands_its_new_number(
    canteens: Consultation, signed_in: SignIn
) -> None:
    page = signed_in("drafter").get(f"{DESK}/adoption?at=art-5").get_data(as_text=True)
    assert re.search(r"修改稿：第六条(?!第)", page)


def test_a_version_leaves_as_official_document_as_law_as_data_and_as_text(
    canteens: Consultation, signed_in: SignIn
) -> None:
    browser = signed_in("drafter")
    given = {kind: browser.get(f"{DESK}/draft/2/draft.{kind}") for kind in ("docx", "xml", "json", "md")}
    wanted = [article["n"] for article in outline(parse(REVISED))["articles"]]
    assert [node["number"] for node in _articles(json.loads(given["json"].data)["provisions"])] == [
        f"第{'一二三四五六'[n - 1]}条" for n in wanted
    ]
    assert len(etree.fromstring(given["xml"].data).findall(".//{*}article")) == len(wanted)
    assert "**第六条**" in given["md"].get_data(as_text=True)
    assert zipfile.is_zipfile(io.BytesIO(given["docx"].data))
    assert browser.get(f"{DESK}/draft/2/draft.exe").status_code == 404


def _articles(nodes: list[dict]) -> list[dict]:  # type: ignore[type-arg]
    return [
        article for node in nodes for article in ([node] if node["kind"] == "article" else _articles(node["children"]))
    ]


def test_somebody_elses_versions_stay_closed(canteens: Consultation, app: Flask) -> None:
    assert app.test_client().get(f"{DESK}/compare/1/2").status_code == 302


CHECKED = DRAFT.replace("制定本办法", "根据《某省餐饮管里条例》和《某省老龄办法》，制定本办法").replace(
    "第四条 社区食堂的运营单位", "第四条 依照本办法第九条，社区食堂的运营单位"
)
REGISTER = (
    "名称,效力级别,施行日期,时效性\n某省餐饮管理条例,地方性法规,2019-01-01,现行有效\n"
    "某省老龄办法,规章,2010-01-01,已废止\n"
)


@pytest.fixture
def dubious(app: Flask, staff: Staff) -> Consultation:
    """A draft with a misspelt and an expired instrument, a reference to nothing, and no period of validity."""
    instruments.import_register(staff.of("legal"), tables.read("清单.csv", REGISTER.encode()), at=PUBLISHED)
    return an_open_consultation(staff.of("drafter"), staff.of("publisher"), at=PUBLISHED, slug="dubious", text=CHECKED)


def test_the_check_says_what_must_be_put_right_and_where(dubious: Consultation, signed_in: SignIn) -> None:
    page = signed_in("legal").get("/desk/consultations/dubious/check").get_data(as_text=True)
    assert "是否应为《某省餐饮管理条例》" in page
    assert "已经失效" in page
    assert "第九条”在本文件中不存在" in page
    assert "没有写明有效期" in page
    assert "/desk/consultations/dubious/draft/1#art-4" in page
    assert "没有写明施行日期" not in page


def test_the_check_says_that_there_is_nothing_to_check_citations_against(
    canteens: Consultation, signed_in: SignIn
) -> None:
    assert "文件库为空" in signed_in("legal").get(f"{DESK}/check/1").get_data(as_text=True)


def test_an_article_still_cited_by_its_old_number_is_found(
    dubious: Consultation, staff: Staff, signed_in: SignIn
) -> None:
    text = DRAFT.replace("第五条 本办法自", "第五条 违反本办法第三条的，责令改正。\n第六条 本办法自")
    consultation = an_open_consultation(
        staff.of("drafter"), staff.of("publisher"), at=PUBLISHED, slug="cited", text=text
    )
    moved = text.replace("第二条 本办法所称", "第二条 街道办事处负责社区食堂的日常管理。\n第三条 本办法所称")
    for before, after in (("六", "七"), ("五", "六"), ("四", "五")):
        moved = moved.replace(f"\n第{before}条 ", f"\n第{after}条 ")
    moved = moved.replace("第三条 社区食堂应当", "第四条 社区食堂应当")
    versions.add_version(
        staff.of("drafter"),
        consultation,
        kind=VersionKind.REVISED,
        file_name="x.txt",
        data=moved.encode(),
        at=PUBLISHED,
    )
    page = signed_in("legal").get("/desk/consultations/cited/check").get_data(as_text=True)
    assert "而上一稿的第三条在本稿中是第四条" in page


def test_the_register_is_kept_by_the_legal_division(dubious: Consultation, signed_in: SignIn) -> None:
    browser = signed_in("legal")
    data = {"file": (io.BytesIO("名称,施行日期\n某市甲办法,2020-01-01\n某市乙办法,二零二零\n".encode()), "更新.csv")}
    page = sent(browser, "/desk/instruments", data).get_data(as_text=True)
    assert "新增 1 行" in page
    assert re.search(r'<td class="num">3</td><td>日期写法不对', page)
    assert "某市甲办法" in browser.get("/desk/instruments?q=甲").get_data(as_text=True)
    assert "某省老龄办法" not in browser.get("/desk/instruments?q=甲").get_data(as_text=True)
    assert signed_in("drafter").get("/desk/instruments").status_code == 403


def test_a_file_that_is_no_table_is_refused_on_the_page(app: Flask, signed_in: SignIn) -> None:
    browser = signed_in("admin")
    answer = sent(browser, "/desk/instruments", {"file": (io.BytesIO(b"%PDF-1.4 x"), "清单.pdf")})
    assert "不是表格" in answer.get_data(as_text=True)
    assert "请先选择" in browser.post("/desk/instruments", data={}).get_data(as_text=True)


def test_every_clock_is_counted_from_the_day_asked_for(app: Flask, signed_in: SignIn) -> None:
    page = signed_in("drafter").get("/desk/clocks?start=2026-09-28").get_data(as_text=True)
    assert "20 个工作日" in page
    assert "2026年10月30日" in page  # 1 to 7 October off, Saturday the 10th worked
    assert "2026年9月21日" in page  # hearing material, seven days before
    assert "《政府信息公开条例》第二十六条" in page
    assert "起算20个工作日" in page


@pytest.mark.parametrize("start", ["2026-13-01", "9999-12-31", "0001-01-01", "明天"])
def test_a_day_that_cant_be_counted_from_is_refused_in_words(app: Flask, signed_in: SignIn, start: str) -> None:
    answer = signed_in("drafter").get("/desk/clocks", query_string={"start": start})
    assert answer.status_code == 400
    assert 'class="error"' in answer.get_data(as_text=True)


def test_what_may_be_a_counterpart_is_offered_and_confirmed_on_the_page(signed_in: SignIn, staff: Staff) -> None:
    consultation = an_open_consultation(staff.of("drafter"), staff.of("publisher"), text=written(BEFORE), at=ago(2))
    versions.add_version(
        staff.of("drafter"), consultation, kind=VersionKind.REVISED, file_name="修改稿.docx",
        data=docx_of(written(AFTER)), at=ago(1),
    )  # fmt: skip
    address, typed = (
        f"/desk/consultations/{consultation.slug}/compare/1/2",
        {"old_anchor": "art-6", "new_anchor": "art-8"},
    )
    drafter = signed_in("drafter")
    page = drafter.get(address).text
    assert "可能对应的条文" in page
    assert page.count('value="art-6"') == 2
    assert "待起草处室核对" in signed_in("legal").get(address).text
    assert signed_in("legal").post(f"{address}/confirm", data=typed).status_code == 403
    drafter = signed_in("drafter")
    assert drafter.post(f"{address}/confirm", data=typed).status_code == 303
    page = drafter.get(address).text
    assert "第六条 → 第八条：对应" in page
    assert 'value="art-6"' not in page
    drafter.post(f"{address}/confirm", data=typed | {"new_anchor": "art-1"})
    assert "不在可能对应的条文中" in drafter.get(address).text
