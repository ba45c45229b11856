"""What no person wrote is recognised, and what a person wrote is not taken for it."""

import pytest

from consult.files.mail import Auto, read
from tests.files.mail.builders import OPINION, message, multipart_message, part

DSN = """Reporting-MTA: dns; mx.example.cn\r
Arrival-Date: Tue, 24 Nov 2026 10:00:00 +0800\r
\r
Final-Recipient: rfc822; ok@example.cn\r
Action: delivered\r
Status: 2.0.0\r
\r
Final-Recipient: rfc822;Gone@Example.CN\r
Original-Recipient: rfc822;gone@example.cn\r
Action: failed\r
Status: 5.1.1 (no such user)\r
Diagnostic-Code: smtp; 550 5.1.1 User unknown\r
"""


def bounce(status=DSN, sender="MAILER-DAEMON@mx.example.cn"):
    original = "Message-ID: <ours-7@dept.example.gov.cn>\r\nSubject: x\r\n\r\n"
    return multipart_message(
        "report; report-type=delivery-status",
        part("The following address failed."),
        part(status, "message/delivery-status"),
        part(original, "message/rfc822"),
        sender=sender,
        subject="Undelivered Mail Returned to Sender",
    )


def test_a_delivery_report_names_who_failed_why_and_for_which_message():
    mail = read(bounce())
    assert mail.auto is Auto.BOUNCE
    assert mail.bounce.recipient == "Gone@example.cn"
    assert (mail.bounce.status, mail.bounce.action, mail.bounce.permanent) == ("5.1.1", "failed", True)
    assert mail.bounce.diagnostic == "smtp; 550 5.1.1 User unknown"
    assert mail.bounce.original_message_id == "ours-7@dept.example.gov.cn"


def test_a_delay_is_not_permanent():
    status = "Reporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; a@b.cn\r\nAction: delayed\r\nStatus: 4.4.1\r\n"
    assert not read(bounce(status)).bounce.permanent


BOUNCES = {
    "qmail": (
        "failure notice",
        "Hi. This is the qmail-send program at mx.example.cn.\n<gone@example.cn>:\n"
        "Sorry, no mailbox here by that name. (#5.1.1)\n\n--- Below this line is a copy of the message.\n"
        "Message-ID: <ours-7@dept.example.gov.cn>\n",
    ),
    "Chinese": (
        "系统退信/Systems bounce",
        "抱歉，您的邮件被退回来了……\n收件人：gone@example.cn\n退信原因：550 User not found: gone@example.cn\n",
    ),
    "QQ": ("来自postmaster@qq.com的退信", "很抱歉，您发送至 gone@example.cn 的邮件被退回。\n550 Mailbox not found"),
    "Exchange": (
        "未送达: 意见",
        "未能将邮件传递到以下收件人: gone@example.cn\n550 5.1.10 RESOLVER.ADR.RecipientNotFound",
    ),
}


@pytest.mark.parametrize("system", BOUNCES)
def test_bounces_in_plain_words_are_read(system):
    subject, text = BOUNCES[system]
    mail = read(message(subject=subject, sender="postmaster@mx.example.cn", body=text))
    assert mail.auto is Auto.BOUNCE
    assert mail.bounce.recipient == "gone@example.cn"
    assert mail.bounce.status.startswith("5.")
    assert mail.bounce.permanent


def test_a_list_of_failed_recipients_is_a_bounce():
    mail = read(message(("X-Failed-Recipients", "gone@example.cn"), sender="x@y.cn", body="550 no"))
    assert (mail.auto, mail.bounce.recipient) == (Auto.BOUNCE, "gone@example.cn")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("Auto-Submitted", "auto-replied"),
        ("Auto-Submitted", "Auto-Generated; owner-email=a@b.cn"),
        ("Auto-Submitted", "auto-notified"),
        ("X-Autoreply", "yes"),
        ("X-Autorespond", "1"),
        ("Precedence", "auto_reply"),
        ("Return-Path", "<>"),
    ],
)
def test_a_field_tells_an_automatic_answer(field, value):
    mail = read(message((field, value), body="我不在办公室"))
    assert mail.auto is Auto.AUTO_REPLY
    assert not mail.may_be_answered


@pytest.mark.parametrize(
    "subject",
    [
        "自动回复：征求意见", "自动回复: Re: 征求意见", "【自动回复】您好", "自动答复: 征求意见", "自動回覆：通知",
        "Automatic reply: x", "Auto-Reply: x", "Out of Office: x", "Out of office", "Re: 自动回复：x",
        "休假自动回复：x", "外出通知", "Vacation response: x", "(自动回复)x",
    ],
)  # fmt: skip
def test_a_subject_tells_an_absence_note(subject):
    assert read(message(subject=subject, body="您好，我正在休假。")).auto is Auto.AUTO_REPLY


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ([("List-Id", "<all.example.cn>")], Auto.LIST),
        ([("List-Post", "<mailto:all@example.cn>"), ("Precedence", "bulk")], Auto.LIST),
        ([("Precedence", "list")], Auto.LIST),
        ([("Precedence", "bulk")], Auto.BULK),
        ([("Precedence", "junk")], Auto.BULK),
        ([("List-Unsubscribe", "<mailto:x@y.cn>")], Auto.BULK),
        ([("X-Consultation-Mail", "1")], Auto.OWN),
    ],
)
def test_lists_bulk_and_our_own_mail_are_recognised(fields, kind):
    assert read(message(*fields, body=OPINION)).auto is kind


def test_mail_from_our_own_address_is_our_own():
    raw = message(sender="征集信箱 <YIJIAN@dept.example.gov.cn>", body="x")
    assert read(raw, own_addresses=["yijian@dept.example.gov.cn"]).auto is Auto.OWN
    assert read(raw).auto is Auto.NONE


def test_a_read_receipt_is_no_opinion():
    status = "Final-Recipient: rfc822;z@example.cn\r\nDisposition: x; displayed\r\n"
    notice = part(status, "message/disposition-notification")
    raw = multipart_message("report; report-type=disposition-notification", part("已读"), notice)
    assert read(raw).auto is Auto.READ_RECEIPT
    assert read(message(("In-Reply-To", "<a@b>"), subject="已读: 征求意见", body="")).auto is Auto.READ_RECEIPT


@pytest.mark.parametrize(
    ("subject", "fields"),
    [
        ("自动回复功能应当写进办法", []),
        ("关于自动回复：期限的意见", []),
        ("退信处理条款的意见", []),
        ("已读办法全文，意见如下", []),
        ("外出通知制度的意见", []),
        ("意见", [("Auto-Submitted", "no")]),
        ("意见", [("Precedence", "first-class")]),
        ("意见", [("X-Priority", "1"), ("Importance", "high")]),
        ("意见", [("Return-Path", "<zhangsan@example.cn>")]),
        ("意见", [("X-Auto-Response-Suppress", "None")]),
        ("Undeliverable promises in article 3", []),
        ("", []),
    ],
)
def test_a_person_is_not_taken_for_a_program(subject, fields):
    mail = read(message(*fields, subject=subject, body=OPINION))
    assert mail.auto is Auto.NONE
    assert mail.may_be_answered


@pytest.mark.parametrize("value", ["DR, OOF, AutoReply", "All"])
def test_who_asks_for_no_answers_gets_none_and_is_a_person_all_the_same(value):
    mail = read(message(("X-Auto-Response-Suppress", value), body=OPINION))
    assert mail.auto is Auto.NONE
    assert not mail.may_be_answered


def test_a_bounce_that_a_person_passes_on_is_the_persons():
    status = part("Final-Recipient: rfc822; a@b.cn\r\nAction: failed\r\n", "message/delivery-status")
    raw = multipart_message("mixed", part(f"被退信了，再发一次：{OPINION}"), status, subject="Fwd: Undelivered Mail")
    assert read(raw).auto is Auto.NONE
    assert read(raw.replace(b"zhangsan@", b"mailer-daemon@")).auto is Auto.BOUNCE


def test_a_person_may_write_from_a_postmasters_address_and_say_no_to_a_field():
    assert read(message(sender="站长 <postmaster@small.example.cn>", body=OPINION)).auto is Auto.NONE
    assert read(message(("X-Autoreply", "no"), body=OPINION)).auto is Auto.NONE


def test_nobody_answers_an_address_that_takes_no_mail():
    for sender in ("noreply@example.cn", "no-reply@example.cn", "do_not_reply@example.cn", "", "notifications@x.cn"):
        assert not read(message(sender=sender, body=OPINION)).may_be_answered


RESULTS = (
    "mx.dept.example.gov.cn; spf=pass (sender ok; dkim=fake) smtp.mailfrom=a@b.cn;\r\n"
    " dkim=fail header.d=x; dkim=pass header.d=b.cn; dmarc=pass header.from=b.cn"
)


def test_what_our_server_found_about_the_sender_is_kept():
    raw = f"Authentication-Results: {RESULTS}\r\n".encode() + message(body="x")
    auth = read(raw, trusted_hosts=["dept.example.gov.cn"]).auth
    assert (auth.spf, auth.dkim, auth.dmarc) == ("pass", "pass", "pass")


def test_what_others_claim_to_have_found_is_not():
    forged = f"Authentication-Results: {RESULTS}\r\n".encode()
    foreign = b"Authentication-Results: evil.example; spf=pass\r\n"
    received = b"Received: from evil by relay.example; Tue, 24 Nov 2026 10:00:00 +0800\r\n"
    ours = b"Authentication-Results: mx.dept.example.gov.cn; spf=fail smtp.mailfrom=a@b.cn\r\n"
    trusted = ["mx.dept.example.gov.cn"]
    assert read(foreign + message(), trusted_hosts=trusted).auth.spf == ""
    assert read(forged + message()).auth.spf == ""
    assert read(received + forged + message(), trusted_hosts=trusted).auth.spf == ""
    mixed = read(ours + received + forged + message(), trusted_hosts=trusted).auth
    assert (mixed.spf, mixed.dkim) == ("fail", "")
    assert read(forged.replace(b"mx.dept", b"evilmx.dept") + message(), trusted_hosts=trusted).auth.spf == ""
