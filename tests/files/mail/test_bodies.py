"""Bodies: text is found in whatever shape it was sent."""

import base64
import binascii
import codecs
import io
import quopri

import pytest

from consult.files.mail import TextSource, read
from tests.files import samples
from tests.files.mail.builders import (
    OPINION,
    file,
    inner,
    message,
    multipart,
    multipart_message,
    part,
    signed_smime,
    signed_smime_in_pieces,
    tnef,
    word,
)

TRADITIONAL = "建議將第八條的「收費」刪除，讓企業可以安排自己的時間。"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


@pytest.mark.parametrize("label", ["gb2312", "GBK", "utf-8", "us-ascii", "iso-8859-1", "x-unknown", None])
@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
@pytest.mark.parametrize("encoding", [None, "base64", "quoted-printable"])
def test_an_opinion_is_read_under_any_label(label, charset, encoding):
    kind = f"text/plain; charset={label}" if label else "text/plain"
    data = OPINION.encode(charset)
    fields = [("Content-Transfer-Encoding", encoding)] if encoding else []
    packed = {None: bytes, "base64": base64.encodebytes, "quoted-printable": quopri.encodestring}[encoding](data)
    assert read(message(*fields, kind=kind, body=packed)).text == OPINION


@pytest.mark.parametrize("label", ["big5", "gb2312", "utf-8", None])
def test_big5_is_read_under_any_label(label):
    kind = f"text/plain; charset={label}" if label else "text/plain"
    assert read(message(kind=kind, body=TRADITIONAL.encode("big5"))).text == TRADITIONAL


def test_characters_beyond_gb2312_are_read_under_its_label():
    text = "㙍塬村的𠮷先生：朱镕基任内的规定"
    assert read(message(kind="text/plain; charset=gb2312", body=text.encode("gb18030"))).text == text


def test_without_any_header_about_the_body_it_is_read():
    assert read(b"From: a@b.cn\r\nSubject: x\r\n\r\n" + OPINION.encode("gbk")).text == OPINION


@pytest.mark.parametrize(
    "damage",
    [
        lambda digits: digits.rstrip(b"=\n"),
        lambda digits: digits[:60] + b"!*\x80" + digits[60:],
        lambda digits: digits + b"____________\r\nThis is the footer of a list\r\n",
        lambda digits: b" " + digits.replace(b"\n", b"\r\n \t"),
        lambda digits: digits.replace(b"\n", b""),
    ],
)
def test_damaged_base64_gives_what_it_can(damage):
    body = damage(base64.encodebytes(OPINION.encode()))
    mail = read(message(("Content-Transfer-Encoding", "base64"), body=body))
    assert mail.text == OPINION


def test_base64_that_breaks_off_gives_what_came_before_and_says_so():
    body = base64.encodebytes(OPINION.encode())[:-22]
    mail = read(message(("Content-Transfer-Encoding", "base64"), body=body))
    assert OPINION.startswith(mail.text.rstrip("\ufffd")[:-1])
    assert len(mail.text) > 15
    assert mail.defects


def test_what_is_called_base64_and_is_not_is_read_as_it_stands():
    assert read(message(("Content-Transfer-Encoding", "base64"), body=OPINION)).text == OPINION


def test_an_encoding_that_was_not_declared_is_recognised():
    assert read(message(body=base64.encodebytes(OPINION.encode()))).text == OPINION
    assert (
        read(message(body=quopri.encodestring(OPINION.encode("gb18030")), kind="text/plain; charset=gbk")).text
        == OPINION
    )


def test_english_is_not_mistaken_for_an_encoding():
    text = "a=3D is not to be decoded, nor is SGVsbG8gd29ybGQhIQ== here"
    assert read(message(body=text)).text == text


def test_soft_line_breaks_with_trailing_spaces_are_joined():
    body = quopri.encodestring(OPINION.encode()).replace(b"=\n", b"= \t\r\n")
    assert read(message(("Content-Transfer-Encoding", "Quoted-Printable"), body=body)).text == OPINION


HTML = f"""<html><head><style>p {{color:red}}</style><title>x</title></head><body>
<div style="display:none">preheader</div><p>您好：</p><p>{OPINION[:12]}{OPINION[12:]}</p>
<table><tr><td>条款</td><td>意见</td></tr><tr><td>第八条</td><td>删去</td></tr></table>
<ul><li>其一</li><li>其二&nbsp;&amp;&#31532;</li></ul>
第一行<br>第二行<script>alert(1)</script><!-- 注 --></body></html>"""


@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_html_alone_is_read_as_lines(charset):
    mail = read(
        message(kind=f"text/html; charset={'gb2312' if charset == 'gb18030' else charset}", body=HTML.encode(charset))
    )
    assert mail.text_source is TextSource.HTML
    assert mail.text == mail.html_text
    assert mail.text.split("\n") == [
        "您好：", "", OPINION, "", "条款\t意见", "第八条\t删去", "", "- 其一", "- 其二 &第", "", "第一行", "第二行",
    ]  # fmt: skip


def test_html_tells_its_own_charset():
    body = b'<html><meta http-equiv="Content-Type" content="text/html; charset=gb2312"><p>' + "镕基：同意".encode("gbk")
    assert read(message(kind="text/html", body=body)).text == "镕基：同意"


def test_html_that_calls_itself_plain_is_read_as_html():
    assert read(message(body="<html><body><p>同意<b>第三条</b></p></body></html>")).text == "同意第三条"


def test_plain_text_that_calls_itself_html_keeps_its_lines():
    assert read(message(kind="text/html; charset=utf-8", body="第一行\r\n第二行")).text == "第一行\n第二行"


BROKEN_HTML = [
    "<p>同意<b>第三条",
    "<p><<b>同意</b>第三条",
    "<p title='>同意'>第三条</p></p></div></x>",
    "<table><td>同意<tr>第三条",
    "<div>" * 5000 + "第三条" + "</div>" * 5000,
]


@pytest.mark.parametrize("broken", BROKEN_HTML)
def test_broken_html_gives_its_words(broken):
    assert "第三条" in read(message(kind="text/html; charset=utf-8", body=broken)).text


def test_of_two_versions_the_plain_one_is_taken():
    mail = read(multipart_message("alternative", part(OPINION), part(f"<p>{OPINION}</p>", "text/html; charset=utf-8")))
    assert (mail.text, mail.text_source, mail.html_text) == (OPINION, TextSource.PLAIN, OPINION)


SAYS_NOTHING = ["", "您的客户端不支持HTML格式的邮件", "This is a multi-part message in MIME format.", "见HTML"]


@pytest.mark.parametrize("plain", SAYS_NOTHING)
def test_a_plain_version_that_says_nothing_gives_way(plain):
    mail = read(multipart_message("alternative", part(plain), part(f"<p>{OPINION}</p>", "text/html; charset=utf-8")))
    assert (mail.text, mail.text_source) == (OPINION, TextSource.HTML)


def test_text_around_attachments_is_all_read():
    mail = read(multipart_message("mixed", part("第一段"), file("图.png", PNG), part("第二段")))
    assert mail.text == "第一段\n\n第二段"
    assert [item.name for item in mail.attachments] == ["图.png"]


def test_pictures_in_the_body_are_inline_and_sent_pictures_are_not():
    rich = part('<p>同意</p><img src="cid:logo@x">', "text/html; charset=utf-8")
    logo = part(PNG, 'image/png; name="logo.png"', "Content-ID: <logo@x>", encoding="base64")
    photo = part(PNG, 'image/png; name="来信.png"', "Content-Disposition: inline", encoding="base64")
    mail = read(multipart_message("mixed", inner("related", rich, logo, boundary="in"), photo))
    assert [(item.name, item.inline) for item in mail.attachments] == [("logo.png", True), ("来信.png", False)]
    assert mail.text == "同意"


def test_lines_that_a_program_broke_are_joined():
    kind = "text/plain; charset=utf-8; format=flowed"
    assert read(message(kind=kind, body="one \r\ntwo\r\n\r\nthree\r\n")).text == "one two\n\nthree"
    assert read(message(kind=f"{kind}; delsp=yes", body="建议 \r\n删去\r\n完")).text == "建议删去\n完"


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ('multipart/mixed; boundary="wrong"', "分隔标记缺失或不符"),
        ("multipart/mixed", "分隔标记缺失或不符"),
        ('multipart/mixed; boundary=""', "分隔标记缺失或不符"),
        ('multipart/mixed; boundary="' + "x" * 5000 + '"', "分隔标记缺失或不符"),
    ],
)
def test_a_wrong_boundary_is_found_out(kind, change):
    _, body = multipart("mixed", part(OPINION), file("表.txt", "一".encode()))
    mail = read(message(kind=kind, body=body))
    assert mail.text == OPINION
    assert [item.name for item in mail.attachments] == ["表.txt"]
    assert any(change in defect for defect in mail.defects)


def test_a_message_that_breaks_off_is_read_and_said_to_be_incomplete():
    mail = read(multipart_message("mixed", part(OPINION), file("表.txt", "一二三".encode()), close=False))
    assert mail.text == OPINION
    assert any("不完整" in defect for defect in mail.defects)


def test_parts_without_a_content_type_of_the_message_are_found():
    _, body = multipart("mixed", part(OPINION), file("表.txt", b"x"))
    raw = b"From: a@b.cn\r\nSubject: x\r\n\r\n" + body
    mail = read(raw)
    assert mail.text == OPINION
    assert len(mail.attachments) == 1


def test_a_multipart_without_parts_is_read_as_text():
    assert read(message(kind='multipart/mixed; boundary="a"', body=OPINION)).text == OPINION


POINTERS = ["", "  \r\n", "意见见附件", "您好，请查收附件。", "请见附件，谢谢！", "Please see attached."]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("意见.docx", samples.docx(OPINION)),
        ("意见.pdf", samples.pdf([OPINION])),
        ("意见.txt", OPINION.encode("gb18030")),
        ("意见.zip", samples.zipped({"意见.docx": samples.docx(OPINION)})),
        ("无名", samples.docx(OPINION)),
    ],
)
@pytest.mark.parametrize("body", POINTERS)
def test_an_empty_body_gives_way_to_the_attachment(name, data, body):
    mail = read(multipart_message("mixed", part(body), file(name, data)))
    assert mail.text_source is TextSource.ATTACHMENT
    assert OPINION in mail.text
    assert body.strip() in mail.text


def test_a_body_with_words_does_not_give_way():
    mail = read(
        multipart_message(
            "mixed", part("附件收费标准我们不同意，建议删去。理由是企业负担已经很重。"), file("表.txt", b"abc")
        )
    )
    assert mail.text_source is TextSource.PLAIN
    assert "abc" not in mail.text


def test_a_mail_may_be_nothing_but_a_file():
    raw = message(
        ("Content-Transfer-Encoding", "base64"),
        kind='application/pdf; name="意见.pdf"',
        body=base64.encodebytes(samples.pdf([OPINION])),
    )
    mail = read(raw)
    assert (mail.text, mail.attachments[0].name) == (OPINION, "意见.pdf")


def test_a_subject_alone_is_an_opinion():
    mail = read(message(subject="回复：同意第三条的修改", body=""))
    assert (mail.text, mail.text_source) == ("同意第三条的修改", TextSource.SUBJECT)


@pytest.mark.parametrize("by_property", [True, False])
def test_winmail_dat_is_unpacked(by_property):
    data = tnef(files=[("关于收费的意见.docx", samples.docx(OPINION)), ("图.png", PNG)], by_property=by_property)
    mail = read(
        multipart_message("mixed", part(""), part(data, 'application/ms-tnef; name="winmail.dat"', encoding="base64"))
    )
    names = [item.name for item in mail.attachments]
    assert names == (["关于收费的意见.docx", "图.png"] if by_property else ["SHORT~1.DOC", "SHORT~1.DOC"])
    assert mail.attachments[1].data == PNG
    assert mail.text == OPINION


def test_winmail_dat_may_hold_the_body():
    for data in (tnef(OPINION), tnef(html=f"<p>{OPINION}</p>"), tnef(compressed_rtf=_compressed_rtf())):
        mail = read(
            multipart_message("mixed", part(data, 'application/octet-stream; name="winmail.dat"', encoding="base64"))
        )
        assert mail.text == OPINION


def test_a_message_inside_winmail_dat_is_read_with_its_files():
    inside = tnef(OPINION, [("甲.txt", b"x"), ("空.txt", b"")])
    data = tnef("请看转来的邮件。", [("我的意见", inside)])
    mail = read(multipart_message("mixed", part(data, "application/ms-tnef", encoding="base64")))
    assert mail.text == f"请看转来的邮件。\n\n{OPINION}"
    assert [item.name for item in mail.attachments] == ["甲.txt", "空.txt"]


def _compressed_rtf():
    text = b"{\\rtf1\\ansi\\ansicpg936 " + "".join(f"\\u{ord(char)}?" for char in OPINION).encode() + b"}"
    packed = b"".join(b"\x00" + text[at : at + 8] for at in range(0, len(text), 8))
    return (len(packed) + 12).to_bytes(4, "little") + len(text).to_bytes(4, "little") + b"LZFu" + bytes(4) + packed


def test_a_damaged_property_in_winmail_dat_costs_itself_only():
    data = tnef(OPINION, [("甲.txt", b"x")]).replace(b"\x40\x00\x06\x0e", b"\x77\x00\x06\x0e")
    mail = read(multipart_message("mixed", part(data, "application/ms-tnef", encoding="base64")))
    assert [item.name for item in mail.attachments] == ["甲.txt"]
    assert any("winmail.dat" in defect for defect in mail.defects)


def test_damaged_winmail_dat_gives_what_came_before():
    data = tnef(OPINION, [("甲.txt", "一".encode()), ("乙.txt", "二".encode() * 90)])
    mail = read(multipart_message("mixed", part(data[:-100], "application/ms-tnef", encoding="base64")))
    assert mail.text == OPINION
    assert [item.name for item in mail.attachments] == ["甲.txt"]
    assert any("winmail.dat" in defect for defect in mail.defects)


@pytest.mark.parametrize("wrap", [signed_smime, signed_smime_in_pieces])
def test_opaque_signed_mail_is_unwrapped(wrap):
    inside = multipart_message("mixed", part(OPINION), file("表.txt", b"x"))
    raw = message(
        ("Content-Transfer-Encoding", "base64"),
        kind='application/pkcs7-mime; smime-type=signed-data; name="smime.p7m"',
        body=base64.encodebytes(wrap(inside)),
    )
    mail = read(raw)
    assert (mail.text, mail.signed) == (OPINION, True)
    assert [item.name for item in mail.attachments] == ["表.txt"]


def test_clear_signed_mail_keeps_no_signature_as_an_attachment():
    for kind in ("application/pkcs7-signature; name=smime.p7s", "application/pgp-signature"):
        mail = read(multipart_message("signed", part(OPINION), part(b"sig", kind, encoding="base64")))
        assert (mail.text, mail.signed, mail.attachments) == (OPINION, True, ())


def test_an_inline_pgp_signature_is_taken_off():
    body = (
        f"-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\n{OPINION}\r\n- - 其一\r\n"
        "-----BEGIN PGP SIGNATURE-----\r\n\r\nabc\r\n-----END PGP SIGNATURE-----\r\n"
    )
    mail = read(message(body=body))
    assert (mail.text, mail.signed) == (f"{OPINION}\n- 其一", True)


def test_encrypted_mail_is_kept_and_said_to_be_unreadable():
    enveloped = b"\x30\x80\x06\x09" + bytes.fromhex("2a864886f70d010703") + bytes(40)
    pgp = multipart_message(
        "encrypted",
        part("Version: 1", "application/pgp-encrypted"),
        part(b"abc", "application/octet-stream; name=encrypted.asc"),
    )
    smime = message(
        ("Content-Transfer-Encoding", "base64"),
        kind="application/pkcs7-mime; name=smime.p7m",
        body=base64.encodebytes(enveloped),
    )
    for raw in (pgp, smime):
        mail = read(raw)
        assert mail.encrypted
        assert mail.unreadable
        assert any("加密" in defect for defect in mail.defects)


def test_uuencoded_files_in_the_text_are_attachments():
    lines = b"".join(binascii.b2a_uu(chunk) for chunk in (OPINION.encode()[at : at + 45] for at in range(0, 99, 45)))
    name = "意见.txt".encode("gbk")
    body = "同意\r\n\r\n".encode() + b"begin 644 " + name + b"\r\n" + lines.replace(b"\n", b"\r\n") + b"`\r\nend\r\n"
    mail = read(message(body=body))
    assert mail.text == "同意"
    assert [(item.name, item.data) for item in mail.attachments] == [("意见.txt", OPINION.encode()[:99])]


def test_a_message_inside_is_read_with_its_files():
    inside = multipart_message("mixed", part(OPINION), file("表.txt", b"x"), subject=word("里面的主题"), boundary="in")
    for attached in (part(inside, "message/rfc822"), file("来信.eml", inside)):
        mail = read(multipart_message("mixed", part(""), attached))
        assert (mail.text, mail.text_source) == (OPINION, TextSource.NESTED)
        assert mail.nested[0].subject == "里面的主题"
        assert [item.name for item in mail.all_attachments()] == ["表.txt"]


def test_a_digest_holds_messages():
    mail = read(multipart_message("digest", b"\r\n" + message(body="甲"), b"\r\n" + message(body="乙")))
    assert [inside.text for inside in mail.nested] == ["甲", "乙"]


def test_enriched_and_exchange_footers_are_part_of_the_body():
    footer = part("第二段", 'text/plain; charset=utf-8; name="ATT00001.txt"', "Content-Disposition: inline")
    assert read(multipart_message("mixed", part("第一段"), footer)).text == "第一段\n\n第二段"


def test_no_text_holds_what_no_database_takes():
    body = "好\x00的\x08，\x1b[31m红\ufeff".encode()
    assert read(message(body=body)).text == "好的，[31m红"
    halves = read(message(kind="text/plain; charset=utf-7", body=b"+2AA-x+3AA-")).text
    halves.encode("utf-8")


def test_every_known_charset_is_decoded_without_an_error():
    names = {
        "hz",
        "utf-7",
        "iso-2022-jp",
        "iso-2022-kr",
        "utf-16",
        "utf-16-be",
        "utf-32",
        "koi8-r",
        "cp037",
        "johab",
        "tis-620",
    }
    for name in names:
        data = "test".encode(codecs.lookup(name).name)
        assert read(message(kind=f"text/plain; charset={name}", body=data + b"\xff\xfe\x00~{")).defects is not None
    assert io.BytesIO(message()).read()
