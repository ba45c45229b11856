"""Proofs for the public: that an act is in the record, and that the record was only appended to."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from consult.ledger import checkpoints, merkle, tree
from consult.ledger.errors import NotProvable
from consult.ledger.models import LedgerEntry, LedgerLeaf
from consult.ledger.proofs import consistency_document, inclusion_document
from consult.ledger.service import leaf_data
from consult.store import db
from consult.text.sentences import sentence

__all__ = ["NotProvable", "consistency", "is_covered", "prove"]


def is_covered(act: str, subject: str) -> bool:
    """Say whether the newest checkpoint covers the last ``act`` on ``subject``."""
    leaf, newest = _find(act, subject), checkpoints.newest()
    return leaf is not None and newest is not None and leaf[1] < newest.size


def prove(act: str, subject: str, salt: bytes, content: str) -> dict[str, Any]:
    """Return the inclusion proof of ``act`` on ``subject`` in the tree of the newest checkpoint.

    Arguments:
        salt, content: what the act's digest was computed from.

    Raises:
        NotProvable: there is no such act, or no checkpoint covers it yet.
    """
    leaf, newest = _find(act, subject), checkpoints.newest()
    if leaf is None or newest is None or leaf[1] >= newest.size:
        raise NotProvable(
            sentence("这件来件已经记录在案，还没有归入公布的检查点。检查点每小时公布一次，请过一会儿再下载证明。")
        )
    entry, position = leaf
    path = _path(merkle.inclusion_path, position, newest.size)
    return inclusion_document(leaf_data(entry).decode(), salt, position, path, newest, content)


def _find(act: str, subject: str) -> tuple[LedgerEntry, int] | None:
    """Return the last entry of ``act`` on ``subject`` that is in the tree, and its position."""
    query = (
        select(LedgerEntry, LedgerLeaf.position)
        .join(LedgerLeaf, LedgerLeaf.entry_id == LedgerEntry.id)
        .where(LedgerEntry.subject == subject, LedgerEntry.act == act)
        .order_by(LedgerLeaf.position.desc())
        .limit(1)
    )
    row = db.session.execute(query).first()
    return (row[0], row[1]) if row is not None else None


def consistency(old: int, new: int) -> dict[str, Any]:
    """Return the consistency proof between the checkpoints of ``old`` and ``new`` leaves.

    Raises:
        NotProvable: one of the two was never signed, or they are in the wrong order.
    """
    earlier, later = checkpoints.by_size(old), checkpoints.by_size(new)
    if earlier is None or later is None or old > new:
        raise NotProvable(sentence("没有这两个检查点，或者先后颠倒。请从公开记录页选择较早和较晚的检查点各一个。"))
    return consistency_document(earlier, later, _path(merkle.consistency_path, old, new))


def _path(prove: Any, first: int, second: int) -> list[bytes]:
    try:
        path: list[bytes] = prove(tree.node, first, second)
    except LookupError:
        raise NotProvable(sentence("记录树不完整，不能出具证明。请与我们联系。")) from None
    return path
