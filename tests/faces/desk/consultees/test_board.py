"""The desk of hearing: the register, the list, the board, letters, paper answers, gatherings, and the gate."""

from __future__ import annotations

import hashlib
import io
import zipfile
from datetime import timedelta

import pytest
from docx import Document
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from consult import clock
from consult.consultees import doubles, invitations, register, responses, status
from consult.consultees import service as hearing
from consult.consultees.models import Consultee, ConsulteeKind, Gathering, Invitation, Member, Method, Size
from consult.consultees.status import Standing, standing
from consult.drafting import questions
from consult.drafting.models import Consultation
from consult.faces import jobs
from consult.files.pdf_subprocess import text_of_pdf
from consult.intake.arrival import ArrivalPart
from consult.intake.models import Channel, Submission
from consult.meeting.models import MeetingFact
from consult.moderation import service as moderation
from consult.store import db
from tests.builders import an_open_consultation
from tests.consultees.answering import answer, arrive
from tests.faces.desk.conftest import SignIn, Staff
from tests.faces.desk.making import sent, token_in


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
    consultee = enterprise(staff, name)
    hearing.add(staff.of("drafter"), consultation, [(consultee, "")], at=clock.now())
    return hearing.invite(staff.of("drafter"), consultation, consultee, method=Method.LETTER, at=clock.now())


def a_scan() -> tuple[io.BytesIO, str]:
    return io.BytesIO(b"%PDF-1.4\n%%EOF"), "复函.pdf"


def test_the_register_is_kept_on_the_desk(staff: Staff, signed_in: SignIn) -> None:
    client = signed_in("drafter")
    typed = {"name": "和顺餐饮有限公司", "kind": "enterprise", "size": "small", "sector": ""}
    made = client.post("/desk/register/new", data=typed)
    assert made.status_code == 303
    wrong = client.post("/desk/register/new", data={**typed, "credit_code": "123"})
    assert wrong.status_code == 400
    assert "校验位" in wrong.text
    consultee = db.session.scalars(select(Consultee)).one()
    double = enterprise(staff, "和顺餐饮有限责任公司")
    identifier, other = consultee.id, double.id
    page = client.get(f"/desk/register/{identifier}").text
    assert "和顺餐饮有限责任公司" in page
    client.post(f"/desk/register/{identifier}/merge", data={"other": other})
    client.post(f"/desk/register/{identifier}/retire", data={"reason": "已注销"})
    assert "和顺餐饮" not in client.get("/desk/register").text
    assert "已注销" in client.get(f"/desk/register/{identifier}").text


def register_fields(consultee: Consultee, **changes: str) -> dict[str, str]:
    """Return the form of the register as it stands, with changes."""
    entry = register.entry_of(consultee)
    size = entry.size.value if entry.size is not None else ""
    return {"name": entry.name, "kind": entry.kind.value, "size": size, "sector": entry.sector, **changes}


def test_a_later_change_of_the_register_is_shown_on_the_board_and_not_counted(
    consultation: Consultation, staff: Staff, signed_in: SignIn
) -> None:
    made, silent = (invited(staff, consultation, name) for name in ("甲餐饮", "乙餐饮"))
    client, board = signed_in("drafter"), "/desk/consultations/canteen/consultees"
    for invitation in (made, silent):
        client.post(
            f"/desk/register/{invitation.consultee_id}", data=register_fields(invitation.consultee, size="large")
        )
    answer(made, "portal", "改为每周公示。", at=clock.now())
    assert "现登记为" not in client.get(board).text
    for invitation in (made, silent):
        changes = register_fields(invitation.consultee, size="micro", sector="H")
        assert client.post(f"/desk/register/{invitation.consultee_id}", data=changes).status_code == 303
    page = " ".join(client.get(board).text.split())
    assert (
        page.count("规模：听取时为大型，现登记为微型")
        == page.count("行业：听取时为未填，现登记为住宿和餐饮业；按听取时计算")
        == 1
    )
    heard = status.heard(consultation)
    assert (heard.enterprises, heard.small_micro) == (1, 0)
    assert "更正记录" not in client.get(f"/desk/register/{made.consultee_id}").text


def test_a_wrong_entry_is_corrected_with_a_reason_and_counts_for_earlier_hearings(
    consultation: Consultation, staff: Staff, signed_in: SignIn
) -> None:
    made = invited(staff, consultation, "甲餐饮")
    address = f"/desk/register/{made.consultee_id}"
    client = signed_in("drafter")
    client.post(address, data=register_fields(made.consultee, size="large"))
    answer(made, "portal", "改为每周公示。", at=clock.now())
    right = register_fields(made.consultee, size="micro", correction="y")
    refused = client.post(address, data=right)
    assert (refused.status_code, "请写明更正登记的理由" in refused.text) == (400, True)
    assert 'value="micro" selected' in refused.text or 'selected value="micro"' in refused.text
    assert 'name="correction"' in refused.text
    same = client.post(address, data=register_fields(made.consultee, correction="y", reason="看错营业收入"))
    assert (same.status_code, "须更改类型、规模" in same.text, "看错营业收入" in same.text) == (400, True, True)
    assert status.heard(consultation).small_micro == 0
    assert client.post(address, data=right | {"reason": "登记时看错营业收入"}).status_code == 303
    assert status.heard(consultation).small_micro == 1
    page = " ".join(client.get(address).text.split())
    assert "规模：大型更正为微型；理由：登记时看错营业收入" in page
    assert "现登记为" not in client.get("/desk/consultations/canteen/consultees").text


def test_a_new_entry_has_nothing_to_correct(staff: Staff, signed_in: SignIn) -> None:
    assert "更正登记错误" not in signed_in("drafter").get("/desk/register/new").text


def test_an_account_of_the_portal_shows_its_password_once(staff: Staff, signed_in: SignIn) -> None:
    identifier = enterprise(staff, "甲").id
    client = signed_in("drafter")
    page = client.post(f"/desk/register/{identifier}/admit", data={"name": "王五", "username": "wang"}).text
    assert "data-password" in page
    assert "data-password" not in client.get(f"/desk/register/{identifier}").text
    assert db.session.scalars(select(Member)).one().username == "wang"


def test_a_table_is_checked_and_imported_with_an_account_of_its_rows(staff: Staff, signed_in: SignIn) -> None:
    client = signed_in("drafter")

    table = (io.BytesIO("单位名称,规模\n甲,小型\n乙,巨型\n".encode()), "名录.csv")
    checked = sent(client, "/desk/register/import", {"file": table})
    assert "检查结果（未登记）" in checked.text
    assert "规模“巨型”无法识别" in checked.text
    assert db.session.scalars(select(Consultee)).all() == []
    address = checked.request.path
    seen = {"seen": token_in(checked.text, "seen")}
    assert signed_in("colleague").post(address, data=seen).location.endswith("/register"), "its uploader confirms it"
    assert client.post(address).location.endswith("/register"), "and what was shown"
    assert client.post(address, data=seen).location == address
    assert client.post(address, data=seen).location.endswith("/register"), "once"
    jobs.run("uploads")
    db.session.rollback()
    assert "导入结果" in client.get(address).text
    assert [consultee.name for consultee in db.session.scalars(select(Consultee))] == ["甲", "乙"]


def read_by_worker(client: FlaskClient, address: str) -> str:
    """Let the worker read what was uploaded; return the page."""
    jobs.run("uploads")
    db.session.rollback()
    return client.get(address).text


def test_columns_are_chosen_on_the_page_without_the_file_being_chosen_again(staff: Staff, signed_in: SignIn) -> None:
    client = signed_in("drafter")
    data = "名号,信用,手机,座机,邮寄\n甲公司,9135O100M000100Y43,138,0431-1,某路 1 号\n".encode()
    address = client.post("/desk/register/import", data={"file": (io.BytesIO(data), "名录.csv")}).location
    page = read_by_worker(client, address)
    assert "看不出哪一列是单位名称" in page
    assert "无须重新上传" in page
    wrong = client.post(f"{address}/check", data={"phone": "手机"})
    assert wrong.status_code == 303
    assert "看不出哪一列是单位名称" in read_by_worker(client, address)
    assert client.post(f"{address}/check", data={"name": "没有的列"}).status_code == 400
    chosen = {"name": "名号", "credit_code": "信用", "phone": "手机", "more-3": "phone"}
    assert client.post(f"{address}/check", data=chosen).status_code == 303
    page = read_by_worker(client, address)
    assert "可能是“91350100M000100Y43”" in page
    assert "本表有 1 处可采用" in page
    assert "“邮寄”列：未对应到字段，未导入" in page
    assert '<option value="phone" selected>' in page
    client.post(f"{address}/check", data={**chosen, "mend": "y"})
    page = read_by_worker(client, address)
    client.post(address, data={"seen": token_in(page, "seen")})
    read_by_worker(client, address)
    (consultee,) = db.session.scalars(select(Consultee))
    assert (consultee.credit_code, consultee.contacts[0].phone) == ("91350100M000100Y43", "138，0431-1")
    assert client.post(f"{address}/check", data=chosen).status_code == 400, "it is taken"


def test_a_table_of_opinions_is_recognised_as_no_register(staff: Staff, signed_in: SignIn) -> None:
    client = signed_in("drafter")
    data = "单位名称,联系电话,修改意见\n甲公司,138,第三条应当写明。\n".encode()
    address = client.post("/desk/register/import", data={"file": (io.BytesIO(data), "意见.csv")}).location
    assert "像是来件" in read_by_worker(client, address)


def test_nobody_but_who_keeps_it_sees_the_register(staff: Staff, signed_in: SignIn) -> None:
    assert signed_in("moderator").get("/desk/register").status_code == 403


def test_from_the_proposal_to_the_invitation(consultation: Consultation, staff: Staff, signed_in: SignIn) -> None:
    consultee_id = enterprise(staff, "南城餐饮", sector="H", region="南城区", size=Size.SMALL, email="a@example.com").id
    client = signed_in("drafter")
    assert "名单尚缺" in client.get("/desk/consultations/canteen/consultees").text
    proposal = client.get("/desk/consultations/canteen/consultees?propose=1&sector=H&region=南城").text
    assert "所属行业为住宿和餐饮业" in proposal
    base = "/desk/consultations/canteen/consultees"
    client.post(f"{base}/add", data={"consultee": consultee_id, f"why-{consultee_id}": "小微企业；所在地区为南城区"})
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
    consultee_id = enterprise(staff, "甲").id
    client, base = signed_in("drafter"), "/desk/consultations/canteen/consultees"
    assert "无未邀请的单位" in client.post(f"{base}/invite", data={}, follow_redirects=True).text
    client.post(f"{base}/add", data={"consultee": consultee_id})
    page = client.post(f"{base}/invite", data={"method": "hand", "last_day": "2026-12-05"}, follow_redirects=True).text
    assert "2026-12-05 是休息日" in page
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
    page = client.get(address).text
    assert submission.number in page
    assert "拟确认为<b>“意见”</b>，依据：“改为每周公示。”" in page


def test_a_letter_that_answers_the_questions_is_entered_under_them(
    consultation: Consultation, staff: Staff, signed_in: SignIn
) -> None:
    invitation = invited(staff, consultation, "甲")
    client, address = signed_in("drafter"), f"/desk/consultations/canteen/consultees/{invitation.id}"
    assert 'name="answer-1"' in client.get(address).text
    typed = {"channel": "letter", "no_opinion": "1", "answer-1": "没有影响。"}
    without = client.post(f"{address}/enter", data=typed)
    assert (without.status_code, ">没有影响。</textarea>" in without.text) == (400, True)
    more = client.post(f"{address}/enter", data=typed | {"verb": "more"})
    assert ">没有影响。</textarea>" in more.text
    unknown = client.post(f"{address}/enter", data=typed | {"answer-7": "好", "scan": a_scan()})
    assert (unknown.status_code, "没有编号为 7 的问题" in unknown.text) == (400, True)
    assert db.session.scalars(select(Submission)).all() == []
    client.post(f"{address}/enter", data=typed | {"scan": a_scan()})
    submission = db.session.scalars(select(Submission)).one()
    assert [(answer.question.number, answer.content) for answer in submission.answers] == [(1, "没有影响。")]
    for page in (address, "/desk/consultations/canteen/consultees"):
        shown = client.get(page).text
        assert ("公平竞争有何影响" in shown, "没有影响。" in shown, "复函.pdf" in shown) == (True, True, True)
    client.post(f"/desk/consultations/canteen/consultees/responses/{submission.number}", data={"as": "no_opinion"})
    assert status.heard_on_competition(consultation).enterprises == 0
    moderation.accept(staff.of("moderator"), submission, at=clock.now())
    assert status.heard_on_competition(consultation).enterprises == 1


def test_an_answer_by_telephone_names_its_caller_and_another_confirms_it_from_the_board(
    consultation: Consultation, staff: Staff, signed_in: SignIn
) -> None:
    identifier = invited(staff, consultation, "甲").id
    client, base = signed_in("drafter"), "/desk/consultations/canteen/consultees"
    typed = {"channel": "phone", "no_opinion": "1"}
    refused = client.post(f"{base}/{identifier}/enter", data=typed)
    assert refused.status_code == 400
    assert "请写明对方姓名、电话号码和时间" in refused.text
    called = f"{clock.local(clock.now()) - timedelta(hours=1):%Y-%m-%dT%H:%M}"
    client.post(
        f"{base}/{identifier}/enter", data={**typed, "caller": "钱二", "phone": "0591-87654321", "called": called}
    )
    number = db.session.scalars(select(Submission)).one().number
    for page in (client.get(base).text, client.get(f"{base}?standing=to_confirm").text):
        assert "待确认的答复" in page
        assert "无扫描件" in page
    assert "待确认的答复" in client.get("/desk/").text
    confirm = f"{base}/responses/{number}"
    by_the_same = client.post(confirm, data={"as": "no_opinion"}, follow_redirects=True).text
    assert "没有扫描件的答复，要由登记人以外的另一人" in by_the_same
    done = signed_in("moderator").post(confirm, data={"as": "no_opinion"}, follow_redirects=True).text
    assert "已确认为“无意见”" in done
    assert standing(db.session.get_one(Invitation, identifier), clock.now()) is Standing.NO_OPINION


def test_a_second_mail_is_confirmed_as_a_correction_or_an_addition(
    consultation: Consultation, staff: Staff, signed_in: SignIn
) -> None:
    invitation = invited(staff, consultation, "甲")
    first = answer(invitation, "mail", "改为每月。", at=clock.now())
    second = arrive(invitation, "mail", "改为每周。", at=clock.now())
    client, base = signed_in("drafter"), "/desk/consultations/canteen/consultees"
    confirm = f"{base}/responses/{second.submission.number}"
    assert "请选择这一件是更正" in client.post(confirm, data={"as": "opinion"}, follow_redirects=True).text
    done = client.post(confirm, data={"as": "opinion", "relation": f"replaces-{first.submission.number}"})
    assert done.status_code == 303
    db.session.expire_all()
    assert [response.standing.value for response in invitation.responses] == ["replaced", "opinion"]
    assert "已更正" in client.get(f"{base}/{invitation.id}").text


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
    single = text_of_pdf(client.get(f"{base}/letters.pdf?invitation={first}").data)
    assert "乙餐饮有限公司" not in single
    word = client.get(f"{base}/letters.docx").data
    with zipfile.ZipFile(io.BytesIO(word)) as packed:
        body = packed.read("word/document.xml").decode()
        assert sum(name.startswith("word/media/") for name in packed.namelist()) == 2
    assert "关于征求《社区食堂管理办法（征求意见稿）》意见的函" in body
    assert body.count("请一并回答下列问题") == 2
    form = client.get(f"{base}/{first}/form.docx")
    assert form.headers["Content-Disposition"].startswith("attachment")
    tables = [cell.text for table in Document(io.BytesIO(form.data)).tables for cell in table._cells]
    assert ("甲餐饮有限公司" in tables, f"1. {questions.COMPETITION}" in tables) == (True, True)
    assert f"{first}/form.docx" in client.get(f"{base}/{first}").text
    assert client.get(f"{base}/999999/form.docx").status_code == 404
    assert signed_in("moderator").get(f"{base}/{first}/form.docx").status_code == 403


def test_a_hearing_is_arranged_and_what_was_said_becomes_a_submission(
    consultation: Consultation, staff: Staff, signed_in: SignIn
) -> None:
    client, address = signed_in("drafter"), "/desk/consultations/canteen/gatherings"
    held = clock.local(clock.now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    client.post(
        address,
        data={
            "kind": "hearing",
            "title": "听证会",
            "place": "三楼会议室",
            "held_at": held,
            "others": "居民代表甲\n居民代表乙",
        },
    )
    gathering = db.session.scalars(select(Gathering)).one()
    who = gathering.attendances[0].id
    assert "倒算7日" in client.get(address).text
    client.post(f"{address}/{gathering.id}/said", data={"attendance": who, "content": "希望延长营业时间。"})
    submission = db.session.scalars(select(Submission)).one()
    assert (submission.channel, submission.name) == (Channel.MEETING, "居民代表甲")
    client.post(f"{address}/{gathering.id}/minutes", data={"came": who})
    db.session.expire_all()
    assert [attendance.came for attendance in gathering.attendances] == [True, False]


WHY = "解读方案随会议通知另行报送，已经办公室同意。"


def test_the_gate_takes_papers_and_exceptions_pass_by_two_persons(
    consultation: Consultation, staff: Staff, signed_in: SignIn
) -> None:
    client, address = signed_in("drafter"), "/desk/consultations/canteen/meeting"
    assert "没有合法性审核意见" in client.get(address).text

    def a_file(name: str) -> tuple[io.BytesIO, str]:
        return io.BytesIO(b"%PDF-1.4\n%%EOF"), name

    plan = {"name": "interpretation_plan", "value": "true"}
    refused = client.post(f"{address}/fact", data=plan, follow_redirects=True).text
    assert "请上传这份材料" in refused
    client.post(f"{address}/fact", data=plan | {"evidence": a_file("解读方案.pdf")})
    page = client.get(address).text
    assert "解读方案：解读方案.pdf" in page
    fact = db.session.scalars(select(MeetingFact)).one().id
    assert client.get(f"{address}/evidence/{fact}").data.startswith(b"%PDF")
    wrong = client.post(f"{address}/fact", data={"name": "legality", "value": "lawful"}, follow_redirects=True).text
    assert "由系统根据办理记录认定" in wrong
    asked = {"precondition": "interpretation-material", "reason": WHY}
    assert client.post(f"{address}/override", data=asked).status_code == 403
    legal = signed_in("legal")
    without = legal.post(f"{address}/override", data=asked, follow_redirects=True).text
    assert "证明材料" in without
    legal.post(f"{address}/override", data=asked | {"document": a_file("说明.pdf")})
    assert "等待另一人批准" in legal.get(address).text
    by_the_same = legal.post(f"{address}/approve", data=asked, follow_redirects=True).text
    assert "另一人" in by_the_same
    publisher = signed_in("publisher")
    publisher.post(f"{address}/approve", data=asked)
    assert "经批准例外处理" in publisher.get(address).text
    signed_in("legal").post(f"{address}/withdraw", data=asked)
    assert "没有解读材料" in legal.get(address).text


def test_the_meeting_file_holds_everything_with_its_digests(
    app: Flask, consultation: Consultation, staff: Staff, signed_in: SignIn
) -> None:
    answered = invited(staff, consultation, "甲餐饮")
    invited(staff, consultation, "=乙餐饮")
    consultee = invitations.as_consultee(answered.consultee)
    receipt = responses.respond(
        consultee, answered, parts=[ArrivalPart("改为每周。", "art-3")], by="钱二", at=clock.now()
    )
    moderation.accept(staff.of("moderator"), receipt.submission, at=clock.now())
    answer = signed_in("drafter").get("/desk/consultations/canteen/meeting/file.zip")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    index = files.pop("SHA256SUMS.txt").decode().splitlines()
    assert sorted(index) == sorted(f"{hashlib.sha256(data).hexdigest()}  {name}" for name, data in files.items())
    table = files["机读数据/征求意见对象名单.csv"].decode("utf-8-sig")
    assert "甲餐饮" in table
    assert "已答复" in table
    assert "'=乙餐饮" in table
    assert {"上会材料.docx", "上会材料.pdf"} <= set(files)
    with zipfile.ZipFile(io.BytesIO(files["上会材料.docx"])) as packed:
        assert "改为每周。" in packed.read("word/document.xml").decode()


def test_doubles_are_shown_merged_or_told_apart(staff: Staff, signed_in: SignIn, consultation: Consultation) -> None:
    client = signed_in("drafter")
    enterprise(staff, "长春重复建设有限公司")
    typed = {
        "name": "长春市重复建设有限责任公司",
        "kind": "enterprise",
        "size": "",
        "sector": "",
        "ownership": "private",
        "labour_intensive": "True",
    }
    warned = client.post("/desk/register/new", data=typed, follow_redirects=True)
    assert "“长春重复建设有限公司”名称相近" in warned.text
    enterprise(staff, "长春重复建设集团")
    firms = list(db.session.scalars(select(Consultee).order_by(Consultee.id)))
    assert (firms[1].ownership, firms[1].labour_intensive) == ("private", True)
    board = "/desk/consultations/canteen/consultees"
    ticked = {"consultee": [str(firm.id) for firm in firms]}
    listed = client.post(f"{board}/add", data=ticked, follow_redirects=True).text
    assert "合并或者登记为不是同一家以前按一家计算" in listed
    assert "1 组疑似重复单位" in listed
    page = client.get("/desk/register/doubles").text
    assert page.count("保留的单位") == 3
    first, _, _ = doubles.page(limit=9)
    merge = {"keep": str(firms[1].id)}
    client.post(f"/desk/register/doubles/{first.id}/merge", data=merge)
    assert db.session.get_one(Consultee, firms[0].id).merged_into_id == firms[1].id
    (left,) = doubles.page(limit=9)
    refused = client.post(f"/desk/register/doubles/{left.id}/tell_apart", data={"reason": ""}, follow_redirects=True)
    assert "为什么不是同一家" in refused.text
    client.post(f"/desk/register/doubles/{left.id}/tell_apart", data={"reason": "住所不同"})
    assert "没有疑似重复单位" in client.get("/desk/register/doubles").text
    assert "疑似重复单位，每组" not in client.get(board).text
