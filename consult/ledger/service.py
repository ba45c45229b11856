"""The verb that every stage calls: write an act down in its own transaction."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import current_app

from consult.accounts.permissions import Actor
from consult.ledger.models import LedgerEntry
from consult.store import bulk, db
from consult.text.compact_json import writer

_encode = writer(sort_keys=True)
ACTOR_NAME_CHARACTERS = 64
NONCE_DIGITS = 16


def canonical(content: Mapping[str, Any]) -> bytes:
    """Return the one byte form of a JSON document: sorted keys, no spaces, UTF-8."""
    return _encode(content).encode()


def digest(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hexadecimal) of the canonical form of ``content``."""
    return hashlib.sha256(canonical(content)).hexdigest()


def sealed_fields(entry: Any) -> dict[str, Any]:
    """Return what the seal and the tree's leaf are computed over: every column but the id and the seal itself.

    Arguments:
        entry: a LedgerEntry, or a row with its columns.
    """
    return {
        "act": entry.act,
        "actor_id": entry.actor_id,
        "actor_kind": entry.actor_kind,
        "actor_name": entry.actor_name,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "consultation_id": entry.consultation_id,
        "detail": entry.detail,
        "digest": entry.digest,
        "subject": entry.subject,
    }


def leaf_data(entry: Any) -> bytes:
    """Return what the tree's leaf of an entry holds: its sealed fields in canonical form."""
    return canonical(sealed_fields(entry))


def seal(fields: bytes) -> str:
    """Return a fresh seal of a row: a random part, so that a copy shows, and a keyed digest over it and the fields.

    It finds a change made by who doesn't have the platform's key, even before the row is in the tree.

    Arguments:
        fields: the sealed fields in canonical form.
    """
    return _sealed(secrets.token_hex(NONCE_DIGITS // 2), fields)


def seal_holds(entry: Any) -> bool:
    """Say whether an entry's row is as it was when it was sealed."""
    return hmac.compare_digest(entry.seal or "", _sealed((entry.seal or "")[:NONCE_DIGITS], leaf_data(entry)))


def _sealed(nonce: str, fields: bytes) -> str:
    key = current_app.config["SECRET_KEY"].encode()
    mac = hmac.digest(key, b"ledger\0" + nonce.encode() + fields, "sha256")
    return nonce + mac.hex()[NONCE_DIGITS:]


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
    detail = json.loads(canonical(detail))  # as the database gives it back
    entry = LedgerEntry(
        at=at,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name[:ACTOR_NAME_CHARACTERS],
        act=act,
        subject=subject,
        consultation_id=consultation_id,
        digest=content_digest or digest(detail),
        detail=detail,
    )
    entry.seal = seal(leaf_data(entry))
    db.session.add(entry)
    return entry


@dataclass(frozen=True)
class Done:
    """One of many acts of a kind: what it was done on, the digest of what it left behind, its facts."""

    subject: str
    content_digest: str
    detail: dict[str, Any]


def record_many(actor: Actor, act: str, done: Sequence[Done], *, at: datetime, consultation_id: int | None) -> None:
    """Write many acts of one kind down, in order, each as ``record`` writes one."""
    common = {
        "act": act,
        "actor_id": actor.id,
        "actor_kind": actor.kind,
        "actor_name": actor.name[:ACTOR_NAME_CHARACTERS],
        "consultation_id": consultation_id,
    }
    first = canonical({**common, "at": at.astimezone(UTC).isoformat(timespec="microseconds")})
    rows = []
    for one in done:
        own = {"detail": one.detail, "digest": one.content_digest, "subject": one.subject}
        fields = first[:-1] + b"," + canonical(own)[1:]  # canonical as a whole: its own keys come after the common ones
        rows.append({**common, **own, "at": at, "seal": seal(fields)})
    bulk.insert_rows(LedgerEntry, rows)
