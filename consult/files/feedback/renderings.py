"""From a feedback document to files, by file extension."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import BinaryIO

from consult.files.feedback import as_csv, as_docx, as_html, as_json, as_pdf, as_xlsx
from consult.files.feedback.document import FeedbackDocument
from consult.files.feedback.layout import Layout

Writer = Callable[[FeedbackDocument, BinaryIO, Layout], None]

WRITERS: dict[str, Writer] = {
    "html": as_html.write,
    "docx": as_docx.write,
    "pdf": as_pdf.write,
    "xlsx": as_xlsx.write,
    "json": as_json.write,
    "csv": as_csv.write,
}
"""What writes each format; all read the rows as a stream, so that memory doesn't grow with them."""


def render(document: FeedbackDocument, extension: str, layout: Layout | None = None) -> bytes:
    """Return ``document`` in the format of ``extension``, whole in memory; in the usual layout without another.

    Raises:
        KeyError: no such format.
    """
    out = io.BytesIO()
    WRITERS[extension](document, out, layout or Layout())
    return out.getvalue()
