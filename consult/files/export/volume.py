"""A volume of materials as plain values: cover, index, and materials made of headings, lines and tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from consult.text.comparison.wording import Op
from consult.text.numerals import write_number


class Look(StrEnum):
    """How a line stands on the page."""

    BODY = "body"
    CENTRED = "centred"
    RIGHT = "right"
    NOTE = "note"
    """Smaller, for remarks."""


@dataclass(frozen=True)
class Run:
    """A piece of text with its mark."""

    text: str
    mark: Op = Op.KEEP


Cell = str | Sequence[Run]


@dataclass(frozen=True)
class Heading:
    """A heading: level 1 一、, level 2 （一）."""

    words: str
    level: int = 1


@dataclass(frozen=True)
class Line:
    """A paragraph."""

    words: str
    look: Look = Look.BODY


@dataclass(frozen=True)
class Table:
    """A table: columns as words and widths in millimetres; ``none`` is said where it has no rows."""

    columns: Sequence[tuple[str, int]]
    rows: Sequence[Sequence[Cell]]
    none: str = "无。"


@dataclass(frozen=True)
class Facts:
    """Labelled values, a row each."""

    pairs: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Chart:
    """A chart as SVG, and what it shows in words, for formats and readers that don't see it."""

    svg: str
    words: str


Block = Heading | Line | Table | Facts | Chart


@dataclass(frozen=True)
class Section:
    """Blocks on pages of one orientation."""

    blocks: Sequence[Block]
    landscape: bool = False


@dataclass(frozen=True)
class Material:
    """One material of the volume, beginning on a page of its own."""

    number: int
    title: str
    head: str
    """What stands as the title on its first page."""
    sections: Sequence[Section]

    @property
    def mark(self) -> str:
        """材料一, as it stands at the top of the first page and in the index."""
        return f"材料{write_number(self.number)}"


@dataclass(frozen=True)
class IndexedFile:
    """A file beside the volume: its number, what it is, and where it lies."""

    number: str
    words: str
    path: str


@dataclass(frozen=True)
class Volume:
    """The whole: what the cover says, the materials, the files beside it, and what isn't there and why."""

    title: str
    subtitle: str
    cover: Sequence[tuple[str, str]]
    department: str
    day: str
    materials: Sequence[Material]
    files: Sequence[IndexedFile]
    absent: Sequence[str] = ()


FILE_COLUMNS = (("编号", 24), ("文件", 132))


def file_rows(volume: Volume) -> list[tuple[str, str]]:
    """Return the rows of the list of files beside the volume."""
    return [(file.number, file.words) for file in volume.files]
