"""Forms as browsers send them by default (``application/x-www-form-urlencoded``), within limits.

Werkzeug bounds the parts of multipart forms only: a million fields of this kind cost five seconds and 300 MB.
"""

from __future__ import annotations

from io import BytesIO
from typing import IO, Any

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

FIELDS = 4000
"""Most fields of one form; the longest lists of the desk have a few hundred."""


class BoundedFormParser(FormDataParser):
    """Refuses a form that is larger than what a multipart form may hold beside its files, or has too many fields."""

    def parse(
        self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str] | None = None
    ) -> Any:
        """Parse a body as Werkzeug does.

        Raises:
            RequestEntityTooLarge: it is beyond the limits.
        """
        most = self.max_form_memory_size
        if mimetype == "application/x-www-form-urlencoded" and most is not None:
            body = stream.read(most + 1)
            if len(body) > most or body.count(b"&") >= FIELDS:
                raise RequestEntityTooLarge
            stream = BytesIO(body)
        return super().parse(stream, mimetype, content_length, options)


class BoundedRequest(Request):
    """A request whose forms are bounded, whatever way they come."""

    form_data_parser_class = BoundedFormParser
