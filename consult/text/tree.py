"""What a draft is once read: a tree of provisions, what was left out of it, and what looked wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final, NamedTuple


class Kind(StrEnum):
    """The level of a provision; the value is what files and pages show."""

    DOCUMENT = "document"
    TITLE = "title"
    NOTE = "note"
    TOC = "toc"
    PREAMBLE = "preamble"
    PART = "part"
    SUBPART = "subpart"
    CHAPTER = "chapter"
    SECTION = "section"
    HEADING = "heading"  # a heading without a 编章节 number: 附则, or 一、管辖 above numbered articles
    ARTICLE = "article"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    POINT = "point"
    CLAUSE = "clause"  # a numbered provision of a document in notice form: 一、 （一） 1. （1） ①
    ANNEX = "annex"
    SIGNATURE = "signature"

    __hash__ = str.__hash__  # Enum's own is a call into Python; kinds are looked up for every line


RANK: Final = {Kind.PART: 1, Kind.SUBPART: 2, Kind.CHAPTER: 3, Kind.SECTION: 4}
"""How high a numbered heading stands; 1 is the highest."""
HEADINGS: Final = frozenset({*RANK, Kind.HEADING})
STRUCTURE: Final = HEADINGS | {Kind.ARTICLE}


class Form(StrEnum):
    """How a draft is organised: by articles, by 一、（一）1. marks, or by neither."""

    STATUTE = "statute"
    NOTICE = "notice"
    PLAIN = "plain"


class Provision(NamedTuple):
    """One node of a draft: a named tuple, because a statute has thousands and a tuple is made fastest.

    `number` and `heading` are for showing (第十二条, 立法目的); `written` is both exactly as they stand in the
    source, brackets included, so that `written` and `text` of all nodes in order give the source back.
    `text` is the node's own text without its children's. `place` is the line in the source, from 1.
    """

    anchor: str
    kind: Kind
    number: str
    heading: str
    text: str
    children: tuple[Provision, ...] = ()
    place: int = 0
    written: str = ""

    def walk(self) -> Iterator[Provision]:
        """Yield this node and all below it, in document order."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.children))

    @property
    def full_text(self) -> str:
        """All text of this node and of those below it, one line a node, as the source has it."""
        lines = (f"{node.written}{node.text}" for node in self.walk())
        return "\n".join(line for line in lines if line)


@dataclass(frozen=True, slots=True)
class DraftWarning:
    """Something a careful reader would point at; the draft is read all the same.

    `line` is the line in the source, from 1; `anchor` the provision it concerns, or "".
    """

    code: str
    message: str
    line: int
    anchor: str = ""


class Step(NamedTuple):
    """One stop of a walk through a draft; depth 0 is the top."""

    provision: Provision
    depth: int
    parent: Provision | None


_AS_WHOLE_PARAGRAPH = re.compile(r"^(.*art-\d+(?:-\d+)?(?:-x\d+)?)-(item-.*)$")


@dataclass(frozen=True)
class Draft:
    """A draft as read.

    `front` holds what belongs to the source but not to the provisions: title lines, the adoption note, the table of
    contents. `numbered` is every line that opens with a mark of the notice form, with its depth from 1.
    """

    title: str
    form: Form
    provisions: tuple[Provision, ...]
    warnings: tuple[DraftWarning, ...] = ()
    front: tuple[Provision, ...] = ()
    numbered: tuple[tuple[str, int], ...] = ()

    def walk(self) -> Iterator[Step]:
        """Yield every provision in document order with its depth and its parent."""
        stack = [Step(node, 0, None) for node in reversed(self.provisions)]
        while stack:
            step = stack.pop()
            yield step
            depth = step.depth + 1
            stack.extend(Step(child, depth, step.provision) for child in reversed(step.provision.children))

    def in_source_order(self) -> list[Provision]:
        """Every node with its front matter, in the order of the source."""
        nodes = [node for top in (*self.front, *self.provisions) for node in top.walk()]
        return sorted(nodes, key=lambda node: node.place)

    @cached_property
    def by_anchor(self) -> dict[str, Provision]:
        """Every provision by its anchor."""
        return {step.provision.anchor: step.provision for step in self.walk()}

    def find(self, anchor: str) -> Provision | None:
        """The provision with this anchor, or None.

        第十二条第三项 names an item without its paragraph: it is looked for in the article's only paragraph with
        items, as readers do.
        """
        found = self.by_anchor.get(anchor)
        if found is not None:
            return found
        short = _AS_WHOLE_PARAGRAPH.match(anchor)
        article = self.by_anchor.get(short[1]) if short else None
        if short is None or article is None:
            return None
        candidates = [f"{paragraph.anchor}-{short[2]}" for paragraph in article.children]
        hits = [self.by_anchor[name] for name in candidates if name in self.by_anchor]
        return hits[0] if len(hits) == 1 else None
