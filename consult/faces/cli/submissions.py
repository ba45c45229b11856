"""``flask submissions …``: many at once in, all of them out, bulk screening, and one in full."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from consult.clock import now
from consult.faces.cli import submission_description
from consult.faces.cli.console import (
    actor_named,
    by_option,
    choice_of,
    command_group,
    consultation_named,
    map_option,
    show,
    slug_argument,
)
from consult.faces.cli.import_report import Account
from consult.files import tables
from consult.intake import spreadsheet_import
from consult.intake.import_columns import Columns, Field, choose
from consult.intake.models import Channel
from consult.moderation import bulk, submission_archive, submission_export

submissions_cli = command_group("submissions")

PREVIEW_ROWS = 5
PREVIEW_CHARACTERS = 40
STEPS = 1000


@submissions_cli.command("import", help="导入来件表格，逐行登记并报告。")
@click.argument("path", type=click.Path(path_type=Path), help="来件表格，.xlsx 或 .csv。")
@click.option("--consultation", "slug", required=True, help="归入的征求意见。")
@click.option("--channel", required=True, type=choice_of(Channel), help="渠道。")
@map_option(Field, "字段=列名，可以写多次；按渠道记住。")
@click.option("--dry-run", is_flag=True, help="只检查、预览，不登记。")
@click.option("--account", "account_path", type=click.Path(path_type=Path), help="逐行结果另存为 CSV。")
@by_option
def import_table(
    path: Path,
    slug: str,
    channel: str,
    mapping: dict[Field, str],
    dry_run: bool,
    account_path: Path | None,
    username: str | None,
    as_json: bool,
) -> None:
    """Take every row of a table once, and account for each."""
    table = tables.read(path.name, path)
    way = Channel(channel)
    columns = choose(table.columns, mapping, spreadsheet_import.remembered(way))
    work = spreadsheet_import.Import(
        consultation_named(slug), table, columns, way, actor=actor_named(username), at=now(), dry_run=dry_run
    )
    facts = {
        "file": path.name,
        "encoding": table.encoding,
        "consultation": slug,
        "channel": channel,
        "dry_run": dry_run,
        "mapping": {field.value: column for field, column in columns.items()},
    }
    if not as_json:
        click.echo(_mapping_lines(columns, way))
        if dry_run:
            click.echo(_preview(table, columns))
    with Account(account_path) as account:
        _run(work, table, account)
        account.show(facts, as_json)


def _run(work: spreadsheet_import.Import, table: tables.Table, account: Account) -> None:
    """Run the import with a progress bar on a terminal."""
    stream = sys.stderr
    accounts = spreadsheet_import.run(work)
    if not stream.isatty():
        for row in accounts:
            account.add(row)
        return
    with click.progressbar(length=STEPS, label="导入", file=stream) as bar:
        for row in accounts:
            account.add(row)
            if account.rows % 200 == 0:
                bar.update(int(table.progress * STEPS) - bar.pos)
        bar.update(STEPS - bar.pos)


def _mapping_lines(columns: Columns, channel: Channel) -> str:
    pairs = "，".join(f"{field.label.words} ← {column}" for field, column in columns.items())
    return f"渠道：{channel.label.words}　列：{pairs}"


def _preview(table: tables.Table, columns: Columns) -> str:
    lines = ["前几行："]
    for number, cells in table.preview(PREVIEW_ROWS):
        if isinstance(cells, tables.BadRow):
            lines.append(f"  第 {number} 行：{cells.reason}")
            continue
        lines.append(f"  第 {number} 行")
        for field, column in columns.items():
            text = " ".join(cells[column].split())
            lines.append(
                f"    {field.label.words}：{text[:PREVIEW_CHARACTERS]}{'…' * (len(text) > PREVIEW_CHARACTERS)}"
            )
    return "\n".join(lines)


@submissions_cli.command("export", help="导出全部来件，用于归档；.zip 含原始表单和附件。")
@slug_argument
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="写入的文件：.xlsx、.csv、.json 或 .zip。",
)
@by_option
def export(slug: str, out: Path, username: str | None, as_json: bool) -> None:
    """Write all submissions of a consultation to a file, for the archive; .zip holds raw forms and attachments."""
    written = submission_export.write(actor_named(username), consultation_named(slug), out, at=now())
    show({"file": str(out), "submissions": written}, f"已导出 {written} 件来件：{out}", as_json)


@submissions_cli.command("accept", help="批量通过待审核的来件，个人信息按建议遮盖。")
@slug_argument
@click.argument("numbers", nargs=-1, help="回执编号。")
@click.option("--all", "everything", is_flag=True, help="所有待审核的来件。")
@by_option
def accept(slug: str, numbers: tuple[str, ...], everything: bool, username: str | None, as_json: bool) -> None:
    """Let waiting submissions pass, private data masked as proposed."""
    if everything == bool(numbers):
        raise click.UsageError("请写明回执编号，或者用 --all 通过所有待审核的来件，二者选一。")
    actor, consultation = actor_named(username), consultation_named(slug)
    accepted = (
        bulk.accept_all(actor, consultation, at=now())
        if everything
        else bulk.accept_numbered(actor, consultation, numbers, at=now())
    )
    words = f"已审核通过 {accepted.submissions} 件，遮盖个人信息 {accepted.masked} 处。"
    show({"accepted": accepted.submissions, "masked": accepted.masked}, words, as_json)


@submissions_cli.command("show", help="查看一件来件的原文和公开文本。")
@click.argument("number", help="回执编号。")
@by_option
def show_one(number: str, username: str | None, as_json: bool) -> None:
    """Show one submission as it came and as it may be printed."""
    document = submission_archive.numbered(actor_named(username), number)
    show(document, "" if as_json else submission_description.in_lines(document), as_json)
