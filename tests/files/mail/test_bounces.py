"""Bounces without a machine-readable part are recognised by their words, whoever sends them."""

import pytest

from consult.files.mail import Auto, read
from tests.files.mail.builders import OPINION, message, multipart_message, part

EXCHANGE = "MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@corp.example.cn"
REPORTS = {
    "administrator's own address": (
        "系统退信",
        "抱歉，您的邮件被退回来了……\n收件人 gone@example.cn\n退信原因：用户不存在 550 User not found",
        "系统管理员 <admin@corp.example.cn>",
    ),
    "no-reply": ("退信通知", "您发给 gone@example.cn 的邮件未能送达，原因：550 用户不存在", "noreply@example.cn"),
    "bracket": ("[退信]关于征求意见", "您发给 gone@example.cn 的邮件无法送达：550 用户不存在", "mailadm@example.cn"),
    "Coremail": ("邮件系统退信", "您的邮件无法投递到 gone@example.cn，550 user not found", "MAILER-DAEMON@example.cn"),
    "Sina": ("邮件传输失败！", "邮件无法发送到您指定的地址中。<gone@example.cn> 550", "MAILER-DAEMON@example.cn"),
    "Exchange": ("无法送达: 征求意见", "传递到以下收件人或组时失败: gone@example.cn\n550 5.1.10", EXCHANGE),
    "Exchange, delay": ("已延迟: 征求意见", "传递给以下收件人的邮件已延迟: gone@example.cn 4.4.7", EXCHANGE),
    "gateway": (
        "Delivery failure notification",
        "Your message with subject x\ncould not be delivered to the following recipients:\n\ngone@example.cn\n550",
        "antivirus_gateway@corp.example.cn",
    ),
    "subsystem": (
        "Delivery status notification",
        "Delivery to the following recipients failed permanently:\n\n553 5.3.0 <gone@example.cn>: no such user here",
        "Mail.Delivery.System@mx.example.cn",
    ),
    "without a subject": ("", "I wasn't able to deliver your message.\n<gone@example.cn>: 550", "mailer-daemon@x.cn"),
}  # fmt: skip


@pytest.mark.parametrize("system", REPORTS)
def test_a_report_in_words_is_a_bounce_and_names_who_was_not_reached(system):
    subject, text, sender = REPORTS[system]
    mail = read(message(subject=subject, sender=sender, body=text))
    assert mail.auto is Auto.BOUNCE
    assert mail.bounce.recipient == "gone@example.cn"
    assert mail.bounce.status[0] in "45"


def test_a_report_that_comes_through_a_list_is_a_bounce():
    subject, text, sender = REPORTS["Coremail"]
    assert read(message(("List-Id", "<a.b.cn>"), subject=subject, sender=sender, body=text)).auto is Auto.BOUNCE


def test_a_report_above_the_message_it_returns_needs_no_address():
    words = part("A message that you sent could not be delivered to one or more of its recipients.")
    ours = part("Message-ID: <ours-7@dept.example.gov.cn>\r\nSubject: x\r\n\r\nx", "message/rfc822")
    raw = multipart_message("mixed", words, ours, sender="ndr@corp.example.cn", subject="Mail delivery failed")
    mail = read(raw)
    assert (mail.auto, mail.bounce.original_message_id) == (Auto.BOUNCE, "ours-7@dept.example.gov.cn")


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("退信问题的意见", OPINION),
        ("无法投递的快件如何处理", OPINION),
        (
            "邮件发送失败？再发一次",
            f"前天发到 yijian@dept.example.gov.cn 的邮件被退回，提示 550，再发一次：\n{OPINION}",
        ),
        ("退信", f"贵局公布的信箱 yijian@dept.example.gov.cn 退信，550 User not found，请核实。我的意见：{OPINION}"),
        ("转发：系统退信", f"您的邮件被退回来了，gone@example.cn 550。再发一次：\n{OPINION}"),
    ],
)
def test_a_person_who_writes_of_a_bounce_is_a_person(subject, body):
    assert read(message(subject=subject, body=body)).auto is Auto.NONE


def test_an_absence_note_from_the_empty_path_is_no_bounce():
    away = "您好，您的来信我已收到，因出差无法及时回复。"
    assert read(message(("Return-Path", "<>"), subject="Re: x", body=away)).auto is Auto.AUTO_REPLY
