"""Digests of stored rows of this stage for the ledger."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from consult.consultees.models import Invitation, Listed, Member, Response
from consult.ledger.row_digests import digest_of, digests_by_id, rows_of

PLACE = (
    Listed.id,
    Listed.consultation_id,
    Listed.consultee_id,
    Listed.why,
    Listed.at,
    Listed.by_id,
    Listed.removed_at,
    Listed.removed_reason,
)
"""Columns of a list row that acts set; its standing is derived from other rows."""


def response_digest(id_: int) -> str:
    """Return the digest of a stored response."""
    return digest_of(rows_of(Response, "id", id_))


def invitation_digest(id_: int) -> str:
    """Return the digest of a stored invitation."""
    return digest_of(rows_of(Invitation, "id", id_))


def member_digest(id_: int) -> str:
    """Return the digest of a stored account of the portal."""
    return digest_of(rows_of(Member, "id", id_))


def place_digests(ids: Collection[int]) -> dict[int, str]:
    """Return the digests of stored list rows by id."""
    return digests_by_id(select(*PLACE).where(Listed.id.in_(ids)))
