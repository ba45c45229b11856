"""The place that a backup is restored into, or a database is moved to: empty before, and whole or marked as not."""

from __future__ import annotations

import json
import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, MetaData, inspect, select, text
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from consult.app_context import settings
from consult.backup import kept_files, record_files, tables
from consult.backup.errors import BackupRefused
from consult.ledger import checkpoints, key_rotation
from consult.ledger.journal import files
from consult.ledger.models import LedgerEntry
from consult.ledger.rows import enrolment
from consult.migration_commands import newest_revisions
from consult.store import db

MARK: Final = "restore-not-finished.json"
"""File in the data folder while a restore runs; where it lies after a kill, nothing is served."""
OF_A_NEW_SCHEMA: Final = frozenset({key_rotation.BEGIN, enrolment.ENROL})
"""Acts that making the schema leaves in an empty database."""


def mark() -> Path:
    """Return the path of the mark."""
    return settings().data_dir / MARK


def check_whole() -> None:
    """Check that no restore was cut off here.

    Raises:
        BackupRefused: one was.
    """
    try:
        begun = json.loads(mark().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    except (OSError, ValueError):
        begun = {}
    raise BackupRefused(
        f"这里的恢复没有完成（{begun.get('file', '备份')}，{begun.get('at', '')} 开始），数据不完整，不能使用。"
        "请重新运行 flask backup restore：它会先清除上次恢复的内容。"
    )


def begin(path: Path, at: datetime) -> None:
    """Mark the place as not whole; what an earlier restore that was cut off had written is cleared away.

    Raises:
        BackupRefused: the place isn't empty, or it lacks a folder that the settings name.
    """
    _check_folders()
    if mark().exists():
        clear()
    else:
        check_empty()
    mark().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with mark().open("w", encoding="utf-8") as file:
        json.dump({"file": path.name, "at": at.isoformat(timespec="seconds")}, file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    clear_database()
    shutil.rmtree(files.folder(), ignore_errors=True)


def end() -> None:
    """Say that the place is whole."""
    mark().unlink()
    folder = os.open(settings().data_dir, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _check_folders() -> None:
    config = settings()
    for name, folder in (("JOURNAL_FOLDER", config.journal_folder), ("TREE_HEADS_FOLDER", config.tree_heads_folder)):
        if folder is not None and not folder.is_dir():
            raise BackupRefused(
                f"{name} 指定的文件夹 {folder} 读不到。备份以后新增的记录，只有那里的底账知道；"
                "请先挂载好，再恢复。确实已经没有的，请新建空文件夹。"
            )


def check_empty() -> None:
    """Check that nothing would be lost or mixed.

    Raises:
        BackupRefused: says what is there.
    """
    check_empty_database()
    if record_files.are_here() and _has_rows(LedgerEntry.__tablename__) is False:
        raise BackupRefused(
            f"{settings().data_dir} 里已经有底账、树头或者检查点。恢复要在空的地方做，请换一个 DATA_DIR。"
        )
    if kept_files.are_here():
        raise BackupRefused(f"{settings().data_dir / 'blobs'} 里已经有文件。恢复要在空的地方做，请换一个 DATA_DIR。")


def check_empty_database() -> None:
    """Check that the database of the running application has no rows but those of a new schema.

    Raises:
        BackupRefused: it has.
    """
    with db.engine.connect() as connection:
        there = set(inspect(connection).get_table_names())
        ours = there & {table.name for table in tables.every()}
        foreign = there - ours - tables.OTHERS
        if foreign:
            raise BackupRefused(
                f"数据库里已经有别的表（{min(foreign)}）。恢复要在空的数据库里做，请换一个 DATABASE_URL。"
            )
        for name in sorted(ours):
            if name == LedgerEntry.__tablename__:
                acts = set(connection.scalars(select(LedgerEntry.act).distinct()))
                filled = not acts <= OF_A_NEW_SCHEMA
            else:
                filled = not name.startswith("ledger_") and _filled(connection, name)
            if filled:
                raise BackupRefused(
                    f"数据库里已经有内容（表 {name}）。恢复要在空的数据库里做，请换一个 DATABASE_URL 和 DATA_DIR。"
                )


def _filled(connection: Connection, name: str) -> bool:
    quoted = connection.dialect.identifier_preparer.quote(name)
    return connection.execute(text(f"SELECT 1 FROM {quoted} LIMIT 1")).first() is not None  # noqa: S608


def _has_rows(name: str) -> bool:
    with db.engine.connect() as connection:
        return inspect(connection).has_table(name) and _filled(connection, name)


def clear() -> None:
    """Clear away what a restore that was cut off has written; files in the storage stay, and are stored once."""
    clear_database()
    for folder in (files.folder(), checkpoints.folder()):
        shutil.rmtree(folder, ignore_errors=True)


def clear_database() -> None:
    """Drop all tables."""
    db.session.remove()
    with db.engine.begin() as connection:
        there = MetaData()
        there.reflect(connection)
        there.drop_all(connection)


def revision() -> str:
    """Return the revision of the schema.

    Raises:
        BackupRefused: there is no schema, or it isn't that of this code.
    """
    try:
        with db.engine.connect() as connection:
            there = set(connection.scalars(text("SELECT version_num FROM alembic_version")))
    except SQLAlchemyError:
        there = set()
    if there != newest_revisions():
        raise BackupRefused("数据库的结构不是最新的。请先运行 flask db upgrade。")
    return str(min(there))


def foreign_keys_off(connection: Connection) -> list[tuple[str, str, str]]:
    """Drop the foreign keys on PostgreSQL, to be added again when all rows are in; return them."""
    if connection.dialect.name != "postgresql":
        return []
    query = text(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype = 'f' AND connamespace = 'public'::regnamespace"
    )
    keys = [(str(table), str(name), str(definition)) for table, name, definition in connection.execute(query)]
    quote = connection.dialect.identifier_preparer.quote
    for table, name, _ in keys:
        connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {quote(name)}"))
    return keys


def foreign_keys_on(connection: Connection, keys: list[tuple[str, str, str]]) -> None:
    """Add the foreign keys again, and check every row against them.

    Raises:
        BackupRefused: a row refers to one that isn't there.
    """
    if connection.dialect.name != "postgresql":
        broken: Any = connection.execute(text("PRAGMA foreign_key_check")).first()
        if broken is not None:
            raise BackupRefused(f"数据表 {broken[0]} 第 {broken[1]} 行引用的 {broken[2]} 不存在：备份的数据不完整。")
        return
    quote = connection.dialect.identifier_preparer.quote
    try:
        for table, name, definition in keys:
            connection.execute(text(f"ALTER TABLE {table} ADD CONSTRAINT {quote(name)} {definition}"))
    except IntegrityError as error:
        raise BackupRefused(
            f"有数据行引用的数据不存在：{str(error.orig).splitlines()[0]}。备份的数据不完整。"
        ) from None
