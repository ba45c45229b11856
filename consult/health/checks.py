"""Every check of the platform's health: each says in words what is wrong, and since when, never raising."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from consult.app_context import blobs, settings
from consult.backup import service as backup
from consult.clock import local
from consult.intake import queries as intake
from consult.labels import Label, LabelledEnum
from consult.ledger import key_rotation
from consult.ledger import queries as ledger
from consult.ledger.journal import files as journals
from consult.mail_queue import service as mail_queue
from consult.mailbox import queries as mailboxes
from consult.migration_commands import newest_revisions
from consult.store import db, probe

PROBE_BYTES: Final = 1 << 20
"""Written to the disk to see whether it takes a submission."""
LITTLE_SPACE: Final = 2 * 1024**3
NO_SPACE: Final = 256 * 1024**2
MAILBOX_SILENT: Final = timedelta(minutes=30)
LETTER_WAITS: Final = timedelta(hours=4)
SEAL_WAITS: Final = timedelta(minutes=15)
JOURNAL_WAITS: Final = timedelta(minutes=5)
BACKUP_AGE: Final = timedelta(days=2)
PING_SECONDS: Final = 1.0

log = structlog.get_logger()


class Level(LabelledEnum):
    """How well something is."""

    OK = "ok", Label("正常", "green")
    DEGRADED = "degraded", Label("需要留意", "amber")
    RED = "red", Label("异常", "seal")


@dataclass(frozen=True)
class Finding:
    """What a check found: its name for programs, its title, and what is the matter and what to do, in Chinese."""

    name: str
    title: str
    level: Level
    words: str = ""


@dataclass(frozen=True)
class JobState:
    """How a periodic job fares."""

    name: str
    ran_at: datetime | None
    every_minutes: int
    error: str = ""

    def is_late(self, at: datetime) -> bool:
        """Say whether it should have run since."""
        return self.ran_at is not None and at - self.ran_at > timedelta(minutes=3 * self.every_minutes + 5)

    def in_words(self, at: datetime) -> str:
        """Return how it fares in Chinese."""
        if self.error:
            return f"没有完成：{self.error}"
        if self.ran_at is None:
            return "尚未运行"
        return "没有按时运行" if self.is_late(at) else "正常"


Check = Callable[[datetime], Iterator[Finding]]


def database() -> str:
    """Return what is wrong with the database, "" where it answers, is up to date and takes writes."""
    try:
        current = set(db.session.scalars(text("SELECT version_num FROM alembic_version")))
        db.session.rollback()
    except SQLAlchemyError as error:
        db.session.rollback()
        return f"not reachable, or no schema yet (flask db upgrade makes it): {type(error).__name__}"
    if current != newest_revisions():
        return "schema out of date: run flask db upgrade"
    refused = probe.refuses_writes()
    return f"not writable: {refused}" if refused else ""


def storage() -> str:
    """Return why a submission's files couldn't be stored, "" where they could: something is written to see it."""
    for folder in _folders():
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=folder, prefix=".probe-") as file:
                os.posix_fallocate(file.fileno(), 0, PROBE_BYTES)
                file.write(b"\0" * 4096)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            return f"not writable: {error.strerror}"
    return ""


def _folders() -> Iterator[Path]:
    yield blobs().root / "incoming"
    yield journals.folder()
    if db.engine.dialect.name == "sqlite" and db.engine.url.database:
        yield Path(db.engine.url.database).parent


def redis_away() -> str:
    """Return which Redis doesn't answer, "" where all do or none is used; everything goes on without it."""
    config = settings()
    for words, url in (("queue", config.redis_url), ("rate limits", config.ratelimit_storage_url)):
        if url.startswith(("redis", "unix")) and not _answers(url):
            return f"{words}: not reachable; going on without it"
    return ""


def _answers(url: str) -> bool:
    import redis  # for its cost: few sites use it

    try:
        with redis.Redis.from_url(url, socket_timeout=PING_SECONDS, socket_connect_timeout=PING_SECONDS) as connection:
            return bool(connection.ping())
    except (redis.RedisError, OSError, ValueError):
        return False


def free_bytes() -> tuple[int, int]:
    """Return the free and all bytes of the disk that the data folder is on."""
    of_disk = shutil.disk_usage(settings().data_dir)
    return of_disk.free, of_disk.total


def _database(_at: datetime) -> Iterator[Finding]:
    wrong = database()
    words = f"数据库不能使用，来件存不下：{wrong}。请检查数据库服务和磁盘。" if wrong else ""
    yield Finding("database", "数据库", Level.RED if wrong else Level.OK, words)


def _storage(_at: datetime) -> Iterator[Finding]:
    wrong = storage()
    words = f"数据文件夹写不进去，来件存不下：{wrong}。请检查磁盘空间和权限。" if wrong else ""
    yield Finding("storage", "文件存储", Level.RED if wrong else Level.OK, words)


def _space(_at: datetime) -> Iterator[Finding]:
    free, _ = free_bytes()
    level = Level.RED if free < NO_SPACE else Level.DEGRADED if free < LITTLE_SPACE else Level.OK
    words = f"磁盘只剩 {free // 1024**2} MB。请清理或者扩容；写满以后来件存不下。" if level is not Level.OK else ""
    yield Finding("disk", "磁盘空间", level, words)


def _keys(_at: datetime) -> Iterator[Finding]:
    fault = next(key_rotation.faults(), None)
    yield Finding("keys", "密钥", Level.RED if fault else Level.OK, fault.message if fault else "")


def _files(_at: datetime) -> Iterator[Finding]:
    newest = intake.newest_files()
    gone = [digest for digest in newest if not blobs().exists(digest)]
    words = (
        f"最近的 {len(newest)} 个来件文件中，{len(gone)} 个在存储里找不到。"
        "存储可能没有挂载，或者文件被删除；请核对后运行 flask ledger verify，必要时从备份恢复。"
    )
    yield Finding("files", "来件文件", Level.RED if gone else Level.OK, words if gone else "")


def _redis(_at: datetime) -> Iterator[Finding]:
    wrong = redis_away()
    words = "Redis 没有回应：后台任务改由定时运行，访问次数在内存里计。请检查 Redis 服务。" if wrong else ""
    yield Finding("redis", "Redis", Level.DEGRADED if wrong else Level.OK, words)


def _mailboxes(at: datetime) -> Iterator[Finding]:
    for state in mailboxes.states():
        is_silent = at - (state.fetched_at or state.created_at) > MAILBOX_SILENT
        level = Level.RED if is_silent else Level.DEGRADED if state.error else Level.OK
        since = f"最近一次读到邮件是 {local(state.fetched_at):%Y-%m-%d %H:%M}" if state.fetched_at else "还没有读过"
        words = f"{since}。{state.error or '后台任务没有读取它。'}" if level is not Level.OK else ""
        yield Finding(f"mailbox:{state.id}", f"征集信箱 {state.user}", level, words)


def _letters(at: datetime) -> Iterator[Finding]:
    held, oldest = mail_queue.held(), mail_queue.oldest_waiting()
    if held is not None:
        words = f"系统从备份恢复后发信暂停，{held.letters} 封待核对。请在“信箱—发出的信”核对后恢复发信。"
        yield Finding("mail_out", "发出的信", Level.DEGRADED, words)
        return
    waits = oldest is not None and at - oldest > LETTER_WAITS
    words = (
        f"最早的一封自 {local(oldest):%Y-%m-%d %H:%M} 起等待发送。请查看“信箱—发出的信”。" if oldest and waits else ""
    )
    yield Finding("mail_out", "发出的信", Level.RED if waits else Level.OK, words)


def _scans(_at: datetime) -> Iterator[Finding]:
    waiting = intake.scans_waiting() if settings().clamd_address else 0
    words = f"{waiting} 个附件等待病毒扫描，扫描程序没有回应；扫描前不能下载。" if waiting else ""
    yield Finding("scans", "病毒扫描", Level.DEGRADED if waiting else Level.OK, words)


def _sealing(at: datetime) -> Iterator[Finding]:
    oldest = ledger.oldest_unsealed()
    waits = oldest is not None and at - oldest > SEAL_WAITS
    words = (
        f"自 {local(oldest):%Y-%m-%d %H:%M} 起的记录还没有归入记录树：后台任务没有运行。" if oldest and waits else ""
    )
    yield Finding("sealing", "记录归入", Level.RED if waits else Level.OK, words)


def _shipping(at: datetime) -> Iterator[Finding]:
    ours, shipped = journals.journal_path(), journals.shared_folder() / journals.journal_path().name
    behind = ours.exists() and ours.stat().st_size > (shipped.stat().st_size if shipped.exists() else 0)
    waits = behind and at.timestamp() - ours.stat().st_mtime > JOURNAL_WAITS.total_seconds()
    words = f"本机的底账没有送到 {shipped.parent}。请检查共享文件夹和后台任务。" if waits else ""
    yield Finding("journal", "底账", Level.RED if waits else Level.OK, words)


def _backups(at: datetime) -> Iterator[Finding]:
    made = backup.last_made()
    if not settings().public_url:
        return  # a trial on somebody's own machine
    old = made is None or at - made > BACKUP_AGE
    since = f"最近一次备份是 {local(made):%Y-%m-%d %H:%M}" if made else "还没有备份"
    words = f"{since}。请用 flask backup create 每天备份。" if old else ""
    yield Finding("backup", "备份", Level.DEGRADED if old else Level.OK, words)


CHECKS: Final[dict[str, tuple[str, Check]]] = {
    "database": ("数据库", _database),
    "storage": ("文件存储", _storage),
    "disk": ("磁盘空间", _space),
    "keys": ("密钥", _keys),
    "files": ("来件文件", _files),
    "mailboxes": ("征集信箱", _mailboxes),
    "mail_out": ("发出的信", _letters),
    "scans": ("病毒扫描", _scans),
    "sealing": ("记录归入", _sealing),
    "journal": ("底账", _shipping),
    "redis": ("Redis", _redis),
    "backup": ("备份", _backups),
}


def jobs(states: Iterable[JobState], at: datetime) -> list[Finding]:
    """Return how periodic work fares: one finding for the worker, one for each job that failed."""
    every = list(states)
    ran = [state for state in every if state.ran_at is not None]
    late = [state for state in ran if state.is_late(at)]
    worst = Level.RED if len(late) == len(ran) and ran else Level.DEGRADED if late or not ran else Level.OK
    words = {
        Level.RED: "后台任务已停止：邮件不读取，信不发出，记录不归入。请启动 flask worker run。",
        Level.DEGRADED: f"没有按时运行：{'、'.join(state.name for state in late)}。" if late else "后台任务尚未运行。",
        Level.OK: "",
    }[worst]
    return [
        Finding("worker", "后台任务", worst, words),
        *(
            Finding(f"job:{state.name}", f"任务 {state.name}", Level.DEGRADED, f"最近一次没有完成：{state.error}")
            for state in every
            if state.error
        ),
    ]


def findings(states: Iterable[JobState], at: datetime) -> list[Finding]:
    """Run every check; one that fails itself is red, and the others go on."""
    every: list[Finding] = []
    for name, (title, check) in CHECKS.items():
        try:
            every += list(check(at))
        except Exception as error:  # the database is away, most often, which its own check says
            db.session.rollback()
            log.warning("check_failed", check=name, error=type(error).__name__)
            every.append(Finding(name, title, Level.RED, f"查不出来：{type(error).__name__}。"))
    return every + jobs(states, at)
