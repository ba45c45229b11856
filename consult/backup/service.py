"""The verbs: create a backup while the site runs, restore one into an empty place, move to another database."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from flask import Flask
from sqlalchemy import Connection, func, select

from config import Settings
from consult import clock, keys
from consult.accounts import session_ends
from consult.accounts.models import SessionEnd
from consult.accounts.permissions import Act, Actor, require
from consult.app_context import settings
from consult.backup import kept_files, place, record_files, rows, tables
from consult.backup.errors import BackupRefused
from consult.backup.kept_files import Damaged, Index, NamedFiles
from consult.files import age_encryption
from consult.files.backup_file import BackupReader, BackupWriter
from consult.files.errors import UnreadableFile
from consult.files.key_file import read_or_make
from consult.files.keyring import Keyring, from_text
from consult.ledger import continuation, tree, tree_heads
from consult.ledger.journal import files as journals
from consult.ledger.journal import lines
from consult.ledger.journal.lines import End, Note
from consult.ledger.models import LedgerEntry
from consult.ledger.service import record
from consult.ledger.signing_key import public_keys, signing_key
from consult.ledger.upkeep import Upkeep
from consult.ledger.verification.database_view import snapshot_read
from consult.migration_commands import has_revision, make_schema
from consult.store import db, transaction
from consult.store.database import WRITING

PLAIN_KEYS, SEALED_KEYS = "keys.json", "keys.age"
SIGNED: Final = b"consult-backup/1\n"
LONGEST_WAIT: Final = 5.0
"""Seconds that a restore waits for its act to be later than what was signed before; more is a wrong clock."""
ERASURES: Final = (".erase_personal", "privacy.")
"""What the names of acts that delete personal data end or begin with."""


@dataclass(frozen=True)
class Made:
    """A backup that was made."""

    path: Path
    digest: str
    at: datetime
    rows: int
    entries: int
    leaves: int
    files: int
    earlier_files: int
    bytes: int
    keys: str
    """How the keys are in it: ``plain``, ``passphrase`` or ``recipient``."""
    damaged: list[Damaged] = field(default_factory=list)


def create(actor: Actor, path: Path, *, since: Sequence[Path] = (), at: datetime) -> Made:
    """Write a backup of all that the platform keeps, as it is at one point, while the site goes on.

    Files that a row names and that are missing or damaged are named in the result; the rest is kept.

    Arguments:
        since: earlier backups, whose files are named and not copied.

    Raises:
        BackupRefused: the schema is out of date, or an earlier backup isn't one of this site.
        UnreadableFile: there is such a file, or an earlier one is damaged.
        OSError: the disk doesn't take it; nothing is left.
    """
    require(actor, Act.BACK_UP)
    place.check_whole()
    revision = place.revision()
    with ExitStack() as opened:
        earlier = [opened.enter_context(BackupReader(other)) for other in since]
        index = _index_of(earlier)
        opened.enter_context(_named(path))
        file = opened.enter_context(BackupWriter(path))
        noted = record_files.noted()
        named = NamedFiles()
        with snapshot_read():
            connection = db.session.connection()
            tables.check(connection)
            point = _point(connection)
            point["made_at"] = clock.now().isoformat()
            written_tables = {shape.name: _write_table(file, connection, shape) for shape in rows.shapes()}
            sequences = rows.sequences(connection)
            named.read()
        record_files.write(file, noted)
        written = kept_files.write(file, named, index)
        how = _write_keys(file)
        manifest = file.manifest(
            {
                **point,
                "revision": revision,
                "site": settings().site_name,
                "tables": written_tables,
                "sequences": sequences,
                "earlier": _described(earlier, written.holders),
                "damaged": kept_files.listed(written.damaged),
                "files": {"here": written.here, "earlier": written.earlier, "bytes": written.size},
            }
        )
        signature = json.dumps([keys.newest(keys.Purpose.CHECKPOINTS), signing_key().sign(SIGNED + manifest).hex()])
        digest = file.finish(manifest, signature)
    made = Made(
        path=path,
        digest=digest,
        at=datetime.fromisoformat(point["made_at"]),
        rows=sum(of["rows"] for of in written_tables.values()),
        entries=point["entries"],
        leaves=point["leaves"],
        files=written.here,
        earlier_files=written.earlier,
        bytes=written.size,
        keys=how,
        damaged=written.damaged,
    )
    with transaction():
        record(
            actor,
            Act.BACK_UP,
            "backup",
            at=at,
            backup=digest,
            point=point["made_at"],
            rows=made.rows,
            files=made.files,
            earlier=made.earlier_files,
            damaged=len(made.damaged),
        )
    return made


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Let an error of writing say which file it is about."""
    try:
        yield
    except OSError as error:
        if error.filename is not None:
            raise
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error


def last_made() -> datetime | None:
    """Return when the newest backup was made, as the record has it."""
    query = select(func.max(LedgerEntry.at)).where(LedgerEntry.subject == "backup", LedgerEntry.act == Act.BACK_UP)
    return db.session.scalar(query)


def _point(connection: Connection) -> dict[str, Any]:
    """Return what the record is at this point; the first read of the snapshot."""
    size = tree.size()
    last, n = db.session.execute(select(func.max(LedgerEntry.id), func.count())).one()
    return {
        "database": connection.dialect.name,
        "entries": int(n),
        "last_entry": int(last or 0),
        "leaves": size,
        "root": tree.root(size).hex(),
    }


def _write_table(file: BackupWriter, connection: Connection, shape: rows.Shape) -> dict[str, Any]:
    sums = rows.TableSum()
    with file.part(f"tables/{shape.name}") as part:
        part.write(shape.as_line())
        for line in rows.read(connection, shape):
            sums.add(line)
            part.write(line)
    return sums.as_detail()


def _write_keys(file: BackupWriter) -> str:
    secret_file = settings().data_dir / "secret_key"
    secret = secret_file.read_text(encoding="utf-8").strip() if secret_file.exists() else ""
    plain = json.dumps({"keyring": keys.ring().as_text(), "secret_key": secret}).encode()
    passphrase, recipient = settings().backup_passphrase, settings().backup_recipient
    sealed = bool(passphrase or recipient)
    with file.part(SEALED_KEYS if sealed else PLAIN_KEYS) as part:
        part.write(age_encryption.encrypt(plain, passphrase=passphrase, recipient=recipient) if sealed else plain)
    if not sealed:
        return "plain"
    return "recipient" if recipient else "passphrase"


def _index_of(earlier: Sequence[BackupReader]) -> Index | None:
    if not earlier:
        return None
    known = public_keys()
    for backup in earlier:
        if not _is_signed_with(backup, known):
            raise BackupRefused(f"“{backup.path}”不是本站点的备份，或者被改动过，不能作为 --since 的依据。")
    index = Index(earlier[0])
    for backup in earlier[1:]:
        index.add(backup)
    return index


def _described(earlier: Sequence[BackupReader], holders: set[str]) -> dict[str, dict[str, str]]:
    """Return the backups that are needed besides this one: by digest their file's name and moment."""
    known: dict[str, dict[str, str]] = {}
    for backup in earlier:
        known.update(backup.manifest.get("earlier", {}))
        known[backup.digest] = {"file": backup.path.name, "made_at": str(backup.manifest["made_at"])}
    return {digest: known.get(digest, {}) for digest in sorted(holders)}


def _is_signed_with(backup: BackupReader, known: Sequence[str]) -> bool:
    try:
        number, signature = json.loads(backup.signature)
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(known[number - 1]))
        key.verify(bytes.fromhex(signature), SIGNED + backup.raw_manifest)
    except (InvalidSignature, ValueError, TypeError, IndexError):
        return False
    return True


@dataclass(frozen=True)
class Restored:
    """What a restore brought back, and what it couldn't."""

    backup: str
    point: datetime
    rows: int
    files: int
    leaves: int
    damaged: list[Damaged]
    """Files that were missing or damaged already when the backup was made."""
    lost: list[Note]
    """Entries from after the point, as journals that lay elsewhere know them."""
    sessions_ended: int
    keys_moved_to: str
    """Where a file with other keys was moved to; empty if there was none."""

    @property
    def erasures_to_repeat(self) -> list[Note]:
        """The lost acts that had deleted personal data: the backup has it again."""
        return [note for note in self.lost if note.act.endswith(ERASURES[0]) or note.act.startswith(ERASURES[1])]


def restore(actor: Actor, path: Path, *, since: Sequence[Path] = (), at: datetime) -> Restored:
    """Bring everything of a backup back into an empty place, and let the record go on from it.

    Killed anywhere, it leaves a mark with which nothing is served; run once more, it begins again.

    Arguments:
        since: the earlier backups that this one names.

    Raises:
        BackupRefused: the place isn't empty, the backup is from a newer version or another site, or needs others.
        UnreadableFile: a file is damaged, or its keys can't be opened.
        OSError: the disk doesn't take it; the mark stays.
    """
    require(actor, Act.RESTORE)
    with ExitStack() as opened:
        backup = opened.enter_context(BackupReader(path))
        earlier = [opened.enter_context(BackupReader(other)) for other in since]
        by_digest = {reader.digest: reader for reader in earlier}
        manifest = backup.manifest
        if not has_revision(manifest["revision"]):
            raise BackupRefused(
                f"备份的数据结构（{manifest['revision']}）比本平台的程序新。请安装创建备份时的版本或者更新的版本，再恢复。"
            )
        kept, secret = _opened_keys(backup)
        for reader in (backup, *earlier):
            if not _is_signed_with(reader, _public_keys(kept)):
                raise BackupRefused(
                    f"备份文件“{reader.path}”的签名不符：清单被改动过，或者与这份备份不是同一个站点的。"
                )
        index = Index(backup)
        kept_files.check_holders(index, backup, by_digest)
        backup.check()
        place.begin(path, at)
        moved = _put_keys_back(kept, secret)
        record_files.put_back(backup)
        n_files = kept_files.put_back(index, backup, by_digest)
        n_rows = _put_rows_back(backup)
        lost = _lost(record_files.sizes_in(backup))
        ended = _go_on(actor, backup, lost, at)
        make_schema(with_record=True)
    place.end()
    Upkeep().round(clock.now())
    return Restored(
        backup=backup.digest,
        point=datetime.fromisoformat(manifest["made_at"]),
        rows=n_rows,
        files=n_files,
        leaves=manifest["leaves"],
        damaged=[Damaged(of["digest"], of["where"], of["why"]) for of in manifest["damaged"]],
        lost=lost,
        sessions_ended=ended,
        keys_moved_to=moved,
    )


def _opened_keys(backup: BackupReader) -> tuple[Keyring, str]:
    if PLAIN_KEYS in backup.parts:
        with backup.part(PLAIN_KEYS) as part:
            plain = part.read()
    else:
        with backup.part(SEALED_KEYS) as part:
            sealed = part.read()
        config = settings()
        plain = age_encryption.decrypt(
            sealed, passphrase=config.backup_passphrase, identity_file=config.backup_identity
        )
    try:
        document = json.loads(plain)
        return from_text(document["keyring"]), str(document["secret_key"])
    except (ValueError, TypeError, KeyError, AttributeError):
        raise UnreadableFile(f"备份文件“{backup.path}”里的密钥读不懂：文件被改动过。") from None


def _public_keys(kept: Keyring) -> list[str]:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private = [bytes.fromhex(key) for key in kept.generations[keys.Purpose.CHECKPOINTS]]
    return [Ed25519PrivateKey.from_private_bytes(key).public_key().public_bytes_raw().hex() for key in private]


def _put_keys_back(kept: Keyring, secret: str) -> str:
    made_just_now = keys.were_made_now()
    aside = keys.put_back(kept)
    secret_file = settings().data_dir / "secret_key"
    if secret and secret_file.exists() and secret_file.read_text(encoding="utf-8").strip() != secret:
        secret_file.unlink() if made_just_now else secret_file.rename(
            secret_file.with_name(f"{secret_file.name}.replaced-{token_hex(4)}")
        )
    if secret and not secret_file.exists():
        read_or_make(secret_file, lambda: secret)
    return "" if aside is None else str(aside)


def _put_rows_back(backup: BackupReader) -> int:
    manifest = backup.manifest
    make_schema(manifest["revision"])
    with _filling() as connection:
        for name in manifest["tables"]:
            with backup.part(f"tables/{name}") as part:
                _put_table_back(backup, connection, name, part)
        rows.set_sequences(connection, manifest["sequences"])
    with db.engine.connect() as connection:
        for name, stated in manifest["tables"].items():
            with backup.part(f"tables/{name}") as part:
                shape = rows.shape_from(part.readline())
            if rows.sums_of(connection, shape) != stated:
                raise BackupRefused(f"数据表 {name} 恢复以后与备份不一致。请改用另一份备份，并报告此事。")
    make_schema()
    return sum(stated["rows"] for stated in manifest["tables"].values())


def _put_table_back(backup: BackupReader, connection: Connection, name: str, part: Any) -> None:
    try:
        shape = rows.shape_from(part.readline())
    except (ValueError, TypeError, KeyError):
        raise UnreadableFile(f"备份文件“{backup.path}”里数据表 {name} 的列读不懂。") from None
    if shape.name != name or rows.load(connection, shape, part) != backup.manifest["tables"][name]:
        raise UnreadableFile(f"备份文件“{backup.path}”里数据表 {name} 的内容与清单不符。")


@contextmanager
def _filling() -> Iterator[Connection]:
    """Yield a connection in a transaction that puts rows into an empty database, without checks of foreign keys."""
    db.session.remove()
    with db.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        on_sqlite = connection.dialect.name == "sqlite"
        if on_sqlite:
            driver.execute("PRAGMA foreign_keys=OFF")  # has no effect inside a transaction
        try:
            with connection.execution_options(**{WRITING: True}).begin():
                foreign_keys = place.foreign_keys_off(connection)
                yield connection
                place.foreign_keys_on(connection, foreign_keys)
        finally:
            if on_sqlite:
                driver.execute("PRAGMA foreign_keys=ON")


def _lost(known: Mapping[str, int]) -> list[Note]:
    """Return the entries that journals name and the database lacks, each once, in order.

    Arguments:
        known: how long each journal was at the point. What its lines up to there name, the backup has, or somebody had
            removed it before: that isn't lost by the restore, and stays a fault.
    """
    earlier = continuation.known()
    lost: dict[int, Note] = {}
    for path in {*journals.shipped().values(), *journals.kept_here().values()}:
        waiting: list[Note] = []
        for _, line in lines.read(path, known.get(path.name, 0)):
            if not continuation.is_lost(earlier, line.note.id):
                waiting.append(line.note)
            if len(waiting) == 500:
                lost.update(_missing(waiting))
                waiting = []
        lost.update(_missing(waiting))
    return [lost[id_] for id_ in sorted(lost)]


def _missing(notes: Sequence[Note]) -> dict[int, Note]:
    query = select(LedgerEntry.id, LedgerEntry.seal).where(LedgerEntry.id.in_([note.id for note in notes]))
    there = {(row.id, row.seal) for row in db.session.execute(query)}
    return {note.id: note for note in notes if (note.id, note.seal) not in there}


def _go_on(actor: Actor, backup: BackupReader, lost: Sequence[Note], at: datetime) -> int:
    """Record that the record goes on from here, above every id that is known; end all sessions."""
    manifest = backup.manifest
    last = manifest["last_entry"]
    highest = max([last, *(note.id for note in lost)])
    with db.engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
        free = (highest // continuation.MARGIN + 2) * continuation.MARGIN
        rows.set_sequences(connection, {**rows.sequences(connection), LedgerEntry.__tablename__: free})
    at = _after_all_signed(at, manifest["leaves"])
    ends = {host: [end.number, end.chain] for host, end in _ends().items()}
    with transaction(alone=True):
        entry = record(
            actor,
            Act.RESTORE,
            continuation.SUBJECT,
            at=at,
            backup=backup.digest,
            point=manifest["made_at"],
            leaves=manifest["leaves"],
            root=manifest["root"],
            last=last,
            holes=[note.id for note in lost if note.id <= last],
            lost=len(lost),
            ends=ends,
            from_postgresql=manifest["database"] == "postgresql",
        )
        db.session.flush()
        if entry.id <= highest:
            raise BackupRefused(f"记录的编号没有接在第 {highest} 行之后。请报告此事。")
        return session_ends.end_everybodys(SessionEnd.RESTORED, at)


def _ends() -> dict[str, End]:
    """Return where the journal of each host ends, here or as it was shipped."""
    ends = tree_heads.shipped_ends()
    for host, path in journals.kept_here().items():
        for _, line in lines.read(path):
            if host not in ends or line.number > ends[host].number:
                ends[host] = End(line.number, line.chain)
    return ends


def _after_all_signed(at: datetime, leaves: int) -> datetime:
    """Return a moment later, by whole seconds, than every head that was signed over what is lost.

    Raises:
        BackupRefused: one was signed in the future: the clock of this host, or of that one, is wrong.
    """
    newest = ""
    for folder in tree_heads.places():
        for path in folder.glob("heads-*.log"):
            for _, head in tree_heads.read(path, path.stat().st_size):
                if head is not None and head.checkpoint.size > leaves:
                    newest = max(newest, head.checkpoint.at)
    until = time.monotonic() + LONGEST_WAIT
    moment = max(at, clock.now())
    while moment.strftime("%Y-%m-%dT%H:%M:%SZ") <= newest:
        if time.monotonic() > until:
            raise BackupRefused(
                f"签名的树头写明是 {newest} 签的，本机的时间却是 {moment:%Y-%m-%d %H:%M:%S}（UTC）。"
                "请校准时间后再恢复。"
            )
        time.sleep(0.1)
        moment = clock.now()
    return moment


@dataclass(frozen=True)
class Moved:
    """What was moved to another database."""

    to: str
    rows: int
    tables: int
    entries: int


def copy_to(actor: Actor, target: Settings, open_application: Callable[[Settings], Flask], *, at: datetime) -> Moved:
    """Copy all rows into an empty database of the other kind, or of the same; files stay where they are.

    Writers wait meanwhile. The record gets an act that says so, which both databases have.

    Arguments:
        target: the settings with the other database.
        open_application: returns an application with these settings.

    Raises:
        BackupRefused: the other database isn't empty, or took something else than it was given.
    """
    require(actor, Act.MOVE_DATABASE)
    place.check_whole()
    place.revision()
    if target.database() == settings().database():
        raise BackupRefused("目标就是现在使用的数据库。请写另一个数据库的地址。")
    other = open_application(target)
    with other.app_context():
        place.check_empty_database()
        place.clear_database()
        make_schema()
    tree.seal(at, everything=True)
    with transaction(alone=True) as session:
        from_postgresql = session.connection().dialect.name == "postgresql"
        last = session.scalar(select(func.max(LedgerEntry.id))) or 0
        entry = record(
            actor,
            Act.MOVE_DATABASE,
            continuation.SUBJECT,
            at=at,
            last=last,
            to=db.engine.dialect.name,
            from_postgresql=from_postgresql,
        )
        db.session.flush()
        assert entry.id > last
        connection = session.connection()
        tables.check(connection)
        copied = _copy_rows(connection, other)
    with other.app_context():
        tree.seal(at, everything=True)
        to = db.engine.dialect.name
    return Moved(to, sum(of["rows"] for of in copied.values()), len(copied), copied["ledger_entry"]["rows"])


def _copy_rows(connection: Connection, other: Flask) -> dict[str, dict[str, Any]]:
    shapes = rows.shapes()
    with other.app_context(), _filling() as target:
        copied = {shape.name: rows.load(target, shape, rows.read(connection, shape)) for shape in shapes}
        rows.set_sequences(target, rows.sequences(connection))
        for shape in shapes:
            if rows.sums_of(target, shape) != copied[shape.name]:
                raise BackupRefused(f"数据表 {shape.name} 复制以后与原来不一致，没有迁移。请报告此事。")
    return copied
