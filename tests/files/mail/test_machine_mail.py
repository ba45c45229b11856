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
        "休假自动回复：x", "外出通知", "Vacation response: x", "(自动回复)x", "系统自动回复：x", "【系统自动回复】x",
        "假期自动回复：x", "回复：x（自动回复）", "x[自动回复]", "Re: x (Automatic Response)", "AUTO: 张三 不在办公室",
        "AUTO: San Zhang is out of the office (returning 01/12/2026)",
    ],
)  # fmt: skip
def test_a_subject_tells_an_absence_note(subject):
    assert read(message(subject=subject, body="您好，我正在休假。")).auto is Auto.AUTO_REPLY


def test_a_body_tells_an_automatic_answer_whose_subject_does_not():
    body = "这是来自QQ邮箱的假期自动回复邮件。\n您好，我最近正在休假中，无法亲自回复您的邮件。"
    assert read(message(subject="Re: 征求意见", body=body)).auto is Auto.AUTO_REPLY
    body = f"这是关于自动回复邮件的意见。\n{OPINION}"
    assert read(message(subject="Re: 征求意见", body=body)).auto is Auto.NONE


def test_an_opinion_in_answer_to_an_automatic_reply_is_an_opinion():
    assert read(message(subject="回复：自动回复：您的来信已收到", body=OPINION)).auto is Auto.NONE


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


@pytest.mark.parametrize(
    "field", [("List-Post", "<mailto:Yijian@dept.example.gov.cn>"), ("List-Id", "意见 <yijian.dept.example.gov.cn>")]
)
def test_the_address_for_opinions_may_itself_be_a_list(field):
    raw = message(field, ("List-Help", "<mailto:help@dept.example.gov.cn>"), body=OPINION)
    assert read(raw).auto is Auto.LIST
    assert read(raw, own_addresses=["yijian@dept.example.gov.cn"]).auto is Auto.NONE


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


MAIL_WITHOUT_HEADERS = {
    Auto.READ_RECEIPT: [
        ("已读: 征求意见", "这是您发给 z@example.cn 的邮件的阅读回执。您的邮件已于 2026年11月24日 10:00 被阅读。"),
        ("已读：征求意见", "您的邮件\n    收件人: z\n    主题: 征求意见\n已于 2026/11/24 10:00 阅读。"),
        ("未读: 征求意见", "您的邮件\n    收件人: z\n在 2026/11/24 未经阅读即被删除。"),
        ("阅读回执：征求意见", "对方已阅读您的邮件"),
        ("Read: notice", "Your message\n  To: z\n  Subject: notice\nwas read on Tuesday."),
    ],
    Auto.RECALL: [
        ("撤回: 意见", "张三 将撤回邮件“意见”。"),
        ("召回: 意见", "张三 想要召回邮件“意见”。"),
        ("Recall: opinion", 'San Zhang would like to recall the message, "opinion".'),
    ],
}


@pytest.mark.parametrize(
    ("auto", "words"), [(auto, words) for auto, messages in MAIL_WITHOUT_HEADERS.items() for words in messages]
)
def test_a_receipt_or_a_recall_that_only_words_tell_is_no_opinion(auto, words):
    subject, body = words
    assert read(message(subject=subject, body=body)).auto is auto


def test_who_says_that_he_has_read_it_and_writes_an_opinion_is_a_person():
    raw = message(("In-Reply-To", "<notice@dept>"), subject="已读：征求意见稿，提三点意见", body=OPINION)
    assert read(raw).auto is Auto.NONE


def test_who_takes_an_opinion_back_in_his_own_words_is_a_person():
    assert read(message(subject="撤回：意见", body=f"昨天的意见我撤回，改为：{OPINION}")).auto is Auto.NONE


@pytest.mark.parametrize(
    ("subject", "fields"),
    [
        ("自动回复功能应当写进办法", []),
        ("关于自动回复：期限的意见", []),
        ("退信处理条款的意见", []),
        ("已读办法全文，意见如下", []),
        ("外出通知制度的意见", []),
        ("意见", [("Auto-Submitted", "no")]),
        ("意见", [("Auto-Submitted", "auto-forwarded")]),
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
