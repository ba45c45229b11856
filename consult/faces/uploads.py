"""Files that people send along: looked at before they are read, so that one far too large costs no memory."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from flask import current_app, request
from flask_login import current_user
from werkzeug.datastructures import FileStorage

from consult.files.attachments import AttachmentRefused, CheckedAttachment, check
from consult.settings import blobs, settings
from consult.text.sentences import sentence

LARGEST_BODY = 1 << 30
"""Largest body that is read at all where scans are sent: one far too large is refused in words, the typed text kept."""
FORM_PARTS = 4000
FORM_BYTES = 16 * 1024 * 1024
View = TypeVar("View", bound=Callable[..., Any])


def takes_scans(view: View) -> View:
    """Let a page of the desk take a body larger than elsewhere, so that it can say itself that a file is too large."""
    view.takes_scans = True  # type: ignore[attr-defined]
    return view


def allow_scans() -> None:
    """Lift the limit of the present request where the page takes scans and somebody is signed in."""
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "takes_scans", False) and current_user.is_authenticated:
        lift_limits()


def lift_limits() -> None:
    """Let the present request have a large body; what isn't a file stays bounded."""
    request.max_content_length = LARGEST_BODY
    request.max_form_parts = FORM_PARTS
    request.max_form_memory_size = FORM_BYTES


def look_at(file: FileStorage) -> tuple[CheckedAttachment, bytes]:
    """Return a file that may be kept, and its bytes; one that is too large isn't read.

    Raises:
        AttachmentRefused: says what is wrong with it and what to do.
    """
    size, largest = file.stream.seek(0, io.SEEK_END), settings().attachment_bytes
    if size > largest:
        raise AttachmentRefused(
            file.filename or "",
            sentence(
                "有 %(size)s，超过了 %(most)s 的上限",
                size=f"{size / (1 << 20):.0f} MB",
                most=f"{largest / (1 << 20):.0f} MB",
            ),
            sentence("写的内容都还在。扫描时请选黑白或者较低的清晰度（150～200 dpi），再上传"),
        )
    file.stream.seek(0)
    data = file.stream.read()
    return check(file.filename or "", data, max_bytes=largest), data


def keep(files: Iterable[FileStorage]) -> list[CheckedAttachment]:
    """Keep the files that were chosen in a form.

    Raises:
        AttachmentRefused: one of them can't be kept; then none is.
    """
    looked_at = [look_at(file) for file in files if file.filename]
    for _, data in looked_at:
        blobs().put(data)
    return [checked for checked, _ in looked_at]
