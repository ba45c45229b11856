"""The tree: RFC 9162, its test vectors, and another implementation of it."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree
from pymerkle import verify_consistency as others_verify_consistency
from pymerkle import verify_inclusion as others_verify_inclusion

from consult.ledger.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_path,
    consistency_proof,
    inclusion_path,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    stored_root,
    verify_consistency,
    verify_inclusion,
)

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
CT_HASHES = [leaf_hash(bytes.fromhex(leaf)) for leaf in CT_LEAVES]
HASHES = [leaf_hash(str(number).encode()) for number in range(70)]


def test_the_tree_without_leaves_has_the_hash_of_nothing():
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert root([]) == Frontier().root() == EMPTY_ROOT


@pytest.mark.parametrize("size", range(1, 9))
def test_the_roots_are_those_of_certificate_transparency(size):
    assert root(CT_HASHES[:size]).hex() == CT_ROOTS[size - 1]


def test_the_proofs_are_those_that_the_rfc_draws():
    """RFC 9162, 2.1.5: a tree of seven leaves, its proofs named a to l."""
    a, b, c, d, e, f, j = (leaf_hash(f"d{number}".encode()) for number in range(7))
    g, h, i = node_hash(a, b), node_hash(c, d), node_hash(e, f)
    k, tail = node_hash(g, h), node_hash(i, j)
    leaves = [a, b, c, d, e, f, j]
    assert root(leaves) == node_hash(k, tail)
    assert inclusion_proof(leaves, 0, 7) == [b, h, tail]
    assert inclusion_proof(leaves, 3, 7) == [c, g, tail]
    assert inclusion_proof(leaves, 4, 7) == [f, j, k]
    assert inclusion_proof(leaves, 6, 7) == [i, k]
    assert consistency_proof(leaves, 3, 7) == [c, d, g, tail]
    assert consistency_proof(leaves, 4, 7) == [tail]
    assert consistency_proof(leaves, 6, 7) == [i, j, k]


def test_every_leaf_of_every_tree_is_proved():
    for size in range(1, 40):
        top = root(HASHES[:size])
        for index in range(size):
            proof = inclusion_proof(HASHES, index, size)
            assert verify_inclusion(HASHES[index], index, size, proof, top)
            assert len(proof) <= (size - 1).bit_length()


def test_every_tree_is_proved_to_begin_every_later_one():
    for new in range(40):
        for old in range(new + 1):
            proof = consistency_proof(HASHES, old, new)
            assert verify_consistency(old, new, root(HASHES[:old]), root(HASHES[:new]), proof)


@given(st.integers(1, 64), st.data())
def test_another_implementation_accepts_our_proofs(size, data):
    tree = InmemoryTree(algorithm="sha256")
    entries = [str(number).encode() for number in range(size)]
    for entry in entries:
        tree.append_entry(entry)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    assert root(HASHES[:size]) == tree.get_root()
    theirs = tree.prove_inclusion(index + 1, size)
    assert inclusion_proof(HASHES, index, size) == list(theirs.path)[1:]
    others_verify_inclusion(HASHES[index], tree.get_root(), theirs)
    proof = tree.prove_consistency(old, size)
    others_verify_consistency(root(HASHES[:old]), root(HASHES[:size]), proof)


@given(st.integers(2, 64), st.data())
def test_a_proof_with_one_thing_wrong_is_refused(size, data):
    top, index = root(HASHES[:size]), data.draw(st.integers(0, size - 1))
    proof, other = inclusion_proof(HASHES, index, size), b"\x00" * 32
    assert not verify_inclusion(other, index, size, proof, top)
    assert not verify_inclusion(HASHES[index], index, size, proof, other)
    assert not verify_inclusion(HASHES[index], index, size, proof[:-1], top)
    assert not verify_inclusion(HASHES[index], index, size, [*proof, other], top)
    assert not verify_inclusion(HASHES[index], size, size, proof, top)
    assert not verify_inclusion(HASHES[index], -1, size, proof, top)
    wrong = data.draw(st.integers(0, size - 1).filter(lambda place: place != index))
    assert not verify_inclusion(HASHES[index], wrong, size, proof, top)
    place = data.draw(st.integers(0, len(proof) - 1))
    assert not verify_inclusion(HASHES[index], index, size, [*proof[:place], other, *proof[place + 1 :]], top)


@given(st.integers(2, 64), st.data())
def test_a_changed_past_is_refused(new, data):
    old = data.draw(st.integers(1, new - 1))
    changed = data.draw(st.integers(0, old - 1))
    rewritten = [*HASHES[:changed], leaf_hash(b"rewritten"), *HASHES[changed + 1 :]]
    old_root, new_root = root(HASHES[:old]), root(rewritten[:new])
    assert not verify_consistency(old, new, old_root, new_root, consistency_proof(HASHES, old, new))
    assert not verify_consistency(old, new, old_root, new_root, consistency_proof(rewritten, old, new))
    honest = consistency_proof(HASHES, old, new)
    assert not verify_consistency(old, new, old_root, root(HASHES[:new]), [*honest, b"\x00" * 32])
    assert not verify_consistency(old, new, old_root, root(HASHES[:new]), honest[:-1])
    assert not verify_consistency(new, old, root(HASHES[:new]), old_root, honest)


def test_trees_of_one_size_agree_or_not():
    assert verify_consistency(5, 5, root(HASHES[:5]), root(HASHES[:5]), [])
    assert not verify_consistency(5, 5, root(HASHES[:5]), root(HASHES[1:6]), [])
    assert not verify_consistency(5, 5, root(HASHES[:5]), root(HASHES[:5]), [HASHES[0]])


@given(st.integers(0, 64))
def test_a_tree_goes_on_from_its_stored_frontier(size):
    frontier = Frontier()
    for leaf in HASHES[:size]:
        frontier.append(leaf)
    again = Frontier(frontier.size, frontier.nodes)
    for leaf in HASHES[size:]:
        again.append(leaf)
    assert again.root() == root(HASHES)


def test_a_frontier_that_does_not_fit_its_size_is_refused():
    with pytest.raises(ValueError, match="no frontier"):
        Frontier(3, HASHES[:1])


def test_stored_nodes_give_the_same_proofs_in_few_reads():
    frontier, stored, size = Frontier(), {}, 3_001
    leaves = [leaf_hash(str(number).encode()) for number in range(size)]
    for leaf in leaves:
        stored |= {(node.level, node.index): node.hash for node in frontier.append(leaf)}
    reads = []

    def read(level, index):
        reads.append((level, index))
        return stored[level, index]

    assert stored_root(read, size) == root(leaves)
    for index in random.Random(9162).sample(range(size), 40):
        reads.clear()
        assert inclusion_path(read, index, size) == inclusion_proof(leaves, index, size)
        assert len(reads) <= 2 * size.bit_length()
        reads.clear()
        assert consistency_path(read, index, size) == consistency_proof(leaves, index, size)
        assert len(reads) <= 2 * size.bit_length()


def test_what_cannot_be_proved_is_an_error():
    for index, size in ((5, 5), (-1, 5), (0, 0), (3, 71)):
        with pytest.raises(ValueError, match=r"leaf|leaves"):
            inclusion_proof(HASHES, index, size)
    with pytest.raises(ValueError, match="no beginning"):
        consistency_proof(HASHES, 6, 5)
