"""``record``, which every verb calls: it adds an entry in the verb's transaction."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from consult import keys
from consult.accounts.permissions import Actor
from consult.ledger.journal.capture import note_entries
from consult.ledger.models import LedgerEntry
from consult.store import bulk, db
from consult.text.compact_json import json_encoder

_encode = json_encoder(sort_keys=True)
ACTOR_NAME_CHARACTERS = 64
NONCE_DIGITS = 16


def canonical(content: Mapping[str, Any]) -> bytes:
    """Return the canonical bytes of a JSON document: sorted keys, no spaces, UTF-8."""
    return _encode(content).encode()


def digest(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hexadecimal) of the canonical form of ``content``."""
    return hashlib.sha256(canonical(content)).hexdigest()


def sealed_fields(entry: Any) -> dict[str, Any]:
    """Return what seal and leaf are computed over: every column but ``id`` and ``seal``.

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
    """Return the data of an entry's leaf: its sealed fields in canonical form."""
    return canonical(sealed_fields(entry))


def seal(fields: bytes) -> str:
    """Return a new seal of a row: a nonce, so that a copied row is detected, and an HMAC over nonce and fields.

    It detects changes by anyone without the platform's key, even before the row is in the tree.

    Arguments:
        fields: the sealed fields in canonical form.
    """
    return _sealed(secrets.token_hex(NONCE_DIGITS // 2), fields, keys.current(keys.Purpose.SEALS))


def is_seal_valid(entry: Any, least: int = 1) -> bool:
    """Say whether an entry is unchanged since it was sealed, with a key of the generation ``least`` or a later one."""
    seal_, fields = entry.seal or "", leaf_data(entry)
    return any(
        hmac.compare_digest(seal_, _sealed(seal_[:NONCE_DIGITS], fields, key))
        for generation, key in keys.newest_first(keys.Purpose.SEALS)
        if generation >= least
    )


def _sealed(nonce: str, fields: bytes, key: bytes) -> str:
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
    """Add the entry that ``actor`` did ``act`` on ``subject``, in the caller's transaction.

    Arguments:
        subject: ``kind:key``.
        at: time of the act, aware.
        content_digest: SHA-256 of the content after the act; by default that of ``detail``.
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
class BulkAct:
    """One of the acts that ``record_many`` writes: its subject, the digest of the content after it, its facts."""

    subject: str
    content_digest: str
    detail: dict[str, Any]


def record_many(actor: Actor, act: str, acts: Sequence[BulkAct], *, at: datetime, consultation_id: int | None) -> None:
    """Add an entry for each of many acts of one kind, in order, as ``record`` does."""
    common = {
        "act": act,
        "actor_id": actor.id,
        "actor_kind": actor.kind,
        "actor_name": actor.name[:ACTOR_NAME_CHARACTERS],
        "consultation_id": consultation_id,
    }
    first = canonical({**common, "at": at.astimezone(UTC).isoformat(timespec="microseconds")})
    rows = []
    for done in acts:
        varying = {"detail": done.detail, "digest": done.content_digest, "subject": done.subject}
        fields = (
            first[:-1] + b"," + canonical(varying)[1:]
        )  # canonical as a whole: these keys sort after the common ones
        rows.append({**common, **varying, "at": at, "seal": seal(fields)})
    note_entries(bulk.insert_rows_for_ids(LedgerEntry, rows, "seal"), rows)
