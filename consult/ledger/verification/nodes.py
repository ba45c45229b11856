"""Verification of inner nodes against those computed from the leaves."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from consult.ledger import merkle
from consult.ledger.faults import Damage, Fault
from consult.ledger.models import LedgerNode
from consult.ledger.verification.database_view import stream


class StoredNodes:
    """The stored inner nodes, in the order in which leaves complete them."""

    def __init__(self) -> None:
        end = (LedgerNode.position + 1).op("<<")(LedgerNode.level)
        query = select(LedgerNode.level, LedgerNode.position, LedgerNode.hash).order_by(end, LedgerNode.level)
        self._rows = stream(query)
        self._next = next(self._rows, None)

    def compare(self, computed: list[merkle.Node]) -> Iterator[Fault]:
        """Compare the nodes that a leaf completed with the stored ones."""
        for node in computed:
            yield from self._before(_place(node.level, node.index))
            row = self._next
            if row is None or (row.level, row.position) != (node.level, node.index):
                message = f"记录树第 {node.level} 层的第 {node.index} 个结点被删除。"
                yield Fault("node", f"{node.level}/{node.index}", Damage.REMOVED, message)
                continue
            if bytes(row.hash) != node.hash:
                message = f"记录树第 {node.level} 层的第 {node.index} 个结点被改动。"
                yield Fault("node", f"{node.level}/{node.index}", Damage.CHANGED, message)
            self._next = next(self._rows, None)

    def left_over(self) -> Iterator[Fault]:
        """Yield a fault for each stored node that no leaf completes."""
        yield from self._before(None)

    def _before(self, place: tuple[int, int] | None) -> Iterator[Fault]:
        while self._next is not None and (place is None or _place(self._next.level, self._next.position) < place):
            level, position = self._next.level, self._next.position
            yield Fault(
                "node", f"{level}/{position}", Damage.INSERTED, f"记录树第 {level} 层多出第 {position} 个结点。"
            )
            self._next = next(self._rows, None)


def _place(level: int, position: int) -> tuple[int, int]:
    return (position + 1) << level, level
