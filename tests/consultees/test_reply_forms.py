"""A reply form that comes back by mail, by hand or through the portal becomes opinions on the provisions it names."""

from __future__ import annotations

import json
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from consult import clock
from consult.accounts.models import Role
from consult.accounts.permissions import Actor
from consult.app_context import blobs
from consult.consultees import invitations, register, reply_forms, responses
from consult.consultees import service as hearing
from consult.consultees.errors import InvitationRefused
from consult.consultees.models import ConsulteeKind, Invitation, Method
from consult.consultees.response_kinds import ResponseStanding
from consult.drafting.models import Consultation
from consult.files import attachments
from consult.intake.models import Submission
from consult.mailbox import service as mailbox
from consult.store import db
from tests.builders import an_actor, an_open_consultation
from tests.files.reply_forms import as_workbook, filled, saved_by_libreoffice

WANTED = [
    ("art-3-para-2", "“七十周岁”改为“六十五周岁”。"),
    ("art-5", "删去。"),
    ("", "建议增加过渡期。"),
]


@pytest.fixture
def consultation(drafter: Actor) -> Consultation:
    at = clock.now() - timedelta(days=2)
    return an_open_consultation(drafter, an_actor(Role.PUBLISHER), slug="canteen", enterprise_related=True, at=at)


@pytest.fixture
def invitation(drafter: Actor, consultation: Consultation) -> Invitation:
    at = clock.now() - timedelta(days=1)
    entry = register.Entry("甲公司", ConsulteeKind.ENTERPRISE, email="a@example.com")
    consultee = register.add(drafter, entry, at=at)
    hearing.add(drafter, consultation, [(consultee, "")], at=at)
    made = hearing.invite(drafter, consultation, consultee, method=Method.MAIL, at=at)
    invitations.mark_sent(drafter, made, at=at, message_id="ours@example.org")
    return made


def kept(name: str, data: bytes) -> attachments.CheckedAttachment:
    blobs().put(data)
    return attachments.check(name, data, max_bytes=20 << 20)


def parts_of(submission: Submission) -> list[tuple[str, str]]:
    return [(part.anchor, part.content) for part in submission.parts]


def assert_wanted(parts: list[tuple[str, str]]) -> None:
    assert [anchor for anchor, _ in parts] == [anchor for anchor, _ in WANTED], parts
    for (_, content), (_, words) in zip(parts, WANTED, strict=True):
        assert words in content


def test_a_form_on_paper_is_entered_article_by_article_and_waits_for_confirmation(
    drafter: Actor, invitation: Invitation
) -> None:
    data = saved_by_libreoffice(filled(reply_forms.of(invitation)), "docx")
    receipt, form, taken = reply_forms.enter(drafter, invitation, kept("反馈表.docx", data), at=clock.now())
    assert_wanted(parts_of(receipt.submission))
    assert receipt.submission.publish_name is True
    assert [file.digest for file in receipt.submission.attachments] == [kept("反馈表.docx", data).digest]
    (response,) = invitation.responses
    assert (response.standing, response.proposed_as) == (ResponseStanding.PROPOSED, ResponseStanding.OPINION)
    assert taken.left == ("“第九条”一行没有填写意见",)
    assert not reply_forms.names_another(form, invitation)


def test_an_opinion_on_what_the_draft_has_not_keeps_the_words_that_name_it(
    drafter: Actor, invitation: Invitation
) -> None:
    rows = (("第三条第九款", "太高。", ""), ("第九十九条", "删去。", ""), ("附件和总则", "补充。", ""))
    data = filled(reply_forms.of(invitation), rows=rows)
    receipt, _, _ = reply_forms.enter(drafter, invitation, kept("表.docx", data), at=clock.now())
    assert parts_of(receipt.submission) == [
        ("art-3", "（针对：第三条第九款）\n太高。"),
        ("", "（针对：第九十九条）\n删去。"),
        ("", "（针对：附件和总则）\n补充。"),
    ]


def test_a_form_of_another_document_and_a_scan_are_refused(drafter: Actor, invitation: Invitation) -> None:
    from dataclasses import replace

    other = replace(reply_forms.of(invitation), title="另一件办法（征求意见稿）")
    with pytest.raises(InvitationRefused, match="另一件办法"):
        reply_forms.enter(drafter, invitation, kept("表.docx", filled(other)), at=clock.now())
    with pytest.raises(InvitationRefused, match="没有文字的扫描件"):
        reply_forms.enter(drafter, invitation, kept("表.pdf", b"%PDF-1.4 scan"), at=clock.now())
    assert invitation.responses == []


def test_a_form_that_says_no_opinion_is_proposed_as_that(drafter: Actor, invitation: Invitation) -> None:
    data = filled(reply_forms.of(invitation), rows=(), none=True)
    reply_forms.enter(drafter, invitation, kept("表.docx", data), at=clock.now())
    assert invitation.responses[0].proposed_as is ResponseStanding.NO_OPINION


def a_mail(data: bytes, name: str, text: str = "您好，反馈表见附件。") -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.com", "zqyj@example.gov.cn", "回复：征求意见函"
    mail["Message-ID"], mail["In-Reply-To"] = f"<{hash(data)}@example.com>", "<ours@example.org>"
    mail.set_content(text)
    mail.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return mail.as_bytes()


@pytest.mark.parametrize("kind", ["docx", "xlsx", "pdf"])
def test_a_form_attached_to_a_mail_is_read_by_itself(kind: str, invitation: Invitation) -> None:
    form = reply_forms.of(invitation)
    data = as_workbook(form) if kind == "xlsx" else saved_by_libreoffice(filled(form), kind)
    ingested = mailbox.ingest(a_mail(data, f"意见反馈表.{kind}"), source="a.eml", at=clock.now())
    assert "意见反馈表读入 3 条意见" in ingested.why
    submission = db.session.query(Submission).filter_by(number=ingested.number).one()
    assert_wanted([(anchor, "".join(content.split())) for anchor, content in parts_of(submission)])
    db.session.refresh(invitation)
    assert invitation.responses[0].proposed_as is ResponseStanding.OPINION


def test_what_the_mail_itself_says_stays_beside_the_form(invitation: Invitation) -> None:
    data = filled(reply_forms.of(invitation))
    words = "我单位原则同意本办法，另建议推迟三个月施行，理由和逐条意见一并报上，请予研究采纳。"
    ingested = mailbox.ingest(a_mail(data, "表.docx", text=words), source="a.eml", at=clock.now())
    submission = db.session.query(Submission).filter_by(number=ingested.number).one()
    first, *rows = parts_of(submission)
    assert first == ("", words)
    assert_wanted(rows)


def test_a_form_without_opinions_attached_to_a_mail_proposes_no_opinion(invitation: Invitation) -> None:
    data = filled(reply_forms.of(invitation), rows=(), none=True)
    mailbox.ingest(a_mail(data, "表.docx", text=""), source="a.eml", at=clock.now())
    db.session.refresh(invitation)
    assert invitation.responses[0].proposed_as is ResponseStanding.NO_OPINION


def test_the_portal_fills_the_page_in_from_the_form_to_be_checked(client: FlaskClient, invitation: Invitation) -> None:
    client.get(f"/portal/i/{invitations.token_of(invitation)}")
    page, data = f"/portal/answer/{invitation.id}", filled(reply_forms.of(invitation))
    from io import BytesIO

    fields = {"verb": "send", "token": "t1", "files": (BytesIO(data), "反馈表.docx")}
    assert client.post(page, data=fields, content_type="multipart/form-data").status_code == 303
    assert invitation.responses == []  # checked first, sent then
    shown = client.get(page).text
    assert "已从意见反馈表读入 3 条意见" in shown
    assert "改为“六十五周岁”" in shown
    draft = responses.draft_of(invitation)
    assert draft is not None
    typed = {f"said-{anchor}": words for anchor, words in draft.content["parts"]}
    client.post(page, data={"verb": "send", "token": "t2", **typed}, content_type="multipart/form-data")
    db.session.expire_all()
    assert len(invitation.responses) == 1
    assert [file.file_name for file in invitation.responses[0].submission.attachments] == ["反馈表.docx"]


def test_the_command_reads_the_form_and_says_what_it_took(app: Flask, invitation: Invitation, tmp_path: Path) -> None:
    path = tmp_path / "表.docx"
    path.write_bytes(filled(reply_forms.of(invitation)))
    command = ["consultees", "import-reply", "canteen", str(path), "--json"]
    looked = app.test_cli_runner().invoke(args=[*command, "--dry-run"])
    assert json.loads(looked.stdout)["number"] is None
    assert invitation.responses == []
    taken = app.test_cli_runner().invoke(args=command)
    document = json.loads(taken.stdout)
    assert_wanted([(row["anchor"], row["content"]) for row in document["opinions"]])
    db.session.expire_all()
    assert [response.submission.number for response in invitation.responses] == [document["number"]]
    path.write_text("文字", encoding="utf-8")
    refused = app.test_cli_runner().invoke(args=["consultees", "import-reply", "canteen", str(path)])
    assert (refused.exit_code, refused.stderr.strip() != "") == (1, True)
