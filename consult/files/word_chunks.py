"""Files inside a Word document that Word shows as a part of its text (w:altChunk)."""

from __future__ import annotations

from consult.files import charsets
from consult.files.html_reader import read_html
from consult.files.saved_pages import html_of_archive


def chunk_lines(part: str, content: bytes) -> list[str] | None:
    """The lines of an embedded page or text; None for a file of another kind, a Word document among them."""
    kind = part.rpartition(".")[2].lower()
    if kind in ("mht", "mhtml"):
        page = html_of_archive(content)
        return None if page is None else read_html(page).split("\n")
    if kind in ("htm", "html", "xhtml"):
        return read_html(charsets.decode(content).text).split("\n")
    if kind == "txt":
        return charsets.decode(content).text.splitlines()
    return None
