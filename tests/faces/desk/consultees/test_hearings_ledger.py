"""The pages of the ledger of hearings and of disagreements with units of government."""

from __future__ import annotations

import io

import pytest
import time_machine
from flask import Flask
from openpyxl import load_workbook

from consult.consultees import disagreements
from consult.consultees.models import Response
from consult.store import db
from tests.meeting import twelve
from tests.meeting.green import READY
from tests.meeting.office import Office
from tests.meeting.twelve import BOUNCED, INSTEAD, UNIT, Twelve


@pytest.fixture
def office(session_app: Flask, made: Twelve) -> Office:
    """Its people at their browsers."""
    people = {name: getattr(made.office, name) for name in ("drafter", "legal", "publisher")}
    return Office(session_app, people, made.consultation.slug, READY)


def get(office: Office, who: str, address: str) -> tuple[int, str]:
    with time_machine.travel(READY, tick=False):
        answer = office.browser(who).get(f"/desk{address}")
    return answer.status_code, answer.text


def test_the_page_shows_every_consultee_of_the_year_and_leads_to_the_file(office: Office) -> None:
    status, page = get(office, "legal", "/hearings")
    assert status == 200
    assert page.count("<tr><td data-head=") == 12
    assert f"代替{BOUNCED}（2026年10月20日退回：收件人地址不存在）" in page
    assert INSTEAD in page
    assert 'href="/desk/hearings/2026.xlsx"' in page
    assert 'href="/desk/hearings"' in page  # in the header
    with time_machine.travel(READY, tick=False):
        answer = office.browser("legal").get("/desk/hearings/2026.xlsx")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert load_workbook(io.BytesIO(answer.data)).sheetnames[0] == "文件"


def test_a_year_without_a_list_and_one_that_can_be_none(office: Office) -> None:
    assert "2025 年没有列入征求意见名单的单位" in get(office, "legal", "/hearings?year=2025")[1]
    status, page = get(office, "legal", "/hearings?year=99999")
    assert status == 400
    assert "年份应当在2000到2100之间" in page
    with time_machine.travel(READY, tick=False):
        answer = office.browser("legal").get("/desk/hearings/2025.xlsx", follow_redirects=True)
    assert "无台账可导出" in answer.text


def test_a_disagreement_is_noted_on_its_page_and_nothing_typed_is_lost(office: Office, made: Twelve) -> None:
    unit = next(r for r in twelve.confirmation.of(made.consultation) if r.invitation.consultee.name == UNIT)
    typed = {"question": "补贴由谁承担", "unit": str(unit.id), "ours": "保留优惠规定。", "reason": "体现公益性。"}
    refused = office.post("drafter", "disagreements", **typed)
    assert refused.refused
    assert "请写明依据" in refused.words
    assert "保留优惠规定。" in refused.words
    assert office.post("legal", "disagreements", **typed, basis="《某某条例》第二条").refused
    answer = office.post("drafter", "disagreements", **typed, basis="《某某条例》第二条")
    assert not answer.refused, answer.words
    noted = disagreements.of(made.consultation)[-1]
    assert noted.units[0].words == "第三条的优惠所需资金没有来源，建议删去优惠规定。"
    page = get(office, "legal", f"/consultations/{office.slug}/disagreements")[1]
    assert "补贴由谁承担" in page
    assert office.post("drafter", f"disagreements/{noted.id}/settle", how="").refused
    assert not office.post("drafter", f"disagreements/{noted.id}/settle", how="财政局同意承担。").refused
    assert "财政局同意承担。" in get(office, "legal", f"/consultations/{office.slug}/disagreements")[1]


def test_a_response_of_another_consultation_is_none_to_rest_on(office: Office, made: Twelve) -> None:
    last = db.session.scalars(db.select(Response.id).order_by(Response.id.desc())).first() or 0
    typed = {"question": "补贴由谁承担", "ours": "保留优惠。", "reason": "公益性质。", "basis": "条例第二条"}
    assert "至少选择一个机关单位" in office.post("drafter", "disagreements", **typed, unit=str(last + 5)).words
