"""JSON without spaces, as fast as the interpreter's own encoder goes.

``json.JSONEncoder.encode`` makes its C encoder anew for every document, which takes longer than a small document does.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from json import encoder
from typing import Any


def writer(*, sort_keys: bool) -> Callable[[Any], str]:
    """Return a function that writes a document as JSON: no spaces, non-ASCII characters as they are."""
    plain = json.JSONEncoder(ensure_ascii=False, sort_keys=sort_keys, separators=(",", ":"))
    make = getattr(encoder, "c_make_encoder", None)
    if make is None:  # not CPython
        return plain.encode
    pieces = make(None, plain.default, encoder.encode_basestring, None, ":", ",", sort_keys, False, True)
    return lambda document: "".join(pieces(document, 0))
