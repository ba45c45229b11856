"""A draft as it was read when it was stored: its tree from flat rows, whatever the parser would read today."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from consult.text.parser.line_openings import with_plain_separators
from consult.text.parser.numbering_checks import find_warnings
from consult.text.parser.tree import Draft, Form, Kind, Provision


class StoredRow(NamedTuple):
    """A provision in flat form; rows stand in document order, `depth` 0 is the top."""

    depth: int
    anchor: str
    kind: str
    number: str
    heading: str
    text: str


def rows_of(draft: Draft) -> list[StoredRow]:
    """The provisions of a draft in flat form."""
    return [
        StoredRow(step.depth, node.anchor, node.kind.value, node.number, node.heading, node.text)
        for step in draft.walk()
        for node in [step.provision]
    ]


def rebuilt(text: str, title: str, rows: Sequence[StoredRow]) -> Draft:
    """The draft whose provisions are `rows`; `text` is its source, of which what precedes them is the front matter."""
    lines = with_plain_separators(text).split("\n")
    places = _places(["".join(line.split()) for line in lines], rows)
    provisions = _siblings(rows, places)
    kinds = {row.kind for row in rows}
    form = Form.STATUTE if Kind.ARTICLE in kinds else Form.NOTICE if Kind.CLAUSE in kinds else Form.PLAIN
    above = [(place, line.strip()) for place, line in enumerate(lines[: places[0] - 1 if places else None], 1)]
    return Draft(title, form, provisions, find_warnings(provisions, text), _front(title, above))


def _places(compact: Sequence[str], rows: Iterable[StoredRow]) -> list[int]:
    """The line, from 1, that each row begins on: the first from the row before it on that begins or goes on with it."""
    places: list[int] = []
    at = 0
    for row in rows:
        begins = "".join(f"{row.number}{row.text if not row.heading else ''}".split())[:20]
        begins = begins or "".join(row.heading.split())[:20]
        at = next((index for index in range(at, len(compact)) if begins and begins in compact[index]), at)
        places.append(at + 1)
    return places


def _siblings(rows: Sequence[StoredRow], places: Sequence[int]) -> tuple[Provision, ...]:
    """The nodes of the rows' topmost depth, with those below each."""
    starts = [index for index, row in enumerate(rows) if row.depth == rows[0].depth]
    nodes: list[Provision] = []
    for start, end in zip(starts, [*starts[1:], len(rows)], strict=False):
        row = rows[start]
        below = _siblings(rows[start + 1 : end], places[start + 1 : end])
        kind = Kind(row.kind)
        nodes.append(
            Provision(row.anchor, kind, row.number, row.heading, row.text, below, places[start], _written(row, kind))
        )
    return tuple(nodes)


def _written(row: StoredRow, kind: Kind) -> str:
    """A row's opening as documents write it."""
    if kind is Kind.ARTICLE:
        return f"{row.number}（{row.heading}）" if row.heading else row.number
    if kind is Kind.CLAUSE:
        joint = " " if row.heading and row.number[-1:].isdigit() else ""
        return f"{row.number}{joint}{row.heading}{'。' if row.heading and row.text else ''}"
    return " ".join(part for part in (row.number, row.heading) if part)


def _front(title: str, above: Iterable[tuple[int, str]]) -> tuple[Provision, ...]:
    counts = {Kind.TITLE: 0, Kind.NOTE: 0}
    nodes: list[Provision] = []
    whole = "".join(title.split())
    for place, line in above:
        if not line:
            continue
        kind = Kind.TITLE if "".join(line.split()) in whole else Kind.NOTE
        counts[kind] += 1
        nodes.append(Provision(f"{kind.value}-{counts[kind]}", kind, "", "", line, (), place))
    return tuple(nodes)
