"""Another implementation of RFC 9162 (pymerkle), by which the platform's tree is checked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pymerkle import InmemoryTree, verify_inclusion

from consult.ledger import merkle


def tree_of(entries: Iterable[bytes]) -> InmemoryTree:
    """Return the tree over the data of leaves."""
    tree = InmemoryTree(algorithm="sha256")
    tree.append_entries(list(entries))
    return tree


def inclusion(tree: InmemoryTree, index: int, size: int) -> list[bytes]:
    """Return the inclusion proof of RFC 9162, 2.1.3: pymerkle counts leaves from one and puts the leaf first."""
    return list(tree.prove_inclusion(index + 1, size).path)[1:]


def consistency(entries: Sequence[bytes], old: int, new: int) -> list[bytes]:
    """Return the consistency proof as RFC 9162, 2.1.4.1 defines it, over roots that pymerkle computes.

    pymerkle's own consistency proofs have another form.
    """
    return _subproof(old, entries[:new], True) if 0 < old < new else []


def _subproof(old: int, entries: Sequence[bytes], whole: bool) -> list[bytes]:
    new = len(entries)
    if old == new:
        return [] if whole else [tree_of(entries).get_root()]
    middle = 1 << ((new - 1).bit_length() - 1)
    if old <= middle:
        return [*_subproof(old, entries[:middle], whole), tree_of(entries[middle:]).get_root()]
    return [*_subproof(old - middle, entries[middle:], False), tree_of(entries[:middle]).get_root()]


def accept_inclusion(tree: InmemoryTree, index: int, size: int, path: Sequence[bytes]) -> None:
    """Let pymerkle verify a path; raises InvalidProof."""
    proof = tree.prove_inclusion(index + 1, size)
    leaf = tree.get_leaf(index + 1)
    proof.path = [leaf, *path]
    verify_inclusion(leaf, tree.get_root(size), proof, index=index + 1, size=size)


def stored(entries: Iterable[bytes]) -> tuple[merkle.Frontier, merkle.ReadNode]:
    """Append leaves as sealing does; return the frontier and what reads the nodes that were completed."""
    frontier, nodes = merkle.Frontier(), {}
    for entry in entries:
        nodes |= {(node.level, node.index): node.hash for node in frontier.append(merkle.leaf_hash(entry))}
    return frontier, lambda level, index: nodes[level, index]
