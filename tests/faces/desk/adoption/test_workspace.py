"""The adoption workspace: what is open where, decisions by form, groups, review, spreadsheets, and who may."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import openpyxl
import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from consult import clock
from consult.adoption import groups, queries, service
from consult.adoption.models import Decision, Opinion, OpinionGroup, Outcome
from consult.drafting.models import Consultation
from consult.intake import search
from consult.store import db
from tests.builders import an_open_consultation
from tests.faces.desk.conftest import SignIn, Staff
from tests.faces.desk.making import sent, token_in
from tests.world import AFTER, PUBLISHED, accepted, opinions_of

DESK = "/desk/consultations/canteens/adoption"
FIRST, SECOND, WHOLE = "菜价要公示在门口。", "优惠应当从六十五周岁起。", "总体赞成这个办法。"


@pytest.fixture
def canteens(app: Flask, staff: Staff) -> dict[str, int]:
    """A consultation with opinions on article 3, on an item of it, and on the whole; their ids."""
    consultation = an_open_consultation(staff.of("drafter"), staff.of("publisher"), at=PUBLISHED, slug="canteens")
    for anchor, text in (("art-3", FIRST), ("art-3-para-1-item-3", SECOND), ("", WHOLE)):
        accepted(consultation, (anchor, text), name="李雷")
    first, second, whole = (opinion.id for opinion in opinions_of(consultation))
    return {"id": consultation.id, "first": first, "second": second, "whole": whole}


def fresh(key: int) -> Opinion:
    db.session.rollback()
    return db.session.get_one(Opinion, key, populate_existing=True)


def send(client: FlaskClient, path: str, **fields: object) -> tuple[int, str, str]:
    answer = client.post(f"{DESK}/{path}", data=fields)
    return answer.status_code, answer.text, answer.location or ""


def decisions() -> list[Decision]:
    db.session.rollback()
    return list(db.session.scalars(db.select(Decision).order_by(Decision.id)))


def test_the_provisions_show_what_is_open_and_the_whole_draft_comes_first(
    canteens: dict[str, int], signed_in: SignIn
) -> None:
    page = signed_in("drafter").get(DESK).text
    rows = re.findall(r"<span>([^<]+)</span><span\s+class=\"num\">([^<]+)</span>", page)
    assert rows[:3] == [("全部条文", "3 / 3"), ("整个草案", "1 / 1"), ("第三条", "2 / 2")]


def test_an_article_gathers_the_opinions_on_its_paragraphs_and_items(
    canteens: dict[str, int], signed_in: SignIn
) -> None:
    page = signed_in("drafter").get(f"{DESK}?at=art-3").text
    assert FIRST in page
    assert SECOND in page
    assert WHOLE not in page
    assert "公示菜品价格" in page  # the article's own text beside it


def test_every_figure_links_to_the_opinions_that_it_counts(
    canteens: dict[str, int], staff: Staff, signed_in: SignIn
) -> None:
    service.decide(staff.of("drafter"), fresh(canteens["first"]), Outcome.ADOPTED, "", at=AFTER)
    client = signed_in("drafter")
    page = client.get(f"{DESK}?at=all").text
    figures = dict(re.findall(r"show=(\w+)\"[^>]*>[^<]+<span class=\"num\">(\d+)", page))
    assert figures == {"undecided": "2", "proposed": "1", "reviewed": "0"}
    listed = client.get(f"{DESK}?at=all&show=proposed").text
    assert (FIRST in listed, SECOND in listed) == (True, False)


def test_a_decision_is_proposed_and_the_next_line_opens(canteens: dict[str, int], signed_in: SignIn) -> None:
    client = signed_in("drafter")
    status, _, location = send(
        client,
        f"opinions/{canteens['first']}/decide?at=art-3",
        outcome="not_adopted",
        reason="现行法规已有规定。",
        next=f"o{canteens['second']}",
    )
    assert status == 303
    assert f"open=o{canteens['second']}" in location
    assert [(decision.outcome, decision.reason) for decision in decisions()] == [
        (Outcome.NOT_ADOPTED, "现行法规已有规定。")
    ]


def test_a_decision_without_its_reason_is_refused_with_what_was_chosen_still_there(
    canteens: dict[str, int], signed_in: SignIn
) -> None:
    client = signed_in("drafter")
    status, page, _ = send(client, f"opinions/{canteens['first']}/decide?at=art-3", outcome="explained", reason=" ")
    assert status == 400
    assert "请写明理由" in page
    assert re.search(r'<input checked[^>]* value="explained"', page)
    status, page, _ = send(client, f"opinions/{canteens['first']}/decide?at=art-3", reason="写了一半的理由")
    assert status == 400
    assert "请选择采纳情况" in page
    assert "写了一半的理由</textarea>" in page
    assert decisions() == []


def test_keys_choose_the_outcome_and_send(canteens: dict[str, int], signed_in: SignIn) -> None:
    page = signed_in("drafter").get(f"{DESK}?at=art-3").text
    for key in ("1", "2", "3", "4", "5", "mod+enter", "j"):
        assert f'data-key="{key}"' in page


def test_an_opinion_is_moved_to_another_article_and_split(canteens: dict[str, int], signed_in: SignIn) -> None:
    client = signed_in("drafter")
    assert send(client, f"opinions/{canteens['whole']}/place", anchor="art-4")[0] == 303
    assert fresh(canteens["whole"]).anchor == "art-4"
    assert send(client, f"opinions/{canteens['whole']}/place", anchor="draft")[0] == 303
    assert fresh(canteens["whole"]).anchor == ""
    status, page, _ = send(client, f"opinions/{canteens['whole']}/place", anchor="art-77")
    assert (status, "没有这一处条文" in page) == (400, True)
    status, page, _ = send(client, f"opinions/{canteens['whole']}/split", pieces="总体赞成\r\n\r\n改过的话")
    assert (status, "不是原文里的话" in page, "改过的话</textarea>" in page) == (400, True, True)
    assert send(client, f"opinions/{canteens['whole']}/split", pieces="总体赞成\r\n\r\n这个办法。")[0] == 303
    assert fresh(canteens["whole"]).withdrawn


def test_several_opinions_are_decided_together(canteens: dict[str, int], signed_in: SignIn) -> None:
    client = signed_in("drafter")
    both = [canteens["first"], canteens["second"]]
    page = client.get(f"{DESK}/together?opinion={both[0]}&opinion={both[1]}").text
    assert FIRST in page
    assert SECOND in page
    assert "不属同一条文" in page
    status, page, _ = send(client, "together", opinion=both, outcome="not_adopted", reason="")
    assert (status, "请写明理由" in page) == (400, True)
    assert send(client, "together", opinion=both, outcome="adopted", reason="")[0] == 303
    assert len(decisions()) == 2
    assert client.get(f"{DESK}/together", follow_redirects=True).text.count("尚未选择意见") == 1


def test_opinions_on_one_place_become_a_group_that_is_decided_as_one(
    canteens: dict[str, int], signed_in: SignIn
) -> None:
    consultation = db.session.get_one(Consultation, canteens["id"])
    accepted(consultation, ("art-3", "请公示菜价。"))
    other = opinions_of(consultation)[-1].id
    client = signed_in("drafter")
    status, _, location = send(client, "together", opinion=[canteens["first"], other], verb="group", title="公示菜价")
    assert status == 303
    key = int(re.search(r"open=g(\d+)", location)[1])  # type: ignore[index]
    page = client.get(location).text
    assert "2 条意见" in page
    assert "将适用于本组 2 条" in page
    assert send(client, f"groups/{key}/decide", outcome="adopted", reason="")[0] == 303
    db.session.rollback()
    assert queries.progress(canteens["id"]).proposed == 2
    assert send(client, f"groups/{key}/rename", title="公示价格")[0] == 303
    status, page, _ = send(client, f"groups/{key}/rename", title=" ")
    assert (status, "标题" in page) == (400, True)
    assert send(client, f"groups/{key}/take-out", opinion=other)[0] == 303
    assert fresh(other).group_id is None
    assert send(client, f"opinions/{other}/put-in", group=key)[0] == 303
    assert fresh(other).group_id == key
    assert db.session.get_one(OpinionGroup, key).title == "公示价格"
    assert send(client, f"opinions/{other}/take-out")[0] == 303


def test_what_says_the_same_is_grouped_by_a_button(canteens: dict[str, int], signed_in: SignIn) -> None:
    accepted(db.session.get_one(Consultation, canteens["id"]), ("art-3", FIRST))
    client = signed_in("drafter")
    assert send(client, "group")[0] == 303
    assert "归并为 1 组" in client.get(f"{DESK}?at=art-3").text


def test_an_earlier_reason_fills_the_form_also_without_script(
    canteens: dict[str, int], staff: Staff, signed_in: SignIn
) -> None:
    made = service.decide(
        staff.of("drafter"), fresh(canteens["first"]), Outcome.EXPLAINED, "第四条已有相应规定。", at=AFTER
    )
    key = made.id
    page = signed_in("drafter").get(f"{DESK}?at=all&open=o{canteens['whole']}&like={key}").text
    assert "第四条已有相应规定。</textarea>" in page
    page = signed_in("colleague").get(f"{DESK}?at=all&open=o{canteens['whole']}&like={key}").text
    assert "第四条已有相应规定。</textarea>" not in page


def test_the_reviewer_sees_what_others_proposed_and_confirms_or_returns_it(
    canteens: dict[str, int], staff: Staff, signed_in: SignIn
) -> None:
    drafter = staff.of("drafter")
    first = service.decide(drafter, fresh(canteens["first"]), Outcome.EXPLAINED, "第四条已有相应规定。", at=AFTER).id
    second = service.decide(drafter, fresh(canteens["second"]), Outcome.ADOPTED, "", at=AFTER).id
    assert "无待复核的处理" in signed_in("drafter").get(f"{DESK}/review").text
    client = signed_in("legal")
    assert "第四条已有相应规定。" in client.get(f"{DESK}/review").text
    assert send(client, f"review/{second}/confirm")[0] == 303
    status, page, _ = send(client, f"review/{first}/return", reason=" ")
    assert (status, "请写明退回的理由" in page) == (400, True)
    assert send(client, f"review/{first}/return", reason="第四条未填写。")[0] == 303
    status, page, _ = send(client, f"review/{first}/return", reason="再退一次")
    assert (status, "再退一次</textarea>" in page) == (400, True)
    page = signed_in("drafter").get(f"{DESK}?show=mine").text
    assert "第四条未填写。" in page


def test_many_are_confirmed_at_once_but_not_ones_own(canteens: dict[str, int], staff: Staff, signed_in: SignIn) -> None:
    drafter = staff.of("drafter")
    keys = [
        service.decide(drafter, fresh(canteens[name]), Outcome.ADOPTED, "", at=AFTER).id for name in ("first", "whole")
    ]
    page = signed_in("drafter").post(f"{DESK}/review", data={"decision": keys}, follow_redirects=True).text
    assert "复核人不能是作出这条处理的人" in page
    page = signed_in("colleague").post(f"{DESK}/review", data={"decision": keys}, follow_redirects=True).text
    assert "已复核同意 2 条" in page
    db.session.rollback()
    assert queries.progress(canteens["id"]).reviewed == 2


def test_a_spreadsheet_goes_out_and_comes_back(canteens: dict[str, int], signed_in: SignIn) -> None:
    client = signed_in("drafter")
    answer = client.get(f"{DESK}/opinions.xlsx")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    sheet = book.active
    assert sheet is not None
    sheet["D2"], sheet["D3"] = "采纳", "也许"
    filled = io.BytesIO()
    book.save(filled)
    filled.seek(0)
    answer = sent(client, f"{DESK}/table", {"file": (filled, "填好.xlsx")})
    assert "将提交复核 1 条" in answer.text
    assert "也许" in answer.text
    assert decisions() == []
    token = token_in(answer.text, "preview")
    answer = client.post(f"{DESK}/table", data={"preview": token})
    assert "已提交复核 1 条" in answer.text
    assert len(decisions()) == 1
    answer = client.post(f"{DESK}/table", data={"preview": token})
    assert (answer.status_code, "没有可以导入的变更" in answer.text) == (409, True)


def adopted(opinion: int) -> dict[str, tuple[io.BytesIO, str]]:
    """Return the form that uploads a sheet which adopts an opinion."""
    return {"file": (io.BytesIO(f"编号,采纳情况,理由\n{opinion},采纳,\n".encode()), "填好.csv")}


def test_what_changed_after_the_preview_is_previewed_again(
    canteens: dict[str, int], staff: Staff, signed_in: SignIn
) -> None:
    client = signed_in("drafter")
    token = token_in(sent(client, f"{DESK}/table", adopted(canteens["first"])).text, "preview")
    service.decide(staff.of("drafter"), fresh(canteens["first"]), Outcome.EXPLAINED, "起草说明已有解释。", at=AFTER)
    answer = client.post(f"{DESK}/table", data={"preview": token})
    assert (answer.status_code, "预览后有变化，未导入任何一行" in answer.text) == (409, True)
    assert "导出后已有变更的行" in answer.text
    assert len(decisions()) == 1


def test_a_preview_is_confirmed_by_whom_it_was_shown_to(canteens: dict[str, int], signed_in: SignIn) -> None:
    token = token_in(sent(signed_in("drafter"), f"{DESK}/table", adopted(canteens["first"])).text, "preview")
    for who, number in (
        ("colleague", token),
        ("drafter", token + "0"),
        ("drafter", token.partition("-")[0]),
        ("drafter", "x"),
    ):
        answer = signed_in(who).post(f"{DESK}/table", data={"preview": number})
        assert (answer.status_code, "请自行上传文件" in answer.text or "预览已变化" in answer.text) == (400, True)
    with time_machine.travel(clock.now() + timedelta(days=2), tick=False):
        answer = signed_in("drafter").post(f"{DESK}/table", data={"preview": token})
    assert answer.status_code == 400
    assert decisions() == []


@pytest.mark.parametrize(
    ("data", "words"), [(b"", "空文件"), (b"\x00\x01\x02\x03" * 50, "不是表格"), ("编号,x\n1,2\n".encode(), "缺少列")]
)
def test_a_file_that_is_no_such_table_is_refused_in_words(
    canteens: dict[str, int], signed_in: SignIn, data: bytes, words: str
) -> None:
    answer = sent(signed_in("drafter"), f"{DESK}/table", {"file": (io.BytesIO(data), "x.xlsx")})
    assert "文件无法使用" in answer.text
    assert words in answer.text


def test_without_a_file_one_is_asked_for(canteens: dict[str, int], signed_in: SignIn) -> None:
    answer = signed_in("drafter").post(f"{DESK}/table", data={})
    assert (answer.status_code, "请选择填好的表格" in answer.text) == (400, True)


@pytest.mark.parametrize("who", ["auditor", "moderator", "publisher", "legal"])
def test_who_does_not_decide_sees_the_workspace_and_changes_nothing(
    canteens: dict[str, int], signed_in: SignIn, who: str
) -> None:
    client = signed_in(who)
    page = client.get(DESK)
    assert page.status_code == 200
    assert 'id="decision"' not in page.text
    assert send(client, f"opinions/{canteens['first']}/decide", outcome="adopted")[0] == 403
    assert send(client, f"opinions/{canteens['first']}/place", anchor="art-4")[0] == 403
    assert send(client, f"opinions/{canteens['first']}/split", pieces="菜价\n\n公示")[0] == 403
    assert send(client, "group")[0] == 403
    assert send(client, "together", opinion=canteens["first"], outcome="adopted")[0] == 403
    assert client.post(f"{DESK}/table", data={"file": (io.BytesIO(b"x"), "x.csv")}).status_code == 403
    assert decisions() == []


@pytest.mark.parametrize("who", ["auditor", "moderator"])
def test_who_does_not_review_confirms_nothing(
    canteens: dict[str, int], staff: Staff, signed_in: SignIn, who: str
) -> None:
    key = service.decide(staff.of("drafter"), fresh(canteens["first"]), Outcome.ADOPTED, "", at=AFTER).id
    client = signed_in(who)
    assert client.get(f"{DESK}/review").status_code == 403
    assert send(client, f"review/{key}/confirm")[0] == 403
    assert send(client, "review", decision=key)[0] == 403


def test_another_divisions_drafter_is_refused(canteens: dict[str, int], signed_in: SignIn) -> None:
    client = signed_in("other_drafter")
    assert client.get(DESK).status_code in (403, 404)
    assert client.get(f"{DESK}/opinions.xlsx").status_code in (403, 404)
    assert send(client, f"opinions/{canteens['first']}/decide", outcome="adopted")[0] in (403, 404)


def test_an_opinion_of_another_consultation_is_not_reached_through_this_one(
    canteens: dict[str, int], staff: Staff, signed_in: SignIn
) -> None:
    other = an_open_consultation(staff.of("drafter"), staff.of("publisher"), at=PUBLISHED, slug="streets")
    accepted(other, "别处的意见。")
    key = opinions_of(other)[0].id
    client = signed_in("drafter")
    assert send(client, f"opinions/{key}/decide", outcome="adopted")[0] == 404
    assert "别处的意见。" not in client.get(f"{DESK}?at=all&open=o{key}").text


@pytest.mark.parametrize(
    "args",
    ["at=art-99", "show=nothing", "after=x", "open=o", "open=o99999999999999999999", "open=zz", "like=x&open=o1"],
)
def test_a_meddled_address_shows_the_workspace(canteens: dict[str, int], signed_in: SignIn, args: str) -> None:
    assert signed_in("drafter").get(f"{DESK}?{args}").status_code == 200


def test_what_people_wrote_is_shown_as_text(canteens: dict[str, int], signed_in: SignIn) -> None:
    accepted(db.session.get_one(Consultation, canteens["id"]), ("art-4", "<img src=x onerror=alert(1)>"))
    page = signed_in("drafter").get(f"{DESK}?at=art-4").text
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


class TestFilters:
    def listed(self, client: FlaskClient, query: str) -> list[bool]:
        page = client.get(f"{DESK}?{query}").text
        lines = page.split('aria-label="意见"')[1].split('id="work"')[0]
        return [text[:-1] in lines for text in (FIRST, SECOND, WHOLE)]

    @pytest.mark.parametrize(
        ("query", "shown"),
        [
            ("at=all&words=优惠", [False, True, False]),
            ("at=art-3&words=应当", [False, True, False]),
            ("at=all&words=李雷", [True, True, True]),
            ("at=all&words=无此词语", [False, False, False]),
            ("at=all&words=优", [False, False, False]),
            ("at=all&channel=web", [True, True, True]),
            ("at=all&channel=letter", [False, False, False]),
            ("at=all&sender=person", [True, True, True]),
            ("at=all&sender=enterprise", [False, False, False]),
            ("at=all&outcome=adopted", [True, False, False]),
            ("at=all&outcome=adopted&words=优惠", [False, False, False]),
            ("at=all&outcome=nonsense&channel=-1", [True, True, True]),
            ("show=undecided&at=all&channel=web", [False, True, True]),
        ],
    )
    def test_what_is_asked_is_what_is_shown(
        self, canteens: dict[str, int], staff: Staff, signed_in: SignIn, query: str, shown: list[bool]
    ) -> None:
        service.decide(staff.of("drafter"), fresh(canteens["first"]), Outcome.ADOPTED, "", at=AFTER)
        search.read_new(AFTER)
        assert self.listed(signed_in("drafter"), query) == shown

    def test_members_of_a_group_are_found_one_by_one(
        self, canteens: dict[str, int], staff: Staff, signed_in: SignIn
    ) -> None:
        consultation = db.session.get_one(Consultation, canteens["id"])
        accepted(consultation, ("art-3", "菜价要公示在窗口。"))
        both = [opinion for opinion in opinions_of(consultation) if opinion.anchor == "art-3"]
        groups.create_group(staff.of("drafter"), both, "合在一起", at=AFTER)
        search.read_new(AFTER)
        page = signed_in("drafter").get(f"{DESK}?at=all&words=窗口").text
        assert "已归并" in page
        assert "符合条件的意见 1 条" in page

    def test_a_decision_leaves_the_place_as_it_was(self, canteens: dict[str, int], signed_in: SignIn) -> None:
        search.read_new(AFTER)
        path = f"opinions/{canteens['second']}/decide?at=all&words=优惠&channel=web"
        status, _, location = send(signed_in("drafter"), path, outcome="adopted", reason="")
        assert status == 303
        assert "words=%E4%BC%98%E6%83%A0" in location
        assert "channel=web" in location

    def test_one_character_is_said_to_be_too_few(self, canteens: dict[str, int], signed_in: SignIn) -> None:
        assert "两个字以上" in signed_in("drafter").get(f"{DESK}?at=all&words=优").text


def test_what_is_similar_in_matter_is_shown_with_why_and_joined_on_the_page(staff: Staff, signed_in: SignIn) -> None:
    consultation = an_open_consultation(staff.of("drafter"), staff.of("publisher"), at=PUBLISHED, slug="canteens")
    for words in ("建议提高老年人用餐的补贴标准。", "老人用餐的补助太少，希望上调。"):
        accepted(consultation, ("art-3", words))
        accepted(consultation, ("art-3", words))
    first, second = groups.group(staff.of("drafter"), consultation, at=AFTER)
    first_id, second_id = first.id, second.id
    client = signed_in("drafter")
    assert "&amp;similar=1" in client.get(f"{DESK}?at=all&open=g{first_id}").text
    page = client.get(f"{DESK}?at=all&open=g{first_id}&similar=1").text
    assert "相同诉求：提高" in page
    status, _, location = send(client, f"groups/{second_id}/join?at=all", group=str(first_id))
    assert (status, f"open=g{first_id}" in location) == (303, True)
    assert {opinion.group_id for opinion in opinions_of(consultation)} == {first_id}
    status, page, _ = send(client, f"groups/{first_id}/join?at=all", group=str(first_id))
    assert (status, "另一组" in page) == (400, True)
