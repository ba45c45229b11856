"""What people's mail programs write that others don't: their words are found, everything else stands beside them."""

import base64
from urllib.parse import quote

import pytest

from consult.files.mail import Auto, TextSource, read
from tests.builders import docx_of
from tests.files.mail.builders import NOTICE, OPINION, SUBJECT, file, message, multipart_message, part

HEAD = "发件人：市住建局 <yijian@dept.example.gov.cn>\n{date}：2026-11-20 09:00\n收件人：z\n主题：征求意见\n\n" + NOTICE
BELOW = {
    "139": "----邮件原文----\n" + HEAD.format(date="发送时间"),
    "搜狐": "----- 原文 -----\n" + HEAD.format(date="时间"),
    "QQ": "------------------&nbsp;原始邮件&nbsp;------------------\n" + HEAD.format(date="发送时间"),
    "企业微信": "发自我的企业微信\n\n------------------ Original ------------------\n" + HEAD.format(date="Date"),
    "网易手机": f"在2026年11月20日 09:00，市住建局 写道：\n{NOTICE}",
    "网易引用": f"在2026年11月20日，市住建局 写道：\n> {NOTICE}",
    "Outlook 安卓": f"获取 Outlook for Android<https://aka.ms/x>\n________________________________\n{HEAD.format(date='日期')}",
    "Outlook iOS": "获取 [适用于 iOS 的 Outlook](https://aka.ms/x)",
    "钉钉": "发自我的钉钉",
}


@pytest.mark.parametrize("below", BELOW.values(), ids=BELOW.keys())
def test_what_a_program_puts_below_is_parted_from_the_words(below):
    mail = read(message(("In-Reply-To", "<n@dept>"), body=f"{OPINION}\n\n{below}\n"))
    assert mail.text == OPINION
    assert below.split("\n")[-1].strip("> ") in mail.quoted


@pytest.mark.parametrize(
    "words",
    [
        f"在2026年11月1日的报道中记者写道：\n停车难。\n{OPINION}",
        f"鲁迅在《故乡》里写道：\n希望本无所谓有。\n{OPINION}",
        "建议：通知里的发件人：应当写明单位名称。\n主题：应当明确。",
    ],
)
def test_a_person_who_cites_is_not_cut_off(words):
    assert read(message(body=words)).text == words


def test_a_body_of_nothing_but_the_programs_own_line_gives_way():
    raw = multipart_message("mixed", part("\n\n发自我的iPhone"), file("意见.docx", docx_of(OPINION)))
    mail = read(raw)
    assert (mail.text, mail.text_source) == (OPINION, TextSource.ATTACHMENT)
    assert read(message(body="发自我的iPhone")).text == SUBJECT


@pytest.mark.parametrize(
    "words",
    [
        "各位领导：\n    我公司意见见附件，谢谢！\n\n某某有限公司 张三 13800000000",
        "您好！现将我单位对《城市绿化管理办法（征求意见稿）》的修改意见发送给贵局，详见附件，请查收。",
        "附件是我们协会的意见，请审阅。",
        "如题，谢谢",
        "Please find our comments attached.",
    ],
)
def test_words_that_point_to_a_file_stand_above_its_text(words):
    mail = read(multipart_message("mixed", part(words), file("意见.docx", docx_of(OPINION))))
    assert mail.text == f"{words}\n\n{OPINION}"


@pytest.mark.parametrize(
    "written",
    [
        "=?GBK?B?{0}?=\r\n =?gb2312?b?{1}?=",  # one codec under two labels, cut inside a character
        "=??B?{2}?=",
    ],
)
def test_a_subject_is_read_under_labels_that_differ_or_are_missing(written):
    gbk = SUBJECT.encode("gbk")
    pieces = (gbk[:9], gbk[9:], SUBJECT.encode())
    raw = message(subject=written.format(*(base64.b64encode(piece).decode() for piece in pieces)))
    assert read(raw).subject == SUBJECT


def test_a_file_name_may_be_cut_inside_an_escape():
    name = "城市绿化意见（附件一）.pdf"
    escaped = quote(name)
    field = f"Content-Disposition: attachment; filename*0*=UTF-8''{escaped[:28]}; filename*1*={escaped[28:]}"
    raw = multipart_message("mixed", part(OPINION), part(b"%PDF-1.4", "application/pdf", field))
    assert [attachment.name for attachment in read(raw).attachments] == [name]


def test_an_answer_and_what_it_quotes_may_be_in_two_charsets():
    raw = message(body=OPINION.encode() + b"\r\n\r\n> " + NOTICE.encode("gbk") + b"\r\n")
    mail = read(raw)
    assert (mail.text, mail.quoted) == (OPINION, f"> {NOTICE}")
    assert mail.defects == ()


def test_a_plain_version_of_question_marks_gives_way():
    rich = part(f"<p>{OPINION}</p>", "text/html; charset=utf-8")
    raw = multipart_message("alternative", part("?" * 30 + "8", "text/plain; charset=us-ascii"), rich)
    assert read(raw).text == OPINION


def test_marks_without_tags_and_marks_of_enriched_text_are_read():
    assert read(message(kind="text/html; charset=utf-8", body="&#24314;&#x8BAE;&nbsp;&lt;第三条&gt;")).text == (
        "建议 <第三条>"
    )
    enriched = f"<bold>{OPINION}</bold><color><param>red</param>a << b</color>"
    assert read(message(kind="text/enriched; charset=utf-8", body=enriched)).text == f"{OPINION}a < b"


def test_base64_in_one_long_line_is_recognised_without_its_label():
    assert read(message(body=base64.b64encode(OPINION.encode() * 3))).text == OPINION * 3


def test_none_of_these_is_taken_for_a_program():
    for below in BELOW.values():
        assert read(message(body=f"{OPINION}\n\n{below}")).auto is Auto.NONE
