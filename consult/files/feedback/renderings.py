"""From a feedback document to bytes, by file extension."""

from __future__ import annotations

from collections.abc import Callable

from consult.files.feedback import as_docx, as_html, as_json, as_pdf, as_xlsx
from consult.files.feedback.document import FeedbackDocument

RENDERERS: dict[str, Callable[[FeedbackDocument], bytes]] = {
    "html": as_html.render,
    "docx": as_docx.render,
    "pdf": as_pdf.render,
    "xlsx": as_xlsx.render,
    "json": as_json.render,
}


def render(document: FeedbackDocument, extension: str) -> bytes:
    """Return ``document`` in the format of ``extension``.

    Raises:
        KeyError: no such format.
    """
    return RENDERERS[extension](document)
