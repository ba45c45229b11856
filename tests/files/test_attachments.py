"""What may be attached, and what is refused in which words."""

import hashlib
import io
import random
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult.files import file_type, text_extraction
from consult.files.attachments import AttachmentRefused, check, safe_name
from tests.files import samples

LIMIT = 20 << 20
EXE = b"MZ\x90\x00" + b"\x00" * 80 + b"PE\x00\x00"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 30


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("意见.docx", samples.docx("同意"), file_type.DOCX),
        ("意见.pdf", samples.pdf(["a"]), file_type.PDF),
        ("表.xlsx", samples.xlsx([["a"]]), file_type.XLSX),
        ("旧.doc", samples.ole("WordDocument"), file_type.DOC),
        ("文.wps", samples.ole("WordDocument"), file_type.DOC),
        ("照片.JPG", PNG, file_type.PNG),
        ("意见.txt", "同意".encode("gb18030"), file_type.TEXT),
        ("来信.txt", b"From: a\r\nMessage-ID: <1>\r\nSubject: b\r\n\r\nc", file_type.TEXT),
        ("全部.zip", samples.zipped({"一.txt": b"a", "二/": b"", "二/图.png": PNG}), file_type.ZIP),
        ("公文.ofd", samples.zipped({"OFD.xml": b"<x/>"}), file_type.OFD),
        (
            "表.ods",
            samples.zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}),
            file_type.ODF + ".spreadsheet",
        ),
        ("文.doc", b"{\\rtf1 a}", file_type.RTF),
    ],
)
def test_what_people_send_is_taken(name, data, kind):
    taken = check(name, data, max_bytes=LIMIT)
    assert (taken.name, taken.media_type, taken.size) == (name, kind, len(data))
    assert taken.digest == hashlib.sha256(data).hexdigest()


def test_a_name_without_an_ending_gets_one():
    assert check("附件", samples.pdf(["a"]), max_bytes=LIMIT).name == "附件.pdf"
    assert check("关于第3.1条的意见", b"text", max_bytes=LIMIT).name == "关于第3.1条的意见.txt"


def _macro_docx():
    return samples.zipped({"[Content_Types].xml": b"", "word/document.xml": b"", "word/vbaProject.bin": b"x"})


def _encrypted_zip():
    data = bytearray(samples.zipped({"密.txt": b"secret"}))
    data[6] |= 1
    directory = data.index(b"PK\x01\x02")
    data[directory + 8] |= 1
    return bytes(data)


def _nested(depth):
    data = b"core"
    for level in range(depth):
        data = samples.zipped({f"{level}.zip" if level else "a.txt": data})
    return data


def _lying_zip():
    """A bomb whose directory says that its file is small."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(bytes(400 << 20)) + packer.flush()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a.txt", packed)
    data = bytearray(buffer.getvalue())
    data[8] = 8
    directory = data.rindex(b"PK\x01\x02")
    data[directory + 10] = 8
    return bytes(data)


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("空.docx", b"", "是空文件"),
        ("大.txt", b"a" * (LIMIT + 1), "超过了 20 MB"),
        ("意见.pdf", EXE, "其实是“程序”"),
        ("意见.exe", EXE, "是 .exe 文件"),
        ("意见.pdf.exe", samples.pdf(["a"]), ".exe"),
        ("意见.docx", samples.pdf(["a"]), "以 .docx 结尾，内容却是“PDF”"),
        ("照片.png", samples.docx("a"), "以 .png 结尾，内容却是“.docx 文件”"),
        ("意见.txt", b"<html><script>alert(1)</script>", "网页"),
        ("图.svg", b"<svg xmlns='x'><script/></svg>", "svg"),
        ("图.png", b"<?xml version='1.0'?><svg/>", "SVG"),
        ("清理.bat", b"del *", ".bat"),
        ("run", b"#!/bin/sh\n", "脚本"),
        ("意见.docm", _macro_docx(), "带有宏"),
        ("意见.docx", _macro_docx(), "带有宏"),
        ("意见.doc", samples.ole("WordDocument", "_VBA_PROJECT"), "带有宏"),
        ("意见.docx", samples.ole("EncryptedPackage"), "加了密码"),
        ("意见.rtf", b"{\\rtf1{\\object\\objdata 0105}}", "嵌入了其他对象"),
        ("意见.rar", b"Rar!\x1a\x07\x01\x00aa", "改用 ZIP"),
        ("录音.mp3", b"ID3\x03\x00", "音频或视频"),
        ("不明", b"\x00\x01\x02\x03" * 9, "无法识别"),
        ("信.eml", b"From: a\r\nSubject: b\r\n\r\nc", ".eml"),
        ("包.zip", samples.zipped({"清单.txt": b"a", "程序.exe": EXE}), "里有不能接收的文件（附件《程序.exe》"),
        ("包.zip", samples.zipped({"图.png": EXE}), "其实是“程序”"),
        ("包.zip", samples.zipped({"内.zip": samples.zipped({"宏.docx": _macro_docx()})}), "带有宏"),
        ("包.zip", samples.zipped({}), "空的压缩包"),
        ("包.zip", _encrypted_zip(), "加了密码"),
        ("包.zip", _nested(5), "超过 3 层"),
        ("包.zip", samples.zipped({f"{n}.txt": b"a" for n in range(2_100)}), "超过 2000 个"),
        ("包.zip", samples.zipped({"炸.txt": bytes(40 << 20)}), "展开后过大"),
        ("包.zip", _lying_zip(), "不能接收"),
        ("包.zip", samples.zipped({"a.txt": b"abc" * 999})[:-30], "已损坏"),
        ("意见.docx", samples.zipped({"[Content_Types].xml": b"", "word/document.xml": bytes(50 << 20)}), "展开后过大"),
        ("意见.docx", samples.docx("正文")[:-40], "内容却是“ZIP 压缩包”"),
    ],
)
def test_what_must_not_come_in_is_refused_in_plain_words(name, data, says):
    with pytest.raises(AttachmentRefused) as refusal:
        check(name, data, max_bytes=LIMIT)
    message = str(refusal.value)
    assert message.startswith(f"附件《{safe_name(name)}》")
    assert says in message
    assert message.endswith("。")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\我\\意见.docx", "意见.docx"),
        ("意见\u202excod.exe", "意见xcod.exe"),
        ("a\x00b\r\n.txt", "ab.txt"),
        ("  . 意见 .  ", "意见"),
        ("", "附件"),
        ("...", "附件"),
        ("CON.txt", "附件_CON.txt"),
        ('a<b>:"c|?*.txt', "a_b___c___.txt"),
    ],
)
def test_names_are_made_safe(sent, kept):
    assert safe_name(sent) == kept


@given(st.text(max_size=400))
def test_any_name_becomes_one_that_a_file_system_takes(name):
    safe = safe_name(name)
    assert safe
    assert len(safe.encode()) <= 200
    assert not set(safe) & set('/\\\x00\r\n<>:"|?*')
    assert safe_name(safe) == safe


def test_the_words_of_documents_are_found():
    text_of = text_extraction.text_of
    assert text_of(samples.docx("第一条 同意", "第二条 反对"), file_type.DOCX) == "第一条 同意\n第二条 反对"
    assert text_of(samples.pdf(["意见：同意", "第二行"]), file_type.PDF).split() == ["意见：同意", "第二行"]
    assert text_of(samples.xlsx([["内容", "数"], ["同意", 3]]), file_type.XLSX) == "内容\t数\n同意\t3"
    assert text_of("同意".encode("gb18030"), file_type.TEXT) == "同意"
    fonts = b"{\\fonttbl{\\f0 \\'cb\\'ce\\'cc\\'e5;}}"
    rtf = b"{\\rtf1\\ansi\\ansicpg936" + fonts + b"\\f0 \\'cd\\'ac\\'d2\\'e2\\par \\u21453?\\u23545?}"
    assert text_of(rtf, file_type.RTF) == "同意\n反对"
    packed = samples.zipped({"甲.docx": samples.docx("甲的意见"), "乙.txt": "乙的意见".encode("gbk"), "图.png": PNG})
    assert text_of(packed, file_type.ZIP) == "【甲.docx】\n甲的意见\n\n【乙.txt】\n乙的意见"
    content = "<o xmlns:t='t'><t:p>同<t:span>意</t:span></t:p><t:p>反对</t:p></o>"
    assert text_of(samples.zipped({"content.xml": content.encode()}), file_type.ODF + ".text") == "同意\n反对"
    page = "<p><TextCode>同意</TextCode></p>"
    assert text_of(samples.zipped({"Doc_0/Pages/Page_0/Content.xml": page.encode()}), file_type.OFD) == "同意"


@pytest.mark.parametrize("length", [1, 3_000])
def test_the_words_of_old_word_documents_are_found(length):
    text = "第八条 建议删去收费。" * length
    assert file_type.sniff(samples.doc(text), "意见.doc") == file_type.DOC
    assert text_extraction.text_of(samples.doc(text), file_type.DOC) == text
    assert check("意见.wps", samples.doc(text), max_bytes=LIMIT).media_type == file_type.DOC
    assert text_extraction.text_of(samples.doc("plain words", compressed=True), file_type.DOC) == "plain words"


def test_an_old_word_document_as_libreoffice_writes_it_is_read():
    data = (Path(__file__).parent / "written_by_libreoffice.doc").read_bytes()
    assert text_extraction.text_of(data, file_type.DOC).split("\n") == [
        "某市停车管理办法（征求意见稿）",
        "第一条 为了规范停车，制定本办法。",
        "第二条 建议延长办理时间。",
    ]


def test_a_damaged_old_document_has_few_words_and_makes_no_trouble():
    whole = samples.doc("第八条 建议删去收费。" * 300)
    chance = random.Random(8)
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 30)):
            data[chance.randrange(min(len(data), 3_000) if chance.random() < 0.7 else len(data))] = chance.randrange(
                256
            )
        assert isinstance(text_extraction.text_of(bytes(data[: chance.randrange(len(data))]), file_type.DOC), str)


def test_file_names_in_archives_are_read_in_gbk():
    name = "意见.txt".encode("gbk")
    data = samples.zipped({"x" * len(name): "同意".encode()}).replace(b"x" * len(name), name)
    assert text_extraction.text_of(data, file_type.ZIP) == "【意见.txt】\n同意"


def test_comments_in_the_margin_are_part_of_the_words():
    with zipfile.ZipFile(io.BytesIO(samples.docx("正文"))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    namespace = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    note = "<w:comment><w:p><w:r><w:t>批注意见</w:t></w:r></w:p></w:comment>"
    comment = f"<w:comments xmlns:w='{namespace}'>{note}</w:comments>"
    data = samples.zipped({**members, "word/comments.xml": comment.encode()})
    assert text_extraction.text_of(data, file_type.DOCX) == "正文\n批注意见"


UNREADABLE = [b"", b"garbage", samples.docx("x")[:900], samples.zipped({"word/document.xml": b"<"})]


@pytest.mark.parametrize(
    "kind", [file_type.DOCX, file_type.PDF, file_type.XLSX, file_type.ZIP, file_type.RTF, file_type.OFD, "image/png"]
)
@pytest.mark.parametrize("data", UNREADABLE)
def test_what_cannot_be_read_has_no_words(kind, data):
    assert isinstance(text_extraction.text_of(data, kind), str)


def test_an_entity_bomb_has_no_words():
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "&#97;"><!ENTITY b "&a;&a;">]><x><t>&b;</t></x>'
    assert text_extraction.text_of(samples.zipped({"word/document.xml": bomb}), file_type.DOCX) == ""
