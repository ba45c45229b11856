"""``flask submissions …``: many at once in, all of them out, bulk screening, and one in full."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from flask.cli import AppGroup

from consult.accounts.errors import Refused
from consult.clock import now
from consult.faces.cli import archive, screening
from consult.faces.cli.accounts import Account
from consult.faces.cli.console import actor_named, by_option, consultation_named, json_option, refusals, show
from consult.faces.cli.words import CHANNEL_WORDS
from consult.files import tables
from consult.intake import imports
from consult.intake.columns import FIELD_WORDS, Columns, Field, choose
from consult.intake.models import Channel

submissions_cli = AppGroup("submissions", help="来件：导入、导出、批量审核、查看。")

PREVIEW_ROWS = 5
PREVIEW_CHARACTERS = 40
STEPS = 1000


def _mapping(_context: click.Context, _option: click.Parameter, pairs: tuple[str, ...]) -> dict[Field, str]:
    """Read ``FIELD=COLUMN…``; an empty column says that the table has none."""
    told: dict[Field, str] = {}
    for pair in pairs:
        field, equals, column = pair.partition("=")
        if not equals or field.strip() not in list(Field):
            known = "、".join(f"{field.value}（{words}）" for field, words in FIELD_WORDS.items())
            raise click.BadParameter(f"“{pair}”应当写成 字段=列名；字段有：{known}")
        told[Field(field.strip())] = column.strip()
    return told


@submissions_cli.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--consultation", "slug", required=True, help="归到哪一件征求意见。")
@click.option("--channel", required=True, type=click.Choice([channel.value for channel in Channel]), help="渠道。")
@click.option("--map", "told", multiple=True, callback=_mapping, help="字段=列名，可以写多次；按渠道记住。")
@click.option("--dry-run", is_flag=True, help="只检查、预览，不收下。")
@click.option("--account", "account_path", type=click.Path(path_type=Path), help="逐行结果另存为 CSV。")
@by_option
@json_option
@refusals
def import_table(
    path: Path,
    slug: str,
    channel: str,
    told: dict[Field, str],
    dry_run: bool,
    account_path: Path | None,
    username: str | None,
    as_json: bool,
) -> None:
    """Take every row of a table once, and account for each."""
    if not path.is_file():
        raise Refused(f"没有这个文件：{path}。请检查路径。")
    table = tables.read(path.name, path)
    way = Channel(channel)
    columns = choose(table.columns, told, imports.remembered(way))
    work = imports.Import(
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


def _run(work: imports.Import, table: tables.Table, account: Account) -> None:
    """Run the import with a progress bar on a terminal."""
    stream = sys.stderr
    accounts = imports.run(work)
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
    pairs = "，".join(f"{FIELD_WORDS[field]} ← {column}" for field, column in columns.items())
    return f"渠道：{CHANNEL_WORDS[channel]}　列：{pairs}"


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
                f"    {FIELD_WORDS[field]}：{text[:PREVIEW_CHARACTERS]}{'…' * (len(text) > PREVIEW_CHARACTERS)}"
            )
    return "\n".join(lines)


@submissions_cli.command("export")
@click.argument("slug")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="文件，按结尾：.xlsx .csv .json .zip。")
@by_option
@json_option
@refusals
def export(slug: str, out: Path, username: str | None, as_json: bool) -> None:
    """Write all submissions of a consultation to a file, for the archive; .zip holds raw forms and attachments."""
    written = archive.write(actor_named(username), consultation_named(slug), out, at=now())
    show({"file": str(out), "submissions": written}, f"已导出 {written} 件来件：{out}", as_json)


@submissions_cli.command("accept")
@click.argument("slug")
@click.argument("numbers", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="所有待审核的来件。")
@by_option
@json_option
@refusals
def accept(slug: str, numbers: tuple[str, ...], everything: bool, username: str | None, as_json: bool) -> None:
    """Let waiting submissions pass, private data masked as proposed."""
    if everything == bool(numbers):
        raise click.UsageError("请写明回执编号，或者用 --all 通过所有待审核的来件，二者选一。")
    actor, consultation = actor_named(username), consultation_named(slug)
    done = screening.accept(actor, consultation, None if everything else numbers, at=now())
    words = f"已审核通过 {done.accepted} 件，遮盖个人信息 {done.masked} 处。"
    show({"accepted": done.accepted, "masked": done.masked}, words, as_json)


@submissions_cli.command("show")
@click.argument("number")
@by_option
@json_option
@refusals
def show_one(number: str, username: str | None, as_json: bool) -> None:
    """Show one submission as it came and as it may be printed."""
    document = archive.one(actor_named(username), number)
    show(document, "" if as_json else archive.in_lines(document), as_json)
