"""A person's own words, and what their program put below them."""
# ruff: noqa: E501 - the samples stand as mail programs write them

import pytest

from consult.files.mail import TextSource, normalise_subject, plus_tag, quoted_titles, read
from tests.files.mail.builders import NOTICE, OPINION, message, multipart_message, part

HEAD_ZH = "发件人: 绿化局 <yijian@dept.example.gov.cn>\n发送时间: 2026年11月20日 9:00\n收件人: 张三 <z@example.cn>\n主题: 征求意见"
QUOTED = "\n".join(f"> {line}" for line in (NOTICE, "", "联系人：征集信箱"))

BELOW = {
    "QQ邮箱": f"------------------ 原始邮件 ------------------\n{HEAD_ZH}\n\n{NOTICE}",
    "QQ邮箱, non-breaking": f"------------------\xa0原始邮件\xa0------------------\n{HEAD_ZH}\n\n{NOTICE}",
    "QQ邮箱, new": f"原始邮件\n\n发件人：绿化局 <yijian@dept.example.gov.cn>\n发件时间：2026年11月20日 09:00\n收件人：z\n主题：征求意见\n\n{NOTICE}",
    "Foxmail": f"绿化局 <yijian@dept.example.gov.cn>\n\n{HEAD_ZH.replace(': ', '： ')}\n{NOTICE}",
    "网易": f'在 2026-11-20 09:00:00，"绿化局" <yijian@dept.example.gov.cn> 写道：\n{QUOTED}',
    "网易 app": f"---- 回复的原邮件 ----\n| 发件人 | 绿化局 |\n| 日期 | 2026年11月20日 |\n\n{NOTICE}",
    "网易, English": f'At 2026-11-20 09:00:00, "office" <yijian@dept.example.gov.cn> wrote:\n\n{NOTICE}',
    "Outlook": f"________________________________\n{HEAD_ZH}\n\n{NOTICE}",
    "Outlook, -----邮件原件-----": f"-----邮件原件-----\n{HEAD_ZH}\n\n{NOTICE}",
    "Outlook, English": f"From: Office <yijian@dept.example.gov.cn>\nSent: Friday, November 20, 2026 9:00 AM\nTo: z\nSubject: Notice\n\n{NOTICE}",
    "Outlook, bold": f"*发件人:* 绿化局\n*发送时间:* 2026年11月20日\n*收件人:* z\n*主题:* 征求意见\n\n{NOTICE}",
    "Original Message": f"-----Original Message-----\nFrom: Office\nSent: 2026\nTo: z\nSubject: Notice\n\n{NOTICE}",
    "Gmail": f"绿化局 <yijian@dept.example.gov.cn> 于2026年11月20日周五 09:00写道：\n\n{QUOTED}",
    "Gmail, wrapped": f"绿化局征求意见信箱 <yijian@dept.example.gov.cn>\n于2026年11月20日周五 上午9:00写道：\n\n{QUOTED}",
    "Gmail, English": f"On Fri, Nov 20, 2026 at 9:00 AM Office <\nyijian@dept.example.gov.cn> wrote:\n\n{QUOTED}",
    "iPhone": f"发自我的 iPhone\n\n> 在 2026年11月20日，上午9:00，绿化局 <yijian@dept.example.gov.cn> 写道：\n> \n> {NOTICE}",
    "Thunderbird": f"在 2026/11/20 9:00, 绿化局 写道:\n{QUOTED}",
    "Traditional": f"-----原始郵件-----\n寄件者: 局\n寄件日期: 2026\n收件者: z\n主旨: 通知\n\n{NOTICE}",
    "QQ邮箱, international": f'------------------ Original ------------------\nFrom: "office" <a@b.cn>;\nDate: Fri, Nov 20, 2026\nTo: "z";\nSubject: Notice\n\n{NOTICE}',
    "阿里邮箱": f"------------------------------------------------------------------\n发件人：绿化局 <a@b.cn>\n发送时间：2026年11月20日 09:00\n收件人：z\n主　题：征求意见\n\n{NOTICE}",
    "Coremail": f'-----原始邮件-----\n发件人:"绿化局" <a@b.cn>\n发送时间:2026-11-20 09:00:00 (星期五)\n收件人: z\n主题: 征求意见\n\n{NOTICE}',
    "phone": f"-------- 原始信息 --------\n发件人： 绿化局\n日期： 2026/11/20\n收件人： z\n主题： 通知\n\n{NOTICE}",
    "Gmail, older": f"2026-11-20 9:00 GMT+08:00 绿化局 <yijian@dept.example.gov.cn>:\n\n{QUOTED}",
    "Gmail, older, without a colon": f"2026/11/20 绿化局 <\nyijian@dept.example.gov.cn>\n\n{QUOTED}",
    "网易邮箱大师, between dashes": f"---- 在 2026年11月20日 09:00，绿化局<yijian@dept.example.gov.cn> 写道 ----\n\n{NOTICE}",
    "Zoho": f"---- On Fri, 20 Nov 2026 09:00:00 +0800 Office <yijian@dept.example.gov.cn> wrote ----\n\n{QUOTED}",
    "marks alone": QUOTED,
}


@pytest.mark.parametrize("client", BELOW)
def test_our_notice_below_an_answer_is_not_the_persons_words(client):
    body = f"您好：\n\n{OPINION}\n\n{BELOW[client]}\n"
    mail = read(message(("In-Reply-To", "<notice@dept>"), body=body.replace("\n", "\r\n"), subject="回复：征求意见"))
    assert mail.text in (f"您好：\n\n{OPINION}", f"您好：\n\n{OPINION}\n\n绿化局 <yijian@dept.example.gov.cn>")
    assert NOTICE in mail.quoted
    assert mail.text_source is TextSource.PLAIN


HTML_BELOW = {
    "Gmail": f'<div class="gmail_quote"><div class="gmail_attr">绿化局 &lt;<a href="x">yijian@dept.example.gov.cn</a>&gt; 于2026年11月20日周五 09:00写道：<br></div><blockquote class="gmail_quote">{NOTICE}</blockquote></div>',
    "QQ邮箱": f'<div style="font-size: 12px;">------------------&nbsp;原始邮件&nbsp;------------------</div><div><b>发件人:</b> "绿化局";</div><div><b>发送时间:</b> 2026年11月20日</div><div><b>主题:</b> 通知</div><div>{NOTICE}</div>',
    "Outlook": f'<div style="border:none;border-top:solid #E1E1E1 1.0pt"><p><b>发件人:</b> 绿化局<br><b>发送时间:</b> 2026年<br><b>收件人:</b> z<br><b>主题:</b> 通知</p></div><p>{NOTICE}</p>',
    "网易": f'<blockquote id="isReplyContent">在 2026-11-20 09:00:00，"绿化局" &lt;a@b.cn&gt; 写道：<br>{NOTICE}</blockquote>',
    "Apple Mail": f'<blockquote type="cite"><div>在 2026年11月20日，绿化局 &lt;a@b.cn&gt; 写道：</div><div>{NOTICE}</div></blockquote>',
}


@pytest.mark.parametrize("client", HTML_BELOW)
def test_the_same_holds_for_html(client):
    body = f"<html><body><div>{OPINION}</div><br>{HTML_BELOW[client]}</body></html>"
    mail = read(message(kind="text/html; charset=utf-8", body=body, subject="回复：征求意见"))
    assert mail.text == OPINION
    assert NOTICE in mail.quoted


def test_indented_words_are_not_taken_for_quoted_ones():
    body = f'<div>意见如下：</div><blockquote style="margin: 0 0 0 40px"><p>{OPINION}</p></blockquote>'
    assert read(message(kind="text/html; charset=utf-8", body=body)).text == f"意见如下：\n\n{OPINION}"
    assert read(message(body="\n".join(f"> {line}" for line in (OPINION, "谢谢")))).text == f"{OPINION}\n谢谢"


def test_a_letter_with_a_head_that_its_writer_typed_is_read():
    body = f"发件人：张三\n日期：2026年11月24日\n主题：收费问题\n\n{OPINION}"
    mail = read(message(body=body))
    assert (mail.text, mail.text_source) == (OPINION, TextSource.FORWARDED)
    assert "张三" in mail.quoted


def test_an_answer_below_or_between_the_quoted_lines_is_found():
    body = f"在 2026-11-20，绿化局 <a@b.cn> 写道：\n> {NOTICE}\n> 第一问\n\n{OPINION}\n\n> 第二问\n\n没有意见\n"
    assert read(message(body=body)).text == f"{OPINION}\n\n没有意见"
    between = f"> 第一问\n\n{OPINION}\n"
    assert read(message(body=between)).text == OPINION


@pytest.mark.parametrize(
    "ending",
    ["-- \n张三\n电话 123", "发自我的iPhone", "发自我的华为手机", "来自我的小米手机", "从我的 iPad 发送", "Sent from my iPhone", "发自网易邮箱大师", "发送自 Windows 10 版邮件应用",
     "Get Outlook for iOS", "<发自我的手机>", "来自 QQ 邮箱", "本邮件及其附件含有某公司的保密信息，仅限于发送给上面的收件人。", "________________________________"],
)  # fmt: skip
def test_signatures_and_advertisements_are_set_apart(ending):
    mail = read(message(body=f"{OPINION}\n\n{ending}\n"))
    assert mail.text == OPINION
    assert ending.replace("-- ", "--").strip() in mail.quoted


@pytest.mark.parametrize(
    "words",
    [
        "在第三条中写道：“不得收取费用”，建议保留。",
        "主题：收费问题\n时间：2026年11月\n我的意见：删去第八条。",
        "------\n一、同意第一条\n------\n二、反对第二条",
        "来自一名小区业主的呼声，我们用手机拍了照片，请核实",
        "第八条\n- 删去\n-- 理由一\n-- 理由二",
        "a > b 的情形应当排除\n5>3",
        "建议如下\n——\n增加公示",
        "转发此件的同志：请注意第五条",
        "From 2026年起施行，建议推迟",
        "发件人一栏应当写清楚单位。收件人：不限",
        "2026-11-20 我写信给 <yijian@dept.example.gov.cn>\n没有收到答复",
        "--- 鲁迅先生曾经写道 ---\n其实地上本没有路",
    ],
)
def test_an_opinion_is_never_cut_for_its_wording(words):
    assert read(message(body=words)).text == words


FORWARD_HEADS = [
    "-------- 转发邮件信息 --------\n发件人：王五 <wang@example.cn>\n发送日期：2026-11-20 09:00:00\n收件人：z\n主题：我的意见",
    "---------- Forwarded message ---------\nFrom: Wang <wang@example.cn>\nDate: Fri, Nov 20, 2026\nSubject: x\nTo: z",
    "Begin forwarded message:\n\nFrom: Wang <wang@example.cn>\nDate: 2026\nTo: z\nSubject: x",
    "发件人: 王五 <wang@example.cn>\n发送时间: 2026年11月20日\n收件人: z\n主题: 我的意见",
]


@pytest.mark.parametrize("head", FORWARD_HEADS)
@pytest.mark.parametrize("above", ["", "请查收下面这位业主的意见：\n\n"])
def test_what_was_forwarded_is_read(head, above):
    mail = read(message(body=f"{above}{head}\n\n{OPINION}\n", subject="转发：我的意见"))
    assert mail.text_source is TextSource.FORWARDED
    assert mail.text == OPINION
    assert mail.writer.address == "wang@example.cn"
    assert above.strip() in mail.quoted
    assert "wang@example.cn" in mail.quoted.lower()


def test_a_forward_of_a_forward_is_read_to_its_end():
    body = f"{FORWARD_HEADS[0]}\n\n{FORWARD_HEADS[1]}\n\n{OPINION}"
    assert read(message(body=body, subject="Fwd: Fwd: x")).text == OPINION


def test_our_notice_passed_back_with_an_opinion_is_not_taken_for_one():
    head = f"-------- 转发邮件信息 --------\n{HEAD_ZH}"
    ours = ["yijian@dept.example.gov.cn"]
    mail = read(message(body=f"同意，请查收\n\n{head}\n\n{NOTICE}", subject="转发：征求意见"), own_addresses=ours)
    assert mail.text == "同意，请查收"
    assert NOTICE in mail.quoted


def test_an_answer_without_words_has_none():
    mail = read(message(("In-Reply-To", "<n@x>"), body=f"\n\n{BELOW['QQ邮箱']}", subject="Re: 征求意见"))
    assert mail.text == ""
    assert NOTICE in mail.quoted


def test_an_answer_without_words_may_have_a_file():
    attached = part("附件里的意见", 'text/plain; charset=utf-8; name="意见.txt"', "Content-Disposition: attachment")
    mail = read(multipart_message("mixed", part(f"\n{BELOW['QQ邮箱']}"), attached))
    assert (mail.text, mail.text_source) == ("附件里的意见", TextSource.ATTACHMENT)


def test_nothing_of_a_body_is_lost():
    for below in BELOW.values():
        body = f"{OPINION}\n\n{below}\n\n末尾"
        mail = read(message(body=body))
        kept = mail.text + mail.quoted
        assert [line for line in body.replace("\xa0", " ").split("\n") if line.strip() not in kept] == []


@pytest.mark.parametrize(
    ("subject", "plain"),
    [
        ("Re: 回复：FW: 转发: 意见", "意见"),
        ("答复: RE[2]: 意见", "意见"),
        ("回复 : 意见", "意见"),
        ("Re:Re:Re:", ""),
        ("[SPAM] Re: 意见", "意见"),
        ("【外部邮件】转发：意见", "意见"),
        ("关于回复：期限的意见", "关于回复：期限的意见"),
        ("Resolution: 意见", "Resolution: 意见"),
        ("  意见\t 反馈 ", "意见 反馈"),
        ("Re: " * 10_000, "Re: " * 450),
    ],
)
def test_a_subject_is_freed_of_its_prefixes(subject, plain):
    assert normalise_subject(subject) == " ".join(plain.split())


def test_titles_are_found_in_order_with_titles_inside_them():
    text = "对《城市绿化管理办法》和《关于贯彻〈绿化条例〉的通知》、《关于《甲办法》的说明》，以及《城市绿化管理办法》的意见《没有结束"
    assert quoted_titles(text) == ["城市绿化管理办法", "关于贯彻〈绿化条例〉的通知", "关于《甲办法》的说明"]
    assert quoted_titles("《" * 50_000) == []
    assert quoted_titles("《" + "字" * 100_000 + "》") == []


def test_a_plus_tag_is_read():
    assert plus_tag("yijian+gjj-2026@dept.example.gov.cn") == "gjj-2026"
    assert plus_tag("yijian@dept.example.gov.cn") == ""
    assert plus_tag("a+b+c@x") == "b+c"
    assert plus_tag("") == ""
