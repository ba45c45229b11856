"""The tree: RFC 9162, its test vectors, and another implementation of it."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InvalidProof

from consult.ledger.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_path,
    inclusion_path,
    leaf_hash,
    node_hash,
    stored_root,
)
from tests.ledger import trees

# The leaves and roots by which Certificate Transparency implementations check themselves.
CT_LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
ENTRIES = [str(number).encode() for number in range(70)]
TREE = trees.tree_of(ENTRIES)
FRONTIER, READ = trees.stored(ENTRIES)


def test_the_tree_without_leaves_has_the_hash_of_nothing():
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert Frontier().root() == stored_root(READ, 0) == EMPTY_ROOT


@pytest.mark.parametrize("size", range(1, 9))
def test_the_roots_are_those_of_certificate_transparency(size):
    frontier, read = trees.stored(bytes.fromhex(leaf) for leaf in CT_LEAVES[:size])
    assert frontier.root().hex() == stored_root(read, size).hex() == CT_ROOTS[size - 1]


def test_the_proofs_are_those_that_the_rfc_draws():
    """RFC 9162, 2.1.5: a tree of seven leaves, its proofs named a to l."""
    entries = [f"d{number}".encode() for number in range(7)]
    a, b, c, d, e, f, j = map(leaf_hash, entries)
    g, h, i = node_hash(a, b), node_hash(c, d), node_hash(e, f)
    k, tail = node_hash(g, h), node_hash(i, j)
    frontier, read = trees.stored(entries)
    assert frontier.root() == node_hash(k, tail)
    assert inclusion_path(read, 0, 7) == [b, h, tail]
    assert inclusion_path(read, 3, 7) == [c, g, tail]
    assert inclusion_path(read, 4, 7) == [f, j, k]
    assert inclusion_path(read, 6, 7) == [i, k]
    assert consistency_path(read, 3, 7) == [c, d, g, tail]
    assert consistency_path(read, 4, 7) == [tail]
    assert consistency_path(read, 6, 7) == [i, j, k]


def test_another_implementation_accepts_the_proof_of_every_leaf_of_every_tree():
    for size in range(1, 40):
        assert stored_root(READ, size) == TREE.get_root(size)
        for index in range(size):
            path = inclusion_path(READ, index, size)
            trees.accept_inclusion(TREE, index, size, path)
            assert len(path) <= (size - 1).bit_length()


def test_every_tree_is_proved_to_begin_every_later_one_as_the_rfc_defines_it():
    for new in range(1, 24):
        for old in range(1, new):
            assert consistency_path(READ, old, new) == trees.consistency(ENTRIES, old, new)


def test_the_empty_tree_and_the_same_tree_need_no_proof():
    assert consistency_path(READ, 0, 5) == consistency_path(READ, 5, 5) == []


@given(st.integers(2, 64), st.data())
def test_another_implementation_refuses_a_proof_with_one_thing_wrong(size, data):
    index, other = data.draw(st.integers(0, size - 1)), b"\x00" * 32
    path = inclusion_path(READ, index, size)
    place = data.draw(st.integers(0, len(path) - 1))
    for wrong in (path[:-1], [*path, other], [*path[:place], other, *path[place + 1 :]]):
        with pytest.raises(InvalidProof):
            trees.accept_inclusion(TREE, index, size, wrong)


@given(st.integers(0, 64))
def test_a_tree_goes_on_from_its_stored_frontier(size):
    frontier, _ = trees.stored(ENTRIES[:size])
    again = Frontier(frontier.size, frontier.nodes)
    for entry in ENTRIES[size:]:
        again.append(leaf_hash(entry))
    assert again.root() == FRONTIER.root() == TREE.get_root()


def test_a_frontier_that_does_not_fit_its_size_is_refused():
    with pytest.raises(ValueError, match="no frontier"):
        Frontier(3, [leaf_hash(ENTRIES[0])])


def test_proofs_of_a_large_tree_take_few_reads():
    size = 1_001
    entries = [str(number).encode() for number in range(size)]
    tree, (frontier, read) = trees.tree_of(entries), trees.stored(entries)
    reads = []

    def counted(level, index):
        reads.append((level, index))
        return read(level, index)

    assert stored_root(read, size) == frontier.root() == tree.get_root()
    for index in random.Random(9162).sample(range(1, size), 20):
        reads.clear()
        assert inclusion_path(counted, index, size) == trees.inclusion(tree, index, size)
        assert len(reads) <= 2 * size.bit_length()
        reads.clear()
        assert consistency_path(counted, index, size) == trees.consistency(entries, index, size)
        assert len(reads) <= 2 * size.bit_length()


def test_what_cannot_be_proved_is_an_error():
    for index, size in ((5, 5), (-1, 5), (0, 0)):
        with pytest.raises(ValueError, match="leaf"):
            inclusion_path(READ, index, size)
    with pytest.raises(ValueError, match="no beginning"):
        consistency_path(READ, 6, 5)
