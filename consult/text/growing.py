"""A tree while it grows: nodes that still take children, anchors that stay unique."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeAlias

from consult.text.lines import Line
from consult.text.tree import Kind, Provision

_Fields: TypeAlias = tuple[str, Kind, str, str, str, tuple[Provision, ...], int, str]
provision: Final[Callable[[_Fields], Provision]] = partial(tuple.__new__, Provision)
"""Make a provision of all its fields, in their order, at half of what the constructor by names costs."""


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
        """Count one more child of a sort."""
        self.counts[what] = number = self.counts.get(what, 0) + 1
        return number

    def child_anchor(self, name: str) -> str:
        """An anchor below this one, with -x2 for the second child of the same name."""
        anchor = f"{self.anchor}-{name}" if self.anchor else name
        times = self.next_number(anchor)
        return anchor if times == 1 else f"{anchor}-x{times}"


def leaf(anchor: str, kind: Kind, line: Line) -> Provision:
    """A node without children that holds its line whole."""
    return provision((anchor, kind, line.number, "", line.text, (), line.place, line.written))
