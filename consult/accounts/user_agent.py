"""A browser in the words that its owner knows it by, out of its User-Agent (RFC 9110, section 10.1.5)."""

from __future__ import annotations

import re

BROWSERS = (
    ("MicroMessenger", "微信"),
    ("DingTalk", "钉钉"),
    ("QQBrowser", "QQ 浏览器"),
    ("QIHU|360SE|360EE", "360 浏览器"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/|FxiOS", "Firefox"),
    ("Chrome/|CriOS", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("HarmonyOS|OpenHarmony", "鸿蒙"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X|Macintosh", "macOS"),
    ("UOS|Kylin|Linux", "Linux"),
)
"""Most particular first: many browsers name others whose pages they want."""
UNKNOWN = "其他浏览器"


def words(agent: str) -> str:
    """Return browser and system: ``Firefox，Linux``."""
    known = [name for marks in (BROWSERS, SYSTEMS) if (name := _first(marks, agent))]
    return "，".join(known) or UNKNOWN


def _first(marks: tuple[tuple[str, str], ...], agent: str) -> str:
    return next((name for pattern, name in marks if re.search(pattern, agent[:1000])), "")
