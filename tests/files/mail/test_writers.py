"""Who wrote a letter that another sent: forms, forwards of many programs, enclosed letters; people's own forwards."""
# ruff: noqa: E501 - the samples stand as mail programs write them

import pytest

from consult.files.mail import Way, read
from tests.files.mail.builders import NOTICE, OPINION, file, message, multipart_message, part

OURS = ["yijian@dept.example.gov.cn"]
OFFICE = "信访科 <xinfang@dept.example.gov.cn>"


def writer_of(raw):
    mail = read(raw, own_addresses=OURS)
    return (mail.writer.name, mail.writer.address) if mail.writer else None


@pytest.mark.parametrize(
    "sender",
    [
        "县政府网站 <noreply@county.gov.cn>",
        "webmaster@county.gov.cn",
        "门户留言 <mail2@county.gov.cn>",
        OURS[0],
        "no-reply@county.gov.cn",
    ],
)
def test_a_form_that_a_website_sends_is_its_writers(sender):
    raw = message(("Reply-To", "周某 <zhou@mail.example>"), sender=sender, body=f"姓名：周某\n意见：{OPINION}")
    assert writer_of(raw) == ("周某", "zhou@mail.example")
    mail = read(raw, own_addresses=OURS)
    assert (mail.auto.value, mail.may_be_answered, mail.answer_address) == ("none", True, "zhou@mail.example")


def test_a_form_without_a_name_in_its_field_has_one_inside():
    raw = message(
        ("Reply-To", "zhou@mail.example"), sender="noreply@county.gov.cn", body=f"姓名：周某\n内容：{OPINION}"
    )
    assert writer_of(raw) == ("周某", "zhou@mail.example")
    raw = message(sender="noreply@county.gov.cn", body=f"姓名：周某\n邮箱：zhou@mail.example\n内容：{OPINION}")
    assert writer_of(raw) == ("周某", "zhou@mail.example")


@pytest.mark.parametrize(
    ("sender", "reply_to"),
    [
        ("张三 <zhangsan@corp.example>", "张三 <zhangsan@home.example>"),
        ("某某协会 <info@corp.example>", "office@corp.example"),
        ("noreply@corp.example", "noreply@other.example"),
        ("张三 <zhangsan@corp.example>", "zhangsan@corp.example"),
    ],
)
def test_who_wants_answers_elsewhere_is_the_sender(sender, reply_to):
    assert writer_of(message(("Reply-To", reply_to), sender=sender, body=OPINION)) is None


FORWARDS = {
    "Outlook": "________________________________\n发件人: 赵某 <zhao@mail.example>\n发送时间: 2026年11月20日 9:30\n收件人: 信访科\n主题: 意见",
    "Outlook with mailto": "-----邮件原件-----\n发件人: 赵某 [mailto:zhao@mail.example]\n发送时间: 2026年11月20日 9:30\n收件人: 信访科\n主题: 意见",
    "Foxmail": "发件人： 赵某 <zhao@mail.example>\n发送时间： 2026-11-20 09:30\n收件人： xinfang@dept.example.gov.cn\n主题： 意见",
    "QQ": '------------------ 原始邮件 ------------------\n发件人: "赵某" <zhao@mail.example>;\n发送时间: 2026年11月20日(星期五) 上午9:30\n收件人: "信访科"<xinfang@dept.example.gov.cn>;\n主题: 意见',
    "163": "-------- 转发邮件信息 --------\n发件人：赵某 <zhao@mail.example>\n发送日期：2026-11-20 09:30:00\n收件人：xinfang@dept.example.gov.cn\n主题：意见",
    "163 in a table": "---- 转发的原邮件 ----\n| 发件人 | 赵某<zhao@mail.example> |\n| 日期 | 2026年11月20日 |\n| 收件人 | z |\n| 主题 | 意见 |",
    "Apple Mail": "开始转发的邮件：\n\n发件人: 赵某 <zhao@mail.example>\n主题: 意见\n日期: 2026年11月20日 GMT+8 09:30:00\n收件人: z@dept.example.gov.cn",
    "Apple Mail, quoted": "Begin forwarded message:\n\n> From: 赵某 <zhao@mail.example>\n> Subject: x\n> Date: November 20, 2026\n> To: z\n> ",
    "Gmail": "---------- Forwarded message ---------\n发件人： 赵某 <zhao@mail.example>\nDate: 2026年11月20日周五 09:30\nSubject: 意见\nTo: <z@dept.example.gov.cn>",
    "Coremail": "-----原始邮件-----\n发件人:赵某 <zhao@mail.example>\n发送时间:2026-11-20 09:30:00 (星期五)\n收件人: z\n主题: 意见",
    "Outlook, traditional": "寄件者: 赵某 <zhao@mail.example>\n傳送時間: 2026年11月20日 上午 09:30\n收件者: 信訪科\n主旨: 意見",
    "Gmail, traditional": "---------- Forwarded message ---------\n寄件者： 赵某 <zhao@mail.example>\nDate: 2026年11月20日\nSubject: x\nTo: z",
    "Outlook, English": "From: 赵某 <zhao@mail.example>\nSent: Friday, November 20, 2026 9:30 AM\nTo: z\nSubject: x",
    "bold": "*发件人:* 赵某 <zhao@mail.example>\n*发送时间:* 2026年11月20日\n*收件人:* z\n*主题:* 意见",
}


@pytest.mark.parametrize("program", FORWARDS)
@pytest.mark.parametrize("above", ["", "请阅处。\n\n信访科\n\n", "现将群众来信一封转去，请研究办理。\n\n"])
@pytest.mark.parametrize("subject", ["转发: 意见", "Fwd: x", "FW：意见", "轉寄: 意見"])
def test_what_an_office_passes_on_is_its_writers(program, above, subject):
    head = FORWARDS[program]
    body = f"> {OPINION}" if "quoted" in program else OPINION
    mail = read(message(sender=OFFICE, subject=subject, body=f"{above}{head}\n\n{body}\n"), own_addresses=OURS)
    assert mail.writer is not None
    assert (mail.writer.name, mail.writer.address, mail.writer.way) == ("赵某", "zhao@mail.example", Way.FORWARD)
    assert mail.text == OPINION
    assert mail.answer_address == "zhao@mail.example"


def test_a_writer_without_an_address_gets_no_answer():
    head = "发件人： 赵某\n发送时间： 2026-11-20 09:30\n收件人： xinfang@dept.example.gov.cn\n主题： 意见"
    mail = read(
        message(sender=OFFICE, subject="转发: 意见", body=f"请阅处。\n\n{head}\n\n{OPINION}"), own_addresses=OURS
    )
    assert (mail.writer.name, mail.may_be_answered, mail.answer_address) == ("赵某", False, "")


def test_what_two_offices_passed_on_is_its_first_writers():
    county = "发件人: 县局 <bgs@county.gov.cn>\n发送时间: 2026年11月22日\n收件人: 信访科\n主题: 转发: 意见"
    body = f"请阅处。\n\n{county}\n\n转来群众来信，请研究。\n\n{FORWARDS['163']}\n\n{OPINION}"
    assert writer_of(message(sender=OFFICE, subject="转发: 转发: 意见", body=body)) == ("赵某", "zhao@mail.example")


OWN_FORWARDS = {
    "one's own letter, sent again": (
        "转发：意见", f"上次寄错了，再发一次。\n\n{FORWARDS['163'].replace('赵某 <zhao@mail.example>', '张三 <zhangsan@example.cn>')}\n\n{OPINION}",
    ),
    "from one's other mailbox": (
        "转发：意见", f"{FORWARDS['163'].replace('赵某 <zhao@mail.example>', '张三 <zhangsan@other.example>')}\n\n{OPINION}",
    ),
    "an opinion above a notice": ("转发：征求意见", f"{OPINION}\n\n{FORWARDS['163']}\n\n{NOTICE}"),
    "an opinion above another's": ("转发：意见", f"我同意他的意见，另外建议第三条写明时限。\n\n{FORWARDS['163']}\n\n{OPINION}"),
    "an answer to a notice": ("回复：征求意见", f"{OPINION}\n\n{FORWARDS['QQ']}\n\n{NOTICE}"),
    "a head that one typed": ("意见", f"发件人：张三丰\n日期：2026年11月20日\n主题：意见\n\n{OPINION}"),
}  # fmt: skip


@pytest.mark.parametrize("case", OWN_FORWARDS)
def test_a_persons_own_forward_stays_the_persons(case):
    subject, body = OWN_FORWARDS[case]
    mail = read(message(subject=subject, body=body), own_addresses=OURS)
    assert mail.writer is None
    assert OPINION in mail.text or "第三条" in mail.text
    assert mail.answer_address == "zhangsan@example.cn"


def letter(n, sender="赵某 <zhao@mail.example>"):
    return message(sender=sender, subject=f"意见{n}", body=f"{OPINION}{n}")


@pytest.mark.parametrize("as_file", [False, True])
def test_an_enclosed_letter_is_its_writers(as_file):
    enclosed = file("来信.eml", letter(1)) if as_file else b"Content-Type: message/rfc822\r\n\r\n" + letter(1)
    mail = read(multipart_message("mixed", part("转来来信一封，请阅处。"), enclosed, sender=OFFICE, subject="来信"))
    assert (mail.writer.name, mail.writer.address, mail.writer.way) == ("赵某", "zhao@mail.example", Way.ENCLOSED)
    assert mail.text == f"{OPINION}1"
    assert (mail.title, mail.writer.message_id) == ("意见1", "one@example.cn")


def test_several_enclosed_letters_are_handed_on_each():
    parts = [file(f"来信{n}.eml", letter(n)) for n in range(3)]
    mail = read(multipart_message("mixed", part("请查收。"), *parts, sender=OFFICE, subject="来信三封"))
    assert list(mail.enclosed) == [letter(n) for n in range(3)]
    inside = read(
        multipart_message(
            "mixed",
            part("转去来信"),
            file(
                "全部.eml",
                multipart_message("mixed", part("请查收。"), *parts, sender=OFFICE, subject="来信三封", boundary="in"),
            ),
            sender=OFFICE,
        )
    )
    assert len(inside.enclosed) == 3


def test_letters_enclosed_with_ones_own_opinion_are_its_papers():
    parts = [file(f"往来{n}.eml", letter(n)) for n in range(2)]
    mail = read(multipart_message("mixed", part(f"我的意见：{OPINION}往来邮件作为证据。"), *parts))
    assert mail.writer is None
    assert mail.enclosed == ()
