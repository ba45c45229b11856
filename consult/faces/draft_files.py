"""Drafts and comparisons as files to take away: the same for the public and for staff."""

from __future__ import annotations

from io import BytesIO

from flask import send_file
from werkzeug.wrappers import Response

from consult.app_context import settings
from consult.clock import local
from consult.drafting import stored_drafts, version_comparison
from consult.drafting.models import Consultation, DraftVersion
from consult.files.export import word
from consult.files.export.akoma_ntoso import MEDIA_TYPE as AKOMA_NTOSO
from consult.files.export.akoma_ntoso import Particulars, to_akoma_ntoso
from consult.files.export.json_and_markdown import to_json, to_markdown
from consult.text.sentences import sentence

MEDIA_TYPES = {"docx": word.MEDIA_TYPE, "xml": AKOMA_NTOSO, "json": "application/json", "md": "text/markdown"}
FORMATS = (
    ("docx", sentence("Word（公文格式）")),
    ("xml", sentence("XML（Akoma Ntoso）")),
    ("json", "JSON"),
    ("md", "Markdown"),
)
"""The formats of a draft with their words, in the order in which pages offer them."""


def draft_file(version: DraftVersion, extension: str) -> Response:
    """Return a version of a draft as a download; ``extension`` is one of ``MEDIA_TYPES``."""
    name = f"{version.title}.{extension}"
    return _download(_written(version, extension), MEDIA_TYPES[extension], name, f"{version.file_digest}-{extension}")


def _written(version: DraftVersion, extension: str) -> bytes:
    draft = stored_drafts.read(version)
    if extension == "docx":
        return word.to_docx(draft)
    if extension == "xml":
        return to_akoma_ntoso(draft, _particulars(version))
    return (to_json(draft) if extension == "json" else to_markdown(draft)).encode()


def _particulars(version: DraftVersion) -> Particulars:
    consultation = version.consultation
    author = consultation.division.name if consultation.division is not None else settings().site_name
    return Particulars(consultation.slug, local(version.uploaded_at).date(), author, str(version.number))


def comparison_file(consultation: Consultation, old: DraftVersion, new: DraftVersion, *, whole: bool) -> Response:
    """Return the table of changes between two versions as DOCX; ``whole`` has what didn't change too."""
    data = word.comparison_to_docx(version_comparison.between(old, new), new.title, whole=whole)
    name = f"{new.title}修改对照表.docx"
    return _download(data, word.MEDIA_TYPE, name, f"{old.file_digest}-{new.file_digest}-{whole:d}")


def _download(data: bytes, media_type: str, name: str, etag: str) -> Response:
    response = send_file(BytesIO(data), media_type, as_attachment=True, download_name=name, etag=etag[:140])
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
