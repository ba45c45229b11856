"""The draft for display: headings, and the units that an opinion can be on, in document order.

A unit is an article with its paragraphs, items and points; in a document of notice form, a numbered clause of the two
upper levels with everything below it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from consult.text.anchors import WHOLE, in_words

DIVISIONS = frozenset({"part", "subpart", "chapter", "section", "heading", "annex"})
UNIT_CLAUSE_DEPTH = 2
LABEL_CHARACTERS = 24


class Row(Protocol):
    """A provision in flat form, stored or parsed."""

    @property
    def kind(self) -> str: ...
    @property
    def depth(self) -> int: ...
    @property
    def anchor(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def heading(self) -> str: ...
    @property
    def text(self) -> str: ...


class Shape(StrEnum):
    """How a block is shown."""

    HEADING = "heading"
    UNIT = "unit"
    LOOSE = "loose"


@dataclass(frozen=True)
class Block:
    """A heading, a unit or a loose text (preamble, signature); ``rows`` in document order, the block's row first."""

    shape: Shape
    rows: tuple[Row, ...]

    @property
    def anchor(self) -> str:
        """Anchor of the block's first row."""
        return self.rows[0].anchor

    @property
    def anchors(self) -> tuple[str, ...]:
        """Anchors of all its rows, for opinions on any part of it."""
        return tuple(row.anchor for row in self.rows)

    def count(self, counts: Mapping[str, int]) -> int:
        """Return the number of opinions on it, from counts by anchor."""
        return sum(counts.get(anchor, 0) for anchor in self.anchors)

    @property
    def label(self) -> str:
        """Its label: 第十三条（资金）, 第二章　改造范围, or the beginning of its words."""
        row = self.rows[0]
        if self.shape is Shape.HEADING:
            between = "" if row.kind == "clause" else "　"
            return between.join(words for words in (row.number, row.heading) if words) or row.text[:LABEL_CHARACTERS]
        if row.kind == "article":
            return f"{row.number}（{row.heading}）" if row.heading else row.number
        words = row.heading or next((inner.text for inner in self.rows if inner.text), "")
        short = words if len(words) <= LABEL_CHARACTERS else f"{words[:LABEL_CHARACTERS]}…"
        return f"{row.number}{short}" or "正文"


@dataclass(frozen=True)
class Draft:
    """The blocks of a draft, with lookups for pages."""

    blocks: tuple[Block, ...]

    @property
    def units(self) -> tuple[Block, ...]:
        """The blocks that an opinion can be on."""
        return tuple(block for block in self.blocks if block.shape is Shape.UNIT)

    def unit_of(self, anchor: str) -> Block | None:
        """Return the unit that contains this anchor, or None."""
        return next((unit for unit in self.units if anchor in unit.anchors), None)

    def label_of(self, anchor: str) -> str:
        """Return the label of the provision with this anchor: 第十三条第二款; 整个草案 for the whole."""
        if not anchor:
            return "整个草案"
        try:
            return in_words(anchor)
        except ValueError:
            unit = self.unit_of(anchor)
            return unit.label if unit is not None else anchor

    def opinion_places(self, used: Iterable[str]) -> list[tuple[str, str, tuple[str, ...]]]:
        """Return where opinions can be, in document order: its name in addresses, its words and its anchors.

        Opinions on a paragraph or an item count for their unit; those on a heading or a loose text have a row each.

        Arguments:
            used: anchors of opinions; those of no block of the draft have a row each at the end.
        """
        rows: list[tuple[str, str, tuple[str, ...]]] = [(WHOLE, "整个草案", ("",))]
        rows += [(block.anchor, block.label, block.anchors) for block in self.blocks]
        known = {anchor for _, _, anchors in rows for anchor in anchors}
        return rows + [(anchor, self.label_of(anchor), (anchor,)) for anchor in sorted(used) if anchor not in known]

    def contents(self, counts: Mapping[str, int]) -> list[tuple[Block, int]]:
        """Return the entries of the contents (divisions, or units if there are none) with the opinions on each.

        ``counts`` are opinions by anchor.
        """
        entries: list[tuple[Block, int]] = []
        for block in self.blocks:
            n = block.count(counts) if block.shape is Shape.UNIT else 0
            if self._heads(block):
                entries.append((block, n))
            elif entries:
                heading, before = entries[-1]
                entries[-1] = (heading, before + n)
        return entries or [(unit, unit.count(counts)) for unit in self.units]

    def _heads(self, block: Block) -> bool:
        """Whether a block is a heading for others: a division, or a clause of the upper level (一、)."""
        clause = block.shape is Shape.UNIT and block.rows[0].kind == "clause"
        return block.shape is Shape.HEADING or (clause and block.rows[0].depth == self._upper_depth)

    @property
    def _upper_depth(self) -> int:
        return min((block.rows[0].depth for block in self.blocks if block.rows[0].kind == "clause"), default=0)

    def neighbours(self, unit: Block) -> tuple[Block | None, Block | None]:
        """Return the units before and after one."""
        units = self.units
        at = units.index(unit)
        return (units[at - 1] if at else None), (units[at + 1] if at + 1 < len(units) else None)


def read(rows: Sequence[Row]) -> Draft:
    """Return the draft for display, from its rows in document order."""
    return Draft(tuple(_blocks(rows)))


def _blocks(rows: Sequence[Row]) -> Iterator[Block]:
    at = 0
    while at < len(rows):
        row = rows[at]
        end = at + 1
        if row.kind == "document":
            pass
        elif row.kind in DIVISIONS:
            yield Block(Shape.HEADING, (row,))
        elif row.kind in ("article", "clause"):
            end = _end_of_unit(rows, at)
            only_opens = row.kind == "clause" and end == at + 1 and not row.text and _goes_on_below(rows, at)
            yield Block(Shape.HEADING if only_opens else Shape.UNIT, tuple(rows[at:end]))
        else:
            yield Block(Shape.LOOSE, (row,))
        at = end


def _goes_on_below(rows: Sequence[Row], at: int) -> bool:
    """Whether the next row is below this one: 一、总体要求, then （一）…."""
    return at + 1 < len(rows) and rows[at + 1].depth > rows[at].depth


def _end_of_unit(rows: Sequence[Row], at: int) -> int:
    """Return the end of the unit that begins at ``at``: the next row that isn't below it, or is a separate unit."""
    end = at + 1
    while end < len(rows) and rows[end].depth > rows[at].depth:
        row = rows[end]
        if row.kind in DIVISIONS or row.kind == "article":
            break
        if row.kind == "clause" and _clause_level(rows, end) <= UNIT_CLAUSE_DEPTH:
            break
        end += 1
    return end


def _clause_level(rows: Sequence[Row], at: int) -> int:
    """Return the level of a clause: the number of clauses above it, plus one."""
    level, depth = 1, rows[at].depth
    for row in reversed(rows[:at]):
        if row.depth < depth:
            depth = row.depth
            level += row.kind == "clause"
        if depth == 0:
            break
    return level
