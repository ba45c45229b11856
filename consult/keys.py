"""The keys of the running application: one key for each purpose and generation, in the file ``KEYS_FILE``.

What is new is made with the newest generation; what is there is tried with all of them. A process learns of a rotation
by looking at the file each time (docs/decisions/0040-keys-with-generations.md).
"""

from __future__ import annotations

import fcntl
import hmac
import os
from base64 import urlsafe_b64encode
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex, token_urlsafe

import structlog
from flask import Flask, current_app
from sqlalchemy import text

from consult.accounts.errors import Refused
from consult.accounts.permissions import Act
from consult.app_context import settings
from consult.files import keyring
from consult.files.errors import UnreadableFile
from consult.files.key_file import read_or_make
from consult.files.keyring import Keyring
from consult.labels import Label, LabelledEnum
from consult.store import db

log = structlog.get_logger()


class Purpose(LabelledEnum):
    """What a key is for."""

    SESSIONS = "sessions", Label("会话和表单的签名", "plain")
    SIGN_IN = "sign_in", Label("登录记录的散列", "plain")
    RECEIPTS = "receipts", Label("回执查询码", "plain")
    LINKS = "links", Label("征求意见函的链接", "plain")
    SEALS = "seals", Label("记录的封印", "plain")
    ROWS = "rows", Label("数据行的校验值", "plain")
    SECRETS = "secrets", Label("保存的密码的加密", "plain")
    CHECKPOINTS = "checkpoints", Label("检查点和树头的签名", "plain")


FIRST_FILES = {Purpose.SECRETS: "mailbox_key", Purpose.CHECKPOINTS: "ledger_key"}
"""Files that generation 1 of a purpose had before there was one file for all."""
MADE_NOW = "consult.keys.made_now"
"""Key in ``app.extensions`` of the file of keys that this process has made."""

Identity = tuple[int, int, int]
"""Inode, time and size of a file: a new generation makes it longer."""


class KeysUnusable(Refused):
    """The keys can't be read."""


@dataclass(frozen=True)
class _Read:
    identity: Identity | None
    ring: Keyring


_during_rotation: ContextVar[Keyring | None] = ContextVar("keys_during_rotation", default=None)


def path() -> Path:
    """Return the path of the file of keys."""
    config = settings()
    return config.keys_file or config.data_dir / "keys.json"


def connect(app: Flask) -> None:
    """Write generation 1 down before SECRET_KEY, which it was, may change; what fails is said at first use."""
    with app.app_context(), suppress(KeysUnusable, OSError):
        _look()


def current(purpose: Purpose) -> bytes:
    """Return the key of the newest generation."""
    return _keys(purpose)[-1].encode()


def newest(purpose: Purpose) -> int:
    """Return the number of the newest generation; the first is 1."""
    return len(_keys(purpose))


def generation(purpose: Purpose, number: int) -> bytes | None:
    """Return the key of a generation; None where the file doesn't have it."""
    keys = _keys(purpose)
    return keys[number - 1].encode() if 1 <= number <= len(keys) else None


def newest_first(purpose: Purpose) -> Iterator[tuple[int, bytes]]:
    """Yield every generation with its key, the newest first."""
    keys = _keys(purpose)
    for number in range(len(keys), 0, -1):
        yield number, keys[number - 1].encode()


def of_sessions() -> bytes:
    """Return what sessions and forms are signed with: another one after a rotation, and with another SECRET_KEY."""
    secret: str = current_app.config["SECRET_KEY"]
    if newest(Purpose.SESSIONS) == 1:
        return secret.encode()
    return hmac.digest(current(Purpose.SESSIONS), secret.encode(), "sha256")


def ring() -> Keyring:
    """Return all keys in force: what a backup keeps."""
    return _look()


def put_back(kept: Keyring) -> Path | None:
    """Have the keys of a backup in force: in the file, unless that has the same or later ones.

    Returns:
        Where a file with other keys was moved to, if there was one.
    """
    place, aside = path(), None
    with _alone_in(place.parent):
        if place.exists():
            if keyring.read(place).continues(kept):
                return None
            if were_made_now():
                _forget_first(place)
            else:
                aside = place.with_name(f"{place.name}.replaced-{token_hex(4)}")
                place.rename(aside)
        keyring.replace(place, kept)
    current_app.extensions.pop("consult.keys", None)
    return aside


def were_made_now() -> bool:
    """Say whether the file of keys was made by this process: nothing was made with them yet."""
    return current_app.extensions.get(MADE_NOW) == path()


def _forget_first(place: Path) -> None:
    place.unlink()
    for name in FIRST_FILES.values():
        (settings().data_dir / name).unlink(missing_ok=True)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone():
        yield


def fingerprint(purpose: Purpose, number: int) -> str | None:
    """Return what the record knows a key by, from which nobody learns the key; None where the file doesn't have it."""
    key = generation(purpose, number)
    return None if key is None else fingerprint_of(purpose, key.decode())


def fingerprint_of(purpose: Purpose, key: str) -> str:
    """Return the fingerprint of a key."""
    return hmac.digest(key.encode(), f"fingerprint\0{purpose}".encode(), "sha256").hex()[:32]


def new_key(purpose: Purpose) -> str:
    """Return a fresh key for a purpose."""
    if purpose is Purpose.CHECKPOINTS:
        return token_hex(32)  # a private key of Ed25519 (RFC 8032) is any 32 bytes
    return urlsafe_b64encode(os.urandom(32)).decode("ascii") if purpose is Purpose.SECRETS else token_urlsafe(48)


@contextmanager
def rotating(purposes: Collection[Purpose]) -> Iterator[None]:
    """Have new keys in force inside, and for everybody once the acts that say so are committed inside.

    The file has them before the commit, so that nothing is written with a key that could be lost; whoever reads it
    before it is settled, as after a kill, asks the record.
    """
    with _alone():
        coming = {str(purpose): new_key(purpose) for purpose in purposes}
        announced = Keyring(_look().generations, coming)
        keyring.replace(path(), announced)
        token = _during_rotation.set(announced.settled(in_force=True))
        try:
            yield
        finally:
            _during_rotation.reset(token)
            keyring.replace(path(), announced.settled(in_force=_is_committed(announced)))


@contextmanager
def _alone() -> Iterator[None]:
    lock = os.open(path().with_suffix(".lock"), os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)  # releases the lock


def _keys(purpose: Purpose) -> tuple[str, ...]:
    keys = _look().generations.get(purpose)
    if not keys:
        raise KeysUnusable(f"密钥文件 {path()} 里没有“{purpose.label.words}”的密钥。请放回原来的密钥文件。")
    return keys


def _look() -> Keyring:
    """Return the keys in force; the file is read again when it is another one."""
    during = _during_rotation.get()
    if during is not None:
        return during
    place = path()
    kept: dict[Path, _Read] = current_app.extensions.setdefault("consult.keys", {})
    known = kept.get(place)
    identity = _identity(place)
    if known is None or known.identity != identity:
        known = kept[place] = _Read(identity, _read(place, known))
    return known.ring if not known.ring.coming else known.ring.settled(in_force=_is_committed(known.ring))


def _read(place: Path, known: _Read | None) -> Keyring:
    try:
        if known is None and not place.exists():
            keyring.write_first(place, _first())
            current_app.extensions[MADE_NOW] = place
        ring = keyring.read(place)
        if known is None and _missing(ring):
            ring = _completed(place)
    except (UnreadableFile, OSError) as error:
        if known is None:
            raise KeysUnusable(_sentence(place, error)) from None
        log.error("keys_unusable", error=_sentence(place, error))
        return known.ring  # a running process goes on with the keys that it has
    if known is not None and not ring.continues(known.ring):
        log.error("keys_exchanged", path=str(place))
        return known.ring
    return ring


def _missing(ring: Keyring) -> list[Purpose]:
    return [purpose for purpose in Purpose if purpose not in ring.generations]


def _completed(place: Path) -> Keyring:
    """Add generation 1 of purposes that a file from before them lacks; the first of several processes does."""
    with _alone():
        ring = keyring.read(place)
        fresh = {str(purpose): (_first_key(purpose) or new_key(purpose),) for purpose in _missing(ring)}
        if fresh:
            ring = Keyring({**ring.generations, **fresh}, ring.coming)
            keyring.replace(place, ring)
        return ring


def _sentence(place: Path, error: Exception) -> str:
    if isinstance(error, OSError):
        return f"密钥文件 {place} 不能读写：{error.strerror}。请检查路径和权限。"
    return str(error)


def _identity(place: Path) -> Identity | None:
    try:
        status = place.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def _first() -> Keyring:
    """Return generation 1: what SECRET_KEY has been used for, and the keys that had files of their own."""
    secret: str = current_app.config["SECRET_KEY"]
    return Keyring({str(purpose): (_first_key(purpose) or secret,) for purpose in Purpose})


def _first_key(purpose: Purpose) -> str:
    """Return the key that a purpose had in a file of its own before this one; "" if it had none."""
    name = FIRST_FILES.get(purpose)
    return read_or_make(settings().data_dir / name, lambda: new_key(purpose)) if name else ""


def _is_committed(ring: Keyring) -> bool:
    """Say whether the record has the act that brings these keys into force."""
    purpose, key = next(iter(ring.coming.items()))
    fresh = fingerprint_of(Purpose(purpose), key)
    query = text("SELECT detail FROM ledger_entry WHERE subject = :subject AND act = :act")
    with db.engine.connect() as connection:
        rows = connection.execute(query, {"subject": f"keys:{purpose}", "act": str(Act.ROTATE_KEYS)})
        return any(fresh in str(row) for row in rows.scalars())
