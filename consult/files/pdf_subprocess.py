"""Reads PDFs in a subprocess, so that a hostile file can't break anything else.

The child process runs this same file; it gets limited memory and time, and answers one JSON document.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from typing import Any

MAX_PAGES = 500
MAX_CHARACTERS = 1_000_000
_SECONDS = 20
_MEMORY = 512 << 20  # bytes of address space


def text_of_pdf(data: bytes) -> str:
    """Return the text of a PDF, page by page, at most MAX_PAGES; "" for one that can't be read or holds only scans."""
    return str(_ask(data).get("text", ""))


def needs_password(data: bytes) -> bool:
    """Say whether a PDF can't be opened without a password."""
    return bool(_ask(data).get("locked", False))


def _ask(data: bytes) -> dict[str, Any]:
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter on our own file
            [sys.executable, "-I", __file__], input=data, capture_output=True, timeout=_SECONDS + 10, check=False
        )
        answer = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, OSError, ValueError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _answer(data: bytes) -> dict[str, Any]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        return {"locked": "assword" in str(error)}
    pages: list[str] = []
    length = 0
    for number in range(min(len(document), MAX_PAGES)):
        try:
            text = document[number].get_textpage().get_text_range()
        except pypdfium2.PdfiumError:
            continue
        pages.append(text.replace("\r\n", "\n").replace("\x00", ""))
        length += len(text)
        if length > MAX_CHARACTERS:
            break
    return {"text": "\n".join(pages)[:MAX_CHARACTERS].strip()}


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    json.dump(_answer(sys.stdin.buffer.read()), sys.stdout)
