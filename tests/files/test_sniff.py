"""What a file is, by its content."""

import io
import zipfile

import pytest

from consult.files import sniff
from tests.files import samples


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (samples.pdf(["一"]), sniff.PDF),
        (b"\n\n%PDF-1.4\n", sniff.PDF),
        (samples.docx("正文"), sniff.DOCX),
        (samples.xlsx([["列"], ["值"]]), sniff.XLSX),
        (samples.zipped({"a.txt": b"a"}), sniff.ZIP),
        (samples.zipped({"OFD.xml": b"<x/>"}), sniff.OFD),
        (samples.zipped({"[Content_Types].xml": b"", "ppt/presentation.xml": b""}), sniff.PPTX),
        (
            samples.zipped({"[Content_Types].xml": b"", "word/document.xml": b"", "word/vbaProject.bin": b""}),
            sniff.DOCM,
        ),
        (samples.ole("WordDocument"), sniff.DOC),
        (samples.ole("Workbook"), sniff.XLS),
        (samples.ole("EncryptedPackage"), sniff.ENCRYPTED_OFFICE),
        (samples.ole("Strange"), sniff.OLE),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", sniff.JPEG),
        (b"\x89PNG\r\n\x1a\n\x00", sniff.PNG),
        (b"GIF89a\x01\x00", sniff.GIF),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", sniff.WEBP),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", sniff.HEIC),
        (b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom", sniff.AUDIO_VIDEO),
        (b"II*\x00\x08\x00\x00\x00", sniff.TIFF),
        (b"{\\rtf1\\ansi}", sniff.RTF),
        (b"MZ\x90\x00" + b"\x00" * 80 + b"PE\x00\x00", sniff.EXE),
        (b"\x7fELF\x02\x01\x01", sniff.ELF),
        (b"#!/bin/sh\nrm -rf ~\n", sniff.SCRIPT),
        (b"<!DOCTYPE html><p>x", sniff.HTML),
        (b"  \n<script>alert(1)</script>", sniff.HTML),
        (b"GIF87", sniff.TEXT),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", sniff.SVG),
        (b"<?xml version='1.0'?><data/>", sniff.XML),
        ("意见：第一条".encode("gb18030"), sniff.TEXT),
        ("意见：第一条".encode("utf-16"), sniff.TEXT),
        ("<html>".encode("utf-16"), sniff.HTML),
        (b"From: a@b.cn\r\nMessage-ID: <1@b>\r\nSubject: x\r\n\r\nbody", sniff.EML),
        (b"Subject: only this word\n\nbody", sniff.TEXT),
        (b"Rar!\x1a\x07\x01\x00", sniff.RAR),
        (b"\x00\x01\x02\x03\x04\x05\x06\x07", sniff.UNKNOWN),
        (b"", sniff.UNKNOWN),
    ],
)
def test_content_tells_the_kind(data, kind):
    assert sniff.sniff(data, "意见") == kind


def test_the_name_tells_only_kinds_of_text_apart():
    assert sniff.sniff(b"a,b\n1,2\n", "表.csv") == sniff.CSV
    assert sniff.sniff(b"Subject: x\r\n\r\nbody", "来信.eml") == sniff.EML
    assert sniff.sniff(b"del /q *.*", "清理.bat") == sniff.SCRIPT
    assert sniff.sniff(samples.docx("x"), "图片.jpg") == sniff.DOCX


def test_markup_in_front_of_a_pdf_is_markup():
    assert sniff.sniff(b"<script>x</script>%PDF-1.4 ", "a.pdf") == sniff.HTML


def test_a_damaged_zip_is_a_zip_all_the_same():
    whole = samples.docx("正文")
    assert sniff.sniff(whole[: len(whole) // 2], "a.docx") == sniff.ZIP


def test_a_zip_that_lies_about_its_directory_is_survived():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a", b"a")
    data = bytearray(buffer.getvalue())
    data[-8:-4] = b"\xff\xff\xff\x7f"
    assert sniff.sniff(bytes(data), "a.zip") == sniff.ZIP
