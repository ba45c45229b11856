"""Pictures and symbols in a Word document: what they are, since their words can't be read."""

from __future__ import annotations

from typing import Final

from lxml import etree

from consult.files.docx_numbering import W

PICTURED: Final = frozenset({f"{W}drawing", f"{W}pict", f"{W}object"})
"""Elements of a run that hold pictures, charts, or objects of other programs."""
UNREAD_PICTURE: Final = "此处有{kind}，其中的文字没有读取。有条文内容的，请改成文字后重新上传。"
_A: Final = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_KINDS: Final = (
    ("{urn:schemas-microsoft-com:office:office}OLEObject", "嵌入的对象（公式、表格等）"),
    ("{http://schemas.openxmlformats.org/drawingml/2006/chart}chart", "图表"),
    ("{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds", "示意图"),
    (f"{_A}blip", "图片"),
    ("{urn:schemas-microsoft-com:vml}imagedata", "图片"),
)
_WINGDINGS: Final = {
    0x4A: "☺", 0x6C: "●", 0x6E: "■", 0x6F: "□", 0x71: "□", 0x72: "□", 0x75: "◆", 0x77: "◆", 0x9F: "•", 0xA1: "○",
    0xA7: "▪", 0xA8: "□", 0xD8: "➢", 0xE0: "→", 0xE8: "➔", 0xF0: "⇨", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑",
}  # fmt: skip
_WINGDINGS_2: Final = {0x4F: "✗", 0x50: "✓", 0x51: "☒", 0x52: "☑", 0x53: "☒", 0x54: "☒", 0xA3: "□", 0x98: "●"}
_SYMBOL: Final = {
    **dict(zip(b"abgdezhqiklmnxopr", "αβγδεζηθικλμνξοπρ", strict=True)),
    **dict(zip(b"stufcyw", "στυφχψω", strict=True)),
    **dict(zip(b"GDQLXPSFYW", "ΓΔΘΛΞΠΣΦΨΩ", strict=True)),
    0xA3: "≤", 0xB0: "°", 0xB1: "±", 0xB3: "≥", 0xB4: "×", 0xB7: "•", 0xB8: "÷", 0xB9: "≠", 0xBB: "≈", 0xA5: "∞",
    0xAE: "→", 0xD5: "∏", 0xE5: "∑", 0xD6: "√", 0xF2: "∫",
}  # fmt: skip
_FONTS: Final = {"wingdings": _WINGDINGS, "wingdings 2": _WINGDINGS_2, "symbol": _SYMBOL}


def picture_in(element: etree._Element) -> str:
    """What a drawing holds whose words can't be read, in Chinese; empty for shapes and text boxes."""
    return next((kind for tag, kind in _KINDS if element.find(f".//{tag}") is not None), "")


def symbol(font: str, written: str) -> str:
    """The character that a symbol font shows for a code in hexadecimal (w:sym); empty if it isn't known."""
    try:
        code = int(written, 16)
    except ValueError:
        return ""
    if not 0xE000 <= code <= 0xF8FF:
        return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code <= 0xDFFF else ""
    return _FONTS.get(font.lower(), {}).get(code & 0xFF, "")
