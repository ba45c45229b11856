"""Click's own words in Chinese: the headings of help texts and the messages of wrong usage.

Click asks ``gettext`` for them, whose language follows the environment; commands are Chinese whatever the environment.
"""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path


def use_chinese() -> None:
    """Have every module of click translate its messages by ``click_messages.json``."""
    for name, module in list(sys.modules.items()):
        if name.startswith("click."):
            vars(module).update({"_": _translated, "ngettext": _counted} if "_" in vars(module) else {})


@cache
def _messages() -> dict[str, str]:
    translations: dict[str, str] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
    return translations


def _translated(message: str) -> str:
    return _messages().get(message, message)


def _counted(singular: str, plural: str, n: int) -> str:
    return _translated(singular if n == 1 else plural)
