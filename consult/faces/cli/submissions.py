"""``flask submissions …``: many at once in, all of them out, bulk screening, and one in full."""

from __future__ import annotations

import sys
from datetime import datetime
from itertools import islice
from pathlib import Path

import click

from consult.clock import LOCAL, local, now
from consult.faces.cli import submission_description
from consult.faces.cli.console import (
    DayType,
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
from consult.intake import import_columns, spreadsheet_import, uploaded_tables
from consult.intake.import_columns import Columns, Field
from consult.intake.import_files import RowFiles
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
@map_option(Field, "字段=列名，可以写多次，同一字段也可以写多次；按渠道记住。")
@click.option(
    "--attachments", "archive", type=click.Path(path_type=Path), help="附件压缩包 .zip，由表中的附件列写明文件名。"
)
@click.option("--with-hidden", is_flag=True, help="连同隐藏、筛选掉的行。")
@click.option("--received-on", type=DayType(["%Y-%m-%d"]), help="时间缺失或者无法识别的行，收到于哪一天。")
@click.option("--dry-run", is_flag=True, help="只检查、预览，不登记。")
@click.option("--account", "account_path", type=click.Path(path_type=Path), help="逐行结果另存为 CSV。")
@by_option
def import_table(
    path: Path,
    slug: str,
    channel: str,
    mapping: dict[Field, tuple[str, ...]],
    archive: Path | None,
    with_hidden: bool,
    received_on: datetime | None,
    dry_run: bool,
    account_path: Path | None,
    username: str | None,
    as_json: bool,
) -> None:
    """Take every row of a table once, and account for each."""
    book = tables.read_book(path.name, path, import_columns.is_known)
    way, at, consultation = Channel(channel), now(), consultation_named(slug)
    remembered = spreadsheet_import.remembered(way)
    sheets = spreadsheet_import.open_sheets(book, mapping, remembered, with_hidden=with_hidden)
    day = received_on.replace(tzinfo=LOCAL) if received_on is not None else None
    if day is not None and consultation.opens_at is not None and local(consultation.opens_at).date() == day.date():
        day = consultation.opens_at
    uploaded_tables.validate_received_on(consultation, day, at=at)
    files = RowFiles(archive.read_bytes() if archive is not None else None, store=not dry_run)
    work = spreadsheet_import.Import(
        consultation, sheets, way, actor_named(username), at, dry_run, received_on=day, files=files
    )
    facts = {
        "file": path.name,
        "encoding": sheets.encoding,
        "consultation": slug,
        "channel": channel,
        "dry_run": dry_run,
        "mapping": import_columns.stored(sheets.columns),
    }
    if not as_json:
        click.echo(_mapping_lines(sheets.columns, way))
        if dry_run:
            click.echo(_preview(sheets))
    with Account(account_path, sheets.account(import_columns.hint)) as account:
        _run(work, account)
        account.finish(sheets.beside(), files.tally() if files.given else None)
        account.show(facts, as_json)


def _run(work: spreadsheet_import.Import, account: Account) -> None:
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
                bar.update(int(work.sheets.progress * STEPS) - bar.pos)
        bar.update(STEPS - bar.pos)


def _mapping_lines(columns: Columns, channel: Channel) -> str:
    pairs = "，".join(f"{field.label.words} ← {'、'.join(names)}" for field, names in columns.items())
    return f"渠道：{channel.label.words}　列：{pairs}"


def _preview(sheets: spreadsheet_import.Sheets) -> str:
    lines = ["前几行："]
    for line, cells in islice(sheets.records(), PREVIEW_ROWS):
        place = tables.place_words(line.sheet.title, line.row)
        if isinstance(cells, tables.BadRow):
            lines.append(f"  {place}：{cells.reason}")
            continue
        lines.append(f"  {place}")
        for field, columns in line.sheet.columns.items():
            text = " ".join(" ".join(cells[column] for column in columns).split())
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
