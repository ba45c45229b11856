"""What goes wrong at the desk of hearing: each a clear message, nothing lost, no traceback."""

from __future__ import annotations

import io
import resource
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from consult import clock
from consult.consultees import confirmation, extensions, invitations, register, responses
from consult.consultees import service as hearing
from consult.consultees.errors import ConsulteeRefused, InvitationRefused
from consult.consultees.models import ConsulteeKind, Invitation, Listed, Method
from consult.consultees.response_kinds import ResponseStanding
from consult.consultees.status import Standing, cells, heard, standing
from consult.drafting.models import Consultation
from consult.intake.models import Submission
from consult.law.calendar import DayKind, published
from consult.store import db
from tests.builders import an_open_consultation
from tests.consultees.answering import scan
from tests.faces.desk.conftest import SignIn, Staff

BASE = "/desk/consultations/canteen"


@pytest.fixture
def invitation(app: Flask, staff: Staff) -> Invitation:
    at, drafter = clock.now(), staff.of("drafter")
    consultation = an_open_consultation(
        drafter, staff.of("publisher"), slug="canteen", enterprise_related=True, at=at - timedelta(days=2)
    )
    firm = register.add(drafter, register.Entry("甲餐饮有限公司", ConsulteeKind.ENTERPRISE), at=at)
    hearing.add(drafter, consultation, [(firm, "本市最大")], at=at)
    return hearing.invite(drafter, consultation, firm, method=Method.LETTER, at=at)


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("consultees/invite", {"method": "pigeon"}),
        ("consultees/invite", {"method": "mail", "last_day": "明天"}),
        ("consultees/invite", {"method": "mail", "consultee": "9" * 40}),
        ("consultees/add", {"consultee": "٣"}),
        ("consultees/add", {"name": "没有这一家"}),
        ("consultees/remove", {}),
        ("consultees/{id}/extend", {"last_day": "2026-13-01"}),
        ("consultees/{id}/instead", {"name": ""}),
        ("consultees/{id}/again", {"email": "不是邮箱"}),
        ("consultees/{id}/refuse", {"reason": "没有申请过"}),
        ("gatherings/99999999999999999999/materials", {}),
    ],
)
def test_nonsense_is_refused_in_words(
    invitation: Invitation, signed_in: SignIn, path: str, data: dict[str, str]
) -> None:
    client, address = signed_in("drafter"), f"{BASE}/{path.format(id=invitation.id)}"
    answer = client.post(address, data=data, follow_redirects=True)
    assert answer.status_code in (200, 404)
    assert answer.status_code == 404 or "note-seal" in answer.text


def test_a_gathering_without_a_time_keeps_what_was_typed(invitation: Invitation, signed_in: SignIn) -> None:
    client = signed_in("drafter")
    typed = {"kind": "hearing", "title": "价格听证会", "others": "居民代表", "who": invitation.consultee_id}
    for held_at in ("", "下周三", "0001-01-01T09:00"):
        answer = client.post(f"{BASE}/gatherings", data={**typed, "held_at": held_at})
        assert answer.status_code == 400
        assert "价格听证会" in answer.text
        assert "居民代表" in answer.text


def test_a_scan_of_200_megabytes_is_refused_in_words_with_what_was_typed_and_bounded_memory(
    invitation: Invitation, signed_in: SignIn, tmp_path: Path
) -> None:
    fields = (("channel", "letter"), ("anchor", "art-3"), ("content", "写了很久的意见。"))
    before = "".join(f'--b\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n' for n, v in fields)
    before += '--b\r\nContent-Disposition: form-data; name="scan"; filename="盖章件.pdf"\r\n\r\n%PDF-1.4\n'
    body = tmp_path / "form"
    with body.open("wb") as file:
        file.write(before.encode())
        file.seek(200 << 20, io.SEEK_CUR)
        file.write(b"\r\n--b--\r\n")
    client, address = signed_in("drafter"), f"{BASE}/consultees/{invitation.id}/enter"
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with body.open("rb") as form:
        answer = client.post(address, input_stream=form, content_type="multipart/form-data; boundary=b")
    assert answer.status_code == 400
    assert "有 200 MB，超过了 20 MB 的上限" in answer.text
    assert "写了很久的意见。" in answer.text
    assert db.session.scalars(db.select(Submission)).all() == []
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - used < 100 << 10  # kilobytes


def test_a_day_of_rest_names_the_working_day_after_it(invitation: Invitation, staff: Staff) -> None:
    day = clock.local(invitation.answer_by).date()
    while published().day_kind(day) is not DayKind.REST:
        day += timedelta(days=1)
    after = published().add_working_days(day, 1).day
    with pytest.raises(InvitationRefused, match=f"{day} 是休息日，请改为工作日，例如 {after}"):
        extensions.grant_extension(staff.of("drafter"), invitation, day, at=clock.now())


def test_a_received_day_to_come_or_before_publication_is_refused(invitation: Invitation, staff: Staff) -> None:
    today = clock.local(clock.now()).date()
    for day in (today + timedelta(days=1), today - timedelta(days=30)):
        with pytest.raises(InvitationRefused, match="收到的日期"):
            responses.enter(staff.of("drafter"), invitation, no_opinion=True, at=clock.now(), received_on=day)


# ------------------------------------------------------------------ counts that follow


def counted(consultation: Consultation) -> dict[str, int]:
    return {(cell.standing or "none"): cell.n for cell in cells(consultation, clock.now())}


def test_the_counts_follow_every_act(invitation: Invitation, staff: Staff) -> None:
    consultation, drafter, at = invitation.consultation, staff.of("drafter"), clock.now()
    assert counted(consultation) == {Standing.PREPARED: 1}
    invitations.mark_sent(drafter, invitation, at=at)
    assert counted(consultation) == {Standing.SENT: 1}
    late = invitation.answer_by
    assert [cell.standing for cell in cells(consultation, late)] == [Standing.SILENT]
    invitations.mark_bounced(drafter, invitation, "查无此人", at=at)
    assert counted(consultation) == {Standing.BOUNCED: 1}
    again = hearing.send_again(drafter, invitation, method=Method.MAIL, email="new@example.cn", at=at)
    assert counted(consultation) == {Standing.PREPARED: 1}
    assert register.entry_of(again.consultee).email == "new@example.cn"
    assert not invitations.is_live(invitation, at)
    responses.enter(drafter, again, no_opinion=True, attachments=[scan()], at=at)
    assert counted(consultation) == {Standing.PREPARED: 1}
    confirmation.confirm(drafter, again.responses[0], ResponseStanding.NO_OPINION, at=at)
    assert counted(consultation) == {Standing.NO_OPINION: 1}
    assert heard(consultation).enterprises == 1
    with pytest.raises(ConsulteeRefused, match="已经答复"):
        hearing.remove(drafter, consultation, again.consultee, "不需要", at=at)


def test_who_is_taken_off_the_list_can_use_its_link_no_more(invitation: Invitation, staff: Staff) -> None:
    consultation, at = invitation.consultation, clock.now()
    hearing.remove(staff.of("drafter"), consultation, invitation.consultee, "业务不相关", at=at)
    assert counted(consultation) == {}
    assert standing(invitation, at) is Standing.REVOKED
    assert db.session.scalars(db.select(Listed)).one().removed_reason == "业务不相关"


def test_a_merged_double_stands_on_the_list_once(invitation: Invitation, staff: Staff) -> None:
    consultation, drafter, at = invitation.consultation, staff.of("drafter"), clock.now()
    double = register.add(drafter, register.Entry("甲餐饮公司", ConsulteeKind.ENTERPRISE), at=at)
    hearing.add(drafter, consultation, [(double, "")], at=at)
    assert sum(counted(consultation).values()) == 2
    register.merge(drafter, invitation.consultee, double, at=at)
    assert counted(consultation) == {Standing.PREPARED: 1}


def test_a_request_for_time_is_refused_with_a_reason_that_its_asker_reads(
    invitation: Invitation, staff: Staff, signed_in: SignIn
) -> None:
    extensions.ask_extension(invitations.as_consultee(invitation.consultee), invitation, "要开会", at=clock.now())
    client = signed_in("drafter")
    assert "1 家申请延期" in client.get(f"{BASE}/consultees").text
    client.post(f"{BASE}/consultees/{invitation.id}/refuse", data={"reason": "月底就要上会"})
    assert "申请延期" not in client.get(f"{BASE}/consultees").text
    visitor = client.application.test_client()
    visitor.get(f"/portal/i/{invitations.token_of(invitation)}")
    assert "月底就要上会" in visitor.get(f"/portal/answer/{invitation.id}").text
