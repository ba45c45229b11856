"""What a person says is found wherever it stands: above, below, between, in what was passed on, in a file."""

import pytest

from consult.files.mail import TextSource, read
from tests.files.mail.builders import NOTICE, OPINION, message, multipart_message, part

ANSWERS = ("In-Reply-To", "<notice@dept>")
HEAD = "发件人: 绿化局\n发送时间: 2026年11月20日\n收件人: 张三\n主题: 征求意见"
PASSED_ON = "发件人: 李四 <li@example.cn>\n发送时间: 2026年11月20日\n收件人: 张三\n主题: 我的意见"
RULE = "------------------ 原始邮件 ------------------"


def text_of(body, *fields, subject="回复：征求意见"):
    return read(message(*fields, body=body, subject=subject)).text


def html(body, subject="回复：征求意见"):
    return read(
        message(ANSWERS, kind="text/html; charset=utf-8", body=f"<html><body>{body}</body></html>", subject=subject)
    )


def test_answers_between_quoted_lines_are_kept_below_a_greeting():
    body = (
        f"您好：\n\n在 2026-11-20 09:00:00，绿化局 <a@b.cn> 写道：\n> {NOTICE}\n\n答：{OPINION}\n\n> 第二条\n\n同意。\n"
    )
    assert text_of(body, ANSWERS) == f"您好：\n\n答：{OPINION}\n\n同意。"


def test_the_end_of_a_quoted_line_that_a_program_wrapped_is_no_answer():
    long = "关于《城市绿化管理办法（征求意见稿）》公开征求意见的通知，请于期限内反馈"
    body = f"{OPINION}\n\n在 2026-11-20 09:00:00，绿化局 <a@b.cn> 写道：\n> {long}\n意见。\n> 联系人\n"
    assert text_of(body, ANSWERS) == OPINION


def test_the_rest_of_a_link_that_a_program_wrapped_is_no_answer():
    quoted = "> 全文 https://dept.example.gov.cn/a\n_b=1)\n> 谢谢"
    body = f"{OPINION}\n\n在 2026-11-20 09:00，绿化局 <a@b.cn> 写道：\n{quoted}\n"
    assert text_of(body, ANSWERS) == OPINION


def test_an_older_message_below_an_unmarked_one_is_no_answer():
    body = f"{OPINION}\n\n{RULE}\n{HEAD}\n\n{NOTICE}\n\n> 更早的来信\n\n更早的答复\n"
    assert text_of(body, ANSWERS) == OPINION


def test_an_answer_somewhere_below_an_unmarked_quotation_is_not_lost():
    body = f"您好！\n\n{RULE}\n{HEAD}\n\n{NOTICE}\n\n{OPINION}\n"
    mail = read(message(ANSWERS, body=body, subject="回复：征求意见"))
    assert mail.text == ""  # so that all of it is taken
    assert "您好" in mail.quoted
    assert OPINION in mail.quoted


def test_who_points_to_notes_among_the_quoted_words_is_read_there():
    body = f"您好，我的意见在原文中用红字标出。\n\n{RULE}\n{HEAD}\n\n第八条……（{OPINION}）"
    assert text_of(body, ANSWERS) == f"您好，我的意见在原文中用红字标出。\n\n第八条……（{OPINION}）"


def test_a_heading_over_the_words_of_the_draft_begins_no_quotation():
    body = "意见如下：\n\n----原文----\n第八条 不得收费。\n----修改为----\n第八条 不得收取任何费用。"
    assert text_of(body, subject="意见") == body
    below = f"{OPINION}\n\n----- 原文 -----\n主题: 征求意见\n发件人: 绿化局\n时间: 2026年11月20日\n{NOTICE}"
    assert text_of(below, ANSWERS) == OPINION


def divs(*lines):
    return "".join(f"<div>{line}</div>" for line in lines)


QUOTING_BLOCKS = {
    "Foxmail": '<blockquote style="margin-left: 0.5em">'
    + divs("<b>发件人：</b>绿化局", "<b>发送时间：</b>2026-11-20", "<b>主题：</b>x", NOTICE)
    + "</blockquote>",
    "阿里邮箱": "<blockquote>"
    + divs("-----------------------", "发件人：绿化局", "发送时间：2026-11-20", "主　题：x", NOTICE)
    + "</blockquote>",
    "under its attribution": divs("绿化局 &lt;a@b.cn&gt; 在 2026-11-20 09:00 写道：")
    + f"<blockquote>{divs(NOTICE)}</blockquote>",
    "Outlook in a plain block": "<blockquote>"
    + divs("-----Original Message-----", "From: Greens", "Sent: 2026-11-20", "Subject: x", NOTICE)
    + "</blockquote>",
    "Gmail in a plain block": "<blockquote>"
    + divs("On Fri, Nov 20, 2026 at 9:00 AM Greens &lt;a@b.cn&gt; wrote:", NOTICE)
    + "</blockquote>",
    "traditional": f"<blockquote>{divs('發信人：綠化局', '日期：2026-11-20', '主題：x', NOTICE)}</blockquote>",
    "under its rule": f"{divs('-----Original Message-----')}<blockquote>{divs(NOTICE)}</blockquote>",
    "网易": f'<div id="isReplyContent">{divs(NOTICE)}</div>',
}


@pytest.mark.parametrize("program", QUOTING_BLOCKS)
def test_what_stands_below_a_quoting_block_is_kept(program):
    mail = html(f"<div>您好</div>{QUOTING_BLOCKS[program]}<div>{OPINION}</div>")
    assert mail.text.split() == ["您好", OPINION]
    assert NOTICE in mail.quoted


HEADS = {
    "网易 in a table": "---- 转发的原邮件 ----\n"
    "| 发件人 | 李四<li@example.cn> |\n| 日期 | 2026年11月20日 |\n| 收件人 | z |\n| 主题 | 意见 |",
    "网易 by tabs": "---- 转发的原邮件 ----\n发件人\t李四<li@example.cn>\n日期\t2026年11月20日\n主题\t意见",
    "spaced": "-------- 原邮件信息 --------\n发件人：李四\n日 期：2026-11-20\n主 题：意见",
}


@pytest.mark.parametrize("program", HEADS)
def test_the_heads_of_new_programs_are_known(program):
    assert text_of(f"{HEADS[program]}\n\n{OPINION}", subject="转发：意见") == OPINION


@pytest.mark.parametrize(
    "above",
    [
        "我看这个意见有道理，电梯费用太高了。",
        "王科长：这是我们小区业委会副主任发给我的邮件，他研究得比较仔细，我们开会讨论过，一致同意他的看法。",
    ],
)
def test_what_was_passed_on_is_kept_with_the_words_above_it(above):
    mail = read(message(body=f"{above}\n\n{RULE}\n{PASSED_ON}\n\n{OPINION}", subject="转发：我的意见"))
    assert (mail.text, mail.text_source) == (f"{above}\n\n{OPINION}", TextSource.FORWARDED)


def test_what_was_passed_on_is_taken_once_whatever_is_quoted_in_it_and_stands_below_it():
    body = f"{RULE}\n{PASSED_ON}\n\n{OPINION}\n\n> 更早的来信"
    assert text_of(body, subject="转发：我的意见") == OPINION
    body = (
        f"请阅。\n\n开始转发的邮件：\n\n> 发件人: 李四\n> 日期: 2026年11月20日\n> 主题: 意见\n>\n> {OPINION}\n\n张三\n"
    )
    mail = read(message(body=body, subject="转发：我的意见"))
    assert (mail.text, mail.writer.name) == (OPINION, "李四")
    assert "请阅。\n\n张三" in mail.quoted


@pytest.mark.parametrize(
    "recipient",
    ["收件人: {}\n主题: 意见", "收件者: {}\n主旨: 意見", "主题: 意见\n抄送: {}", "Subject: x\nTo: z\nCc: {}"],
)
def test_an_opinion_that_had_been_sent_to_us_is_kept_when_it_is_passed_on(recipient):
    ours = "yijian@dept.example.gov.cn"
    for sender, kept in (("li@example.cn", OPINION), (ours, "")):
        head = f"发件人: 某某\n  <{sender}>\n日期: 2026年11月20日\n{recipient.format(ours)}"
        raw = message(body=f"{RULE}\n{head}\n\n{OPINION}", subject="转发：意见")
        assert read(raw, own_addresses=[ours]).text == kept


def test_words_above_a_notice_that_was_passed_on_stand_alone():
    body = f"第八条要改。\n\n{RULE}\n{PASSED_ON}\n\n{NOTICE}"
    assert text_of(body, subject="转发：征求意见") == "第八条要改。"


def test_messages_inside_are_kept_with_the_words_above_them():
    inside = [message(body=f"{OPINION}{n}", subject=f"意见{n}") for n in "甲乙"]
    parts = [b"Content-Type: message/rfc822\r\n\r\n" + raw for raw in inside]
    alone = read(multipart_message("mixed", part("这是李四的，请收。"), parts[0], subject="转发：意见"))
    assert alone.text == f"这是李四的，请收。\n\n{OPINION}甲"
    both = read(multipart_message("mixed", part(""), *parts, subject="转发：意见"))
    assert both.text == f"【意见甲】\n{OPINION}甲\n\n【意见乙】\n{OPINION}乙"


FILE = part(OPINION, 'text/plain; charset=utf-8; name="意见.txt"', "Content-Disposition: attachment")


@pytest.mark.parametrize(
    "body",
    [
        "尊敬的领导：\n您好！\n此致\n敬礼",
        "城市绿化协会\n2026年11月24日",
        "您好，\n张三 13800000000\n\n谢谢！",
        "附件为我单位意见，请查收。",
    ],
)
def test_a_body_that_says_nothing_leaves_the_word_to_the_file(body):
    mail = read(multipart_message("mixed", part(body), FILE))
    assert mail.text == f"{body}\n\n{OPINION}"
    assert mail.text_source is TextSource.ATTACHMENT


@pytest.mark.parametrize("body", ["同意。", "同意", "第八条删去", "无意见", "反对收费"])
def test_a_short_opinion_stands_alone_beside_a_file(body):
    assert read(multipart_message("mixed", part(body), FILE)).text == body


def test_files_that_lie_at_the_mail_provider_are_told():
    link = "进入下载页面：https://mail.example.com/ftn"
    body = f"意见见附件。\n\n从QQ邮箱发来的超大附件\n\n意见.docx (30.12M, 2026年12月24日 10:30 到期){link}"
    assert any("只给出了下载地址" in defect for defect in read(message(body=body)).defects)
    assert read(message(body="建议限制云附件的大小。")).defects == ()


@pytest.mark.parametrize(
    "ending",
    [
        "从我的 HUAWEI Mate 60 Pro 发送",
        "发自我的HUAWEI Pura 70",
        "通过 Foxmail 发送",
        "签名由 网易邮箱大师 定制",
        "从 Windows 版邮件发送",
        "取得 iOS 版 Outlook",
        "从 Outlook 发送",
        "|  |",
    ],
)
def test_the_lines_of_new_devices_are_set_apart(ending):
    assert text_of(f"{OPINION}\n\n{ending}\n", subject="意见") == OPINION


@pytest.mark.parametrize("last", ["通过手机短信发送", "由社区发出", "从邮箱发送", "通过微信发送"])
def test_a_last_line_of_an_opinion_is_not_taken_for_a_device(last):
    assert text_of(f"通知应当\n{last}", subject="意见") == f"通知应当\n{last}"
