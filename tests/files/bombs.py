"""Files that cost their reader far more than they weigh, each within every single limit."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable, Iterable

from tests.files import samples, word

NOISE = random.Random(1).randbytes(1_300_000)
"""What doesn't pack: it raises what an archive may expand to."""
EXPANDED = 250 << 20


def packed(members: Iterable[tuple[str, bytes]]) -> bytes:
    """Return a ZIP archive of these files and of noise."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("noise.jpg", b"\xff\xd8\xff" + NOISE, zipfile.ZIP_STORED)
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def huge_part() -> bytes:
    """Return an archive of one file of 250 MB."""
    return packed([("全部.txt", b"\xe6\x84\x8f\xe8\xa7\x81\n" * (EXPANDED // 7))])


def many_parts() -> bytes:
    """Return an archive of 1,900 small texts, whose charset must be guessed each time."""
    text = "关于第三条的意见：建议延长。".encode("gb18030") * 300
    return packed((f"{n}.txt".encode("gb18030").decode("cp437"), text + str(n).encode()) for n in range(1_900))


def nested() -> bytes:
    """Return an archive in an archive in an archive."""
    inner = samples.zipped({f"{n}.txt": b"a" * (20 << 20) for n in range(5)})
    return packed([("一.zip", packed([("二.zip", inner)]))])


def long_directory() -> bytes:
    """Return an archive of nothing but names, 5,900 of them."""
    return samples.zipped({f"{n:0200d}.txt": b"" for n in range(5_900)})


def entities() -> bytes:
    """Return a Word file whose XML declares what expands a thousandfold (the billion laughs)."""
    declared = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9))
    return samples.zipped({
        "[Content_Types].xml": b"<Types/>",
        "word/document.xml": f'<!DOCTYPE d [<!ENTITY l0 "lol">{declared}]><d>&l8;</d>'.encode(),
    })  # fmt: skip


def attributes() -> bytes:
    """Return a Word file with a paragraph of a million attributes."""
    many = " ".join(f'a{n}=""' for n in range(1_000_000))
    return word.docx(f"<w:p {many}/>" + word.paragraph("第一条　本办法自发布之日起施行。"))


def deep_xml() -> bytes:
    """Return a Word file nested a million deep."""
    return word.docx("<w:p>" * 1_000_000 + "</w:p>" * 1_000_000)


def wide_draft() -> bytes:
    """Return a Word file of 70 MB of empty paragraphs."""
    return word.docx("<w:p/>" * 11_000_000 + word.paragraph("第一条　本办法自发布之日起施行。"))


def shared_strings() -> bytes:
    """Return a workbook of one cell and 3 million shared texts."""
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    book = io.BytesIO(samples.xlsx([["编号", "内容"], ["1", "同意"]]))
    out = io.BytesIO()
    with zipfile.ZipFile(book) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        after.writestr("noise.bin", NOISE, zipfile.ZIP_STORED)
        for name in before.namelist():
            data = before.read(name)
            if name == "xl/sharedStrings.xml":
                data = f"<sst {main}>".encode() + b"<si><t>a</t></si>" * 3_000_000 + b"</sst>"
            after.writestr(name, data)
    return out.getvalue()


def wide_table() -> bytes:
    """Return a CSV of 300,000 rows."""
    return "编号,内容\n".encode() + "".join(f"{n},同意第三条\n" for n in range(300_000)).encode()


def rich_text() -> bytes:
    """Return an RTF file of 19 MB of what nearly begins an object."""
    return b"{\\rtf1 " + b"\\obj\\*\\objclas" * (19_000_000 // 15) + b"}"


def old_word() -> bytes:
    """Return an old Word file of 19 MB, with the name of its stream at the end."""
    return samples.ole("Nothing").ljust(19 << 20, b"W") + samples.ole("WordDocument")


def locked_pdf() -> bytes:
    """Return a PDF that says it is encrypted, with streams that expand to hundreds of megabytes."""
    import zlib

    stream = zlib.compress(b" " * (200 << 20), 9)
    objects = b"".join(
        b"%d 0 obj\n<< /Filter /FlateDecode /Type /ObjStm /N 1 /First 4 /Length %d >>\nstream\n" % (n, len(stream))
        + stream
        + b"\nendstream\nendobj\n"
        for n in range(1, 20)
    )
    return b"%PDF-1.7\n" + objects + b"trailer\n<< /Encrypt 1 0 R /Root 1 0 R >>\n%%EOF\n"


def blanks() -> bytes:
    """Return a text of 19 MB that is nearly blank."""
    return b" " * (19 << 20) + b"a"


ATTACHMENTS: dict[str, Callable[[], bytes]] = {
    "大.zip": huge_part,
    "多.zip": many_parts,
    "套.zip": nested,
    "目录.zip": long_directory,
    "实体.docx": entities,
    "属性.docx": attributes,
    "深.docx": deep_xml,
    "串.xlsx": shared_strings,
    "富.rtf": rich_text,
    "旧.doc": old_word,
    "锁.pdf": locked_pdf,
    "空.txt": blanks,
}
DRAFTS: dict[str, Callable[[], bytes]] = {
    "实体.docx": entities,
    "属性.docx": attributes,
    "深.docx": deep_xml,
    "宽.docx": wide_draft,
    "大.docx": huge_part,
    "层.html": lambda: b"<div>" * 3_000_000 + "第一条".encode(),
    "行.txt": lambda: "第一条　本办法。\n".encode() * 1_500_000,
    "锁.pdf": locked_pdf,
}
TABLES: dict[str, Callable[[], bytes]] = {
    "串.xlsx": shared_strings,
    "大.xlsx": huge_part,
    "宽.csv": wide_table,
    "引.csv": lambda: "编号,内容\n".encode() + b'1,"a\n' * 2_000_000,
    "目录.xlsx": long_directory,
}
