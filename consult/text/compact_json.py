"""Compact JSON, at the speed of the interpreter's C encoder.

``json.JSONEncoder.encode`` creates a C encoder on every call, which takes longer than encoding a small document.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from json import encoder
from typing import Any


def json_encoder(*, sort_keys: bool) -> Callable[[Any], str]:
    """Return a function that writes a document as JSON without spaces, non-ASCII characters unescaped."""
    plain = json.JSONEncoder(ensure_ascii=False, sort_keys=sort_keys, separators=(",", ":"))
    make = getattr(encoder, "c_make_encoder", None)
    if make is None:  # not CPython
        return plain.encode
    pieces = make(None, plain.default, encoder.encode_basestring, None, ":", ",", sort_keys, False, True)
    return lambda document: "".join(pieces(document, 0))
