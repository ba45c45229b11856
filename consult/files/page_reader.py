"""Reads a saved web page as a draft: its main content without menus and footers, with the page's own title."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from lxml import etree

from consult.files.html_reader import SILENT, TextWriter, is_hidden, parse_html
from consult.text.parser.titles import titled

_CODE: Final = ("script", "style", "noscript", "template")
_LANDMARKS: Final = frozenset({"nav", "footer", "aside"})
_ROLES: Final = frozenset({"navigation", "contentinfo", "complementary", "search", "banner"})
_FURNITURE: Final = re.compile(
    r"(?:^|[\s_-])(?:nav\w*|\w*menu|foot\w*|bottom|header|top(?:bar)?|breadcrumbs?|crumbs?|location|position|side(?:bar)?|share|bdsharebuttonbox|related|recommend|copyright|toolbar|search|login|banner|pager|friend-?links?|qr-?code|ewm|fenxiang|dqwz|wzdh)(?:$|[\s_-]|\d)",
    re.IGNORECASE,
)
_CONTAINERS: Final = frozenset(
    {"html", "body", "div", "main", "article", "section", "table", "tbody", "tr", "td", "center", "form"}
)
_HEADINGS: Final = frozenset({"h1", "h2", "h3"})
_FILES: Final = re.compile(r"\.(?:docx?|wps|xlsx?|et|pdf|ofd|zip|rar)(?:$|[?#])", re.IGNORECASE)
_TEXTUAL: Final = re.compile(
    r"[。；]|附\s*件|\d{4}\s*年|[〇一二三四五六七八九十]+\s*年|[第（(][一二三四五六七八九十]+[条章节）)]"
)
_SMALL: Final = 0.25  # share of a page's text that what only its class names as furniture may have
_LINKS: Final = 0.6  # share of a block's text in links that makes it a menu or a list of other pages
_FEWEST_LINKS: Final = 3
_MAIN: Final = 0.6  # share of the text below an element that one child must have to be its main content
_MOSTLY: Final = 0.5  # share of a page's text that no page hides for good
_TITLE_LINES: Final = 15  # lines within which the text gives its own title
_SITE: Final = re.compile(r"\s*[_|｜\-—–]+\s*[^_|｜]*$")  # …办法_某市人民政府
_QUOTED: Final = 3  # places that a warning quotes


@dataclass(frozen=True, slots=True)
class PageText:
    """The lines of a page's main content; `warnings` say in Chinese what was left out."""

    text: str
    warnings: tuple[str, ...] = ()


def read_page(source: str) -> PageText:
    """Return the main content of an HTML page: by structure, and by how much of its text is in links."""
    root = parse_html(source.encode("utf-8", "replace"))
    return PageText("") if root is None else _Page(root).read()


class _Page:
    """A page with the text of each element counted."""

    def __init__(self, root: etree._Element) -> None:
        etree.strip_elements(root, *_CODE, with_tail=False)
        self.root = root
        self.size: dict[etree._Element, int] = {}
        self.linked: dict[etree._Element, int] = {}
        self.links: dict[etree._Element, int] = {}
        body = root.find(".//body")
        self.body = root if body is None else body
        self._count(heeds_hidden=False)
        whole = self.size.get(self.body, 0)
        hidden = [element for element in self.size if is_hidden(element)]
        self.opened = {element for element in hidden if self.size[element] > _MOSTLY * whole}
        self._count(heeds_hidden=True)
        self.furniture = {element for element in self.size if self._is_furniture(element)}
        self.left_out: list[str] = []

    def read(self) -> PageText:
        """Return the page's text and warnings."""
        main = self._main_content()
        writer = _MainWriter(self.furniture, self.opened)
        lines = [line for line in writer.write(main) if line.strip()]
        warnings = []
        if self.opened:
            warnings.append("网页把正文设为不显示（由脚本打开），已照常读取，请核对。")
        if self.left_out:
            quoted = "，".join(f"“{words}”" for words in self.left_out[:_QUOTED])
            warnings.append(
                f"已略去网页正文以外的文字：{quoted}{'等' if len(self.left_out) > _QUOTED else ''}，请核对。"
            )
        title = self._title()
        if title and "".join(title.split()) not in "".join("".join(lines[:_TITLE_LINES]).split()):
            lines.insert(0, title)
        return PageText("\n".join(lines), tuple(warnings))

    def _count(self, *, heeds_hidden: bool) -> None:
        """Count the characters of each element that shows any, those in links, and its links."""
        self.size.clear()
        for element in reversed(list(self.root.iter())):
            tag = element.tag if isinstance(element.tag, str) else ""
            if not tag or tag in SILENT or (heeds_hidden and is_hidden(element) and element not in self.opened):
                self.size[element] = self.linked[element] = self.links[element] = 0
                continue
            loose = _length(element.text) + sum(_length(child.tail) for child in element)
            self.size[element] = loose + sum(self.size[child] for child in element)
            is_link = tag == "a" and not _FILES.search(element.get("href") or "")
            self.linked[element] = self.size[element] if is_link else sum(self.linked[child] for child in element)
            self.links[element] = int(is_link) or sum(self.links[child] for child in element)

    def _is_furniture(self, element: etree._Element) -> bool:
        """Whether an element is a menu, a footer, or a list of links, and not the bulk of the page."""
        size = self.size[element]
        if not size or element in (self.root, self.body):
            return False
        if element.tag in _LANDMARKS or element.get("role") in _ROLES:
            return size <= _MOSTLY * self.size[self.body]
        if element.tag not in _CONTAINERS | {"ul", "ol", "dl", "p", "header"}:
            return False
        if self.links[element] >= _FEWEST_LINKS and self.linked[element] > _LINKS * size:
            return True
        named = _FURNITURE.search(f"{element.get('class') or ''} {element.get('id') or ''}") is not None
        if not (named or element.tag == "header") or size > _SMALL * self.size[self.body]:
            return False
        return not any(child.tag in _HEADINGS for child in element.iter()) and not _says_something(element)

    def _main_content(self) -> etree._Element:
        """Descend to the element below which no child has nearly all; what is left beside it must say nothing."""
        element = self.body
        while True:
            children = [child for child in element if isinstance(child.tag, str) and self._weight(child)]
            best = max(children, key=self._weight, default=None)
            if best is None or best.tag not in _CONTAINERS or self._weight(best) < _MAIN * self._weight(element):
                return element
            beside = [child for child in children if child is not best]
            loose = (element.text or "") + "".join(child.tail or "" for child in element)
            if _length(loose) or any(self._belongs(child) for child in beside):
                return element
            self.left_out += filter(None, map(_beginning, beside))
            element = best

    def _weight(self, element: etree._Element) -> int:
        if element in self.furniture:
            return 0
        below = sum(self.size[part] for part in element.iter() if part in self.furniture and self._is_outermost(part))
        return self.size[element] - below

    def _is_outermost(self, element: etree._Element) -> bool:
        return not any(above in self.furniture for above in element.iterancestors())

    def _belongs(self, element: etree._Element) -> bool:
        """Whether what stands beside the main content is a part of it: a heading, a date, annexes, sentences."""
        return element.tag in _HEADINGS or any(e.tag in _HEADINGS for e in element.iter()) or _says_something(element)

    def _title(self) -> str:
        """The title that the page gives: in its metadata, its first heading, or its name without the site's."""
        for element in self.root.iter("meta"):
            name = (element.get("name") or element.get("property") or "").lower()
            if name == "articletitle" and (title := (element.get("content") or "").strip()):
                return title
        for heading in self.root.iter("h1"):
            words = " ".join("".join(heading.itertext()).split())
            if heading not in self.furniture and titled(words):
                return words
        page_name = self.root.find(".//title")
        words = " ".join("".join(page_name.itertext()).split()) if page_name is not None else ""
        return next((shown for shown in (words, _SITE.sub("", words)) if titled(shown)), "")


class _MainWriter(TextWriter):
    """Writes the text of a page without its furniture, and what scripts would show."""

    def __init__(self, furniture: set[etree._Element], opened: set[etree._Element]) -> None:
        super().__init__()
        self._furniture, self._opened = furniture, opened

    def _is_hidden(self, element: etree._Element) -> bool:
        return element in self._furniture or (element not in self._opened and super()._is_hidden(element))


def _says_something(element: etree._Element) -> bool:
    return _TEXTUAL.search("".join(element.itertext())) is not None


def _beginning(element: etree._Element) -> str:
    words = " ".join("".join(element.itertext()).split())
    return words if len(words) <= 20 else f"{words[:20]}……"


def _length(text: str | None) -> int:
    return len("".join(text.split())) if text else 0
