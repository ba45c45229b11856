"""Files that people send along: looked at before they are read, so that one far too large costs no memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from flask import current_app, request
from flask_login import current_user
from werkzeug.datastructures import FileStorage

from consult.app_context import blobs, sandbox, settings
from consult.files import uploaded_files
from consult.files.attachments import CheckedAttachment

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


def checked_upload(file: FileStorage) -> CheckedAttachment:
    """Return what a file is that may be kept; one that is too large isn't read.

    Raises:
        AttachmentRefused: says what is wrong with it and what to do.
    """
    return uploaded_files.check(file.filename or "", file.stream, sandbox(), max_bytes=settings().attachment_bytes)


def glanced_upload(file: FileStorage) -> CheckedAttachment:
    """Return what a file of a visitor seems to be, without opening it: the worker does, after the receipt.

    Raises:
        AttachmentRefused: says what is wrong with it and what to do.
    """
    return uploaded_files.glance(file.filename or "", file.stream, max_bytes=settings().attachment_bytes)


def chosen_files(field: str) -> list[FileStorage]:
    """Return the files that were chosen in a field of a form."""
    return [file for file in request.files.getlist(field) if file.filename]


def store(files: Iterable[FileStorage]) -> None:
    """Keep the bytes of files that were checked."""
    for file in files:
        file.stream.seek(0)
        blobs().put_stream(file.stream, settings().attachment_bytes)


def keep(files: Iterable[FileStorage]) -> list[CheckedAttachment]:
    """Keep the files that were chosen in a form.

    Raises:
        AttachmentRefused: one of them can't be kept; then none is.
    """
    named = [file for file in files if file.filename]
    checked = [checked_upload(file) for file in named]
    store(named)
    return checked
