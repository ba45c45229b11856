"""The Merkle tree of RFC 9162: roots, inclusion proofs and consistency proofs over SHA-256.

A *complete node* (level, index) is the root of the leaves `index * 2**level` up to `(index + 1) * 2**level`: once these
leaves are there it never changes, so it can be stored and read back. Every proof needs O(log n) of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()
"""The root of a tree without leaves (RFC 9162, 2.1.1)."""

ReadNode = Callable[[int, int], bytes]
"""Returns the hash of the complete node (level, index)."""


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf that holds `data` (RFC 9162, 2.1.1)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node (RFC 9162, 2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


def root(hashes: Iterable[bytes]) -> bytes:
    """Return the root of the tree over leaf `hashes`, in O(log n) memory."""
    frontier = Frontier()
    for leaf in hashes:
        frontier.append(leaf)
    return frontier.root()


def inclusion_proof(hashes: Sequence[bytes], index: int, size: int) -> list[bytes]:
    """Prove that leaf `index` is in the tree over the first `size` of the leaf `hashes` (RFC 9162, 2.1.3.1)."""
    return inclusion_path(_reader(hashes), index, size)


def consistency_proof(hashes: Sequence[bytes], old: int, new: int) -> list[bytes]:
    """Prove that the tree of the first `old` leaves is the beginning of that of `new` (RFC 9162, 2.1.4.1)."""
    return consistency_path(_reader(hashes), old, new)


def inclusion_path(read: ReadNode, index: int, size: int) -> list[bytes]:
    """Like inclusion_proof, from stored nodes: O(log n) calls of `read`. Raises ValueError for no such leaf."""
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
    """Like consistency_proof, from stored nodes: O(log n) calls of `read`. Raises ValueError for impossible sizes."""
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


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Say whether `proof` shows that the leaf hash `leaf` stands at `index` under `root` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    position, last, computed = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if position & 1 or position == last:
            computed = node_hash(sibling, computed)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            computed = node_hash(computed, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and computed == root


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Say whether `proof` shows that nothing of the old tree was changed in the new one (RFC 9162, 2.1.4.2)."""
    if old == new or old == 0:
        return 0 <= old <= new and not proof and old_root == (EMPTY_ROOT if old == 0 else new_root)
    if not 0 < old < new:
        return False
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    position, last = old - 1, new - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    computed_old = computed_new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            computed_old = node_hash(sibling, computed_old)
            computed_new = node_hash(sibling, computed_new)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            computed_new = node_hash(computed_new, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and computed_old == old_root and computed_new == new_root


@dataclass(frozen=True)
class Node:
    """A complete node, to be stored: see the head of this file."""

    level: int
    index: int
    hash: bytes


class Frontier:
    """What of a tree is needed to go on: the roots of its complete parts, at most one for each level.

    Appending a leaf and asking for the root cost O(log n). `size` and `nodes` are all there is to store; a new object
    made from them goes on where the old one stopped. Raises ValueError when they do not belong together.
    """

    def __init__(self, size: int = 0, nodes: Sequence[bytes] = ()) -> None:
        if size < 0 or len(nodes) != size.bit_count():
            raise ValueError(f"{len(nodes)} nodes are no frontier of {size} leaves")
        self.size = size
        self._nodes = list(nodes)

    @property
    def nodes(self) -> list[bytes]:
        """The roots of the complete parts, the largest first."""
        return list(self._nodes)

    def append(self, leaf: bytes) -> list[Node]:
        """Add a leaf hash; return the nodes that it completes, the leaf's own first, for those who store them."""
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
        """Return the root of the tree as it is now."""
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
    """Return the root of the leaves `start` up to `end`, which a tree of RFC 9162 has as a node of its own."""
    pieces: list[bytes] = []
    while start < end:
        level = (end - start).bit_length() - 1
        pieces.append(read(level, start >> level))
        start += 1 << level
    computed = pieces[-1]
    for piece in reversed(pieces[:-1]):
        computed = node_hash(piece, computed)
    return computed


def _reader(hashes: Sequence[bytes]) -> ReadNode:
    """Compute complete nodes from the leaves instead of reading them."""

    def read(level: int, index: int) -> bytes:
        row = list(hashes[index << level : (index + 1) << level])
        if len(row) != 1 << level:
            raise ValueError(f"only {len(hashes)} leaves are known")
        while len(row) > 1:
            row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
        return row[0]

    return read
