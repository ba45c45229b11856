"""``flask backup``: one consistent copy of everything, brought back, checked, or moved to another database."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from config import Settings
from consult.accounts.errors import Refused
from consult.app_context import settings
from consult.backup import service
from consult.backup.kept_files import Damaged
from consult.clock import local, now
from consult.faces.cli.console import actor_named, by_option, command_group, show
from consult.faces.cli.ledger import MOST, everything_wrong
from consult.ledger import verification
from consult.ledger.faults import Fault

backup_cli = command_group("backup")
SHOWN = 200
"""Lines of a list that are printed; ``--json`` has them all."""

file_argument = click.argument(
    "path", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="备份文件。"
)
since_option = click.option(
    "--since",
    "earlier",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="较早的备份：其中已有的文件只登记，不再复制；可以写几次。",
)


@backup_cli.command("create", help="创建备份：数据库、文件、底账和密钥，同一时刻，站点照常运行。")
@file_argument
@since_option
@by_option
def create(path: Path, earlier: tuple[Path, ...], username: str | None, as_json: bool) -> None:
    """Write FILE; exit 1 when a file that the database names is missing or damaged, and say which."""
    made = service.create(actor_named(username), path, since=earlier, at=now())
    if made.keys == "plain":
        click.echo("备份里的密钥没有加密，请妥善保管备份文件（已设为仅本人可读）。", err=True)
        click.echo("需要加密的，请设置 BACKUP_PASSPHRASE 或者 BACKUP_RECIPIENT。", err=True)
    document = {
        "file": str(path),
        "digest": made.digest,
        "at": made.at.isoformat(),
        "rows": made.rows,
        "entries": made.entries,
        "leaves": made.leaves,
        "files": made.files,
        "earlier_files": made.earlier_files,
        "bytes": path.stat().st_size,
        "keys": made.keys,
        "damaged": [_damaged(of) for of in made.damaged],
    }
    there = f"，另有 {made.earlier_files} 个在较早的备份里" if earlier else ""
    lines = (
        f"已备份到 {path}：截至 {local(made.at):%Y-%m-%d %H:%M:%S}，数据 {made.rows} 行，记录 {made.entries} 行，"
        f"文件 {made.files} 个{there}。\n备份的摘要 {made.digest}，请另行记下。"
    )
    show(document, lines, as_json)
    _refuse_damaged(made.damaged, "备份已完成，但是缺少以下文件：")


@backup_cli.command("restore", help="把备份恢复到空的数据库和文件夹，核验记录，并继续运行。")
@file_argument
@since_option
@by_option
def restore(path: Path, earlier: tuple[Path, ...], username: str | None, as_json: bool) -> None:
    """Bring FILE back into an empty place; exit 1 when the record that came back isn't whole."""
    restored = service.restore(actor_named(username), path, since=earlier, at=now())
    document, lines, faults = _brought_back(restored)
    show(document, lines, as_json)
    if faults:
        sys.exit(1)


@backup_cli.command("check", help="核对备份：在临时文件夹里恢复一次，核验记录，然后删除。")
@file_argument
@since_option
@click.option(
    "--in", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), help="临时文件夹的位置。"
)
def check(path: Path, earlier: tuple[Path, ...], folder: Path | None, as_json: bool) -> None:
    """Restore FILE into a folder of its own, verify the record there, and remove it."""
    with tempfile.TemporaryDirectory(prefix="backup-check-", dir=folder) as place:
        elsewhere = settings().model_copy(
            update={
                "data_dir": Path(place),
                "database_url": "",
                "journal_folder": None,
                "tree_heads_folder": None,
                "keys_file": None,
                "secret_key": "",
                "sqlite_synchronous": "OFF",
            }
        )
        with _application(elsewhere).app_context():
            restored = service.restore(actor_named(None), path, since=earlier, at=now())
            document, lines, faults = _brought_back(restored)
    show(document, lines, as_json)
    if faults or restored.damaged:
        sys.exit(1)


@backup_cli.command("copy-to", help="把全部数据复制到另一个空的数据库（SQLite 与 PostgreSQL 之间）；期间暂停写入。")
@click.argument("database_url", metavar="DATABASE_URL", help="另一个空的数据库的地址。")
@by_option
def copy_to(database_url: str, username: str | None, as_json: bool) -> None:
    """Copy all rows to DATABASE_URL; files stay. Then DATABASE_URL is to be set to it."""
    target = settings().model_copy(update={"database_url": database_url})
    moved = service.copy_to(actor_named(username), target, _application, at=now())
    document = {"database": moved.to, "tables": moved.tables, "rows": moved.rows, "entries": moved.entries}
    lines = (
        f"已复制 {moved.tables} 张表，{moved.rows} 行，其中记录 {moved.entries} 行，逐表核对一致。\n"
        "请停止站点，把 DATABASE_URL 设为新的地址，运行 flask ledger verify，然后启动；原数据库不要再写入。"
    )
    show(document, lines, as_json)


def _application(with_settings: Settings) -> Any:
    from consult.app import create_app  # the whole one, which only few commands need

    try:
        return create_app(with_settings)
    except Exception as error:
        if type(error).__module__.startswith("sqlalchemy"):
            raise Refused(f"数据库地址不对，或者连不上：{type(error).__name__}。请核对 DATABASE_URL。") from None
        raise


def _brought_back(restored: service.Restored) -> tuple[dict[str, Any], str, list[Fault]]:
    checked = verification.CheckedCounts()
    faults = [fault for _, fault in zip(range(MOST), everything_wrong(checked), strict=False)]
    document = {
        "backup": restored.backup,
        "point": restored.point.isoformat(),
        "rows": restored.rows,
        "files": restored.files,
        "leaves": restored.leaves,
        "whole": not faults,
        "faults": [
            {"where": fault.where, "which": fault.which, "what": fault.what, "message": fault.message}
            for fault in faults
        ],
        "damaged": [_damaged(of) for of in restored.damaged],
        "lost": [{"id": note.id, "act": note.act, "subject": note.subject} for note in restored.lost],
        "erasures_to_repeat": [note.subject for note in restored.erasures_to_repeat],
        "sessions_ended": restored.sessions_ended,
        "keys_moved_to": restored.keys_moved_to,
    }
    lines = [
        f"已恢复到 {local(restored.point):%Y-%m-%d %H:%M:%S} 的状态：数据 {restored.rows} 行，"
        f"文件 {restored.files} 个，记录 {restored.leaves} 条之后继续。",
        *(f"原有的密钥文件改名为 {restored.keys_moved_to}。" for _ in [0] if restored.keys_moved_to),
        *_list("备份时已经缺失的文件", [f"{of.where}：{of.digest}（{of.why}）" for of in restored.damaged]),
        *_list("备份以后的记录没有恢复", [f"第 {note.id} 行　{note.act}　{note.subject}" for note in restored.lost]),
        *_list("其中删除个人信息的，请重新办理", [note.subject for note in restored.erasures_to_repeat]),
        *_list("记录与恢复的内容不符", [fault.message for fault in faults]),
        f"记录{'完好' if not faults else '不完好'}。已登录的全部退出；发信暂停，请在“信箱—发出的信”核对后继续发信。",
    ]
    return document, "\n".join(lines), faults


def _list(title: str, items: list[str]) -> list[str]:
    if not items:
        return []
    more = [f"（另有 {len(items) - SHOWN} 项，见 --json）"] if len(items) > SHOWN else []
    return [f"{title}，共 {len(items)} 项：", *items[:SHOWN], *more]


def _damaged(of: Damaged) -> dict[str, str]:
    return {"digest": of.digest, "where": of.where, "why": of.why}


def _refuse_damaged(damaged: list[Damaged], words: str) -> None:
    if damaged:
        click.echo("\n".join([words, *(f"{of.where}：{of.digest}（{of.why}）" for of in damaged[:SHOWN])]), err=True)
        sys.exit(1)
