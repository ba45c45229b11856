"""What a file is, by its content."""

import io
import zipfile

import pytest

from consult.files import file_type
from tests.files import samples


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (samples.pdf(["一"]), file_type.PDF),
        (b"\n\n%PDF-1.4\n", file_type.PDF),
        (samples.docx("正文"), file_type.DOCX),
        (samples.xlsx([["列"], ["值"]]), file_type.XLSX),
        (samples.zipped({"a.txt": b"a"}), file_type.ZIP),
        (samples.zipped({"OFD.xml": b"<x/>"}), file_type.OFD),
        (samples.zipped({"[Content_Types].xml": b"", "ppt/presentation.xml": b""}), file_type.PPTX),
        (
            samples.zipped({"[Content_Types].xml": b"", "word/document.xml": b"", "word/vbaProject.bin": b""}),
            file_type.DOCM,
        ),
        (samples.ole("WordDocument"), file_type.DOC),
        (samples.ole("Workbook"), file_type.XLS),
        (samples.ole("EncryptedPackage"), file_type.ENCRYPTED_OFFICE),
        (samples.ole("Strange"), file_type.OLE),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", file_type.JPEG),
        (b"\x89PNG\r\n\x1a\n\x00", file_type.PNG),
        (b"GIF89a\x01\x00", file_type.GIF),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", file_type.WEBP),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", file_type.HEIC),
        (b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom", file_type.AUDIO_VIDEO),
        (b"II*\x00\x08\x00\x00\x00", file_type.TIFF),
        (b"{\\rtf1\\ansi}", file_type.RTF),
        (b"MZ\x90\x00" + b"\x00" * 80 + b"PE\x00\x00", file_type.EXE),
        (b"\x7fELF\x02\x01\x01", file_type.ELF),
        (b"#!/bin/sh\nrm -rf ~\n", file_type.SCRIPT),
        (b"<!DOCTYPE html><p>x", file_type.HTML),
        (b"  \n<script>alert(1)</script>", file_type.HTML),
        (b"GIF87", file_type.TEXT),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", file_type.SVG),
        (b"<?xml version='1.0'?><data/>", file_type.XML),
        ("意见：第一条".encode("gb18030"), file_type.TEXT),
        ("意见：第一条".encode("utf-16"), file_type.TEXT),
        ("<html>".encode("utf-16"), file_type.HTML),
        (b"From: a@b.cn\r\nMessage-ID: <1@b>\r\nSubject: x\r\n\r\nbody", file_type.EML),
        (b"Subject: only this word\n\nbody", file_type.TEXT),
        (b"Rar!\x1a\x07\x01\x00", file_type.RAR),
        (b"\x00\x01\x02\x03\x04\x05\x06\x07", file_type.UNKNOWN),
        (b"", file_type.UNKNOWN),
    ],
)
def test_content_tells_the_kind(data, kind):
    assert file_type.sniff(data, "意见") == kind


def test_the_name_tells_only_kinds_of_text_apart():
    assert file_type.sniff(b"a,b\n1,2\n", "表.csv") == file_type.CSV
    assert file_type.sniff(b"Subject: x\r\n\r\nbody", "来信.eml") == file_type.EML
    assert file_type.sniff(b"del /q *.*", "清理.bat") == file_type.SCRIPT
    assert file_type.sniff(samples.docx("x"), "图片.jpg") == file_type.DOCX


def test_markup_in_front_of_a_pdf_is_markup():
    assert file_type.sniff(b"<script>x</script>%PDF-1.4 ", "a.pdf") == file_type.HTML


def test_a_damaged_zip_is_a_zip_all_the_same():
    whole = samples.docx("正文")
    assert file_type.sniff(whole[: len(whole) // 2], "a.docx") == file_type.ZIP


def test_a_zip_that_lies_about_its_directory_is_survived():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a", b"a")
    data = bytearray(buffer.getvalue())
    data[-8:-4] = b"\xff\xff\xff\x7f"
    assert file_type.sniff(bytes(data), "a.zip") == file_type.ZIP
