"""Notices that only their words show to be a program's, and people who write the same words."""

import csv
from pathlib import Path

import pytest

from consult.files.mail import Auto, read
from consult.files.mail.machine_wording import is_absence_note, is_quarantine_notice, is_recall_notice
from consult.text.replies import Reply, classify
from tests.files.mail.builders import OPINION, file, inner, message, multipart_message, part

ABSENCE = [
    "本人已离职，请联系王五，电话13800001111。",
    "您好，本人已于2026年9月30日从公司离职，后续工作请联系李四（lisi@corp.cn），谢谢！",
    "您好，您的来信已收到，我们会尽快处理。此邮件由系统自动发送，请勿直接回复。",
    "此邮件由系统自动发送，请勿回复。",
    "该邮箱已停用，请发送至 new@corp.cn。",
    "本邮箱自2026年11月1日起停止使用，请使用新邮箱 a@b.cn 联系。\n张三",
    "我正在休假，12月3日返回，紧急事宜请致电13800000000。",
    "您好！我正在出差，暂时无法及时回复您的邮件，回来后会尽快回复。",
    "该员工已离职。",
    "本人已退休，不再负责该项工作，如有需要请与办公室联系。",
    "本人已調離，請聯絡李四。",
    "尊敬的用户：您的邮箱容量已超过90%，请及时清理。此邮件由系统自动发送，请勿回复。",
    "I am out of the office until December 1. For urgent matters please contact lisi@corp.cn.",
]
NOT_ABSENCE = [
    "本人已离职，现就草案提出意见：第八条应当写明出资比例。",
    "我已离职多年，取不出公积金。",
    "我已离职多年，公积金一直无法提取，政策太死板。",
    "本人已离职，单位不给转移社保，求帮忙",
    "本人已退休，同意第三条。",
    "我是退休职工，反对加装电梯。",
    "邮箱停用的规定不合理",
    "我正在外出打工，办法里说的业主签字怎么办理？",
    "姓名：周某\n内容：电梯太贵了\n此邮件由系统自动发送，请勿回复。",
    "出差期间住宿费标准太低",
    "本人休假期间看到征求意见稿，觉得很好",
    "无法及时回复来信的单位要问责",
    "请问职工婚假可以休几天？",
    "不同意",
    "",
]


@pytest.mark.parametrize("text", ABSENCE)
def test_a_note_of_absence_without_any_field_is_a_programs(text):
    mail = read(message(subject="Re: 征求意见", body=text))
    assert mail.auto is Auto.ABSENCE
    assert not mail.may_be_answered


@pytest.mark.parametrize("text", [text for text in ABSENCE if not text.isascii()])
def test_an_organisation_that_answers_so_is_proposed_as_no_answer(text):
    assert classify(text).reply is Reply.NOT_AN_ANSWER


@pytest.mark.parametrize("text", NOT_ABSENCE)
def test_who_mentions_absence_in_an_opinion_is_a_person(text):
    assert not is_absence_note(text)


def test_a_note_of_absence_above_a_file_may_introduce_an_opinion():
    raw = multipart_message(
        "mixed", part("我正在出差，暂时无法处理。"), file("意见.txt", OPINION.encode()), subject="意见"
    )
    assert read(raw).auto is Auto.NONE


RECALLS = [
    ("发信方已撤回邮件：对办法的意见", "发信方已撤回邮件：对办法的意见\n如已阅读请忽略。"),
    ("邮件撤回通知", "发件人已撤回邮件《意见》。"),
    ("对办法的意见", "该邮件已被发件人撤回。"),
    ("召回：意见", "李四想要召回邮件“意见”"),
    ("李建国撤回了一封邮件", "李建国撤回了一封邮件：对办法的意见"),
    ("发件人撤回了邮件", "对方已撤回此邮件，您将无法查看。"),
    ("[撤回邮件] 意见", "发件人（li@qq.com）撤回了邮件“意见”，请忽略。"),
    ("撤回：对草案的意见", "寄件者已收回郵件"),
]
NO_RECALLS = [
    ("撤回：意见", "昨天的意见我撤回，改为：第三条……"),
    ("撤回：意见", "我想撤回昨天的邮件，请不要计入。"),
    ("请撤回该条", "请撤回该条。"),
    ("撤回", "请撤回第八条"),
    ("意见", "我已撤回邮件，请以本件为准：电梯费用太高"),
    ("撤回邮件功能的建议", "应当允许发件人撤回邮件"),
    ("意见", "发件人已撤回邮件，但我认为第八条不合理"),
]


@pytest.mark.parametrize(("subject", "text"), RECALLS)
def test_a_notice_that_a_message_was_taken_back_is_a_programs(subject, text):
    assert read(message(subject=subject, body=text)).auto is Auto.RECALL


@pytest.mark.parametrize(("subject", "text"), NO_RECALLS)
def test_who_asks_to_take_something_back_is_a_person(subject, text):
    assert not is_recall_notice(subject, text)


QUARANTINES = [
    ("您有3封邮件被隔离", "尊敬的用户，以下邮件被隔离，点击放行。"),
    ("垃圾邮件隔离通知", "邮件网关隔离了2封邮件：\n对《办法》的意见 li@qq.com 释放"),
    ("Spam Quarantine Notification", "The following messages are quarantined. Release"),
    ("隔离邮件摘要", "您的以下邮件已被隔离"),
    ("邮件拦截日报", "系统拦截了 5 封邮件"),
]


@pytest.mark.parametrize(("subject", "text"), QUARANTINES)
def test_a_notice_of_a_gateway_is_no_opinion(subject, text):
    assert read(message(subject=subject, body=text)).auto is Auto.GATEWAY


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("关于小区隔离管理的建议", "建议隔离邮件"),
        ("垃圾邮件治理意见", "垃圾邮件被拦截后我们也不知道"),
        ("垃圾邮件拦截通知太多", "我认为邮件被拦截的，应当通知本人"),
    ],
)
def test_who_writes_about_quarantine_is_a_person(subject, text):
    assert not is_quarantine_notice(subject, text)


def calendar(method="REPLY", text="", subject="已接受: 座谈会", *, parameter=True, name=""):
    entry = f"BEGIN:VCALENDAR\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\nSUMMARY:座谈会\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    kind = "text/calendar; charset=utf-8" + (f"; method={method}" if parameter else "")
    if name:
        return multipart_message("mixed", part(text), file(name, entry.encode(), kind), subject=subject)
    return multipart_message(
        "mixed", inner("alternative", part(text), part(entry, kind), boundary="i"), subject=subject
    )


@pytest.mark.parametrize("method", ["REQUEST", "REPLY", "CANCEL", "COUNTER"])
def test_an_entry_of_a_calendar_is_no_opinion(method):
    for parameter in (True, False):
        assert read(calendar(method, parameter=parameter)).auto is Auto.CALENDAR
    assert (
        read(calendar(method, "时间：12月1日 9:00\n地点：一楼会议室\n讨论第三条的修改意见", "座谈会")).auto
        is Auto.CALENDAR
    )
    assert read(calendar(method, "", name="invite.ics")).auto is Auto.CALENDAR


def test_an_opinion_with_an_entry_of_a_calendar_stays_one():
    assert read(calendar("REPLY", f"不能到会，书面意见：{OPINION}")).auto is Auto.NONE
    assert read(calendar("PUBLISH", OPINION, "对办法的意见", name="座谈会.ics")).auto is Auto.NONE


LINKS = [
    "链接：https://pan.baidu.com/s/1abcDEF 提取码：8888",
    "https://pan.quark.cn/s/abc",
    "https://www.alipan.com/s/abc",
    "https://cloud.189.cn/t/abc",
    "https://share.weiyun.com/abc",
    "https://www.dropbox.com/scl/fi/abc/x.docx",
    '<html><body><p>意见见<a href="https://wx.mail.qq.com/ftn/download?func=3">附件</a></p></body></html>',
]


@pytest.mark.parametrize("body", LINKS)
def test_a_file_in_a_cloud_is_not_enclosed(body):
    kind = "text/html; charset=utf-8" if body.startswith("<") else None
    assert any("没有随信寄来" in words for words in read(message(body=body, kind=kind)).defects)


def test_the_name_of_a_cloud_is_no_link():
    assert not read(message(body="建议不得要求群众通过百度网盘 pan.baidu.com 提交材料。")).defects


@pytest.mark.corpus
def test_no_real_message_is_taken_for_a_notice(corpus: Path):
    with (corpus / "citizen-messages.csv").open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines):
            assert not is_absence_note(row["body"]), row["id"]
            assert not is_recall_notice(row["subject"], row["body"]), row["id"]
            assert not is_quarantine_notice(row["subject"], row["body"]), row["id"]
            assert read(message(subject=row["subject"], body=row["body"])).auto is Auto.NONE, row["id"]
