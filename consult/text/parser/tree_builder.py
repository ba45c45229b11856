"""Builds a tree of provisions: open nodes, and anchors that stay unique."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeAlias

from consult.text.parser.lines import Line, Style
from consult.text.parser.tree import Kind, Provision

_Fields: TypeAlias = tuple[str, Kind, str, str, str, tuple[Provision, ...], int, str]
provision: Final[Callable[[_Fields], Provision]] = partial(tuple.__new__, Provision)
"""Make a provision from a tuple of all its fields, in half the time of the constructor."""


@dataclass(slots=True)
class Branch:
    """A node that is still open; `finish()` makes it a provision."""

    anchor: str
    kind: Kind
    line: Line
    text: str = ""
    heading: str = ""
    number: str = ""
    written: str = ""
    children: list[Branch | Provision] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def finish(self) -> Provision:
        """Close this node and all open ones below it."""
        children = tuple([child if isinstance(child, Provision) else child.finish() for child in self.children])
        return Provision(
            self.anchor,
            self.kind,
            self.number,
            self.heading,
            self.text,
            children,
            self.line.place,
            self.written,
        )

    def next_number(self, what: str) -> int:
        """Count one more child of this name."""
        self.counts[what] = number = self.counts.get(what, 0) + 1
        return number

    def next_anchor(self, what: str) -> str:
        """An anchor below this one for one more child of this name: annex-2, art-5-para-3."""
        return self.child_anchor(f"{what}-{self.next_number(what)}")

    def child_anchor(self, name: str) -> str:
        """An anchor below this one, with -x2 for the second child of the same name."""
        anchor = f"{self.anchor}-{name}" if self.anchor else name
        times = self.next_number(anchor)
        return anchor if times == 1 else f"{anchor}-x{times}"


def depth_of(style: Style, opened: list[tuple[Style, Branch]]) -> int:
    """The depth at which a style of mark is open; the next depth if it isn't."""
    return next((at for at, (open_style, _) in enumerate(opened) if open_style is style), len(opened))


def add_paragraph(line: Line, parent: Branch) -> None:
    """Add a line without a mark below a clause or an item, whose own text counts as the first paragraph."""
    name = f"para-{parent.next_number('para') + bool(parent.text)}"
    parent.children.append(leaf(parent.child_anchor(name), Kind.PARAGRAPH, line))


def add_frame_line(line: Line, root: Branch) -> None:
    """Add a line of the frame below a document: the list of annexes, a signature, an addressee."""
    root.children.append(leaf(root.next_anchor(line.kind.value), line.kind, line))


def with_row(nodes: tuple[Provision, ...], row: Line, anchor: str) -> tuple[Provision, ...]:
    """The nodes with a row of a table below the last line that stands above it; `anchor` is their parent's."""
    above = [at for at, node in enumerate(nodes) if node.place < row.place]
    last = nodes[above[-1]] if above else None
    if last is None or last.kind is Kind.ROW:
        number = sum(node.kind is Kind.ROW for node in nodes) + 1
        at = above[-1] + 1 if above else 0
        return (*nodes[:at], leaf(f"{anchor}-row-{number}", Kind.ROW, row), *nodes[at:])
    below = last._replace(children=with_row(last.children, row, last.anchor))
    return (*nodes[: above[-1]], below, *nodes[above[-1] + 1 :])


def open_heading(line: Line, rank: int, opened: list[tuple[int, Branch]], root: Branch) -> None:
    """Open a heading below the nearest open one of higher rank; `opened` are the open headings with their ranks."""
    while opened[-1][0] >= rank:
        opened.pop()
    parent = opened[-1][1]
    if line.kind is Kind.HEADING:
        anchor = root.next_anchor("heading")
    else:
        number = f"{line.value}-{line.sub}" if line.sub else str(line.value)
        anchor = parent.child_anchor(f"{line.kind.value}-{number}")
    branch = Branch(anchor, line.kind, line, line.text, line.heading, line.number, line.written)
    parent.children.append(branch)
    opened.append((rank, branch))


def leaf(anchor: str, kind: Kind, line: Line) -> Provision:
    """A node without children made of one whole line."""
    return provision((anchor, kind, line.number, "", line.text, (), line.place, line.written))
