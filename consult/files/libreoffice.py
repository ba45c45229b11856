"""Converts .doc, .wps, .rtf and .odt to .docx with LibreOffice, if it is installed."""

from __future__ import annotations

import resource
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from consult.files.errors import UnreadableFile

_TIMEOUT: Final = 90  # seconds one file may take
_ADDRESSES: Final = 8 << 30  # bytes of address space, of which LibreOffice uses a small part
_PROGRAMS: Final = ("soffice", "libreoffice")


def office_program() -> str | None:
    """The path of LibreOffice, or None where it is not installed."""
    return next((path for program in _PROGRAMS if (path := shutil.which(program))), None)


def to_docx(data: bytes, name: str, ending: str) -> bytes:
    """Convert an old Word, WPS, RTF or OpenDocument file, whose kind `ending` names, to .docx.

    Raises UnreadableFile where LibreOffice is missing or can't read the file; the message says what to do.
    """
    return _converted(data, name, ending, "docx:MS Word 2007 XML")


def to_pdf(data: bytes, name: str) -> bytes:
    """Convert a .docx to PDF.

    Raises UnreadableFile where LibreOffice is missing or can't read the file; the message says what to do.
    """
    return _converted(data, name, "docx", "pdf:writer_pdf_Export")


def _converted(data: bytes, name: str, ending: str, kind: str) -> bytes:
    program = office_program()
    wanted = kind.partition(":")[0]
    if program is None:
        raise UnreadableFile(
            f"“{name}”是 .{ending} 格式，本系统没有安装转换程序。请用 Word 或 WPS 打开，另存为 .{wanted} 后重新上传。"
        )
    with tempfile.TemporaryDirectory(prefix="convert-") as folder:
        source, out = Path(folder) / f"source.{ending}", Path(folder) / "out"
        source.write_bytes(data)
        command = [
            program,
            f"-env:UserInstallation={(Path(folder) / 'profile').as_uri()}",
            "--headless",
            "--norestore",
            "--convert-to",
            kind,
            "--outdir",
            str(out),
            str(source),
        ]
        try:
            subprocess.run(  # noqa: S603
                command,
                check=True,
                capture_output=True,
                timeout=_TIMEOUT,
                preexec_fn=_widen,
            )
            return (out / f"source.{wanted}").read_bytes()
        except (subprocess.SubprocessError, OSError) as error:
            raise UnreadableFile(
                f"“{name}”转换失败，文件可能已损坏。请用 Word 或 WPS 另存为 .{wanted} 后重新上传。"
            ) from error


def _widen() -> None:
    """Let LibreOffice map more than the process that reads what it wrote."""
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESSES if most == resource.RLIM_INFINITY else most, most))
