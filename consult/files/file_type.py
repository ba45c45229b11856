"""Detects the type of a file by its content; its name only decides between kinds of plain text.

Kinds that can do harm (programs, scripts, HTML, SVG, shortcuts) are recognised, so that they can be refused.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile

from consult.files import charsets

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
DOCM = "application/vnd.ms-word.document.macroenabled.12"
XLSM = "application/vnd.ms-excel.sheet.macroenabled.12"
PPTM = "application/vnd.ms-powerpoint.presentation.macroenabled.12"
DOC = "application/msword"
XLS = "application/vnd.ms-excel"
PPT = "application/vnd.ms-powerpoint"
WPS = "application/vnd.ms-works"
OLE = "application/x-ole-storage"
MSG = "application/vnd.ms-outlook"
ENCRYPTED_OFFICE = "application/x-encrypted-office"
OFD = "application/ofd"
ODF = "application/vnd.oasis.opendocument"
ZIP = "application/zip"
RAR = "application/vnd.rar"
SEVEN_ZIP = "application/x-7z-compressed"
GZIP = "application/gzip"
RTF = "application/rtf"
EML = "message/rfc822"
TNEF = "application/ms-tnef"
JPEG, PNG, GIF, WEBP, HEIC, TIFF, BMP = (
    "image/jpeg", "image/png", "image/gif", "image/webp", "image/heic", "image/tiff", "image/bmp",
)  # fmt: skip
TEXT, CSV = "text/plain", "text/csv"
HTML, SVG, XML = "text/html", "image/svg+xml", "application/xml"
EXE, ELF, JAR, SCRIPT, LNK = (
    "application/vnd.microsoft.portable-executable", "application/x-elf", "application/java-archive",
    "text/x-script", "application/x-ms-shortcut",
)  # fmt: skip
AUDIO_VIDEO = "application/x-media"
UNKNOWN = "application/octet-stream"

# fmt: off
SCRIPT_NAMES = frozenset({
    "bat", "cmd", "com", "ps1", "psm1", "vbs", "vbe", "js", "jse", "wsf", "wsh", "hta", "sh", "bash", "py",
    "pl", "rb", "php", "jsp", "asp", "aspx", "reg", "inf", "scr", "msi", "cpl", "jar", "lnk", "url", "scf",
    "pif", "gadget", "application", "appref-ms", "iqy", "slk", "exe", "dll", "sys", "apk", "dmg", "iso",
    "img", "vhd", "chm",
})
# fmt: on
_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"MZ", EXE),
    (b"\x7fELF", ELF),
    (b"\xca\xfe\xba\xbe", JAR),
    (b"\xcf\xfa\xed\xfe", ELF),
    (b"\xfe\xed\xfa\xcf", ELF),
    (b"L\x00\x00\x00\x01\x14\x02\x00", LNK),
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"II*\x00", TIFF),
    (b"MM\x00*", TIFF),
    (b"Rar!\x1a\x07", RAR),
    (b"7z\xbc\xaf\x27\x1c", SEVEN_ZIP),
    (b"\x1f\x8b", GZIP),
    (b"{\\rt", RTF),
    (b"\x78\x9f\x3e\x22", TNEF),
    (b"ID3", AUDIO_VIDEO),
    (b"#!AMR", AUDIO_VIDEO),
    (b"OggS", AUDIO_VIDEO),
    (b"#!", SCRIPT),
)  # fmt: skip
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1", b"avif"})
_HEADER = re.compile(rb"[A-Za-z][A-Za-z0-9-]{1,40}:[ \t]*[^\r\n]*\r?\n")
_MAIL_HEADER = re.compile(
    rb"^(from|to|subject|received|return-path|message-id|mime-version|delivered-to|date)[ \t]*:", re.I | re.M
)
_MARKUP = re.compile(
    rb"<\s*(!doctype\s+html|html|head|body|script|iframe|meta|object|embed|form|table|div|img|a\s|svg)", re.I
)


def sniff(data: bytes, name: str = "") -> str:
    """Return the media type of a file by its bytes; `name` tells CSV, mail and scripts from other plain text.

    Answers `application/octet-stream` for what it does not know. Never raises.
    """
    for start, kind in _STARTS:
        if data.startswith(start) and not (kind == EXE and not _is_program(data)):
            return kind
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _ole(data)
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _zip(data)
    if data[:2] == b"BM" and len(data) > 26 and struct.unpack_from("<I", data, 2)[0] == len(data):
        return BMP
    if (boxed := _boxed(data)) is not None:
        return boxed
    if b"%PDF-" in data[:1024] and not _markup(data[: data.index(b"%PDF-")]):
        return PDF
    return _text(data, name)


def _is_program(data: bytes) -> bool:
    """Whether data beginning with MZ is a DOS or Windows program, not a text that happens to begin with MZ."""
    return len(data) >= 64 and (b"\x00" in data[:64] or b"PE\x00\x00" in data[:4096])


def _boxed(data: bytes) -> str | None:
    """Recognise the formats that name themselves after a length: WebP, HEIC, sound and film."""
    if data[:4] == b"RIFF":
        return WEBP if data[8:12] == b"WEBP" else AUDIO_VIDEO
    if data[4:8] == b"ftyp":
        brands = {data[8:12], *(data[at : at + 4] for at in range(16, min(len(data), 64), 4))}
        return HEIC if data[8:12] in _HEIC_BRANDS or (brands & _HEIC_BRANDS) else AUDIO_VIDEO
    return None


def _ole(data: bytes) -> str:
    """Distinguish OLE compound files by the streams in their directory."""
    for stream, kind in (
        ("EncryptedPackage", ENCRYPTED_OFFICE),
        ("__properties_version1.0", MSG),
        ("WordDocument", DOC),
        ("Workbook", XLS),
        ("Book", XLS),
        ("PowerPoint Document", PPT),
        ("WpsDocument", WPS),
        ("CONTENTS", WPS),
    ):
        # A directory entry is the name in UTF-16, padded with zeros.
        if stream.encode("utf-16-le") + b"\x00\x00" in data:
            return kind
    return OLE


def _zip(data: bytes) -> str:
    """Detect the type of a ZIP container by the names of its members."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _of_members({info.filename for info in archive.filelist}, archive)
    except (
        zipfile.BadZipFile,
        ValueError,
        OSError,
        NotImplementedError,
        struct.error,
        RuntimeError,
        EOFError,
    ):
        return ZIP


def _of_members(names: set[str], archive: zipfile.ZipFile) -> str:
    macros = any(name.lower().endswith(("vbaproject.bin", "vbadata.xml")) for name in names)
    for part, plain, with_macros in (
        ("word/document", DOCX, DOCM),
        ("xl/workbook", XLSX, XLSM),
        ("ppt/presentation", PPTX, PPTM),
    ):
        if "[Content_Types].xml" in names and any(name.lower().startswith(part) for name in names):
            return with_macros if macros else plain
    if "OFD.xml" in names:
        return OFD
    if "META-INF/MANIFEST.MF" in names or "AndroidManifest.xml" in names:
        return JAR
    if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
        kind = archive.read("mimetype").decode("ascii", "replace").strip()
        return kind if kind.startswith(ODF) else ZIP
    return ZIP


def _markup(head: bytes) -> bool:
    return bool(_MARKUP.search(head))


def _text(data: bytes, name: str) -> str:
    """Distinguish kinds of text; data that is not text in any encoding is unknown."""
    if not data.strip():
        return TEXT if data else UNKNOWN
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff")) or charsets.looks_wide(data)
    head = charsets.decode(data[:4096]).text.encode("utf-8") if wide else data[:4096]
    if charsets.readable(head.decode("utf-8")) < 0 if wide else _binary(data):
        return UNKNOWN
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n\x0c").lower()
    if start.startswith(b"<") or _markup(head[:1024]):
        return _markup_kind(start)
    if ending in SCRIPT_NAMES:
        return SCRIPT
    if _looks_like_mail(head, ending):
        return EML
    return CSV if ending in ("csv", "tsv") else TEXT


def _markup_kind(start: bytes) -> str:
    if re.search(rb"<\s*(?:\w+:)?svg[\s>/]", start):
        return SVG
    if _markup(start):
        return HTML
    return XML if start.startswith((b"<?xml", b"<")) and b">" in start else TEXT


def _looks_like_mail(head: bytes, ending: str) -> bool:
    """Say whether a text opens with mail headers: two known ones, or one in a file that is named .eml."""
    start = head.lstrip(b"\r\n")
    if not _HEADER.match(start) and not start.startswith(b"From "):
        return False
    top = re.split(rb"\r?\n\r?\n", start, maxsplit=1)[0]
    known = {match.group(1).lower() for match in _MAIL_HEADER.finditer(top)}
    technical = {b"received", b"return-path", b"message-id", b"mime-version", b"delivered-to"}
    return (bool(known & technical) and len(known) >= 2) or (ending == "eml" and bool(known))


def _binary(data: bytes) -> bool:
    """Say whether bytes are no text: zero bytes, or many control characters."""
    head = data[:8192]
    if b"\x00" in data[:65536]:
        return True
    controls = sum(head.count(code) for code in (*range(1, 9), *range(14, 27), *range(28, 32), 127))
    if controls > 3 + len(head) // 20:
        return True
    decoded = charsets.decode(head)
    return decoded.text.count("\ufffd") * 8 > len(decoded.text)
