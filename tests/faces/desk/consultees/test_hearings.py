"""The desk page of meetings: what counts, what is lacking, letters, moving, papers, interests."""

from __future__ import annotations

import io
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient

from consult import clock
from consult.consultees import hearing_letters, hearing_papers, hearings
from consult.consultees.hearing_models import HearingPaperRole
from consult.consultees.models import Gathering, GatheringKind
from consult.drafting.models import Consultation
from consult.files.pdf_subprocess import text_of_pdf
from consult.store import db
from tests.builders import an_open_consultation
from tests.consultees.meetings import arranged, publish_before
from tests.faces.desk.conftest import SignIn, Staff

BASE = "/desk/consultations/canteen/gatherings"


@pytest.fixture
def consultation(staff: Staff) -> Consultation:
    at = clock.now() - timedelta(days=9)
    return an_open_consultation(staff.of("drafter"), staff.of("publisher"), slug="canteen", at=at)


@pytest.fixture
def client(signed_in: SignIn) -> FlaskClient:
    return signed_in("drafter")


def typed(moment: datetime) -> str:
    return clock.local(moment).strftime("%Y-%m-%dT%H:%M")


def act(client: FlaskClient, gathering: Gathering, verb: str, **data: object) -> str:
    answer = client.post(f"{BASE}/{gathering.id}/{verb}", data=data, follow_redirects=True)
    db.session.expire_all()
    return answer.text


def test_a_public_hearing_counts_once_all_its_papers_are_there(
    consultation: Consultation, staff: Staff, client: FlaskClient
) -> None:
    at, drafter = clock.now(), staff.of("drafter")
    made = arranged(drafter, consultation, held_at=at - timedelta(hours=5), at=at - timedelta(days=8))
    who = made.attendances[0].id
    assert "不能计入" in client.get(BASE).text
    minutes = (io.BytesIO("会议笔录".encode()), "笔录.txt")
    assert "没有登记到会人员的发言" in act(client, made, "minutes", came=who, minutes=minutes)
    assert "没有登记听证时间、地点公告的公布情况" in act(client, made, "said", attendance=who, content="希望降低。")
    publish_before(drafter, consultation, made, at=at - timedelta(days=7))
    signed = (io.BytesIO("签字记录".encode()), "签字记录.txt")
    page = act(client, made, "paper", role="signed_record", paper=signed)
    assert "可以计入" in page
    number = hearing_papers.newest(made)[HearingPaperRole.SIGNED_RECORD].id
    assert client.get(f"{BASE}/{made.id}/papers/{number}").data == "签字记录".encode()
    assert client.get(f"{BASE}/{made.id}/papers/999").status_code == 404


def test_a_meeting_to_come_is_written_on_moved_and_cancelled(
    consultation: Consultation, staff: Staff, client: FlaskClient
) -> None:
    at = clock.now()
    held_at = at + timedelta(days=10)
    made = arranged(
        staff.of("drafter"), consultation, GatheringKind.SYMPOSIUM, held_at=held_at, at=at, others=["王某", "李某"]
    )
    assert "还没有召开" in act(client, made, "said", attendance=made.attendances[0].id, content="赞成。")
    assert "已准备 2 份通知" in act(client, made, "letters")
    assert text_of_pdf(client.get(f"{BASE}/{made.id}/letters.pdf").data).count("请围绕文件草案") == 2
    assert client.get(f"{BASE}/{made.id}/letters.docx").data.startswith(b"PK")
    first, _ = hearing_letters.to_print(made)
    assert "1 份通知送达" in act(client, made, "sent", letter=first.id)
    page = act(client, made, "move", held_at=typed(held_at + timedelta(days=1)), reason="场地临时被占用")
    assert "场地临时被占用" in page
    assert "变更通知" in page
    assert "请写明取消的原因" in act(client, made, "cancel", reason="")
    assert "会议已取消：草案已经撤回重写" in act(client, made, "cancel", reason="草案已经撤回重写")


def test_an_experts_interest_is_asked_and_shown(consultation: Consultation, staff: Staff, client: FlaskClient) -> None:
    at = clock.now()
    made = arranged(
        staff.of("drafter"), consultation, GatheringKind.EXPERT_ARGUMENT, held_at=at - timedelta(hours=2), at=at
    )
    who = made.attendances[0].id
    assert "请写明是什么利害关系" in act(client, made, "interest", attendance=who, interest="direct")
    assert "有直接利害关系：任董事" in act(client, made, "interest", attendance=who, interest="direct", words="任董事")


def test_no_opinion_is_noted_without_words(consultation: Consultation, staff: Staff, client: FlaskClient) -> None:
    at = clock.now()
    made = arranged(staff.of("drafter"), consultation, GatheringKind.SYMPOSIUM, held_at=at - timedelta(hours=2), at=at)
    who = made.attendances[0].id
    assert "不能同时选" in act(client, made, "said", attendance=who, no_opinion="1", content="有意见")
    act(client, made, "said", attendance=who, no_opinion="1")
    assert hearings.of(consultation)[0].attendances[0].no_opinion
