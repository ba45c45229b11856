"""``flask adoption …``: group what says the same; decisions out to a spreadsheet and back."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from consult.accounts.errors import Refused
from consult.adoption import service, spreadsheet, worklist
from consult.adoption.worklist import GroupLine
from consult.clock import now
from consult.drafting.queries import draft_of
from consult.faces.cli.console import actor_named, by_option, consultation_named, json_option, refusals, show

adoption_cli = AppGroup("adoption", help="意见的归并和采纳情况。")

EVERY_GROUP = 1_000_000


@adoption_cli.command("group")
@click.argument("slug")
@click.option("--threshold", type=float, help="相似到多少（0 到 1）算说的一样；不写就按规则。")
@by_option
@json_option
@refusals
def group(slug: str, threshold: float | None, username: str | None, as_json: bool) -> None:
    """Group opinions that say the same, provision by provision, and print the groups, largest first."""
    consultation = consultation_named(slug)
    service.group(actor_named(username), consultation, threshold, at=now())
    label = draft_of(consultation).label_of
    lines = worklist.group_lines(consultation.id, limit=EVERY_GROUP)
    facts = {"consultation": slug, "groups": [_facts(line, label(line.group.anchor)) for line in lines]}
    words = [
        f"{line.opinions} 条 {line.senders} 人{'　较为集中' if line.group.concentrated else ''}　"
        f"{label(line.group.anchor)}　{line.group.title}"
        for line in lines
    ]
    show(facts, "\n".join([f"归并成 {len(lines)} 组。", *words]), as_json)


def _facts(line: GroupLine, place: str) -> dict[str, Any]:
    return {
        "id": line.group.id,
        "anchor": line.group.anchor,
        "place": place,
        "title": line.group.title,
        "opinions": line.opinions,
        "senders": line.senders,
        "concentrated": line.group.concentrated,
        "outcome": line.decision.outcome.value if line.decision else None,
        "members": [opinion.id for opinion in line.group.opinions if not opinion.withdrawn],
    }


@adoption_cli.command("export")
@click.argument("slug")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="文件，.xlsx。")
@by_option
@json_option
@refusals
def export(slug: str, out: Path, username: str | None, as_json: bool) -> None:
    """Write the opinions of SLUG with their decisions, one row each, to be filled in and imported again."""
    if out.suffix.lower() != ".xlsx":
        raise Refused(f"导出的是 Excel 表格，文件名要以 .xlsx 结尾：{out.name}")
    consultation = consultation_named(slug)
    written = spreadsheet.write(actor_named(username), consultation, out)
    show({"consultation": slug, "file": str(out), "rows": written}, f"{out}：{written} 条意见。", as_json)


@adoption_cli.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--consultation", "slug", required=True, help="哪一件征求意见。")
@by_option
@click.option("--review-by", "reviewer", help="复核人的用户名，不能是作出处理的人；不写就等待复核。")
@json_option
@refusals
def import_table(path: Path, slug: str, username: str | None, reviewer: str | None, as_json: bool) -> None:
    """Take the decisions of a filled-in spreadsheet; every row is taken, unchanged, or reported with why.

    Leaves with 1 when rows were refused and none was taken.
    """
    if not path.is_file():
        raise Refused(f"没有这个文件：{path}。请检查路径。")
    author, second = actor_named(username), actor_named(reviewer) if reviewer else None
    if second is not None and second.id == author.id:
        raise Refused("复核人不能是作出处理的人，请用 --by 和 --review-by 写两个不同的账号。")
    consultation = consultation_named(slug)
    taken = spreadsheet.take(author, consultation, path.name, path, at=now(), reviewer=second)
    facts = {
        "file": path.name,
        "consultation": slug,
        "taken": taken.taken,
        "unchanged": taken.unchanged,
        "reviewed": taken.reviewed,
        "refused": [asdict(row) for row in taken.refused],
    }
    words = [
        f"取用 {taken.taken} 行（其中复核 {taken.reviewed}），没有改动 {taken.unchanged} 行，"
        f"没有取用 {len(taken.refused)} 行。"
    ]
    words += [f"第 {row.row} 行（编号 {row.number or '空'}）：{row.reason}" for row in taken.refused]
    show(facts, "\n".join(words), as_json)
    if taken.refused and not taken.taken:
        click.echo(f"没有取用任何一行：第 {taken.refused[0].row} 行，{taken.refused[0].reason}", err=True)
        sys.exit(1)
