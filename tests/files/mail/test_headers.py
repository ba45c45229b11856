"""Header fields: whatever programs have made of a name, a subject, a file name."""

import base64
from datetime import UTC, datetime

import pytest

from consult.files.mail import read
from tests.files.mail.builders import file, message, multipart_message, part, word

SUBJECT = "关于《城市绿化管理办法》第八条收费问题的意见和建议"


def halves(charset, cut):
    """A subject in two encoded words, cut at a byte that lies inside a character."""
    data = SUBJECT.encode(charset)
    return f"{word(data[:cut], charset)}\r\n {word(data[cut:], charset)}"


@pytest.mark.parametrize(
    "written",
    [
        word(SUBJECT),
        word(SUBJECT, encoding="Q"),
        word(SUBJECT, "gb2312"),
        word(SUBJECT, "gb18030", "Q"),
        word(SUBJECT.encode("gb18030"), "GB2312"),
        word(SUBJECT.encode("gb18030"), "utf-8"),
        word(SUBJECT.encode(), "gb2312"),
        word(SUBJECT.encode(), "unknown-8bit"),
        word(SUBJECT.encode(), "utf-8*zh"),
        halves("utf-8", 25),
        halves("gb18030", 33),
        word(SUBJECT[:9]) + " " + word(SUBJECT[9:]),
        word(SUBJECT[:9]) + "\r\n\t" + word(SUBJECT[9:], "gb18030"),
        word(SUBJECT[:9]) + word(SUBJECT[9:]),
        '"' + word(SUBJECT) + '"',
        word(SUBJECT).replace("?=", ""),
        word(SUBJECT)[:40] + " " + word(SUBJECT)[40:],
        word(SUBJECT)[:40] + "\r\n " + word(SUBJECT)[40:],
        word(SUBJECT).rstrip("=").rstrip("?").rstrip("=") + "?=",
        word(word(SUBJECT, "gb2312")),
        word(SUBJECT).lower().replace(word(SUBJECT).lower()[10:], word(SUBJECT)[10:]),
    ],
)
def test_a_subject_is_read_however_it_was_encoded(written):
    assert read(message(subject=written)).subject.strip('"') == SUBJECT


def test_base64_cut_inside_its_groups_is_put_together():
    digits = base64.b64encode(SUBJECT.encode()).decode()
    written = f"=?utf-8?B?{digits[:18]}?=\r\n =?utf-8?B?{digits[18:47]}?=\r\n =?utf-8?B?{digits[47:]}?="
    assert read(message(subject=written)).subject == SUBJECT


def test_words_in_q_may_hold_spaces_and_question_marks():
    assert read(message(subject="=?utf-8?Q?is it ok? yes?=")).subject == "is it ok? yes"


@pytest.mark.parametrize("charset", ["utf-8", "gb18030", "gbk"])
@pytest.mark.parametrize("label", ["utf-8", "gb2312", "us-ascii"])
def test_a_raw_subject_is_read(charset, label):
    raw = message(
        subject=SUBJECT.encode(charset),
        sender=b'"' + "张三".encode(charset) + b'" <z@a.cn>',
        kind=f"text/plain; charset={label}",
    )
    mail = read(raw)
    assert mail.subject == SUBJECT
    assert mail.from_name == "张三"


def test_a_raw_big5_subject_is_read():
    subject = "關於這個條例第八條收費問題的意見"
    assert read(message(subject=subject.encode("big5"), kind="text/plain; charset=big5")).subject == subject


def test_a_raw_subject_that_was_broken_without_a_fold_goes_on():
    subject = "关于城市绿化管理办法\r\n的几点意见".encode("gb18030")
    mail = read(message(subject=subject, body=b"ok"))
    assert mail.subject == "关于城市绿化管理办法 的几点意见"
    assert mail.message_id == "one@example.cn"
    assert mail.text == "ok"


@pytest.mark.parametrize(
    ("sender", "name", "address"),
    [
        ("张三 <zhang@Example.CN>", "张三", "zhang@example.cn"),
        ('"张三" <zhang@example.cn>', "张三", "zhang@example.cn"),
        ('"张, 三" <zhang@example.cn>', "张, 三", "zhang@example.cn"),
        (f"{word('张三')} <zhang@example.cn>", "张三", "zhang@example.cn"),
        (f'"{word("张三", "gb2312")}" <zhang@example.cn>', "张三", "zhang@example.cn"),
        (word("张三 <zhang@example.cn>"), "张三", "zhang@example.cn"),
        ("zhang@example.cn", "", "zhang@example.cn"),
        ("张三, 某公司 <zhang@example.cn>", "张三, 某公司", "zhang@example.cn"),
        ("=?utf-8?Q?=E5=BC=A0,_=E4=B8=89?= <zhang@example.cn>", "张, 三", "zhang@example.cn"),
        ("zhang@example.cn (张三)", "张三", "zhang@example.cn"),
        ("<zhang@example.cn>", "", "zhang@example.cn"),
        ("张三<zhang@example.cn>", "张三", "zhang@example.cn"),
        ("张三 <zhang @ example.cn>", "张三", "zhang@example.cn"),
        ("张三 ＜zhang＠example.cn＞", "张三", "zhang@example.cn"),
        ("<mailto:zhang@example.cn>", "", "zhang@example.cn"),
        ("张三 <zhang@例子.中国>", "张三", "zhang@例子.中国"),
        ('"zhang@other.cn" <zhang@example.cn>', "zhang@other.cn", "zhang@example.cn"),
        ("张三", "张三", ""),
        ("", "", ""),
        ("<>", "", ""),
        ("undisclosed-recipients:;", "undisclosed-recipients:", ""),
    ],
)
def test_a_sender_is_read(sender, name, address):
    mail = read(message(sender=sender))
    assert (mail.from_name, mail.from_address) == (name, address)


def test_every_recipient_is_found():
    mail = read(
        message(
            ("Cc", '"李, 四" <li@a.cn>; wang@b.cn, nobody'),
            ("Delivered-To", "yijian+gjj@dept.example.gov.cn"),
            ("X-Original-To", "other@dept.example.gov.cn"),
            ("Received", "from a by b for <blind@dept.example.gov.cn>; Tue, 24 Nov 2026 10:31:00 +0800"),
            ("Reply-To", "answer@c.cn"),
        )
    )
    assert mail.to == ("yijian@dept.example.gov.cn",)
    assert mail.cc == ("li@a.cn", "wang@b.cn")
    assert mail.delivered_to == tuple(f"{name}@dept.example.gov.cn" for name in ("yijian+gjj", "other", "blind"))
    assert mail.reply_to == ("answer@c.cn",)
    assert len(mail.recipients()) == 6


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("Tue, 24 Nov 2026 10:30:00 +0800", datetime(2026, 11, 24, 2, 30, tzinfo=UTC)),
        ("24 Nov 2026 10:30 +0800 (CST)", datetime(2026, 11, 24, 2, 30, tzinfo=UTC)),
        ("Tue, 24 Nov 2026 02:30:00 GMT", datetime(2026, 11, 24, 2, 30, tzinfo=UTC)),
        ("Tue, 24 Nov 2026 02:30:00 -0000", datetime(2026, 11, 24, 2, 30, tzinfo=UTC)),
        ("2026年11月24日 10:30", datetime(2026, 11, 24, 2, 30, tzinfo=UTC)),
        ("星期二, 24 十一月 2026 10:30:00 +0800", datetime(2026, 11, 24, 2, 30, tzinfo=UTC)),
        ("周二 24 一月 2026 10:30:00 +0800", datetime(2026, 1, 24, 2, 30, tzinfo=UTC)),
        ("2026-11-24 10:30:00", datetime(2026, 11, 24, 2, 30, tzinfo=UTC)),
        ("yesterday", None),
        ("Tue, 99 Nov 2026 10:30:00 +0800", None),
        ("Tue, 24 Nov 99999 10:30:00 +0800", None),
        ("Tue, 24 Nov 2026 10:30:00 +9999999", None),
        ("", None),
    ],
)
def test_a_date_is_read_or_said_to_be_unreadable(written, moment):
    raw = message().replace(b"Date: Tue, 24 Nov 2026 10:30:00 +0800", b"Date: " + written.encode())
    mail = read(raw)
    assert mail.date == moment
    assert ("发信日期无法识别" in mail.defects) == (moment is None)


def test_the_time_of_receipt_is_that_of_the_topmost_server():
    mail = read(
        b"Received: from x by mx; Tue, 24 Nov 2026 10:31:00 +0800\r\n"
        b"Received: from y by x; Tue, 24 Nov 2026 09:00:00 +0800\r\n" + message()
    )
    assert mail.received == datetime(2026, 11, 24, 2, 31, tzinfo=UTC)


def test_identifiers_are_read_without_brackets_and_without_doubles():
    mail = read(message(("In-Reply-To", "<a@b> (note)"), ("References", "<1@b>\r\n <2@b> <1@b>")))
    assert mail.in_reply_to == "a@b"
    assert mail.references == ("1@b", "2@b")
    bare = message().replace(b"<one@example.cn>", b"one@example.cn")
    assert read(bare).message_id == "one@example.cn"


NAME = "关于收费的意见（盖章）.docx"


@pytest.mark.parametrize(
    "written",
    [
        f'attachment; filename="{NAME}"',
        f'attachment filename="{NAME}"',
        f'filename="{NAME}"',
        f"attachment; filename={NAME}",
        f'attachment; filename="{word(NAME)}"',
        f'attachment; filename="{word(NAME[:5])}\r\n {word(NAME[5:])}"',
        f"attachment; filename={word(NAME, 'gb2312')}",
        "attachment; filename*=UTF-8''" + "".join(f"%{byte:02X}" for byte in NAME.encode()),
        "attachment; filename*=gb2312''" + "".join(f"%{byte:02x}" for byte in NAME.encode("gb18030")),
        "attachment; filename*=" + "".join(f"%{byte:02X}" for byte in NAME.encode()),
        "attachment; filename*=\"UTF-8''" + "".join(f"%{byte:02X}" for byte in NAME.encode()) + '"',
        'attachment; filename="' + "".join(f"%{byte:02X}" for byte in NAME.encode()) + '"',
        "attachment;\r\n filename*0*=UTF-8''"
        + "".join(f"%{byte:02X}" for byte in NAME.encode()[:10])
        + ";\r\n filename*1*="
        + "".join(f"%{byte:02X}" for byte in NAME.encode()[10:]),
        "attachment;\r\n filename*1*="
        + "".join(f"%{byte:02X}" for byte in NAME.encode("gb18030")[9:])
        + ";\r\n filename*0*=gb18030'zh'"
        + "".join(f"%{byte:02X}" for byte in NAME.encode("gb18030")[:9]),
        f"attachment; filename=\"x.docx\"; filename*=UTF-8''{''.join(f'%{byte:02X}' for byte in NAME.encode())}",
        f'attachment; filename="{NAME}',
    ],
)
def test_a_file_name_is_read_however_it_was_written(written):
    attached = part(b"\x00\x01", "application/octet-stream", f"Content-Disposition: {written}")
    raw = multipart_message("mixed", part("见附件"), attached)
    assert read(raw).attachments[0].name == NAME


def test_a_raw_file_name_in_gbk_is_read():
    name = b'Content-Disposition: attachment; filename="' + NAME.encode("gbk") + b'"'
    raw = multipart_message("mixed", part("见附件"), part(b"\x00\x01", "application/octet-stream", name))
    assert read(raw).attachments[0].name == NAME


def test_a_name_may_stand_in_the_content_type_alone():
    raw = multipart_message("mixed", part("正文"), part(b"\x00", f'application/octet-stream; name="{word(NAME)}"'))
    assert read(raw).attachments[0].name == NAME


def test_a_missing_blank_line_does_not_cost_the_body():
    raw = b"From: a@b.cn\r\nSubject: x\r\n" + "建议删去第三条。\r\n谢谢".encode()
    mail = read(raw)
    assert mail.text == "建议删去第三条。\n谢谢"
    assert "邮件头和正文之间缺少空行" in mail.defects


@pytest.mark.parametrize("ends", [b"\n", b"\r", b"\r\r\n"])
def test_other_line_ends_are_read(ends):
    mail = read(message(body="第一行\r\n第二行").replace(b"\r\n", ends))
    assert mail.subject == "关于绿化办法的意见"
    assert mail.text == "第一行\n第二行"


def test_an_envelope_line_and_leading_blank_lines_are_passed_over():
    assert read(b"From zhang Tue Nov 24 10:30:00 2026\n" + message(body="好的")).text == "好的"
    assert read(b"\r\n\r\n" + message(body="好的")).text == "好的"
    assert read(b"\xef\xbb\xbf" + message(body="好的")).text == "好的"


def test_a_field_cannot_be_smuggled_into_a_subject():
    subject = read(message(subject=word("意见\r\nBcc: victim@x.cn"))).subject
    assert "\n" not in subject
    assert "\r" not in subject


def test_files_keep_their_order_and_their_type_by_content():
    raw = multipart_message("mixed", part("意见"), file("甲.bin", b"%PDF-1.4 x"), file("乙.bin", b"\x89PNG\r\n\x1a\n"))
    assert [(item.name, item.media_type) for item in read(raw).attachments] == [
        ("甲.bin", "application/pdf"),
        ("乙.bin", "image/png"),
    ]


def test_a_charset_is_read_where_the_semicolon_before_it_is_left_out():
    raw = message(kind="text/plain charset=big5", body="建議將第八條改為二十個工作天。".encode("big5"))
    assert read(raw).text == "建議將第八條改為二十個工作天。"
