"""`flask draft …`: outlines, comparisons and citations of drafts, straight from files."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
from flask.cli import AppGroup

from consult.faces.cli.console import json_option
from consult.files.drafts import read
from consult.files.errors import UnreadableFile
from consult.text.outline import outline
from consult.text.provisions import Draft, Kind, parse

_SHOWN = frozenset({Kind.PART, Kind.SUBPART, Kind.CHAPTER, Kind.SECTION, Kind.HEADING, Kind.ANNEX, Kind.ARTICLE})

draft_cli = AppGroup("draft", help="Read, compare and check drafts.")


@draft_cli.command("outline")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--tree", is_flag=True, help="Print the whole tree too.")
@json_option
def show_outline(files: tuple[Path, ...], tree: bool, as_json: bool) -> None:
    """Print the headings, articles and warnings of each of FILES."""
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


def _read_draft(path: Path) -> Draft:
    return parse(read(path.name, path.read_bytes()).text)


def _refusal(path: Path, error: UnreadableFile | OSError) -> str:
    if isinstance(error, UnreadableFile):
        return str(error)
    return f"“{path}”打不开：{error.strerror or error}。请检查路径和权限。"


def _outline_lines(draft: Draft, path: Path, tree: bool) -> str:
    """An outline for people: one line a heading or article; with `tree`, every provision and its text."""
    found = outline(draft)
    lines = [f"{path}：{draft.title or '（没有题目）'}"]
    if found["numbered"]:
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
