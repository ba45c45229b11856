"""Checks attachments of opinions: type by content, safe names, refusals that say what to do."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass

from consult.files import file_type, zip_limits
from consult.text.sentences import Sentence, sentence

_WORD = frozenset({file_type.DOC, file_type.DOCX, file_type.WPS, file_type.RTF})
_SHEET = frozenset({file_type.XLS, file_type.XLSX})
_SLIDES = frozenset({file_type.PPT, file_type.PPTX})
_IMAGE = frozenset(
    {file_type.JPEG, file_type.PNG, file_type.GIF, file_type.WEBP, file_type.HEIC, file_type.TIFF, file_type.BMP}
)
_PLAIN = frozenset({file_type.TEXT, file_type.CSV, file_type.EML})
_PACKED = frozenset({file_type.DOCX, file_type.XLSX, file_type.PPTX, file_type.OFD})

_KINDS: dict[frozenset[str], str] = {
    frozenset({file_type.PDF}): "pdf",
    _WORD: "doc docx wps rtf wpt dot dotx",
    _SHEET: "xls xlsx et xlt xltx",
    _SLIDES: "ppt pptx dps pps ppsx",
    frozenset({file_type.OFD}): "ofd",
    _IMAGE: "jpg jpeg jpe jfif png gif webp heic heif tif tiff bmp avif",
    _PLAIN: "txt csv tsv md log text",
    frozenset({file_type.ZIP}): "zip",
}
# Phones name WebP pictures .jpg and WPS saves RTF as .doc: a wrong extension within a family is harmless.
_BY_ENDING = {ending: kinds for kinds, endings in _KINDS.items() for ending in endings.split()}
_ODF_KINDS = {
    "odt": f"{file_type.ODF}.text",
    "ods": f"{file_type.ODF}.spreadsheet",
    "odp": f"{file_type.ODF}.presentation",
}
_ODF_ENDINGS = frozenset(_ODF_KINDS)
_OLDER = frozenset({file_type.DOC, file_type.XLS, file_type.PPT})
CONTAINERS = frozenset({file_type.PDF, file_type.ZIP, *_WORD, *_SHEET, *_SLIDES, *_PACKED, *_ODF_KINDS.values()})
"""What must be opened, or searched whole, before anybody knows that it is harmless."""
_ALLOWED = frozenset().union(*_KINDS)
_MARKUP_ENDINGS = frozenset({"htm", "html", "xhtml", "mht", "mhtml", "svg", "xml", "xsl", "swf", "shtml", "eml", "msg"})
_MACRO_ENDINGS = frozenset({"docm", "dotm", "xlsm", "xltm", "xlam", "pptm", "potm", "ppsm", "xlsb"})
_PROPER_ENDING = {
    file_type.PDF: "pdf",
    file_type.DOCX: "docx",
    file_type.XLSX: "xlsx",
    file_type.PPTX: "pptx",
    file_type.DOC: "doc",
    file_type.XLS: "xls",
    file_type.PPT: "ppt",
    file_type.WPS: "wps",
    file_type.RTF: "rtf",
    file_type.OFD: "ofd",
    file_type.ZIP: "zip",
    file_type.TEXT: "txt",
    file_type.CSV: "csv",
    file_type.JPEG: "jpg",
    file_type.PNG: "png",
    file_type.GIF: "gif",
    file_type.WEBP: "webp",
    file_type.HEIC: "heic",
    file_type.TIFF: "tif",
    file_type.BMP: "bmp",
}

_CALLED = {
    file_type.EXE: sentence("程序"),
    file_type.ELF: sentence("程序"),
    file_type.JAR: sentence("程序"),
    file_type.SCRIPT: sentence("脚本"),
    file_type.LNK: sentence("快捷方式"),
    file_type.HTML: sentence("网页"),
    file_type.SVG: sentence("SVG 图形"),
    file_type.XML: sentence("XML 文件"),
    file_type.EML: sentence("邮件"),
    file_type.MSG: sentence("邮件"),
    file_type.RAR: sentence("RAR 压缩包"),
    file_type.SEVEN_ZIP: sentence("7z 压缩包"),
    file_type.GZIP: sentence("gzip 压缩包"),
    file_type.AUDIO_VIDEO: sentence("音频或视频"),
    file_type.PDF: sentence("PDF"),
    file_type.ZIP: sentence("ZIP 压缩包"),
    file_type.TEXT: sentence("纯文本"),
    file_type.CSV: sentence("纯文本"),
    file_type.OFD: sentence("OFD"),
    file_type.TNEF: sentence("Outlook 专用格式"),
}
_MAY_SEND = sentence("可以上传 PDF、OFD、Word、Excel、WPS、PPT、图片、纯文本和 ZIP")

_MAX_NAME = 120  # characters
_MAX_NAME_BYTES = 200  # file systems stop at 255
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|\Z)", re.I)
_RTF_OBJECT = re.compile(rb"\\obj(?:data|update|autlink|ocx|html)|\\\*\\(?:objclass|template)", re.I)


class AttachmentRefused(Exception):
    """A file can't be attached; the message (Chinese) says which one, what is wrong and what to do."""

    def __init__(self, name: str, wrong: Sentence, advice: Sentence) -> None:
        self.name, self.wrong, self.advice = name, wrong, advice
        self.words = sentence("附件《%(name)s》%(wrong)s。%(advice)s", name=name, wrong=wrong, advice=advice)
        super().__init__(sentence("%(words)s。", words=self.words))


@dataclass(frozen=True)
class CheckedAttachment:
    """An accepted file: its safe `name`, `media_type` by content, `size` in bytes and SHA-256 `digest`."""

    name: str
    media_type: str
    size: int
    digest: str


def check(name: str, data: bytes, *, max_bytes: int) -> CheckedAttachment:
    """Check a received file of at most `max_bytes`; raises AttachmentRefused."""
    shown = safe_name(name)
    if not data.strip():
        raise AttachmentRefused(shown, sentence("是空文件"), sentence("请检查文件内容后重新上传"))
    refuse_size(shown, len(data), max_bytes)
    kind = file_type.sniff(data, shown)
    _refuse_harmful(shown, kind, data)
    _refuse_wrong_extension(shown, kind)
    if kind in _PACKED or kind.startswith(file_type.ODF):
        _try_expanding(shown, data)
    elif kind == file_type.ZIP:
        _check_archive(shown, data)
    kind = file_type.TEXT if kind == file_type.EML else kind
    return CheckedAttachment(_with_ending(shown, kind), kind, len(data), hashlib.sha256(data).hexdigest())


def taken_unopened(name: str, sniffed: str, digest: str, size: int) -> CheckedAttachment:
    """Accept a container by its name and what its first bytes are; ``check`` is what opens it, later.

    Raises:
        AttachmentRefused: its name says that it is something else, or something that nobody may send.
    """
    shown = safe_name(name)
    kind = _kind_by_name(shown, sniffed)
    _refuse_harmful(shown, kind, b"")
    _refuse_wrong_extension(shown, kind)
    return CheckedAttachment(shown, kind, size, digest)


def _kind_by_name(name: str, sniffed: str) -> str:
    """Return the type of a container that is what its name says: a ZIP may be any format that is made of one."""
    if sniffed in (file_type.PDF, file_type.RTF):
        return sniffed
    ending = _ending(name)
    if sniffed == file_type.ZIP and ending in _ODF_KINDS:
        return _ODF_KINDS[ending]
    family, others = _BY_ENDING.get(ending, frozenset()), _OLDER if sniffed == file_type.OLE else _PACKED
    return next((kind for kind in sorted(others) if kind in family), min(others) if others is _OLDER else sniffed)


def refuse_size(name: str, size: int, max_bytes: int) -> None:
    """Refuse a file of more than `max_bytes`."""
    if size > max_bytes:
        raise AttachmentRefused(
            safe_name(name),
            sentence("有 %(size)s，超过了 %(most)s 的上限", size=_megabytes(size), most=_megabytes(max_bytes)),
            sentence("请压缩或拆分后上传；扫描件请选黑白或者较低的清晰度（150～200 dpi）"),
        )


def safe_name(name: str) -> str:
    """Return a file name without folders, control and direction characters, short enough for any file system."""
    plain = unicodedata.normalize("NFC", name.replace("\\", "/")).rpartition("/")[2]
    plain = "".join(char for char in plain if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
    plain = " ".join(re.sub(r'[<>:"|?*]', "_", plain).split()).strip(". ")
    if not plain or _RESERVED.match(plain):
        plain = f"附件{'_' if plain else ''}{plain}"
    stem, dot, ending = plain.rpartition(".")
    if not dot or len(ending) > 10:
        stem, dot, ending = plain, "", ""
    stem = stem[: _MAX_NAME - len(ending) - 1]
    while len(f"{stem}{dot}{ending}".encode()) > _MAX_NAME_BYTES:
        stem = stem[:-1]
    return f"{stem.rstrip()}{dot}{ending}"


def _refuse_harmful(name: str, kind: str, data: bytes) -> None:
    """Refuse executable content, and files that hide their type."""
    ending = _ending(name)
    if kind in (file_type.DOCM, file_type.XLSM, file_type.PPTM) or ending in _MACRO_ENDINGS or _has_macros(kind, data):
        raise AttachmentRefused(name, sentence("带有宏"), sentence("请另存为不带宏的 .docx、.xlsx 或 PDF 后上传"))
    if kind == file_type.RTF and _RTF_OBJECT.search(data):
        raise AttachmentRefused(name, sentence("嵌入了其他对象"), sentence("请另存为 .docx 或 PDF 后上传"))
    if kind == file_type.ENCRYPTED_OFFICE or (kind == file_type.PDF and _is_locked_pdf(data)):
        raise AttachmentRefused(name, sentence("加了密码，无法打开"), sentence("请去掉密码后上传"))
    if ending in file_type.SCRIPT_NAMES or ending in _MARKUP_ENDINGS:
        raise AttachmentRefused(
            name, sentence("是 .%(ending)s 文件，可能含有会运行的内容，不能上传", ending=ending), _MAY_SEND
        )
    if kind in (file_type.RAR, file_type.SEVEN_ZIP, file_type.GZIP):
        raise AttachmentRefused(
            name,
            sentence("是 %(kind)s，平台无法打开", kind=_CALLED[kind]),
            sentence("请改用 ZIP 压缩，或者直接上传里面的文件"),
        )
    if kind not in _ALLOWED and not kind.startswith(file_type.ODF):
        called = _CALLED.get(kind)
        wrong = sentence("其实是“%(kind)s”，不能上传", kind=called) if called else sentence("的文件类型无法识别")
        raise AttachmentRefused(name, wrong, _MAY_SEND)


def _refuse_wrong_extension(name: str, kind: str) -> None:
    """Refuse a file whose extension contradicts its content."""
    ending = _ending(name)
    expected = _BY_ENDING.get(ending)
    if ending in _ODF_ENDINGS:
        expected = frozenset({kind}) if kind.startswith(file_type.ODF) else frozenset()
    if expected is not None and kind not in expected:
        called = _CALLED.get(kind) or _named(kind)
        raise AttachmentRefused(
            name,
            sentence("名称以 .%(ending)s 结尾，内容却是“%(kind)s”", ending=ending, kind=called),
            sentence("请用原来的软件重新保存后上传"),
        )


def _named(kind: str) -> Sentence:
    """Return the common name of a file type, or its extension."""
    ending = _PROPER_ENDING.get(kind)
    return sentence(".%(ending)s 文件", ending=ending) if ending else sentence("其他文件")


def _try_expanding(name: str, data: bytes) -> None:
    """Refuse a document that is a damaged archive or a zip bomb."""
    try:
        for _ in zip_limits.members(data):
            pass
    except zip_limits.ArchiveRefused as refusal:
        raise AttachmentRefused(
            name, sentence("的内部有问题：%(why)s", why=str(refusal)), sentence("请用原来的软件重新保存后上传")
        ) from None


def _check_archive(name: str, data: bytes, depth: int = 1, budget: zip_limits.Budget | None = None) -> None:
    """Check every file of an archive, and of nested archives."""
    budget = budget or zip_limits.Budget()
    if depth > zip_limits.MAX_DEPTH:
        raise AttachmentRefused(
            name, sentence("里面的压缩包套了超过 %(n)s 层", n=zip_limits.MAX_DEPTH), sentence("请直接上传里面的文件")
        )
    count = 0
    try:
        for member in zip_limits.members(data, budget):
            count += 1
            _check_member(name, member, depth, budget)
    except zip_limits.ArchiveRefused as refusal:
        raise AttachmentRefused(
            name, sentence("不能接收：%(why)s", why=str(refusal)), sentence("请直接上传里面的文件")
        ) from None
    if not count:
        raise AttachmentRefused(name, sentence("是空的压缩包"), sentence("请检查后重新上传"))


def _check_member(name: str, member: zip_limits.Member, depth: int, budget: zip_limits.Budget) -> None:
    if not member.data or member.name.startswith("__MACOSX/") or member.name.endswith((".DS_Store", "Thumbs.db")):
        return
    inner = safe_name(member.name)
    kind = file_type.sniff(member.data, inner)
    try:
        _refuse_harmful(inner, kind, member.data)
        if kind == file_type.ZIP:
            _check_archive(inner, member.data, depth + 1, budget)
        elif kind in _PACKED:
            for _ in zip_limits.members(member.data, budget):
                pass
    except AttachmentRefused as refusal:
        wrong = sentence("里有不能接收的文件（%(inner)s）", inner=refusal.words)
        raise AttachmentRefused(name, wrong, sentence("请去掉这个文件后上传")) from None


def _has_macros(kind: str, data: bytes) -> bool:
    """Whether an old Office file has a macro project in its directory."""
    if kind not in (file_type.DOC, file_type.XLS, file_type.PPT, file_type.WPS):
        return False
    return any(name.encode("utf-16-le") in data for name in ("_VBA_PROJECT", "Macros\x00"))


def _is_locked_pdf(data: bytes) -> bool:
    """Whether a PDF needs a password to be opened; one that only forbids printing has an empty password."""
    if b"/Encrypt" not in data:
        return False
    from consult.files.pdf_subprocess import needs_password

    return needs_password(data)


def _with_ending(name: str, kind: str) -> str:
    """Append the extension for its content to a name without a known one, so that a download opens."""
    known = _ending(name) in _BY_ENDING or _ending(name) in _ODF_ENDINGS
    proper = _PROPER_ENDING.get(kind)
    return name if known or not proper else safe_name(f"{name}.{proper}")


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""


def _megabytes(size: int) -> str:
    if size < 1 << 20:
        return f"{max(1, size >> 10)} KB"
    return f"{size / (1 << 20):.1f}".removesuffix(".0") + " MB"
