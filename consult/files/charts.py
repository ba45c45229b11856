"""Charts as SVG, drawn once: for pages, for reports as HTML and PDF, and as PNG for DOCX.

What is drawn has neither script nor style sheet, and refers to nothing but the addresses that its bars lead to. Colours
and fonts are attributes, so that a file stands by itself; on a page the style sheet overrides them, also in dark.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from consult.files.export.xml_characters import xml_text

SVG = "http://www.w3.org/2000/svg"
WIDTH = 440
"""Units of a chart's width; it is shown as wide as its place allows."""
BAR_HEIGHT, LINE_HEIGHT, EDGE, LETTER = 30, 190, 8, 14
LABEL_CHARACTERS = 10
NUMBER = 60
"""Room for the number behind the longest bar."""
TICKS = 4
"""Days that are named below a line."""
TALLEST = 40
"""Bars of a chart at most; who draws says what happens with the rest."""
FONTS = "Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, PingFang SC, sans-serif"
INK, RULE, BAR = "#454c54", "#dcdfe3", "#2b64b8"
COLOURS = {
    "adopted": "#1c6b45",
    "partly_adopted": "#2b64b8",
    "not_adopted": "#c4837b",
    "explained": "#9d8dc2",
    "out_of_scope": "#a3abb4",
}
"""Bars with a meaning of their own, by the class that the style sheet knows; others have the colour of all."""
_drawing = threading.Lock()  # leather's theme belongs to the whole process


@dataclass(frozen=True)
class Bar:
    """A bar: its label, how much, where it leads and the class of its colour."""

    label: str
    n: int
    url: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Day:
    """A point of a line: the local day, how much, and where it leads."""

    day: date
    n: int
    url: str = ""

    @property
    def label(self) -> str:
        """The day in words: 3月5日."""
        return f"{self.day.month}月{self.day.day}日"


def bars(rows: Sequence[Bar], title: str) -> str:
    """Return horizontal bars as SVG, each with its number; empty without any.

    Arguments:
        rows: at most ``TALLEST``.
        title: what the chart shows, for those who don't see it.
    """
    if not rows:
        return ""
    keys = [f"{place:02d}{_short(row.label)}" for place, row in enumerate(rows)]  # leather merges equal labels
    most = max(*(row.n for row in rows), 1)
    height = BAR_HEIGHT * len(rows) + 2 * EDGE + LETTER
    with _drawing:
        chart = _leather().Chart()
        chart.add_bars([(row.n, key) for row, key in zip(rows, keys, strict=True)], fill_color=BAR)
        chart.add_x_scale(0, most)
        chart.add_x_axis(ticks=[0], tick_formatter=lambda *_: "")
        chart.add_y_axis(tick_formatter=lambda key, *_: str(key)[2:])
        root = _parsed(chart.to_svg(width=WIDTH - NUMBER, height=height))
    for rule in root.findall(f".//{{{SVG}}}g[@class='tick']/{{{SVG}}}line"):
        rule.getparent().remove(rule)
    drawn = reversed(root.findall(f".//{{{SVG}}}rect[@fill='{BAR}']"))  # leather draws from below
    for row, rect in zip(rows, drawn, strict=True):
        rect.set("class", f"chart-bar {row.tone}".strip())
        rect.set("fill", COLOURS.get(row.tone, BAR))
        _add_number(rect, row.n)
        _lead(rect, f"{row.label}：{row.n:,}", row.url)
    return _finished(root, height, title)


def line(days: Sequence[Day], title: str) -> str:
    """Return a line over days as SVG, with a dot for each; empty without any."""
    if not days:
        return ""
    most = max(*(day.n for day in days), 1)
    with _drawing:
        chart = _leather().Chart()
        points = [(day.day.toordinal(), day.n) for day in days]
        chart.add_dots(points, fill_color=BAR, radius=3.5)
        first, last = points[0][0], points[-1][0]
        chart.add_x_scale(first if first < last else first - 1, last if first < last else last + 1)
        chart.add_y_scale(0, most)
        named = _spread([day.day.toordinal() for day in days], TICKS)
        chart.add_x_axis(ticks=named, tick_formatter=lambda value, *_: Day(date.fromordinal(int(value)), 0).label)
        chart.add_y_axis(ticks=_spread([0, most], 2), tick_formatter=lambda value, *_: f"{int(value):,}")
        root = _parsed(chart.to_svg(width=WIDTH, height=LINE_HEIGHT))
    dots = list(root.iter(f"{{{SVG}}}circle"))
    _join(dots)
    for day, dot in zip(days, dots, strict=True):
        dot.set("class", "chart-dot")
        _lead(dot, f"{day.label}：{day.n:,}", day.url)
    return _finished(root, LINE_HEIGHT, title)


def as_png(svg: str, *, dots_per_unit: float = 2.0) -> bytes:
    """Return a chart as PNG on white, for formats that don't take SVG; it is set by Typst."""
    import typst  # heavy, and only needed here

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "chart.svg").write_text(svg, encoding="utf-8")
        page = f'#set page(width: {WIDTH}pt, height: auto, margin: 0pt)\n#image("chart.svg", width: 100%)'
        (root / "chart.typ").write_text(page, encoding="utf-8")
        return bytes(typst.compile(str(root / "chart.typ"), root=str(root), format="png", ppi=72 * dots_per_unit))


def _leather() -> Any:
    """Return the library that draws, with the house's fonts and measures."""
    import leather  # only needed here
    from leather import theme

    theme.background_color, theme.margin = "none", EDGE / WIDTH
    theme.tick_font_family, theme.tick_font_size = FONTS, LETTER
    theme.tick_font_char_width, theme.tick_font_char_height = LETTER, LETTER
    theme.label_color, theme.tick_color, theme.zero_color = INK, RULE, RULE
    return leather


def _parsed(svg: str) -> Any:
    from lxml import etree

    return etree.fromstring(svg.encode())


def _finished(root: Any, height: int, title: str) -> str:
    from lxml import etree

    root.attrib.pop("width"), root.attrib.pop("height")
    root.set("viewBox", f"0 0 {WIDTH} {height}")
    root.set("class", "chart")
    root.set("role", "img")
    root.set("aria-label", xml_text(title))
    return str(etree.tostring(root, encoding="unicode"))


def _add_number(rect: Any, n: int) -> None:
    """Write the number behind its bar."""
    from lxml import etree

    x = float(rect.get("x")) + float(rect.get("width")) + 6
    y = float(rect.get("y")) + float(rect.get("height")) / 2
    text = etree.Element(f"{{{SVG}}}text", x=f"{x:.1f}", y=f"{y:.1f}", dy="0.32em", fill=INK)
    text.set("font-family", FONTS)
    text.set("font-size", str(LETTER))
    text.text = f"{n:,}"
    rect.addnext(text)


def _join(dots: Sequence[Any]) -> None:
    """Draw a line through dots, below them."""
    from lxml import etree

    way = "L".join(f"{float(dot.get('cx')):.1f},{float(dot.get('cy')):.1f}" for dot in dots)
    path = etree.Element(f"{{{SVG}}}path", d=f"M{way}", stroke=BAR, fill="none")
    path.set("stroke-width", "2")
    path.set("class", "chart-line")
    dots[0].addprevious(path)


def _lead(shape: Any, words: str, url: str) -> None:
    """Give a shape its words, and let it lead to an address; the keyboard has the table below the chart."""
    from lxml import etree

    etree.SubElement(shape, f"{{{SVG}}}title").text = xml_text(words)
    if not url:
        return
    link = etree.Element(f"{{{SVG}}}a", href=url, tabindex="-1")
    shape.addprevious(link)
    tail, shape.tail = shape.tail, None
    link.append(shape)
    link.tail = tail


def _short(label: str) -> str:
    label = xml_text(label)
    return label if len(label) <= LABEL_CHARACTERS else f"{label[: LABEL_CHARACTERS - 1]}…"


def _spread(values: Sequence[int], n: int) -> list[int]:
    """Return at most n of the values, the first and the last among them, evenly spread."""
    if len(values) <= n:
        return sorted(set(values))
    return sorted({values[round(at * (len(values) - 1) / (n - 1))] for at in range(n)})
