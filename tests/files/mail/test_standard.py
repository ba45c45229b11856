"""Well-formed mail, written by another implementation, is read exactly."""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from consult.files.mail import TextSource, read

_PLAIN = st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"))
_WORDS = st.text(_PLAIN, min_size=1, max_size=60).filter(lambda text: not set(text) & set(">＞|:：=<-—_*"))
_NAMES = st.text(_PLAIN, min_size=1, max_size=40).filter(
    lambda text: not set(text) & set("\"\\/<>()（）@;；,=?'“”%＜＞＠")
)
_ENCODINGS = st.sampled_from(["base64", "quoted-printable", "8bit"])


@given(subject=_WORDS, name=_NAMES, lines=st.lists(_WORDS, min_size=1, max_size=8), cte=_ENCODINGS)
def test_what_the_standard_library_wrote_is_read_exactly(subject, name, lines, cte):
    mail = EmailMessage(policy=SMTP)
    mail["From"] = f'"{name}" <zhang@example.cn>'
    mail["Subject"] = f"意见 {subject}"
    mail["Date"] = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
    text = "\n".join(["意见如下。", *lines])
    mail.set_content(text, cte=cte)
    got = read(mail.as_bytes())
    assert got.subject == f"意见 {subject}"
    assert (got.from_name, got.from_address) == (name, "zhang@example.cn")
    assert got.date == datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
    assert got.text == text
    assert got.defects == ()


@given(name=_NAMES, data=st.binary(min_size=1, max_size=500), inside=st.binary(min_size=1, max_size=50))
@example(name="a", data=b'x\x9f>"', inside=b"x")  # opens as Outlook's own format does, and holds nothing of it
def test_files_that_the_standard_library_attached_are_read_exactly(name, data, inside):
    mail = EmailMessage(policy=SMTP)
    mail["From"] = "zhang@example.cn"
    mail["Subject"] = "x"
    mail.set_content("意见如下")
    mail.add_alternative("<p>意见如下</p>", subtype="html")
    mail.add_attachment(data, maintype="application", subtype="octet-stream", filename=f"{name}.bin")
    mail.add_attachment(inside, maintype="application", subtype="pdf", filename="x.pdf")
    got = read(mail.as_bytes())
    assert got.text == "意见如下"
    assert [(item.name, item.data) for item in got.attachments] == [(f"{name}.bin", data), ("x.pdf", inside)]


@pytest.mark.parametrize("levels", [1, 3])
def test_messages_that_the_standard_library_nested_are_read(levels):
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = "里"
    mail["From"] = "li@example.cn"
    mail.set_content("最里面的意见")
    for _ in range(levels):
        outer = EmailMessage(policy=SMTP)
        outer["Subject"] = "外"
        outer["From"] = "zhang@example.cn"
        outer.set_content("")
        outer.add_attachment(mail)
        mail = outer
    got = read(mail.as_bytes())
    assert (got.text, got.text_source) == ("最里面的意见", TextSource.NESTED)
