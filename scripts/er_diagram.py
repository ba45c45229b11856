"""Draw the tables and their references from the models: ``make diagram`` writes docs/er.svg and docs/data-model.md.

One panel for each package that has tables, in the order of the layers. A reference inside a panel is a line; one to
another panel is written in the colour of the panel that it leads to, because lines across the page could not be
followed. No program outside Python is needed.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from pathlib import Path

from sqlalchemy import Table

import consult
from consult.store import Base

SVG = Path("docs/er.svg")
PAGE = Path("docs/data-model.md")

PACKAGES = {
    "accounts": ("Accounts 账号", "#5b6770"),
    "drafting": ("Drafting 起草", "#17427f"),
    "intake": ("Intake 来件", "#0b6e5e"),
    "mailbox": ("Mailbox 征集信箱", "#2f7d32"),
    "moderation": ("Moderation 审核", "#8a5a00"),
    "consultees": ("Consultees 征求意见对象", "#8c2f5f"),
    "adoption": ("Adoption 采纳", "#a33a1d"),
    "reporting": ("Reporting 反馈", "#5a3e9b"),
    "review": ("Review 审查", "#7a6a00"),
    "meeting": ("Meeting 上会", "#0f5f8a"),
    "ledger": ("Ledger 公开记录", "#3d3d3d"),
    "store": ("Store 计数", "#6b6b6b"),
}
"""Title and colour of each package, in the order of the picture; others follow in grey."""
OTHER = "#777777"

BOX, LINE, HEAD, GAP, INDENT = 290, 16, 24, 12, 40
"""Width of a table, height of a line and of a head, space between tables and between their ranks, in pixels."""
MARGIN, TITLE, WIDTH = 16, 34, 1720


@dataclass
class Panel:
    """The tables of one package; ``ranks`` puts what is referred to before what refers to it."""

    package: str
    tables: list[Table] = field(default_factory=list)
    classes: dict[str, type] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The package's name in both languages."""
        return PACKAGES.get(self.package, (self.package, ""))[0]

    @property
    def colour(self) -> str:
        """The colour of its frame, and of references to it."""
        return PACKAGES.get(self.package, ("", OTHER))[1]

    @cached_property
    def ranks(self) -> list[list[Table]]:
        """The panel's columns from left to right."""
        names = {table.name for table in self.tables}
        depth: dict[str, int] = {}
        for table in self.tables:  # sorted: what is referred to comes first
            inside = [depth[name] for _, name in references(table) if name in names and name != table.name]
            depth[table.name] = max(inside, default=-1) + 1
        ranks: list[list[Table]] = [[] for _ in range(max(depth.values()) + 1)]
        for table in sorted(self.tables, key=lambda table: table.name):
            ranks[depth[table.name]].append(table)
        return [piece for rank in ranks for piece in halves(rank)] if len(ranks) == 1 else ranks

    @cached_property
    def places(self) -> dict[str, tuple[int, int]]:
        """Left upper corner of each table inside the panel."""
        places = {}
        for column, rank in enumerate(self.ranks):
            top = TITLE
            for table in rank:
                places[table.name] = (MARGIN + column * (BOX + INDENT), top)
                top += height(table) + GAP
        return places

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the panel."""
        below = [self.places[table.name][1] + height(table) for table in self.tables]
        return 2 * MARGIN + len(self.ranks) * (BOX + INDENT) - INDENT, max(below) + MARGIN


def panels() -> list[Panel]:
    """Return the packages with their tables, read from the models."""
    for module in pkgutil.walk_packages(consult.__path__, "consult."):
        importlib.import_module(module.name)  # all of them: some tables are defined beside what writes them
    classes = {str(mapper.local_table): mapper.class_ for mapper in Base.registry.mappers}
    by_package: dict[str, Panel] = {}
    for table in Base.metadata.sorted_tables:
        package = classes[table.name].__module__.split(".")[-2]
        panel = by_package.setdefault(package, Panel(package))
        panel.tables.append(table)
        panel.classes[table.name] = classes[table.name]
    order = [*PACKAGES, *sorted(set(by_package) - set(PACKAGES))]
    return [by_package[package] for package in order if package in by_package]


def references(table: Table) -> list[tuple[str, str]]:
    """Return the columns of a table that refer to a row elsewhere, each with the other table's name."""
    pairs = [(column.name, key.column.table.name) for column in table.columns for key in column.foreign_keys]
    return sorted(pairs, key=lambda pair: list(table.columns.keys()).index(pair[0]))


def height(table: Table) -> int:
    """Return the height of a table's box: its head, its references, and a line that counts the other columns."""
    return HEAD + LINE * (len(references(table)) + 1) + 8


def halves(rank: list[Table]) -> Iterator[list[Table]]:
    """Part a long column of tables that don't refer to one another in two."""
    middle = (len(rank) + 1) // 2 if len(rank) > 3 else len(rank)
    yield rank[:middle]
    if rank[middle:]:
        yield rank[middle:]


def shelves(drawn: list[Panel]) -> tuple[list[tuple[Panel, int, int]], int]:
    """Put panels side by side, as many to a shelf as the page is wide; return their places and the page's height."""
    placed = []
    x, y, deepest = MARGIN, MARGIN + TITLE, 0
    for panel in drawn:
        width, tall = panel.size
        if x > MARGIN and x + width > WIDTH - MARGIN:
            x, y, deepest = MARGIN, y + deepest + MARGIN, 0
        placed.append((panel, x, y))
        x, deepest = x + width + MARGIN, max(deepest, tall)
    return placed, y + deepest + MARGIN


def drawing(drawn: list[Panel]) -> str:
    """Return the picture as SVG."""
    placed, tall = shelves(drawn)
    colours = {table.name: panel.colour for panel in drawn for table in panel.tables}
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {tall}" width="{WIDTH}" height="{tall}" '
        'font-family="system-ui, sans-serif" font-size="12">',
        "<title>The tables of the platform and their references</title>",
        f'<rect width="{WIDTH}" height="{tall}" fill="#ffffff"/>',
        f'<text x="{MARGIN}" y="{MARGIN + 14}" font-size="15" fill="#222">'
        "A line leads from a table to those that refer to it inside the package; references to other packages are "
        "written in their colour. All columns: docs/data-model.md</text>",
    ]
    for panel, x, y in placed:
        parts += panel_drawing(panel, x, y, colours)
    return "\n".join([*parts, "</svg>", ""])


def panel_drawing(panel: Panel, x: int, y: int, colours: dict[str, str]) -> Iterator[str]:
    """Yield the elements of one package: frame, title, lines, tables."""
    width, tall = panel.size
    yield f'<g transform="translate({x} {y})">'
    fill = f'fill="{panel.colour}" fill-opacity="0.06" stroke="{panel.colour}"'
    yield f'<rect width="{width}" height="{tall}" rx="6" {fill}/>'
    yield f'<text x="{MARGIN}" y="22" font-size="15" font-weight="700" fill="{panel.colour}">{panel.title}</text>'
    for table in panel.tables:
        for position, (_, other) in enumerate(references(table)):
            if other in panel.places and other != table.name:
                yield line(panel, table, position, other)
    for table in panel.tables:
        yield from table_drawing(panel, table, colours)
    yield "</g>"


def line(panel: Panel, table: Table, position: int, other: str) -> str:
    """Return the curve from a table to the reference that leads to it."""
    from_x, from_y = panel.places[other][0] + BOX, panel.places[other][1] + HEAD // 2
    to_x, to_y = panel.places[table.name][0], panel.places[table.name][1] + HEAD + LINE * position + 12
    bend = INDENT * 2 // 3
    return (
        f'<path d="M{from_x} {from_y} C{from_x + bend} {from_y} {to_x - bend} {to_y} {to_x} {to_y}" fill="none" '
        f'stroke="{panel.colour}" stroke-width="1.4"/><circle cx="{to_x}" cy="{to_y}" r="2.6" fill="{panel.colour}"/>'
    )


def table_drawing(panel: Panel, table: Table, colours: dict[str, str]) -> Iterator[str]:
    """Yield the elements of one table."""
    x, y = panel.places[table.name]
    yield f'<g transform="translate({x} {y})"><title>{escape(meaning(panel.classes[table.name]))}</title>'
    yield f'<rect width="{BOX}" height="{height(table)}" rx="4" fill="#ffffff" stroke="{panel.colour}"/>'
    yield f'<path d="M0 {HEAD}H{BOX}" stroke="{panel.colour}"/>'
    yield f'<text x="8" y="17" font-weight="700" fill="#111">{table.name}</text>'
    name = panel.classes[table.name].__name__
    yield f'<text x="{BOX - 8}" y="17" text-anchor="end" font-size="11" fill="#555">{name}</text>'
    keys = references(table)
    for position, (column, other) in enumerate(keys):
        colour = colours[other] if other not in panel.places else "#333"
        yield (
            f'<text x="8" y="{HEAD + LINE * (position + 1)}" fill="#333">{column} '
            f'<tspan fill="{colour}">→ {other}</tspan></text>'
        )
    others = len(table.columns) - len(keys)
    words = f"{others} {'other column' if keys else 'column'}{'' if others == 1 else 's'}"
    yield f'<text x="8" y="{HEAD + LINE * (len(keys) + 1)}" fill="#666">{words}</text></g>'


def meaning(model: type) -> str:
    """Return the first sentence of a model's docstring, on one line."""
    return " ".join((model.__doc__ or "").split("\n\n")[0].split()).replace("``", "`")


def listing(drawn: list[Panel]) -> str:
    """Return the page that lists every table with all of its columns."""
    lines = [
        "# The tables",
        "",
        "Written by `make diagram` from the models; `tests/test_papers.py` compares both files with them. "
        "What the words mean: [glossary](glossary.md).",
        "",
        "![The tables and their references](er.svg)",
    ]
    for panel in drawn:
        lines += [
            "",
            f"## {panel.title}",
            "",
            "| table | model | what a row is | columns |",
            "| --- | --- | --- | --- |",
        ]
        for table in panel.tables:
            model = panel.classes[table.name]
            lines.append(f"| `{table.name}` | `{model.__name__}` | {meaning(model)} | {columns(table)} |")
    return "\n".join([*lines, ""])


def columns(table: Table) -> str:
    """Return a table's columns, the primary key in bold, each reference with where it leads."""
    keys = dict(references(table))
    return ", ".join(
        (f"**{column.name}**" if column.primary_key else column.name)
        + (f" → {keys[column.name]}" if column.name in keys else "")
        for column in table.columns
    )


def main() -> None:
    """Write both files."""
    drawn = panels()
    SVG.write_text(drawing(drawn), encoding="utf-8")
    PAGE.write_text(listing(drawn), encoding="utf-8")


if __name__ == "__main__":
    main()
