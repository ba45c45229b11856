"""A parsed draft: its tree of provisions, its front matter and its warnings."""

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
    ADDRESSEE = "addressee"
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
    ROW = "row"  # a row of a table, its cells apart by tabs
    CLAUSE = "clause"  # a numbered provision of a document in notice form: 一、 （一） 1. （1） ①
    ATTACHMENT = "attachment"  # a line of the list of annexes above the signature: 附件：1.…
    ANNEX = "annex"
    SIGNATURE = "signature"

    __hash__ = str.__hash__  # Enum's own is slow Python code, and kinds are dictionary keys for every line


RANK: Final = {Kind.PART: 1, Kind.SUBPART: 2, Kind.CHAPTER: 3, Kind.SECTION: 4}
"""Rank of a numbered heading; 1 is the highest."""
HEADINGS: Final = frozenset({*RANK, Kind.HEADING})
STRUCTURE: Final = HEADINGS | {Kind.ARTICLE}


FRAME: Final = frozenset({Kind.TITLE, Kind.NOTE, Kind.TOC, Kind.ADDRESSEE, Kind.ATTACHMENT, Kind.SIGNATURE})
"""What stands around the body of a document: nodes of their own, no provisions."""


class Form(StrEnum):
    """How a draft is organised: by articles, by 一、（一）1. marks, or by neither."""

    STATUTE = "statute"
    NOTICE = "notice"
    PLAIN = "plain"


_OPENING_BRACKETS: Final = frozenset("（(【〔[")


class Provision(NamedTuple):
    """One node of a draft: a named tuple, because a statute has thousands and tuples are fastest to create.

    `number` and `heading` are for display (第十二条, 立法目的); `written` is both exactly as in the source, brackets
    included, so that `written` and `text` of all nodes in order reproduce the source. `text` is the node's own text
    without its children's. `place` is the line in the source, from 1.
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
    def opening(self) -> tuple[str, str]:
        """Number and heading as written, with every stop and bracket: 第五条：, （立法目的）, 统一思想。."""
        written = self.written
        if not written:
            return self.number, self.heading
        rest = written[len(self.number) :] if written.startswith(self.number) else written
        if not self.heading or rest is written:
            return (written.strip(), "") if rest is not written or not self.heading else ("", written.strip())
        at = rest.find(self.heading)
        between = rest[:at].strip() if at >= 0 else ""
        if at < 0 or between in _OPENING_BRACKETS or not between:
            return self.number, rest.strip().replace("\n", "")
        return written[: len(self.number) + at].strip(), rest[at:].strip()

    @property
    def full_text(self) -> str:
        """All text of this node and of those below it, one line a node, as the source has it."""
        lines = (f"{node.written}{node.text}" for node in self.walk())
        return "\n".join(line for line in lines if line)


@dataclass(frozen=True, slots=True)
class DraftWarning:
    """Something suspicious in a draft; parsing is not affected.

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
    """A parsed draft.

    `front` is what belongs to the source but not to the provisions: title lines, the adoption note, the table of
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

    def in_order(self) -> list[Provision]:
        """The front matter and the provisions, in the order of the source."""
        return sorted([*self.front, *self.provisions], key=lambda node: node.place)

    @cached_property
    def by_anchor(self) -> dict[str, Provision]:
        """Every provision by its anchor."""
        return {step.provision.anchor: step.provision for step in self.walk()}

    def find(self, anchor: str) -> Provision | None:
        """The provision with this anchor, or None.

        第十二条第三项 names an item without its paragraph: it is looked for in the article's only paragraph with
        items, as readers do.
        """
        provision = self.by_anchor.get(anchor)
        if provision is not None:
            return provision
        short = _AS_WHOLE_PARAGRAPH.match(anchor)
        article = self.by_anchor.get(short[1]) if short else None
        if short is None or article is None:
            return None
        candidates = [f"{paragraph.anchor}-{short[2]}" for paragraph in article.children]
        hits = [self.by_anchor[name] for name in candidates if name in self.by_anchor]
        return hits[0] if len(hits) == 1 else None
