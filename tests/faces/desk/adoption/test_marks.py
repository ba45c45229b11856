"""Kinds, themes and referrals on the desk: beside an opinion, for several at once, in lists; and on the receipt."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from consult.adoption import groups
from consult.adoption.models import Referral, Theme
from consult.drafting.models import Consultation
from consult.intake import receipts
from consult.store import db
from consult.text.opinion_kinds import OpinionKind
from tests.builders import an_open_consultation
from tests.faces.desk.conftest import SignIn, Staff
from tests.world import AFTER, PUBLISHED, accepted, opinions_of

DESK = "/desk/consultations/canteens/adoption"


@pytest.fixture
def canteens(app: Flask, staff: Staff) -> Consultation:
    consultation = an_open_consultation(staff.of("drafter"), staff.of("publisher"), at=PUBLISHED, slug="canteens")
    accepted(consultation, ("art-3", "建议将“三十日”改为“十五日”。"), ("art-3", "我要举报某食堂乱收费。"))
    for _ in range(2):
        accepted(consultation, ("art-3", "餐价要公示在门口，方便老人查看。"))
    return consultation


def shown(client: FlaskClient, address: str = "", **form: object) -> str:
    """Return the words of a page, after a form where there are fields."""
    answer = client.post(f"{DESK}{address}", data=form) if form else client.get(f"{DESK}{address}")
    if answer.status_code == 303:
        answer = client.get(answer.location)
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def listed(client: FlaskClient, narrowed: str) -> set[int]:
    """Return the opinions in the list, whatever else a page links to."""
    return {
        int(n) for n in re.findall(r'open=o(\d+)[^"]*"><span class="excerpt"', client.get(f"{DESK}{narrowed}").text)
    }


def test_kinds_and_themes_are_seen_set_filtered_and_counted(
    canteens: Consultation, staff: Staff, signed_in: SignIn
) -> None:
    change, complaint, price, again = (opinion.id for opinion in opinions_of(canteens))
    (group,) = groups.group(staff.of("drafter"), canteens, at=AFTER)
    key, client = group.id, signed_in("drafter")
    page = client.get(f"{DESK}?at=all&open=o{change}").text
    assert "依据：“建议”" in page
    assert "<del>三十日</del><ins>十五日</ins>" in page
    assert "已确认类型：与草案无关" in shown(client, f"/opinions/{complaint}/kind?at=all", kind="off_topic")
    assert "已确认类型 1 条" in shown(client, "/together?at=all", verb="kind", kind="", opinion=[change, complaint])
    assert "已标记主题“价格”" in shown(client, f"/groups/{key}/mark?at=all", name="价格")
    theme = db.session.scalars(db.select(Theme)).one().id
    assert "已标记主题“价格”（2 条）" in shown(
        client, "/together?at=all", verb="mark", theme=theme, opinion=[change, complaint]
    )
    assert "请选择主题" in shown(client, f"/opinions/{change}/mark?at=all", name="")
    assert listed(client, f"?at=all&theme={theme}") == {change, complaint, price, again}
    assert listed(client, f"?at=all&theme={theme}&kind=off_topic") == {complaint}
    assert "已取消主题“价格”" in shown(client, f"/opinions/{change}/unmark?at=all", theme=theme)
    counts = shown(client, "/themes")
    assert "与草案无关 1 1" in counts
    assert "价格 3" in counts
    assert "已建立主题“收费”" in shown(client, "/themes", name="收费")
    assert "“价格”已并入“收费”" in shown(
        client, f"/themes/{theme}/merge", into=(fees := db.session.scalar(db.select(db.func.max(Theme.id))))
    )
    assert "“收费”列入反馈" in shown(client, f"/themes/{fees}/publish", public="1")
    assert "已改名为“餐费”" in shown(client, f"/themes/{fees}/rename", name="餐费")
    assert "从意见用语中选取" in shown(client, "/themes?propose=1")
    assert "已删除主题“餐费”" in shown(client, f"/themes/{fees}/remove", sure="1")
    for path in (f"/themes/{theme + 99}/remove", f"/opinions/{change}/unmark"):
        assert client.post(f"{DESK}{path}", data={"theme": "99"}).status_code == 404
    db.session.rollback()
    assert [opinion.kind for opinion in opinions_of(canteens)][:2] == [OpinionKind.CHANGE, OpinionKind.OFF_TOPIC]


def test_an_opinion_is_passed_on_and_its_sender_reads_it(canteens: Consultation, signed_in: SignIn, app: Flask) -> None:
    _, complaint, *others = opinions_of(canteens)
    key, client, number = complaint.id, signed_in("drafter"), complaint.submission.number
    page = shown(client, f"/opinions/{key}/refer?at=all", organisation=" ", number="〔2026〕1号")
    assert "请填写转往的单位" in page
    assert "〔2026〕1号" in client.post(f"{DESK}/opinions/{key}/refer", data={"number": "〔2026〕1号"}).text
    page = shown(client, f"/opinions/{key}/refer?at=all", organisation="市市场监督管理局")
    assert "转市市场监督管理局" in page
    assert "所提问题不属于本次征求意见范围，已于" in page
    rest = [opinion.id for opinion in others]
    shown(client, "/together?at=all", verb="refer", organisation="市信访局", hidden="y", opinion=rest)
    first, *hidden = (each.id for each in db.session.scalars(db.select(Referral).order_by(Referral.id)))
    receipt = app.test_client().get(f"/receipts/{number}?key={receipts.key_of(number)}", follow_redirects=True).text
    assert re.search(r"已于\S+转<span[^>]*>市市场监督管理局</span>办理。", receipt)
    assert "已登记答复日期" in shown(client, f"/referrals/{first}/answered", answered_on=receipt_day(first))
    assert "请填写答复日期" in shown(client, f"/referrals/{hidden[0]}/answered", answered_on=" ")
    assert "请写明撤回转办的理由" in shown(client, f"/referrals/{hidden[0]}/take-back", reason=" ")
    assert "已撤回转办" in shown(client, f"/referrals/{hidden[0]}/take-back", reason="转错单位。")
    states = {state: shown(client, f"/referrals?state={state}") for state in ("open", "answered", "taken_back")}
    assert {state: ("市市场监督管理局" in page, "市信访局" in page) for state, page in states.items()} == {
        "open": (False, True),
        "answered": (True, False),
        "taken_back": (False, True),
    }
    assert "转错单位" in states["taken_back"]
    assert "市信访局" in client.get(f"{DESK}/referrals.csv").text
    assert client.get(f"{DESK}/referrals.xlsx").data[:2] == b"PK"
    assert signed_in("other_drafter").get(f"{DESK}/referrals").status_code == 404
    assert signed_in("auditor").post(f"{DESK}/opinions/{key}/refer", data={"organisation": "甲"}).status_code == 403


def receipt_day(key: int) -> str:
    """Return the day on which something was passed on."""
    db.session.rollback()
    return db.session.get_one(Referral, key).referred_on.isoformat()
