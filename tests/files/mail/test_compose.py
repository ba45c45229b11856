"""Outgoing mail: it threads, it says that it is automatic, it carries nothing that was not meant."""

from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest

from consult.files.mail import Auto, Mail, read
from consult.files.mail.compose import AddressRefused, Enclosure, acknowledgement, message

NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
FROM = "yijian@dept.example.gov.cn"


def sent(**changes):
    values = {"sender": FROM, "to": "zhang@example.cn", "subject": "已收到", "text": "正文", "at": NOON} | changes
    return message(**values)


def acknowledged(mail, **changes):
    values = {
        "sender": FROM,
        "sender_name": "市绿化局意见征集信箱",
        "title": "城市绿化管理办法（征求意见稿）",
        "number": "ZQ202611240001",
        "key": "K7Q2M9",
        "link": "https://dept.example.gov.cn/receipts/ZQ202611240001",
        "at": NOON,
    } | changes
    return acknowledgement(mail, **values)


ORIGINAL = Mail(
    message_id="2@example.cn",
    references=("1@example.cn",),
    from_address="zhang@example.cn",
    subject="Re: 关于收费的意见",
)


def test_an_acknowledgement_threads_with_what_it_answers():
    answer = read(acknowledged(ORIGINAL).as_bytes())
    assert answer.to == ("zhang@example.cn",)
    assert answer.in_reply_to == "2@example.cn"
    assert answer.references == ("1@example.cn", "2@example.cn")
    assert answer.subject == "已收到您的意见（回执 ZQ202611240001）：关于收费的意见"
    assert answer.from_name == "市绿化局意见征集信箱"
    assert answer.message_id.endswith("@dept.example.gov.cn")
    for needed in (
        "ZQ202611240001",
        "K7Q2M9",
        "https://dept.example.gov.cn/receipts/ZQ202611240001",
        "2026年11月24日 12:00",
    ):
        assert needed in answer.text + answer.quoted


def test_an_acknowledgement_says_that_it_is_automatic():
    raw = acknowledged(ORIGINAL).as_bytes()
    parsed = message_from_bytes(raw, policy=policy.default)
    assert parsed["Auto-Submitted"] == "auto-replied"
    assert parsed["X-Auto-Response-Suppress"] == "All"
    assert read(raw).auto is Auto.OWN
    assert not read(raw).may_be_answered


def test_an_acknowledgement_goes_where_the_sender_asked():
    mail = Mail(message_id="2@x.cn", from_address="zhang@example.cn", reply_to=("office@example.cn",), subject="意见")
    assert read(acknowledged(mail).as_bytes()).to == ("office@example.cn",)


def test_nothing_of_the_message_is_quoted_but_its_subject():
    mail = Mail(message_id="2@x.cn", from_address="zhang@example.cn", subject="意见", text="点击 http://bad.example")
    assert "bad.example" not in acknowledged(mail).get_content()


def test_a_late_opinion_is_told_to_be_late():
    assert "期限之后" in acknowledged(ORIGINAL, late=True).get_content()
    assert "期限之后" not in acknowledged(ORIGINAL).get_content()


BREAKS = ("\r\n", "\n", "\r", "\u2028", "\x85", "\x0b", "\x1c")
SMUGGLED = [
    *(f"标题{end}Bcc: other@example.cn" for end in BREAKS),
    "=?utf-8?b?DQpCY2M6IG90aGVyQGV4YW1wbGUuY24NCg0K?=",
    "=?utf-8?q?=0D=0ABcc:_other@example.cn?=",
    "\ud800半个字符",
]


@pytest.mark.parametrize("words", SMUGGLED)
@pytest.mark.parametrize("field", ["subject", "sender_name", "to_name", "in_reply_to", "to", "enclosure"])
def test_no_field_is_smuggled_in_by_line_ends_or_encoded_words(field, words):
    value = f"{words}@example.cn" if field in ("in_reply_to", "to") else words
    given = {"enclosures": [Enclosure(words, "application/pdf", b"x")]} if field == "enclosure" else {field: value}
    try:
        parsed = message_from_bytes(sent(**given).as_bytes())
    except AddressRefused:
        assert field == "to"
        return
    expected = {*sent().keys(), "In-Reply-To", "Content-Disposition"}
    assert {name for part in parsed.walk() for name, _ in part.items()} <= expected
    assert parsed["To"].endswith(("zhang@example.cn", "<zhang@example.cn>"))


def test_a_field_cannot_be_smuggled_in():
    mail = Mail(message_id="x@y>\r\nBcc: v@x.cn", from_address="zhang@example.cn", subject="意见\r\nBcc: victim@x.cn")
    raw = acknowledged(mail, sender_name="局\nX-Evil: 1").as_bytes()
    parsed = message_from_bytes(raw, policy=policy.default)
    assert {"bcc", "x-evil"} & {name.lower() for name in parsed} == set()
    assert parsed["In-Reply-To"] is None


NO_ADDRESSES = ["", "zhang", "a b@c.cn", "a@b.cn\r\nBcc: x@y.cn", "张三@example.cn", "a@", "@b.cn", "a@b@c.cn>"]


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_what_is_no_address_is_refused(address):
    with pytest.raises(AddressRefused, match="邮箱地址"):
        sent(to=address)


def test_a_chinese_domain_is_written_in_ascii():
    assert "xn--" in str(sent(to="zhang@例子.中国")["To"])


def test_a_long_subject_and_a_long_thread_are_cut():
    raw = sent(subject="意见" * 500, references=[f"{n}@x.cn" for n in range(100)]).as_bytes()
    mail = read(raw)
    assert mail.subject == "意见" * 100
    assert (len(mail.references), mail.references[0], mail.references[-1]) == (20, "0@x.cn", "99@x.cn")
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_enclosures_arrive_under_their_names():
    name = "关于征求《城市绿化管理办法》意见的函（盖章）.pdf"
    mail = read(sent(enclosures=[Enclosure(name, "application/pdf", b"%PDF-1.4 x")], auto_submitted="no").as_bytes())
    (item,) = mail.attachments
    assert (item.name, item.media_type, item.data) == (name, "application/pdf", b"%PDF-1.4 x")


def test_what_a_person_wrote_does_not_call_itself_automatic():
    parsed = message_from_bytes(sent(auto_submitted="no").as_bytes(), policy=policy.default)
    assert parsed["Auto-Submitted"] is None


def test_every_message_has_an_identifier_of_its_own():
    assert len({sent()["Message-ID"] for _ in range(50)}) == 50
    assert sent(message_id="mine@x.cn")["Message-ID"] == "<mine@x.cn>"
