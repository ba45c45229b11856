"""The Merkle tree of RFC 9162: roots, inclusion proofs and consistency proofs over SHA-256.

A *complete node* (level, index) is the root of the leaves `index * 2**level` up to `(index + 1) * 2**level`. It never
changes, so it can be stored. Every proof reads O(log n) of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()
"""The root of a tree without leaves (RFC 9162, 2.1.1)."""

ReadNode = Callable[[int, int], bytes]
"""Returns the hash of the complete node (level, index)."""


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf with this `data` (RFC 9162, 2.1.1)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node (RFC 9162, 2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


def inclusion_path(read: ReadNode, index: int, size: int) -> list[bytes]:
    """Prove that leaf `index` is in the tree of `size` leaves (RFC 9162, 2.1.3.1), in O(log n) calls of `read`.

    Raises ValueError for no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_root(read, middle, end))
            end = middle
        else:
            path.append(_range_root(read, start, middle))
            start = middle
    return path[::-1]


def consistency_path(read: ReadNode, old: int, new: int) -> list[bytes]:
    """Prove that the tree of `old` leaves is the beginning of that of `new` (RFC 9162, 2.1.4.1), in O(log n) calls.

    Raises ValueError for impossible sizes.
    """
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {old} is no beginning of a tree of {new}")
    if old in (0, new):
        return []
    path: list[bytes] = []
    start, end, whole = 0, new, True
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_range_root(read, middle, end))
            end = middle
        else:
            path.append(_range_root(read, start, middle))
            start, whole = middle, False
    if not whole:
        path.append(_range_root(read, start, end))
    return path[::-1]


def stored_root(read: ReadNode, size: int) -> bytes:
    """Return the root of the tree of `size` leaves from stored nodes, in O(log n) calls of `read`."""
    return _range_root(read, 0, size) if size else EMPTY_ROOT


@dataclass(frozen=True)
class Node:
    """A complete node, to be stored."""

    level: int
    index: int
    hash: bytes


class Frontier:
    """The right edge of a tree, enough to append to it: the roots of its complete subtrees, at most one a level.

    Appending a leaf and computing the root cost O(log n). Raises ValueError when `nodes` don't fit `size`.
    """

    def __init__(self, size: int = 0, nodes: Sequence[bytes] = ()) -> None:
        if size < 0 or len(nodes) != size.bit_count():
            raise ValueError(f"{len(nodes)} nodes are no frontier of {size} leaves")
        self.size = size
        self._nodes = list(nodes)

    @property
    def nodes(self) -> list[bytes]:
        """The roots of the complete subtrees, the largest first."""
        return list(self._nodes)

    def append(self, leaf: bytes) -> list[Node]:
        """Add a leaf hash; return the nodes that it completes, the leaf first."""
        completed = [Node(0, self.size, leaf)]
        level, carry = 0, leaf
        while self.size >> level & 1:
            carry = node_hash(self._nodes.pop(), carry)
            level += 1
            completed.append(Node(level, self.size >> level, carry))
        self._nodes.append(carry)
        self.size += 1
        return completed

    def root(self) -> bytes:
        """Return the root of the tree."""
        if not self._nodes:
            return EMPTY_ROOT
        computed = self._nodes[-1]
        for node in reversed(self._nodes[:-1]):
            computed = node_hash(node, computed)
        return computed


def _split(count: int) -> int:
    """Return the largest power of two below `count` (RFC 9162, 2.1.1)."""
    return 1 << ((count - 1).bit_length() - 1)


def _range_root(read: ReadNode, start: int, end: int) -> bytes:
    """Return the root of the leaves `start` up to `end`, a subtree of the tree."""
    pieces: list[bytes] = []
    while start < end:
        level = (end - start).bit_length() - 1
        pieces.append(read(level, start >> level))
        start += 1 << level
    computed = pieces[-1]
    for piece in reversed(pieces[:-1]):
        computed = node_hash(piece, computed)
    return computed
