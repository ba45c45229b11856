"""The ledger's rows, the leaves they were sealed into, and the signed checkpoints."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from consult.store import NOT_IN_RECORD, Base, JSONValue, UTCDateTime, big_id

DIGESTS_OF_ROWS = "rows:digests"
"""The subject of every entry that has digests of rows, by which they are found."""


class LedgerEntry(Base):
    """One act: who did what, on what, when, and the digest of the content that it left behind."""

    __tablename__ = "ledger_entry"

    id: Mapped[int] = mapped_column(big_id, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    actor_kind: Mapped[str] = mapped_column(String(16))
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    actor_name: Mapped[str] = mapped_column(String(64))
    act: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(80))
    """The object of the act, as ``kind:key`` (``submission:ZQ2026…``)."""
    consultation_id: Mapped[int | None] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(String(64))
    detail: Mapped[dict[str, Any]] = mapped_column(JSONValue)
    """Facts about the act, without personal data of the public."""
    seal: Mapped[str] = mapped_column(String(64))
    """Nonce and HMAC of the row: a change is detected even before the row is in the tree."""

    __table_args__ = (
        Index("ix_ledger_entry_consultation", "consultation_id", "id"),
        Index("ix_ledger_entry_subject", "subject"),
        {"sqlite_autoincrement": True, "info": {NOT_IN_RECORD: "the record itself"}},
    )


class LedgerLeaf(Base):
    """The place of an entry in the Merkle tree; ``position`` counts from 0 without gaps."""

    __tablename__ = "ledger_leaf"
    __table_args__ = ({"info": {NOT_IN_RECORD: "the record itself"}},)

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(BigInteger, unique=True)
    leaf_hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class LedgerNode(Base):
    """A complete inner node of the tree: ``level`` 1 is over two leaves; ``position`` counts from 0 in its level."""

    __tablename__ = "ledger_node"
    __table_args__ = ({"info": {NOT_IN_RECORD: "the record itself"}},)

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class LedgerCheckpoint(Base):
    """A signed statement that the tree of ``size`` leaves has this ``root``."""

    __tablename__ = "ledger_checkpoint"
    __table_args__ = ({"info": {NOT_IN_RECORD: "the record itself"}},)

    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    root: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    signature: Mapped[str] = mapped_column(String(128))
