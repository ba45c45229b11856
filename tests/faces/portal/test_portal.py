"""The portal: who gets in and who doesn't, and an answer that is written, handed on, sent and corrected."""

from __future__ import annotations

import io
import logging
import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from consult import clock
from consult.accounts import passwords
from consult.accounts.models import Role
from consult.accounts.permissions import SYSTEM, Actor
from consult.consultees import invitations, members, register, responses
from consult.consultees import service as hearing
from consult.consultees.models import Consultee, ConsulteeKind, Invitation, Member, MemberRole, Method
from consult.consultees.status import Standing, standing
from consult.drafting.models import Consultation
from consult.intake.models import Channel, SenderKind
from consult.ledger.models import LedgerEntry
from consult.store import db
from tests.builders import an_actor, an_open_consultation


@pytest.fixture
def drafter(app: Flask) -> Actor:
    return an_actor(Role.DRAFTER)


@pytest.fixture
def consultation(drafter: Actor) -> Consultation:
    return an_open_consultation(
        drafter,
        an_actor(Role.PUBLISHER),
        slug="canteen",
        enterprise_related=True,
        at=clock.now() - timedelta(days=2),
    )


def an_enterprise(drafter: Actor, name: str) -> Consultee:
    return register.add(drafter, register.Entry(name, ConsulteeKind.ENTERPRISE), at=clock.now())


def invited(drafter: Actor, consultation: Consultation, name: str = "甲餐饮") -> Invitation:
    consultee = an_enterprise(drafter, name)
    hearing.add(drafter, consultation, [(consultee, "")], at=clock.now())
    made = hearing.invite(drafter, consultation, consultee, method=Method.LETTER, at=clock.now())
    invitations.mark_sent(drafter, made, at=clock.now())
    return made


@pytest.fixture
def invitation(drafter: Actor, consultation: Consultation) -> Invitation:
    return invited(drafter, consultation)


def link(invitation: Invitation) -> str:
    return f"/portal/i/{invitations.token_of(invitation)}"


def write(client: FlaskClient, invitation: Invitation, **fields: object):  # type: ignore[no-untyped-def]
    address = f"/portal/answer/{invitation.id}"
    return client.post(address, data={"token": "t1", **fields}, content_type="multipart/form-data")


def test_a_link_is_traded_for_a_pass_and_its_token_stays_nowhere(
    client: FlaskClient, invitation: Invitation, caplog: pytest.LogCaptureFixture
) -> None:
    token = invitations.token_of(invitation)
    with caplog.at_level(logging.DEBUG):
        answer = client.get(link(invitation))
        page = client.get(answer.location)
    assert (answer.status_code, answer.location) == (303, f"/portal/answer/{invitation.id}")
    for response in (answer, page):
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert "no-store" in response.headers["Cache-Control"]
        assert token not in response.text
    assert token not in answer.headers["Set-Cookie"]
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert token not in caplog.text
    for public in ("/feed.atom", "/calendar.ics", "/consultations/canteen"):
        assert token not in client.get(public).text


def test_the_access_log_cuts_the_token_off() -> None:
    import importlib.util

    from config import ROOT

    text = (ROOT / "gunicorn.conf.py").read_text(encoding="utf-8")
    assert importlib.util.find_spec("gunicorn")
    pattern = re.search(r'own_paths = re.compile\(r"(.+)"\)', text)
    assert pattern
    assert re.sub(pattern[1], r"\1/…", "/portal/i/secret") == "/portal/…"


def test_unknown_expired_and_revoked_links_get_the_same_answer(
    client: FlaskClient, drafter: Actor, consultation: Consultation, monkeypatch: pytest.MonkeyPatch
) -> None:
    revoked, expired = invited(drafter, consultation, "甲"), invited(drafter, consultation, "乙")
    hearing.revoke(drafter, revoked, "发错了", at=clock.now())
    expired.token_expires_at = clock.now() - timedelta(seconds=1)
    db.session.commit()
    tokens = ["A" * 27, "x", "", link(revoked).rpartition("/")[2], link(expired).rpartition("/")[2]]
    answers = [client.get(f"/portal/i/{token}") for token in tokens if token]
    pages = {re.sub(r'value="[^"]*"', "", answer.text) for answer in answers}
    assert {answer.status_code for answer in answers} == {404}
    assert len(pages) == 1
    assert client.get("/portal/i/%00").status_code == 400, "refused before anything is looked up"
    assert not any("Set-Cookie" in answer.headers and "portal=" in answer.headers["Set-Cookie"] for answer in answers)


def test_all_links_cost_one_look_up(client: FlaskClient, invitation: Invitation) -> None:
    from sqlalchemy import event

    client.get(link(invitation))  # notes that it was opened

    def statements(address: str) -> int:
        seen: list[str] = []

        def note(_c: object, _cur: object, statement: str, *_: object) -> None:
            seen.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        client.get(address)
        event.remove(db.engine, "before_cursor_execute", note)
        return sum("invitation" in sql for sql in seen)

    unknown = statements("/portal/i/" + "B" * 27)
    invitation.revoked_at = clock.now()
    db.session.commit()
    assert statements(link(invitation)) == unknown


def test_a_pass_opens_no_other_invitation_and_dies_when_the_link_is_revoked(
    client: FlaskClient, drafter: Actor, consultation: Consultation
) -> None:
    mine, other = invited(drafter, consultation, "甲"), invited(drafter, consultation, "乙")
    client.get(link(mine))
    assert client.get(f"/portal/answer/{mine.id}").status_code == 200
    assert client.get(f"/portal/answer/{other.id}").status_code == 404
    assert write(client, other, verb="none").status_code == 404
    assert client.get("/portal/answer/999999").status_code == 404
    hearing.revoke(drafter, mine, "换人", at=clock.now())
    assert client.get(f"/portal/answer/{mine.id}").status_code == 401
    assert write(client, mine, verb="none").status_code == 401
    assert not other.responses


def test_a_forged_pass_opens_nothing(client: FlaskClient, invitation: Invitation) -> None:
    client.set_cookie("portal", '{"i": 1, "h": "x"}', path="/portal")
    assert client.get(f"/portal/answer/{invitation.id}").status_code == 401


def test_an_answer_by_article_becomes_a_submission_of_that_enterprise(
    client: FlaskClient, invitation: Invitation
) -> None:
    client.get(link(invitation))
    sent = write(client, invitation, verb="send", **{"said-art-3": "改为每周公示。", "said-": "总体可行。"})
    assert sent.status_code == 303
    page = client.get(sent.location).text
    submission = invitation.responses[0].submission
    assert submission.number in page
    assert (submission.channel, submission.sender_kind) == (Channel.PORTAL, SenderKind.ENTERPRISE)
    assert {(part.anchor, part.content) for part in submission.parts} == {
        ("art-3", "改为每周公示。"),
        ("", "总体可行。"),
    }


def test_what_is_saved_is_there_for_a_colleague_on_another_day(app: Flask, invitation: Invitation) -> None:
    first, second = app.test_client(), app.test_client()
    first.get(link(invitation))
    scan = (io.BytesIO(b"%PDF-1.4\n%%EOF"), "复函.pdf")
    write(first, invitation, verb="save", files=scan, **{"said-art-3": "写了一半"})
    assert not invitation.responses
    second.get(link(invitation))
    page = second.get(f"/portal/answer/{invitation.id}").text
    assert "写了一半" in page
    assert "复函.pdf" in page
    write(second, invitation, verb="send", **{"said-art-3": "写完了"})
    assert [file.file_name for file in invitation.responses[0].submission.attachments] == ["复函.pdf"]
    assert responses.draft_of(invitation) is None


def test_sending_twice_is_one_and_a_correction_is_a_new_version(client: FlaskClient, invitation: Invitation) -> None:
    client.get(link(invitation))
    for _ in range(2):
        write(client, invitation, verb="send", **{"said-art-3": "改为每月。"})
    assert len(invitation.responses) == 1
    page = client.get(f"/portal/answer/{invitation.id}?correct=1").text
    assert "改为每月。" in page
    refused = write(client, invitation, verb="send", **{"said-art-3": "改为每周。", "token": "t2"})
    assert refused.status_code == 400
    assert "请选择这一份是“更正”" in refused.text
    earlier = f"replaces-{invitation.responses[0].id}"
    write(client, invitation, verb="send", relation=earlier, **{"said-art-3": "改为每周。", "token": "t2"})
    db.session.expire_all()
    assert [response.submission.parts[0].content for response in invitation.responses] == ["改为每月。", "改为每周。"]
    confirmation = client.get(f"/portal/answer/{invitation.id}/confirmation").text
    assert "已更正" in confirmation


def test_an_addition_counts_beside_what_was_sent(client: FlaskClient, invitation: Invitation) -> None:
    client.get(link(invitation))
    for n in range(5):
        page = client.get(f"/portal/answer/{invitation.id}?add=1").text
        assert ('value="adds" checked' in page) == bool(n)
        write(client, invitation, verb="send", relation="adds", **{"said-art-3": f"第 {n} 点。", "token": f"t{n}"})
    db.session.expire_all()
    assert [response.standing.value for response in invitation.responses] == ["opinion"] * 5
    assert "当前有效" in client.get(f"/portal/answer/{invitation.id}/confirmation").text


def test_no_opinion_counts_and_contradicts_opinions(client: FlaskClient, invitation: Invitation) -> None:
    client.get(link(invitation))
    refused = write(client, invitation, verb="none", **{"said-art-3": "其实有一条。"})
    assert refused.status_code == 400
    assert "其实有一条。" in refused.text
    assert write(client, invitation, verb="none").status_code == 303
    assert invitation.responses[0].no_opinion


def test_a_scan_too_large_is_refused_in_words_and_the_text_stays(
    app: Flask, client: FlaskClient, invitation: Invitation, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.get(link(invitation))
    app.config["MAX_CONTENT_LENGTH"], before = 1 << 20, app.config["MAX_CONTENT_LENGTH"]
    try:
        scan = (io.BytesIO(b"%PDF-1.4\n" + b"\0" * (21 << 20)), "盖章件.pdf")
        answer = write(client, invitation, verb="send", files=scan, **{"said-art-3": "写了很久的意见"})
    finally:
        app.config["MAX_CONTENT_LENGTH"] = before
    assert answer.status_code == 400
    assert "超过了 20 MB 的上限" in answer.text
    assert "写了很久的意见" in answer.text
    assert not invitation.responses
    draft = responses.draft_of(invitation)
    assert draft is not None
    assert draft.content["parts"] == [["art-3", "写了很久的意见"]]


def test_an_answer_after_the_deadline_is_taken_and_marked(client: FlaskClient, invitation: Invitation) -> None:
    client.get(link(invitation))
    invitation.answer_by = clock.now() - timedelta(days=1)
    db.session.commit()
    assert "答复期限已过，仍可答复" in client.get(f"/portal/answer/{invitation.id}").text
    write(client, invitation, verb="send", **{"said-art-3": "迟到的意见。"})
    assert invitation.responses[0].late


def test_an_empty_answer_is_refused_with_what_to_do(client: FlaskClient, invitation: Invitation) -> None:
    client.get(link(invitation))
    assert write(client, invitation, verb="send").status_code == 400
    assert not invitation.responses


def test_a_note_to_a_colleague_starts_empty_and_outlives_a_refusal(client: FlaskClient, invitation: Invitation) -> None:
    client.get(link(invitation))
    note = re.compile(r'<textarea [^>]*name="note"[^>]*>(.*?)</textarea>', re.DOTALL)
    assert note.findall(client.get(f"/portal/answer/{invitation.id}").text) == [""]
    assert note.findall(write(client, invitation, verb="send", note="请看第三条").text) == ["请看第三条"]


def test_declining_and_asking_for_time_reach_the_department(client: FlaskClient, invitation: Invitation) -> None:
    client.get(link(invitation))
    client.post(f"/portal/answer/{invitation.id}/extension", data={"why": "要开理事会"})
    client.post(f"/portal/answer/{invitation.id}/decline", data={"why": "不涉及"})
    db.session.expire_all()
    assert invitation.declined_why == "不涉及"
    assert standing(invitation, clock.now()) is Standing.DECLINED


# ---------------------------------------------------------------- accounts


def a_member(consultee: Consultee, role: MemberRole, username: str = "wang@example.com") -> tuple[Member, str]:
    return members.create_member(SYSTEM, consultee, username=username, name="王五", role=role, at=clock.now())


def come_in(client: FlaskClient, username: str, password: str) -> int:
    return client.post("/portal/sign-in", data={"username": username, "password": password}).status_code


def test_a_member_who_may_only_draft_saves_and_does_not_send(client: FlaskClient, invitation: Invitation) -> None:
    _member, password = a_member(invitation.consultee, MemberRole.DRAFT)
    assert come_in(client, "WANG@example.com", password) == 303
    assert invitation.consultation.title in client.get("/portal/").text
    refused = write(client, invitation, verb="send", **{"said-art-3": "草稿"})
    assert refused.status_code == 403
    assert not invitation.responses
    assert responses.draft_of(invitation).saved_by == "王五"  # type: ignore[union-attr]
    _boss, boss_password = a_member(invitation.consultee, MemberRole.SEND, "li@example.com")
    other = client.application.test_client()
    come_in(other, "li@example.com", boss_password)
    assert "草稿" in other.get(f"/portal/answer/{invitation.id}").text
    assert write(other, invitation, verb="send", **{"said-art-3": "草稿"}).status_code == 303


def test_a_former_member_gets_in_nowhere(client: FlaskClient, invitation: Invitation) -> None:
    member, password = a_member(invitation.consultee, MemberRole.SEND)
    come_in(client, "wang@example.com", password)
    assert client.get(f"/portal/answer/{invitation.id}").status_code == 200
    members.close_member(SYSTEM, member, at=clock.now())
    for address in ("/portal/", "/portal/people", f"/portal/answer/{invitation.id}"):
        assert client.get(address).status_code == 401
    assert write(client, invitation, verb="none").status_code == 401
    assert come_in(client, "wang@example.com", password) == 400


def test_a_member_of_another_organisation_sees_none_of_it(
    client: FlaskClient, drafter: Actor, invitation: Invitation
) -> None:
    _, password = a_member(an_enterprise(drafter, "别家"), MemberRole.SEND)
    come_in(client, "wang@example.com", password)
    assert invitation.consultation.title not in client.get("/portal/").text
    assert client.get(f"/portal/answer/{invitation.id}").status_code == 404
    mine, _ = a_member(invitation.consultee, MemberRole.SEND, "li@example.com")
    assert client.post(f"/portal/people/{mine.id}/leave").status_code == 404
    assert mine.left_at is None


def test_signing_in_says_the_same_for_every_wrong_pair_and_waits_after_five(
    client: FlaskClient, invitation: Invitation
) -> None:
    _member, password = a_member(invitation.consultee, MemberRole.SEND)
    gone, gone_password = a_member(invitation.consultee, MemberRole.SEND, "gone@example.com")
    members.close_member(SYSTEM, gone, at=clock.now())
    pairs = [("wang@example.com", "wrong"), ("nobody@example.com", "wrong"), ("gone@example.com", gone_password)]
    messages = set()
    for username, tried in pairs:
        page = client.post("/portal/sign-in", data={"username": username, "password": tried}).text
        messages.update(re.findall(r"<li>(.+?)</li>", page))
    assert messages == {"登录名或者密码不对，请核对后再试。"}
    for _ in range(4):
        come_in(client, "wang@example.com", "wrong")
    page = client.post("/portal/sign-in", data={"username": "wang@example.com", "password": password})
    assert page.status_code == 400
    assert "分钟后再试" in page.text


def test_who_may_send_lets_a_colleague_in(client: FlaskClient, invitation: Invitation) -> None:
    _, password = a_member(invitation.consultee, MemberRole.SEND)
    come_in(client, "wang@example.com", password)
    page = client.post("/portal/people", data={"username": "zhao", "name": "赵六", "role": "draft"}).text
    shown = re.search(r"<b data-password>(.+?)</b>", page)
    assert shown
    assert come_in(client.application.test_client(), "zhao", shown[1]) == 303


def test_a_holder_of_a_link_manages_nobody(client: FlaskClient, invitation: Invitation) -> None:
    client.get(link(invitation))
    assert client.post("/portal/people", data={"username": "z", "name": "x", "role": "send"}).status_code == 403


# ---------------------------------------------------------------- nobody else gets in, and nothing is left lying about


def test_a_sign_in_of_nobody_costs_the_same_hash_as_a_wrong_password_and_a_former_member(
    client: FlaskClient, invitation: Invitation, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_member(invitation.consultee, MemberRole.SEND)
    gone, _ = a_member(invitation.consultee, MemberRole.SEND, "gone@example.com")
    members.close_member(SYSTEM, gone, at=clock.now())
    worked: list[str] = []
    verify = passwords._hasher.verify

    def counted(stored: str, password: str) -> bool:
        worked.append(stored.rsplit("$", 2)[0])
        return verify(stored, password)

    monkeypatch.setattr(passwords, "_hasher", SimpleNamespace(verify=counted, hash=passwords._hasher.hash))
    for username in ("wang@example.com", "nobody@example.com", "gone@example.com"):
        assert come_in(client, username, "wrong") == 400
    assert len(worked) == 3
    assert len(set(worked)) == 1


def test_a_guessed_link_is_hashed_and_looked_up_as_a_known_one_is(
    client: FlaskClient, invitation: Invitation, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[int] = []
    hash_token = invitations.hash_token

    def counted(token: str) -> str:
        hashed.append(len(token))
        return hash_token(token)

    token = link(invitation).rpartition("/")[2]
    monkeypatch.setattr(invitations, "hash_token", counted)
    for tried in (token, token[:-1] + ("A" if token[-1] != "A" else "B"), "C" * len(token)):
        client.get(f"/portal/i/{tried}")
    assert hashed == [len(token)] * 3


def test_neither_ledger_nor_pages_nor_errors_hold_a_token(
    client: FlaskClient, drafter: Actor, invitation: Invitation
) -> None:
    token = link(invitation).rpartition("/")[2]
    client.get(link(invitation))
    write(client, invitation, verb="send", **{"said-art-3": "改为每月。"})
    hearing.revoke(drafter, invitation, "发错了", at=clock.now())
    entries = db.session.scalars(db.select(LedgerEntry).order_by(LedgerEntry.id)).all()
    assert entries
    assert not any(
        token in f"{entry.subject} {entry.detail}" or invitation.nonce in str(entry.detail) for entry in entries
    )
    assert token not in client.get(link(invitation)).text
    for address in ("/feed.atom", "/calendar.ics", "/metrics", f"/portal/i/{token}/x"):
        assert token not in client.get(address).text


def test_the_personal_link_is_shown_to_its_holder_to_hand_on_and_to_no_member(
    client: FlaskClient, invitation: Invitation
) -> None:
    token = link(invitation).rpartition("/")[2]
    client.get(link(invitation))
    page = client.get(f"/portal/answer/{invitation.id}/colleague")
    assert token in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page.headers["Cache-Control"]
    _, password = a_member(invitation.consultee, MemberRole.DRAFT)
    other = client.application.test_client()
    come_in(other, "wang@example.com", password)
    assert token not in other.get(f"/portal/answer/{invitation.id}/colleague").text
    assert other.get(f"/portal/answer/{invitation.id}/colleague.svg").status_code == 404
    stranger = client.application.test_client()
    assert stranger.get(f"/portal/answer/{invitation.id}/colleague").status_code == 401
