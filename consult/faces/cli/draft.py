"""`flask draft …`: outlines, comparisons and citations of drafts, straight from files."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from consult.accounts.errors import Refused
from consult.drafting import instruments
from consult.faces.cli.console import command_group, show, unreadable
from consult.files import tables
from consult.files.drafts import DraftText, read
from consult.files.errors import UnreadableFile
from consult.text.anchors import in_words
from consult.text.citations import Citation, Citations, CitationStatus, find_citations
from consult.text.comparison.versions import Comparison, Match, Relation, compare
from consult.text.comparison.wording import Op
from consult.text.instruments import Register
from consult.text.parser.outline import outline
from consult.text.parser.provisions import Draft, Kind, Provision
from consult.text.parser.tree import STRUCTURE

_SHOWN = STRUCTURE | {Kind.ANNEX}
_MARKS = {Op.KEEP: "{}", Op.DELETE: "［-{}-］", Op.INSERT: "［+{}+］"}

file_argument = click.Path(path_type=Path)
draft_cli = command_group("draft")


@draft_cli.command("outline", help="列出文稿的标题、条文和疑问；多个文件逐个列出。")
@click.argument("files", nargs=-1, required=True, type=file_argument, help="文稿，.docx 或 .txt。")
@click.option("--tree", is_flag=True, help="同时列出条文的全部层次和文字。")
@click.option("--json/--text", "as_json", default=None, help="每个文件一行 JSON，或者文字（终端上默认）。")
def show_outline(files: tuple[Path, ...], tree: bool, as_json: bool | None) -> None:
    """Print the headings, articles and warnings of each of FILES.

    Other programs get one JSON line for each file; on a terminal people get text.
    """
    if as_json is None:
        as_json = not sys.stdout.isatty()
    failed = False
    for path in files:
        try:
            source = read(path.name, path.read_bytes())
        except (UnreadableFile, OSError) as error:
            click.echo(unreadable(path, error) if isinstance(error, OSError) else str(error), err=True)
            failed = True
            continue
        draft = _named_on_error(source, path)
        if as_json:
            document = outline(draft, file=str(path), tree=tree)
            document["warnings"] = [*map(_of_file, source.warnings), *document["warnings"]]
            click.echo(json.dumps(document, ensure_ascii=False))
        else:
            click.echo(_outline_lines(draft, path, tree))
    if failed:
        sys.exit(1)


@draft_cli.command("compare", help="逐条比较两稿。")
@click.argument("old", type=file_argument, help="前一稿。")
@click.argument("new", type=file_argument, help="后一稿。")
def show_comparison(old: Path, new: Path, as_json: bool) -> None:
    """Print the changes from OLD to NEW, provision by provision."""
    comparison = compare(read_draft(old), read_draft(new))
    document = {
        "old": str(old),
        "new": str(new),
        "matches": [_match_document(match) for match in comparison.matches],
        "anchors": comparison.anchors,
        "possible": [
            {"old": pair.old.anchor, "new": pair.new.anchor, "score": pair.score} for pair in comparison.possible
        ],
        "related": comparison.related,
    }
    show(document, _comparison_lines(comparison), as_json)


@draft_cli.command("citations", help="核对文稿引用的文件和条文：是否存在、是否有效。")
@click.argument("file", type=file_argument, help="文稿，.docx 或 .txt。")
@click.option(
    "--instruments",
    "csv_file",
    type=file_argument,
    required=True,
    help="文件清单 CSV，列为 level,name,adopted_on,in_force_from,expired。",
)
def show_citations(file: Path, csv_file: Path, as_json: bool) -> None:
    """Print every instrument and article FILE names: found or not, in force or not."""
    draft = read_draft(file)
    register = read_register(csv_file)
    cited = find_citations(draft, register)
    show(_cited_document(cited, file), _cited_lines(cited), as_json)


def read_draft(path: Path) -> Draft:
    """Return the draft in a file; what its reader converted or left out is named on standard error."""
    return _named_on_error(read(path.name, path.read_bytes()), path)


def _named_on_error(source: DraftText, path: Path) -> Draft:
    for note in source.warnings:
        click.echo(f"{path}：{note}", err=True)
    return source.draft()


def _of_file(note: str) -> dict[str, Any]:
    """Return what a reader says of a whole file as a warning."""
    return {"code": "file", "message": note, "line": 0, "anchor": ""}


def read_register(path: Path) -> Register:
    """Return the register in a CSV or XLSX file.

    Raises:
        Refused: rows of it can't be read.
    """
    known, refused = instruments.read_table(tables.read(path.name, path))
    if refused:
        raise Refused("\n".join(f"“{path}”第{row}行：{reason}" for row, reason in refused[:20]))
    return Register(known)


def _outline_lines(draft: Draft, path: Path, tree: bool) -> str:
    """Return an outline for people: a line for each heading or article; with ``tree``, every provision and its text."""
    summary = outline(draft)
    lines = [f"{path}：{draft.title or '（无标题）'}"]
    if summary["numbered"] and not tree:
        lines += [f"{'　' * depth}{mark}" for mark, depth in summary["numbered"]]
    for step in draft.walk():
        node, indent = step.provision, "　" * (step.depth + 1)
        if tree:
            lines.append(f"{indent}[{node.anchor}] {node.written}{node.text}")
        elif node.kind in _SHOWN:
            lines.append(f"{indent}{node.number} {node.heading}".rstrip())
    counts = summary["articles"]
    lines.append(f"共{len(counts)}条，{sum(a['items'] for a in counts)}项。" if counts else "无条文编号。")
    lines += [f"第{warning.line}行：{warning.message}" for warning in draft.warnings]
    return "\n".join(lines)


def _names(provisions: tuple[Provision, ...]) -> str:
    return "、".join(in_words(node.anchor) for node in provisions)


def _match_document(match: Match) -> dict[str, Any]:
    return {
        "relation": match.relation.value,
        "old": [node.anchor for node in match.old],
        "new": [node.anchor for node in match.new],
        "renumbered": match.renumbered,
        "moved": match.moved,
        "pieces": [[piece.op.value, piece.text] for piece in match.pieces]
        if match.relation is not Relation.SAME
        else [],
    }


def _comparison_lines(comparison: Comparison) -> str:
    lines: list[str] = []
    for match in comparison.changes:
        notes = [match.relation.label.words] if match.relation is not Relation.SAME else []
        notes += ["序号改变"] if match.renumbered else []
        notes += ["位置移动"] if match.moved else []
        sides = " → ".join(filter(None, (_names(match.old), _names(match.new))))
        lines.append(f"{sides}：{'，'.join(notes)}")
        if match.relation in (Relation.CHANGED, Relation.SPLIT, Relation.MERGED):
            text = "".join(_MARKS[piece.op].format(piece.text) for piece in match.pieces)
            lines += [f"　　{line}" for line in text.split("\n")]
    lines += [f"可能对应（待核对）：{_names((pair.old,))} → {_names((pair.new,))}" for pair in comparison.possible]
    if not comparison.related:
        lines.append("两份文稿内容基本不同，只对应文字相同的条文，请核对是否选错文件。")
    lines.append(f"共{len(comparison.matches)}处，其中{len(comparison.changes)}处有变化。")
    return "\n".join(lines)


def citation_document(citation: Citation) -> dict[str, Any]:
    meant, current = citation.instrument, citation.current
    return {
        "name": citation.name,
        "anchor": citation.anchor,
        "line": citation.line,
        "articles": list(citation.articles),
        "found": meant is not None or citation.status is CitationStatus.SELF,
        "in_force": citation.status is CitationStatus.IN_FORCE,
        "standing": citation.status.value,
        "level": meant.level if meant else "",
        "adopted_on": meant.adopted_on.isoformat() if meant and meant.adopted_on else None,
        "current_adopted_on": current.adopted_on.isoformat() if current and current.adopted_on else None,
        "suggestion": citation.suggestion,
    }


def _cited_document(cited: Citations, file: Path) -> dict[str, Any]:
    return {
        "file": str(file),
        "citations": [citation_document(citation) for citation in cited.citations],
        "references": [
            {"words": r.words, "target": r.target, "anchor": r.anchor, "line": r.line, "found": r.exists}
            for r in cited.references
        ],
    }


def _cited_lines(cited: Citations) -> str:
    lines = []
    for citation in cited.citations:
        articles = f"{'、'.join(citation.articles)}" if citation.articles else ""
        hint = f"，是否应为《{citation.suggestion}》" if citation.suggestion else ""
        lines.append(f"{in_words(citation.anchor)}：《{citation.name}》{articles}　{citation.status.label.words}{hint}")
    lines += [f"{in_words(r.anchor)}：“{r.words}”在本文件中不存在" for r in cited.dangling]
    lines.append(
        f"共引用文件{len(cited.citations)}处，引用本文件条文{len(cited.references)}处，其中{len(cited.dangling)}处所引条文不存在。"
    )
    return "\n".join(lines)
