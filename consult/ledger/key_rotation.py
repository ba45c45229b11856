"""Rotation of keys as an act in the record, and the file of keys held against the record."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from consult import keys, stored_secrets
from consult.accounts.permissions import SYSTEM, Act, Actor, require
from consult.clock import local
from consult.keys import KeysUnusable, Purpose
from consult.ledger.faults import Damage, Fault
from consult.ledger.key_times import recorded, subject_of
from consult.ledger.rows import rekeying
from consult.ledger.service import record
from consult.store import db, transaction

BEGIN = "keys.begin"
"""The act that notes the generations which were in force when the record first knew of any."""


def begin(at: datetime) -> None:
    """Note the generations in force, unless the record knows them: an exchanged file is then missed."""
    if _unknown():
        with transaction(alone=True):
            for purpose in _unknown():  # another process may have been first
                _record(SYSTEM, BEGIN, purpose, at)


def _unknown() -> list[Purpose]:
    known = {of.purpose for of in recorded()}
    return [purpose for purpose in Purpose if purpose not in known]


def rotate(actor: Actor, purposes: Collection[Purpose], *, at: datetime) -> dict[Purpose, int]:
    """Bring a new key into force for each purpose; return ``{purpose: generation}``.

    Writers wait meanwhile. What was made with earlier keys stays valid, but for sessions, which all end.

    Raises:
        KeysUnusable: the file isn't the one that the record knows.
        RecordBroken: rows aren't as recorded, so that they can't be taken over to a new key.
    """
    require(actor, Act.ROTATE_KEYS)
    begin(at)
    chosen = [purpose for purpose in Purpose if purpose in purposes]
    with keys.rotating(chosen), transaction(alone=True):
        check()
        for purpose in chosen:
            sums = rekeying.sums_with_newest_key() if purpose is Purpose.ROWS else {}
            _record(actor, Act.ROTATE_KEYS, purpose, at, **({rekeying.SUMS: sums} if sums else {}))
        db.session.flush()
        if Purpose.SECRETS in chosen:
            for encrypt_again in stored_secrets.owners.all():
                encrypt_again()
    return {purpose: keys.newest(purpose) for purpose in chosen}


def _record(actor: Actor, act: str, purpose: Purpose, at: datetime, **detail: Any) -> None:
    number = keys.newest(purpose)
    known_by = keys.fingerprint(purpose, number)
    record(actor, act, subject_of(purpose), at=at, generation=number, fingerprint=known_by, **detail)


def check() -> None:
    """Check the file of keys before anything is written with it.

    Raises:
        KeysUnusable: it isn't the one that the record knows.
    """
    for fault in faults():
        raise KeysUnusable(fault.message)


def faults() -> Iterator[Fault]:
    """Name every key of the record that the file doesn't have."""
    for known in recorded():
        words, day = known.purpose.label.words, f"{local(known.at):%Y-%m-%d}"
        try:
            here = keys.fingerprint(known.purpose, known.number)
        except KeysUnusable as error:
            yield Fault("keys", "", Damage.REMOVED, str(error))
            return
        if here == known.fingerprint:
            continue
        which = f"{known.purpose}:{known.number}"
        if here is None:
            message = (
                f"密钥文件 {keys.path()} 里没有“{words}”的第 {known.number} 代密钥（{day} 登记）："
                "文件被删除、换成了较早的副本，或者本机没有拿到新的密钥。请放回原来的密钥文件。"
            )
            yield Fault("keys", which, Damage.REMOVED, message)
        else:
            message = (
                f"密钥文件 {keys.path()} 里“{words}”的第 {known.number} 代密钥不是 {day} 登记的那一把："
                "文件被换过，或者来自另一个站点。请放回原来的密钥文件。"
            )
            yield Fault("keys", which, Damage.CHANGED, message)
