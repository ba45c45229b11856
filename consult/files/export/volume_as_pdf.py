"""A volume of materials as PDF, set by Typst; the values go in as data, never as markup."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from consult.files.export.volume import FILE_COLUMNS, Block, Cell, Chart, Facts, Heading, Line, Run, Volume, file_rows
from consult.files.invitation_letter import FONTS

FACTS_COLUMNS = (("", 36), ("", 120))
"""Widths of the two columns of labelled values, in millimetres; they have no heads."""

PRELUDE = """
#set page(paper: "a4", margin: (top: 37mm, bottom: 35mm, left: 28mm, right: 26mm),
  footer: context align(if calc.odd(counter(page).get().first()) {right} else {left},
    text(14pt)[#counter(page).display("— 1 —")]))
#set text(font: serif, size: 16pt, lang: "zh", region: "cn", cjk-latin-spacing: none)
#set par(leading: 13pt, spacing: 13pt, justify: true)
#set table(stroke: 0.5pt, inset: 4pt)
#let body(words) = par(first-line-indent: (amount: 2em, all: true), words)
#let head(words) = block(above: 18pt, below: 13pt, sticky: true, par(first-line-indent: (amount: 2em, all: true),
  text(font: head-font, weight: "bold", words)))
#let title(words) = align(center, par(justify: false, leading: 14pt,
  text(22pt, font: title-font, weight: "bold", words)))
#let piece(run) = {
  if run.mark == "delete" { strike(text(fill: rgb("#b42318"), run.text)) }
  else if run.mark == "insert" { underline(text(fill: rgb("#145a32"), weight: "bold", run.text)) }
  else { run.text }
}
#let small(content) = {
  set text(12pt)
  set par(leading: 6pt, spacing: 6pt, justify: false)
  content
}
#let grid-of(columns, rows, headed) = small(table(
  columns: columns.map(c => c.at(1) * 1mm),
  ..if headed { (table.header(..columns.map(c => align(center, text(weight: "bold", c.at(0))))),) } else { () },
  ..rows.enumerate().map(r => r.at(1).enumerate().map(c => {
    let content = c.at(1).map(piece).join()
    if not headed and c.at(0) == 0 { text(weight: "bold", content) } else { content }
  })).flatten()
))
#let write(block) = {
  if block.kind == "heading" { head(block.words) }
  else if block.kind == "line" {
    if block.look == "centred" { align(center, block.words) }
    else if block.look == "right" { align(right, pad(right: 2em, block.words)) }
    else if block.look == "note" { text(14pt, body(block.words)) }
    else { body(block.words) }
  }
  else if block.kind == "chart" {
    align(center, image(bytes(block.svg), format: "svg", width: 85%, alt: block.words))
  }
  else if block.rows.len() == 0 { body(block.none) }
  else { grid-of(block.columns, block.rows, block.headed) }
}
"""
"""The page of an official document and ``write``, which sets a block; ``serif``, ``title-font`` and ``head-font`` are
lists of fonts that the template defines before it."""

TEMPLATE = (
    f"""
#let volume = json("volume.json")
#let (serif, title-font, head-font) = (volume.fonts, volume.fonts, volume.fonts)
#set document(title: volume.title, date: none)
{PRELUDE}"""
    + """
#v(50mm)
#title(volume.title)
#v(8mm)
#title(volume.subtitle)
#v(50mm)
#align(center)[#for line in volume.cover [#line.at(0)：#line.at(1) \\ ]]
#v(10mm)
#align(center)[#volume.department \\ #volume.day]
#pagebreak()
#title("目录")
#v(6mm)
#context small(table(
  columns: (24mm, 112mm, 20mm),
  table.header(..("编号", "材料", "页码").map(t => align(center, text(weight: "bold", t)))),
  ..volume.materials.map(m => (m.mark, m.title,
    align(center, str(counter(page).at(label("material-" + str(m.number))).first())))).flatten()
))
#for words in volume.absent [#text(14pt, body(words))]
#if volume.files.len() > 0 [
  #head("附件")
  #grid-of(volume.file_columns, volume.files, true)
]
#for material in volume.materials [
  #for (place, section) in material.sections.enumerate() [
    #set page(flipped: section.landscape,
      margin: if section.landscape { (top: 28mm, bottom: 26mm, left: 25mm, right: 25mm) }
        else { (top: 37mm, bottom: 35mm, left: 28mm, right: 26mm) })
    #if place == 0 [
      #par(text(weight: "bold")[#material.mark#label("material-" + str(material.number))])
      #title(material.head)
      #v(8pt)
    ]
    #for block in section.blocks [#write(block)]
  ]
]
"""
)


def render(volume: Volume) -> bytes:
    """Return the volume as PDF: cover, index with pages, then each material on pages of its own."""
    import typst  # heavy, and only needed here

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "volume.json").write_text(json.dumps(_content(volume), ensure_ascii=False), encoding="utf-8")
        (folder / "volume.typ").write_text(TEMPLATE, encoding="utf-8")
        return bytes(typst.compile(str(folder / "volume.typ"), root=str(folder)))


def _content(volume: Volume) -> dict[str, Any]:
    return {
        "fonts": list(FONTS),
        "title": volume.title,
        "subtitle": volume.subtitle,
        "cover": [list(pair) for pair in volume.cover],
        "department": volume.department,
        "day": volume.day,
        "absent": list(volume.absent),
        "file_columns": [list(column) for column in FILE_COLUMNS],
        "files": [[_runs(cell) for cell in row] for row in file_rows(volume)],
        "materials": [
            {
                "number": material.number,
                "mark": material.mark,
                "title": material.title,
                "head": material.head,
                "sections": [
                    {"landscape": section.landscape, "blocks": [block_values(block) for block in section.blocks]}
                    for section in material.sections
                ],
            }
            for material in volume.materials
        ],
    }


def block_values(block: Block) -> dict[str, Any]:
    """Return a block as the values that ``write`` sets."""
    if isinstance(block, Heading):
        return {"kind": "heading", "words": block.words}
    if isinstance(block, Line):
        return {"kind": "line", "look": block.look.value, "words": block.words}
    if isinstance(block, Chart):
        return {"kind": "chart", "svg": block.svg, "words": block.words}
    columns: Sequence[tuple[str, int]] = FACTS_COLUMNS if isinstance(block, Facts) else block.columns
    rows: Sequence[Sequence[Cell]] = block.pairs if isinstance(block, Facts) else block.rows
    return {
        "kind": "table",
        "headed": not isinstance(block, Facts),
        "columns": [list(column) for column in columns],
        "rows": [[_runs(cell) for cell in row] for row in rows],
        "none": "" if isinstance(block, Facts) else block.none,
    }


def _runs(cell: Cell) -> list[dict[str, str]]:
    runs = [Run(cell)] if isinstance(cell, str) else cell
    return [{"text": run.text, "mark": run.mark.value} for run in runs]
