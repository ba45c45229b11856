"""What may be attached to an opinion: checked by content, named safely, refused in words that say what to do."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass

from consult.files import archives, sniff
from consult.files.extraction import text_of
from consult.text.sentences import Sentence, sentence

__all__ = ["AttachmentRefused", "CheckedAttachment", "check", "safe_name", "text_of"]

_WORD = frozenset({sniff.DOC, sniff.DOCX, sniff.WPS, sniff.RTF})
_SHEET = frozenset({sniff.XLS, sniff.XLSX})
_SLIDES = frozenset({sniff.PPT, sniff.PPTX})
_IMAGE = frozenset({sniff.JPEG, sniff.PNG, sniff.GIF, sniff.WEBP, sniff.HEIC, sniff.TIFF, sniff.BMP})
_PLAIN = frozenset({sniff.TEXT, sniff.CSV, sniff.EML})
_PACKED = frozenset({sniff.DOCX, sniff.XLSX, sniff.PPTX, sniff.OFD})

_KINDS: dict[frozenset[str], str] = {
    frozenset({sniff.PDF}): "pdf",
    _WORD: "doc docx wps rtf wpt dot dotx",
    _SHEET: "xls xlsx et xlt xltx",
    _SLIDES: "ppt pptx dps pps ppsx",
    frozenset({sniff.OFD}): "ofd",
    _IMAGE: "jpg jpeg jpe jfif png gif webp heic heif tif tiff bmp avif",
    _PLAIN: "txt csv tsv md log text",
    frozenset({sniff.ZIP}): "zip",
}
# A phone names a WebP picture .jpg, WPS saves RTF as .doc: within such a family a wrong ending is no lie.
_BY_ENDING = {ending: kinds for kinds, endings in _KINDS.items() for ending in endings.split()}
_ODF_ENDINGS = frozenset({"odt", "ods", "odp"})
_ALLOWED = frozenset().union(*_KINDS)
_MARKUP_ENDINGS = frozenset({"htm", "html", "xhtml", "mht", "mhtml", "svg", "xml", "xsl", "swf", "shtml", "eml", "msg"})
_MACRO_ENDINGS = frozenset({"docm", "dotm", "xlsm", "xltm", "xlam", "pptm", "potm", "ppsm", "xlsb"})
_PROPER_ENDING = {
    sniff.PDF: "pdf", sniff.DOCX: "docx", sniff.XLSX: "xlsx", sniff.PPTX: "pptx", sniff.DOC: "doc", sniff.XLS: "xls",
    sniff.PPT: "ppt", sniff.WPS: "wps", sniff.RTF: "rtf", sniff.OFD: "ofd", sniff.ZIP: "zip", sniff.TEXT: "txt",
    sniff.CSV: "csv", sniff.JPEG: "jpg", sniff.PNG: "png", sniff.GIF: "gif", sniff.WEBP: "webp", sniff.HEIC: "heic",
    sniff.TIFF: "tif", sniff.BMP: "bmp",
}  # fmt: skip

_CALLED = {
    sniff.EXE: sentence("程序"),
    sniff.ELF: sentence("程序"),
    sniff.JAR: sentence("程序"),
    sniff.SCRIPT: sentence("脚本"),
    sniff.LNK: sentence("快捷方式"),
    sniff.HTML: sentence("网页"),
    sniff.SVG: sentence("SVG 图形"),
    sniff.XML: sentence("XML 文件"),
    sniff.EML: sentence("邮件"),
    sniff.MSG: sentence("邮件"),
    sniff.RAR: sentence("RAR 压缩包"),
    sniff.SEVEN_ZIP: sentence("7z 压缩包"),
    sniff.GZIP: sentence("gzip 压缩包"),
    sniff.AUDIO_VIDEO: sentence("音频或视频"),
    sniff.PDF: sentence("PDF"),
    sniff.ZIP: sentence("ZIP 压缩包"),
    sniff.TEXT: sentence("纯文本"),
    sniff.CSV: sentence("纯文本"),
    sniff.OFD: sentence("OFD"),
    sniff.TNEF: sentence("Outlook 专用格式"),
}
_MAY_SEND = sentence("可以上传 PDF、OFD、Word、Excel、WPS、PPT、图片、纯文本和 ZIP")

_MAX_NAME = 120  # characters
_MAX_NAME_BYTES = 200  # file systems stop at 255
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|\Z)", re.I)
_RTF_OBJECT = re.compile(rb"\\obj(?:data|update|autlink|ocx|html)|\\\*\\(?:objclass|template)", re.I)


class AttachmentRefused(Exception):
    """A file can't be attached; the message says which, what is wrong with it and what to do, in Chinese."""

    def __init__(self, name: str, wrong: Sentence, advice: Sentence) -> None:
        self.name = name
        self.words = sentence("附件《%(name)s》%(wrong)s。%(advice)s", name=name, wrong=wrong, advice=advice)
        super().__init__(sentence("%(words)s。", words=self.words))


@dataclass(frozen=True)
class CheckedAttachment:
    """A file that may be kept: its safe `name`, its `media_type` by content, its `size` in bytes, its SHA-256."""

    name: str
    media_type: str
    size: int
    digest: str


def check(name: str, data: bytes, *, max_bytes: int) -> CheckedAttachment:
    """Look at a file that somebody sent, of at most `max_bytes`; raises AttachmentRefused."""
    shown = safe_name(name)
    if not data:
        raise AttachmentRefused(shown, sentence("是空文件"), sentence("请检查文件内容后重新上传"))
    if len(data) > max_bytes:
        raise AttachmentRefused(
            shown,
            sentence("有 %(size)s，超过了 %(most)s 的上限", size=_megabytes(len(data)), most=_megabytes(max_bytes)),
            sentence("请压缩或拆分后上传"),
        )
    kind = sniff.sniff(data, shown)
    _refuse_harmful(shown, kind, data)
    _refuse_lies(shown, kind)
    if kind in _PACKED or kind.startswith(sniff.ODF):
        _try_expanding(shown, data)
    elif kind == sniff.ZIP:
        _check_archive(shown, data)
    kind = sniff.TEXT if kind == sniff.EML else kind
    return CheckedAttachment(_with_ending(shown, kind), kind, len(data), hashlib.sha256(data).hexdigest())


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
    """Refuse what can run or what hides what it is."""
    ending = _ending(name)
    if kind in (sniff.DOCM, sniff.XLSM, sniff.PPTM) or ending in _MACRO_ENDINGS or _has_macros(kind, data):
        raise AttachmentRefused(name, sentence("带有宏"), sentence("请另存为不带宏的 .docx、.xlsx 或 PDF 后上传"))
    if kind == sniff.RTF and _RTF_OBJECT.search(data):
        raise AttachmentRefused(name, sentence("嵌入了其他对象"), sentence("请另存为 .docx 或 PDF 后上传"))
    if kind == sniff.ENCRYPTED_OFFICE or (kind == sniff.PDF and _is_locked_pdf(data)):
        raise AttachmentRefused(name, sentence("加了密码，打不开"), sentence("请去掉密码后上传"))
    if ending in sniff.SCRIPT_NAMES or ending in _MARKUP_ENDINGS:
        raise AttachmentRefused(
            name, sentence("是 .%(ending)s 文件，可能含有会运行的内容，不能上传", ending=ending), _MAY_SEND
        )
    if kind in (sniff.RAR, sniff.SEVEN_ZIP, sniff.GZIP):
        raise AttachmentRefused(
            name,
            sentence("是 %(kind)s，平台打不开", kind=_CALLED[kind]),
            sentence("请改用 ZIP 压缩，或者直接上传里面的文件"),
        )
    if kind not in _ALLOWED and not kind.startswith(sniff.ODF):
        called = _CALLED.get(kind)
        wrong = sentence("其实是“%(kind)s”，不能上传", kind=called) if called else sentence("的文件类型无法识别")
        raise AttachmentRefused(name, wrong, _MAY_SEND)


def _refuse_lies(name: str, kind: str) -> None:
    """Refuse a file whose name says it is something else."""
    ending = _ending(name)
    expected = _BY_ENDING.get(ending)
    if ending in _ODF_ENDINGS:
        expected = frozenset({kind}) if kind.startswith(sniff.ODF) else frozenset()
    if expected is not None and kind not in expected:
        called = _CALLED.get(kind) or _named(kind)
        raise AttachmentRefused(
            name,
            sentence("名称以 .%(ending)s 结尾，内容却是“%(kind)s”", ending=ending, kind=called),
            sentence("请用原来的软件重新保存后上传"),
        )


def _named(kind: str) -> Sentence:
    """Return what people call a kind of file that has no other name than its ending."""
    ending = _PROPER_ENDING.get(kind)
    return sentence(".%(ending)s 文件", ending=ending) if ending else sentence("其他文件")


def _try_expanding(name: str, data: bytes) -> None:
    """Refuse a document that is a damaged archive or a bomb."""
    try:
        for _ in archives.members(data):
            pass
    except archives.ArchiveRefused as refusal:
        raise AttachmentRefused(
            name, sentence("的内部有问题：%(why)s", why=str(refusal)), sentence("请用原来的软件重新保存后上传")
        ) from None


def _check_archive(name: str, data: bytes, depth: int = 1, budget: archives.Budget | None = None) -> None:
    """Look at every file of an archive, and of the archives inside it."""
    budget = budget or archives.Budget()
    if depth > archives.MAX_DEPTH:
        raise AttachmentRefused(
            name, sentence("里面的压缩包套了超过 %(n)s 层", n=archives.MAX_DEPTH), sentence("请直接上传里面的文件")
        )
    count = 0
    try:
        for member in archives.members(data, budget):
            count += 1
            _check_member(name, member, depth, budget)
    except archives.ArchiveRefused as refusal:
        raise AttachmentRefused(
            name, sentence("不能接收：%(why)s", why=str(refusal)), sentence("请直接上传里面的文件")
        ) from None
    if not count:
        raise AttachmentRefused(name, sentence("是空的压缩包"), sentence("请检查后重新上传"))


def _check_member(name: str, member: archives.Member, depth: int, budget: archives.Budget) -> None:
    if not member.data or member.name.startswith("__MACOSX/") or member.name.endswith((".DS_Store", "Thumbs.db")):
        return
    inner = safe_name(member.name)
    kind = sniff.sniff(member.data, inner)
    try:
        _refuse_harmful(inner, kind, member.data)
        if kind == sniff.ZIP:
            _check_archive(inner, member.data, depth + 1, budget)
        elif kind in _PACKED:
            for _ in archives.members(member.data, budget):
                pass
    except AttachmentRefused as refusal:
        wrong = sentence("里有不能接收的文件（%(inner)s）", inner=refusal.words)
        raise AttachmentRefused(name, wrong, sentence("请去掉这个文件后上传")) from None


def _has_macros(kind: str, data: bytes) -> bool:
    """Say whether an old Office file names a macro project in its directory."""
    if kind not in (sniff.DOC, sniff.XLS, sniff.PPT, sniff.WPS):
        return False
    return any(name.encode("utf-16-le") in data for name in ("_VBA_PROJECT", "Macros\x00"))


def _is_locked_pdf(data: bytes) -> bool:
    """Say whether a PDF asks for a password to be opened; one that only forbids printing has an empty one."""
    if b"/Encrypt" not in data:
        return False
    from consult.files.pdf import needs_password

    return needs_password(data)


def _with_ending(name: str, kind: str) -> str:
    """Give a name without a known ending the one of its content, so that it opens when it is downloaded."""
    known = _ending(name) in _BY_ENDING or _ending(name) in _ODF_ENDINGS
    proper = _PROPER_ENDING.get(kind)
    return name if known or not proper else safe_name(f"{name}.{proper}")


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""


def _megabytes(size: int) -> str:
    return f"{size / (1 << 20):.1f} MB" if size >= 1 << 20 else f"{max(1, size >> 10)} KB"
