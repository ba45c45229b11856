"""The desk of hearing: the register, the list, the board, letters, paper answers, gatherings, and the gate."""

from __future__ import annotations

import hashlib
import io
import zipfile
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from consult import clock
from consult.consultees import invitations, listing, register, responses
from consult.consultees.models import Consultee, ConsulteeKind, Gathering, Invitation, Member, Method, Size
from consult.drafting.models import Consultation
from consult.files.pdf import text_of_pdf
from consult.intake.arrival import Said
from consult.intake.models import Channel, Submission
from consult.meeting.models import MeetingFact
from consult.moderation import service as moderation
from consult.store import db
from tests.builders import an_open_consultation
from tests.faces.desk.conftest import SignIn, Staff


@pytest.fixture
def consultation(staff: Staff) -> Consultation:
    return an_open_consultation(
        staff.of("drafter"),
        staff.of("publisher"),
        slug="canteen",
        enterprise_related=True,
        at=clock.now() - timedelta(days=2),
    )


def enterprise(staff: Staff, name: str, **fields: object) -> Consultee:
    entry = register.Entry(name, ConsulteeKind.ENTERPRISE, **fields)  # type: ignore[arg-type]
    return register.add(staff.of("drafter"), entry, at=clock.now())


def invited(staff: Staff, consultation: Consultation, name: str) -> Invitation:
    one = enterprise(staff, name)
    listing.add(staff.of("drafter"), consultation, [(one, "")], at=clock.now())
    return invitations.invite(staff.of("drafter"), consultation, one, method=Method.LETTER, at=clock.now())


def test_the_register_is_kept_on_the_desk(staff: Staff, signed_in: SignIn) -> None:
    client = signed_in("drafter")
    typed = {"name": "和顺餐饮有限公司", "kind": "enterprise", "size": "small", "sector": ""}
    made = client.post("/desk/register/new", data=typed)
    assert made.status_code == 303
    wrong = client.post("/desk/register/new", data={**typed, "credit_code": "123"})
    assert wrong.status_code == 400
    assert "校验位" in wrong.text
    one = db.session.scalars(select(Consultee)).one()
    double = enterprise(staff, "和顺餐饮有限责任公司")
    identifier, other = one.id, double.id
    page = client.get(f"/desk/register/{identifier}").text
    assert "和顺餐饮有限责任公司" in page
    client.post(f"/desk/register/{identifier}/merge", data={"other": other})
    client.post(f"/desk/register/{identifier}/retire", data={"reason": "已注销"})
    assert "和顺餐饮" not in client.get("/desk/register").text
    assert "已注销" in client.get(f"/desk/register/{identifier}").text


def test_an_account_of_the_portal_shows_its_password_once(staff: Staff, signed_in: SignIn) -> None:
    identifier = enterprise(staff, "甲").id
    client = signed_in("drafter")
    page = client.post(f"/desk/register/{identifier}/admit", data={"name": "王五", "username": "wang"}).text
    assert "data-password" in page
    assert "data-password" not in client.get(f"/desk/register/{identifier}").text
    assert db.session.scalars(select(Member)).one().username == "wang"


def test_a_table_is_checked_and_imported_with_an_account_of_its_rows(staff: Staff, signed_in: SignIn) -> None:
    client = signed_in("drafter")

    def send(verb: str) -> str:
        table = (io.BytesIO("单位名称,规模\n甲,小型\n乙,巨型\n".encode()), "名录.csv")
        return client.post("/desk/register/import", data={"file": table, "verb": verb}).text

    assert "规模“巨型”看不懂" in send("check")
    assert db.session.scalars(select(Consultee)).all() == []
    send("import")
    assert [one.name for one in db.session.scalars(select(Consultee))] == ["甲"]


def test_nobody_but_who_keeps_it_sees_the_register(staff: Staff, signed_in: SignIn) -> None:
    assert signed_in("moderator").get("/desk/register").status_code == 403


def test_from_the_proposal_to_the_invitation(consultation: Consultation, staff: Staff, signed_in: SignIn) -> None:
    one = enterprise(staff, "南城餐饮", sector="H", region="南城区", size=Size.SMALL, email="a@example.com").id
    client = signed_in("drafter")
    assert "名单还缺" in client.get("/desk/consultations/canteen/consultees").text
    proposal = client.get("/desk/consultations/canteen/consultees?propose=1&sector=H&region=南城").text
    assert "所属行业为住宿和餐饮业" in proposal
    base = "/desk/consultations/canteen/consultees"
    client.post(f"{base}/add", data={"consultee": one, f"why-{one}": "小微企业；所在地区为南城区"})
    client.post(f"{base}/invite", data={"method": "mail"})
    made = db.session.scalars(select(Invitation)).one()
    client.post(f"{base}/send")
    db.session.expire_all()
    assert made.sent_at is not None
    board = client.get(base).text
    assert "已发出" in board
    assert "小微企业；所在地区为南城区" in board


def test_a_list_with_nobody_on_it_and_a_deadline_of_rest_are_refused_in_words(
    consultation: Consultation, staff: Staff, signed_in: SignIn
) -> None:
    one = enterprise(staff, "甲").id
    client, base = signed_in("drafter"), "/desk/consultations/canteen/consultees"
    assert "没有还没邀请的单位" in client.post(f"{base}/invite", data={}, follow_redirects=True).text
    client.post(f"{base}/add", data={"consultee": one})
    told = client.post(f"{base}/invite", data={"method": "hand", "last_day": "2026-12-05"}, follow_redirects=True).text
    assert "2026-12-05 是休息日" in told
    assert db.session.scalars(select(Invitation)).all() == []


def test_a_paper_answer_is_entered_with_its_scan(consultation: Consultation, staff: Staff, signed_in: SignIn) -> None:
    identifier = invited(staff, consultation, "甲").id
    client = signed_in("drafter")
    address = f"/desk/consultations/canteen/consultees/{identifier}"
    scan = (io.BytesIO(b"%PDF-1.4\n%%EOF"), "复函.pdf")
    wrong = client.post(f"{address}/enter", data={"content": "写了", "anchor": "", "no_opinion": "1"})
    assert wrong.status_code == 400
    assert "写了" in wrong.text
    client.post(
        f"{address}/enter", data={"content": "改为每周公示。", "anchor": "art-3", "channel": "letter", "scan": scan}
    )
    submission = db.session.scalars(select(Submission)).one()
    assert (submission.channel, submission.name) == (Channel.LETTER, "甲")
    assert submission.attachments[0].file_name == "复函.pdf"
    assert submission.number in client.get(address).text


def test_an_invitation_is_followed_until_another_is_asked_instead(
    consultation: Consultation, staff: Staff, signed_in: SignIn
) -> None:
    identifier = invited(staff, consultation, "甲").id
    enterprise(staff, "乙")
    client, address = signed_in("drafter"), f"/desk/consultations/canteen/consultees/{identifier}"
    for verb, data in (
        ("sent", {}),
        ("bounced", {"reason": "查无此人"}),
        ("instead", {"name": "乙", "method": "hand"}),
    ):
        assert client.post(f"{address}/{verb}", data=data).status_code == 303
    first, second = db.session.scalars(select(Invitation).order_by(Invitation.id))
    assert first.bounced_why == "查无此人"
    assert second.replaces_id == first.id
    assert "退回" in client.get("/desk/consultations/canteen/consultees").text


def test_letters_hold_name_title_deadline_and_a_page_each(
    consultation: Consultation, staff: Staff, signed_in: SignIn
) -> None:
    first = invited(staff, consultation, "甲餐饮有限公司").id
    invited(staff, consultation, "乙餐饮有限公司")
    client, base = signed_in("drafter"), "/desk/consultations/canteen/consultees"
    merged = text_of_pdf(client.get(f"{base}/letters.pdf").data)
    assert "甲餐饮有限公司" in merged
    assert "乙餐饮有限公司" in merged
    one = text_of_pdf(client.get(f"{base}/letters.pdf?invitation={first}").data)
    assert "乙餐饮有限公司" not in one
    word = client.get(f"{base}/letters.docx").data
    with zipfile.ZipFile(io.BytesIO(word)) as packed:
        body = packed.read("word/document.xml").decode()
        assert sum(name.startswith("word/media/") for name in packed.namelist()) == 2
    assert "关于征求《社区食堂管理办法（征求意见稿）》意见的函" in body


def test_a_hearing_is_arranged_and_what_was_said_becomes_a_submission(
    consultation: Consultation, staff: Staff, signed_in: SignIn
) -> None:
    client, address = signed_in("drafter"), "/desk/consultations/canteen/gatherings"
    held = clock.local(clock.now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    client.post(
        address, data={"kind": "hearing", "title": "听证会", "held_at": held, "others": "居民代表甲\n居民代表乙"}
    )
    gathering = db.session.scalars(select(Gathering)).one()
    who = gathering.attendances[0].id
    assert "倒算7日" in client.get(address).text
    client.post(f"{address}/{gathering.id}/said", data={"attendance": who, "content": "希望延长营业时间。"})
    submission = db.session.scalars(select(Submission)).one()
    assert (submission.channel, submission.name) == (Channel.MEETING, "居民代表甲")
    client.post(f"{address}/{gathering.id}/minutes", data={"came": who})
    db.session.expire_all()
    assert [one.came for one in gathering.attendances] == [True, False]


def test_the_gate_takes_facts_with_evidence_and_overrides_from_legal_only(
    consultation: Consultation, staff: Staff, signed_in: SignIn
) -> None:
    client, address = signed_in("drafter"), "/desk/consultations/canteen/meeting"
    assert "没有合法性审查意见" in client.get(address).text
    evidence = (io.BytesIO(b"%PDF-1.4\n%%EOF"), "审查意见.pdf")
    client.post(f"{address}/fact", data={"name": "legality", "value": "lawful", "evidence": evidence})
    page = client.get(address).text
    assert "合法性审查意见为合法" in page
    assert "审查意见.pdf" in page
    fact = db.session.scalars(select(MeetingFact)).one().id
    assert client.get(f"{address}/evidence/{fact}").data.startswith(b"%PDF")
    wrong = client.post(f"{address}/fact", data={"name": "legality", "value": "maybe"}, follow_redirects=True).text
    assert "不对" in wrong
    assert (
        client.post(f"{address}/override", data={"precondition": "meeting-draft", "reason": "会后补"}).status_code
        == 403
    )
    legal = signed_in("legal")
    legal.post(f"{address}/override", data={"precondition": "interpretation-plan", "reason": "随文另报。"})
    assert "随文另报。" in legal.get(address).text
    legal.post(f"{address}/withdraw", data={"precondition": "interpretation-plan"})
    assert "未登记解读方案" in legal.get(address).text


def test_the_meeting_file_holds_everything_with_its_digests(
    app: Flask, consultation: Consultation, staff: Staff, signed_in: SignIn
) -> None:
    answered = invited(staff, consultation, "甲餐饮")
    invited(staff, consultation, "=乙餐饮")
    consultee = invitations.as_consultee(answered.consultee)
    receipt = responses.respond(consultee, answered, parts=[Said("改为每周。", "art-3")], by="钱二", at=clock.now())
    moderation.accept(staff.of("moderator"), receipt.submission, at=clock.now())
    answer = signed_in("drafter").get("/desk/consultations/canteen/meeting/file.zip")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    index = files.pop("SHA256SUMS.txt").decode().splitlines()
    assert sorted(index) == sorted(f"{hashlib.sha256(data).hexdigest()}  {name}" for name, data in files.items())
    table = files["4-征求意见对象名单.csv"].decode("utf-8-sig")
    assert "甲餐饮" in table
    assert "已提出意见" in table
    assert "'=乙餐饮" in table
    names = list(files)
    assert any(name.endswith("第1份/答复.txt") for name in names)
    assert "1-前置条件核对表.docx" in names
    organisations = files["3-意见听取和采纳情况/企业和行业协会商会.docx"]
    with zipfile.ZipFile(io.BytesIO(organisations)) as packed:
        assert "改为每周。" in packed.read("word/document.xml").decode()
    with zipfile.ZipFile(io.BytesIO(files["3-意见听取和采纳情况/公众.docx"])) as packed:
        assert "改为每周。" not in packed.read("word/document.xml").decode()
