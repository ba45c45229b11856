"""`flask draft …`: outlines, comparisons and citations of drafts, straight from files."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from consult.drafting import instruments
from consult.faces.checks import STANDING_WORDS
from consult.faces.cli.console import json_option
from consult.files.drafts import read
from consult.files.errors import UnreadableFile
from consult.text.anchors import in_words
from consult.text.citations import Citation, Cited, Standing, find_citations
from consult.text.comparison import Comparison, Match, Relation, compare
from consult.text.instruments import Register
from consult.text.outline import outline
from consult.text.provisions import Draft, Kind, Provision
from consult.text.tree import STRUCTURE
from consult.text.wording import Op

_SHOWN = STRUCTURE | {Kind.ANNEX}
_RELATIONS = {
    Relation.SAME: "未改",
    Relation.CHANGED: "修改",
    Relation.SPLIT: "拆分",
    Relation.MERGED: "合并",
    Relation.ADDED: "新增",
    Relation.DELETED: "删除",
}
_REASONS = {FileNotFoundError: "没有这个文件", IsADirectoryError: "这是一个文件夹", PermissionError: "没有读取权限"}
_MARKS = {Op.KEEP: "{}", Op.DELETE: "［-{}-］", Op.INSERT: "［+{}+］"}

file_argument = click.Path(path_type=Path)
draft_cli = AppGroup("draft", help="Read, compare and check drafts.")


@draft_cli.command("outline")
@click.argument("files", nargs=-1, required=True, type=file_argument)
@click.option("--tree", is_flag=True, help="Print the whole tree too.")
@click.option("--json/--text", "as_json", default=None, help="One JSON line a file, or text: by default on a terminal.")
def show_outline(files: tuple[Path, ...], tree: bool, as_json: bool | None) -> None:
    """Print the headings, articles and warnings of each of FILES.

    Other programs get one JSON line for each file; on a terminal people get text.
    """
    if as_json is None:
        as_json = not sys.stdout.isatty()
    failed = False
    for path in files:
        try:
            draft = _read_draft(path)
        except (UnreadableFile, OSError) as error:
            click.echo(_refusal(path, error), err=True)
            failed = True
            continue
        if as_json:
            click.echo(json.dumps(outline(draft, file=str(path), tree=tree), ensure_ascii=False))
        else:
            click.echo(_outline_lines(draft, path, tree))
    if failed:
        sys.exit(1)


@draft_cli.command("compare")
@click.argument("old", type=file_argument)
@click.argument("new", type=file_argument)
@json_option
def show_comparison(old: Path, new: Path, as_json: bool) -> None:
    """Print the changes from OLD to NEW, provision by provision."""
    comparison = compare(read_or_leave(old), read_or_leave(new))
    if as_json:
        document = {
            "old": str(old),
            "new": str(new),
            "matches": [_match_document(match) for match in comparison.matches],
            "anchors": comparison.anchors,
        }
        click.echo(json.dumps(document, ensure_ascii=False))
    else:
        click.echo(_comparison_lines(comparison))


@draft_cli.command("citations")
@click.argument("file", type=file_argument)
@click.option(
    "--instruments",
    "csv_file",
    type=file_argument,
    required=True,
    help="CSV: level,name,adopted_on,in_force_from,expired",
)
@json_option
def show_citations(file: Path, csv_file: Path, as_json: bool) -> None:
    """Print every instrument and article FILE names: found or not, in force or not."""
    draft = read_or_leave(file)
    register = read_register(csv_file)
    cited = find_citations(draft, register)
    if as_json:
        click.echo(json.dumps(_cited_document(cited, file), ensure_ascii=False))
    else:
        click.echo(_cited_lines(cited))


def _read_draft(path: Path) -> Draft:
    return read(path.name, path.read_bytes()).draft()


def read_or_leave(path: Path) -> Draft:
    """The draft in a file; where it can't be read, says why and leaves with exit code 1."""
    try:
        return _read_draft(path)
    except (UnreadableFile, OSError) as error:
        click.echo(_refusal(path, error), err=True)
        sys.exit(1)


def _refusal(path: Path, error: UnreadableFile | OSError) -> str:
    if isinstance(error, UnreadableFile):
        return str(error)
    reason = next((words for kind, words in _REASONS.items() if isinstance(error, kind)), error.strerror or str(error))
    return f"“{path}”打不开：{reason}。请检查路径和权限。"


def read_register(path: Path) -> Register:
    """The register in a CSV or XLSX file; leaves with exit code 1 and the row's number where it can't be read."""
    try:
        found, refused = instruments.read_table(path.name, path.read_bytes())
    except (OSError, UnreadableFile) as error:
        click.echo(_refusal(path, error), err=True)
        sys.exit(1)
    if refused:
        click.echo("\n".join(f"“{path}”第{row}行：{reason}" for row, reason in refused[:20]), err=True)
        sys.exit(1)
    return Register(found)


def _outline_lines(draft: Draft, path: Path, tree: bool) -> str:
    """An outline for people: one line a heading or article; with `tree`, every provision and its text."""
    found = outline(draft)
    lines = [f"{path}：{draft.title or '（没有题目）'}"]
    if found["numbered"] and not tree:
        lines += [f"{'　' * depth}{mark}" for mark, depth in found["numbered"]]
    for step in draft.walk():
        node, indent = step.provision, "　" * (step.depth + 1)
        if tree:
            lines.append(f"{indent}[{node.anchor}] {node.written}{node.text}")
        elif node.kind in _SHOWN:
            lines.append(f"{indent}{node.number} {node.heading}".rstrip())
    counts = found["articles"]
    lines.append(f"共{len(counts)}条，{sum(a['items'] for a in counts)}项。" if counts else "没有条文编号。")
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
        notes = [_RELATIONS[match.relation]] if match.relation is not Relation.SAME else []
        notes += ["序号改变"] if match.renumbered else []
        notes += ["位置移动"] if match.moved else []
        sides = " → ".join(filter(None, (_names(match.old), _names(match.new))))
        lines.append(f"{sides}：{'，'.join(notes)}")
        if match.relation in (Relation.CHANGED, Relation.SPLIT, Relation.MERGED):
            text = "".join(_MARKS[piece.op].format(piece.text) for piece in match.pieces)
            lines += [f"　　{line}" for line in text.split("\n")]
    lines.append(f"共{len(comparison.matches)}处，其中{len(comparison.changes)}处有变化。")
    return "\n".join(lines)


def citation_document(citation: Citation) -> dict[str, Any]:
    meant, current = citation.instrument, citation.current
    return {
        "name": citation.name,
        "anchor": citation.anchor,
        "line": citation.line,
        "articles": list(citation.articles),
        "found": meant is not None or citation.standing is Standing.SELF,
        "in_force": citation.standing is Standing.IN_FORCE,
        "standing": citation.standing.value,
        "level": meant.level if meant else "",
        "adopted_on": meant.adopted_on.isoformat() if meant and meant.adopted_on else None,
        "current_adopted_on": current.adopted_on.isoformat() if current and current.adopted_on else None,
        "suggestion": citation.suggestion,
    }


def _cited_document(cited: Cited, file: Path) -> dict[str, Any]:
    return {
        "file": str(file),
        "citations": [citation_document(citation) for citation in cited.citations],
        "references": [
            {"words": r.words, "target": r.target, "anchor": r.anchor, "line": r.line, "found": r.found}
            for r in cited.references
        ],
    }


def _cited_lines(cited: Cited) -> str:
    lines = []
    for citation in cited.citations:
        articles = f"{'、'.join(citation.articles)}" if citation.articles else ""
        hint = f"，是否应为《{citation.suggestion}》" if citation.suggestion else ""
        lines.append(
            f"{in_words(citation.anchor)}：《{citation.name}》{articles}　{STANDING_WORDS[citation.standing][0]}{hint}"
        )
    lines += [f"{in_words(r.anchor)}：“{r.words}”在本文件中不存在" for r in cited.dangling]
    lines.append(
        f"共引用文件{len(cited.citations)}处，引用本文件条文{len(cited.references)}处，其中{len(cited.dangling)}处没有着落。"
    )
    return "\n".join(lines)
