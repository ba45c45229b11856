"""Small files of every kind, built for the tests."""

import io
import struct
import zipfile

import docx as python_docx
from openpyxl import Workbook


def docx(*paragraphs):
    """A Word document of `paragraphs`."""
    document = python_docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def xlsx(rows, title="Sheet1"):
    """A workbook of one sheet."""
    book = Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def zipped(members):
    """A ZIP archive of name to bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def ole(*streams):
    """As much of an OLE compound file as tells its kind: a directory that names `streams`."""
    entries = b"".join(name.encode("utf-16-le").ljust(128, b"\x00") for name in ("Root Entry", *streams))
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\x00") + entries.ljust(512, b"\x00")


def doc(text, compressed=False):
    """An old Word document: text in one piece, a field in front of it, in a compound file of small streams."""
    fields = "\x13 HYPERLINK x \x14" if not compressed else ""
    content = f"{fields}{text}\r"
    stored = content.encode("cp1252") if compressed else content.encode("utf-16-le")
    position = (0x400 * 2 | 0x40000000) if compressed else 0x400
    plan = struct.pack("<II", 0, len(content)) + struct.pack("<HIH", 0, position, 0)
    clx = b"\x01\x02\x00ab" + b"\x02" + struct.pack("<I", len(plan)) + plan
    head = bytearray(0x400)
    struct.pack_into("<H8xH", head, 0, 0xA5EC, 0x0200)
    struct.pack_into("<II", head, 0x01A2, 0, len(clx))
    return compound({"WordDocument": bytes(head) + stored, "1Table": clx})


def compound(streams):
    """An OLE compound file: those under 4096 bytes in the mini stream, the others in sectors of their own."""
    small = {name: data for name, data in streams.items() if len(data) < 4096}
    mini, mini_fat, starts = b"", [], {}
    for name, data in small.items():
        starts[name] = len(mini_fat)
        count = -(-len(data) // 64)
        mini_fat += [*range(len(mini_fat) + 1, len(mini_fat) + count), 0xFFFFFFFE]
        mini += data.ljust(count * 64, b"\x00")
    sectors, fat = [b""] * 4, [0xFFFFFFFD] * 4  # the first sectors are the table itself

    def place(data):
        first, count = len(sectors), -(-len(data) // 512)
        for number in range(count):
            sectors.append(data[number * 512 : (number + 1) * 512].ljust(512, b"\x00"))
            fat.append(first + number + 1 if number + 1 < count else 0xFFFFFFFE)
        return first

    for name, data in streams.items():
        if name not in small:
            starts[name] = place(data)
    mini_start = place(mini) if mini else 0xFFFFFFFE
    table = struct.pack(f"<{len(mini_fat)}I", *mini_fat)
    mini_fat_start = place(table.ljust(-(-len(table) // 512) * 512, b"\xff")) if table else 0xFFFFFFFE
    names = sorted(streams, key=lambda name: (len(name), name.upper()))  # the order of the tree: MS-CFB 2.6.4
    entries = _entry("Root Entry", 5, mini_start, len(mini), child=1)
    for at, name in enumerate(names, start=1):
        following = at + 1 if at < len(names) else _NOTHING
        entries += _entry(name, 2, starts[name], len(streams[name]), following=following)
    directory = place(entries)
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<10I4I", 0, 4, directory, 0, 4096, mini_fat_start, 1, 0xFFFFFFFE, 0, 0, 1, 2, 3, 0xFFFFFFFF)
    sectors[:4] = [struct.pack(f"<{len(fat)}I", *fat).ljust(2048, b"\xff")]
    return head.ljust(512, b"\xff") + b"".join(sectors)


_NOTHING = 0xFFFFFFFF


def _entry(name, kind, start, size, *, following=_NOTHING, child=_NOTHING):
    """An entry of the directory; the streams form a tree in which each has the next one to its right."""
    written = name.encode("utf-16-le") + b"\x00\x00"
    entry = written.ljust(64, b"\x00") + struct.pack("<HBB3I", len(written), kind, 1, _NOTHING, following, child)
    return entry + bytes(36) + struct.pack("<IQ", start, size)


def pdf(lines):
    """A PDF of one page that shows `lines` in a font that carries their characters (as their code points)."""
    text = " ".join(f"<{line.encode('utf-16-be').hex()}> Tj 0 -20 Td" for line in lines)
    stream = f"BT /F1 14 Tf 50 700 Td {text} ET".encode()
    unicode_map = (
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /U def /CMapType 2 def "
        b"1 begincodespacerange <0000> <FFFF> endcodespacerange "
        b"1 beginbfrange <0000> <FFFF> <0000> endbfrange endcmap end end"
    )
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /Sample /Encoding /Identity-H"
        b" /DescendantFonts [6 0 R] /ToUnicode 8 0 R >>",
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Sample /FontDescriptor 7 0 R"
        b" /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /DW 1000 >>",
        b"<< /Type /FontDescriptor /FontName /Sample /Flags 4 /FontBBox [0 0 1000 1000] /ItalicAngle 0"
        b" /Ascent 800 /Descent -200 /CapHeight 700 /StemV 80 >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(unicode_map), unicode_map),
    ]
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(bodies, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(bodies) + 1, table)
    return bytes(out)
