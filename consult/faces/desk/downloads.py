"""Files that the desk gives out: always downloads, never shown by the browser."""

from __future__ import annotations

from io import BytesIO

from flask import send_file
from werkzeug.wrappers import Response

OCTETS = "application/octet-stream"


def download(data: bytes, name: str, media_type: str = OCTETS) -> Response:
    """Return bytes as a download of this name."""
    response = send_file(BytesIO(data), mimetype=media_type, as_attachment=True, download_name=name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
