"""The verb that every stage calls: write an act down in its own transaction."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app

from consult.accounts.permissions import Actor
from consult.ledger.models import LedgerEntry
from consult.store import bulk, db

_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def canonical(content: Mapping[str, Any]) -> bytes:
    """Return the one byte form of a JSON document: sorted keys, no spaces, UTF-8."""
    return _encode(content).encode()


def digest(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hexadecimal) of the canonical form of ``content``."""
    return hashlib.sha256(canonical(content)).hexdigest()


def sealed_fields(entry: LedgerEntry) -> dict[str, Any]:
    """Return what the seal and the tree's leaf are computed over: every column but the id and the seal itself."""
    return {
        "act": entry.act,
        "actor_id": entry.actor_id,
        "actor_kind": entry.actor_kind,
        "actor_name": entry.actor_name,
        "at": entry.at.isoformat(timespec="microseconds"),
        "consultation_id": entry.consultation_id,
        "detail": entry.detail,
        "digest": entry.digest,
        "subject": entry.subject,
    }


def seal_of(entry: LedgerEntry) -> str:
    """Return the keyed digest of an entry's row."""
    return seal(sealed_fields(entry))


def seal(fields: Mapping[str, Any]) -> str:
    """Return the keyed digest of the sealed fields of a row."""
    key = current_app.config["SECRET_KEY"].encode()
    return hmac.digest(key, b"ledger\0" + canonical(fields), "sha256").hex()


def record(
    actor: Actor,
    act: str,
    subject: str,
    *,
    at: datetime,
    consultation_id: int | None = None,
    content_digest: str | None = None,
    **detail: Any,
) -> LedgerEntry:
    """Write down that ``actor`` did ``act`` on ``subject``; it is kept if and only if the act itself is.

    Arguments:
        subject: ``kind:key``.
        at: aware moment of the act.
        content_digest: SHA-256 of the content that the act left behind; by default that of ``detail``.
        detail: JSON facts without personal data of the public.
    """
    entry = LedgerEntry(
        at=at,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name,
        act=act,
        subject=subject,
        consultation_id=consultation_id,
        digest=content_digest or digest(detail),
        detail=detail,
    )
    entry.seal = seal_of(entry)
    db.session.add(entry)
    return entry


@dataclass(frozen=True)
class Done:
    """One of many acts of a kind: what it was done on, the digest of what it left behind, its facts."""

    subject: str
    content_digest: str
    detail: dict[str, Any]


def record_many(actor: Actor, act: str, done: Sequence[Done], *, at: datetime, consultation_id: int) -> None:
    """Write many acts of one kind down, in order, each as ``record`` writes one."""
    common = {
        "act": act,
        "actor_id": actor.id,
        "actor_kind": actor.kind,
        "actor_name": actor.name,
        "consultation_id": consultation_id,
    }
    shown_at = at.isoformat(timespec="microseconds")
    rows = []
    for one in done:
        row = {**common, "detail": one.detail, "digest": one.content_digest, "subject": one.subject}
        rows.append({**row, "at": at, "seal": seal({**row, "at": shown_at})})
    bulk.insert_rows(LedgerEntry, rows)
