"""Characters that XML doesn't allow."""

from __future__ import annotations

import re
from typing import Final

_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_text(text: str) -> str:
    """The text without the control characters that XML 1.0 (section 2.2) forbids."""
    return _NOT_XML.sub("", text)
