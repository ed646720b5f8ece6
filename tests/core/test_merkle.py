"""The account tree against a naive recursive one in plain Python, over an independent keccak-256."""

import numpy as np
import pytest
from Crypto.Hash import keccak as independent
from hypothesis import given, settings
from hypothesis import strategies as st

from plimsoll.book.merkle import DEPTH, EMPTY, AccountTree, verify_proof
from plimsoll.units.limits import ACCOUNTS_MAX

ABSENT = bytes(32)
LAST = ACCOUNTS_MAX - 1
# Accounts that share a subtree, sit at its edges, or need the storage to grow.
ACCOUNTS = st.one_of(st.integers(0, 9), st.integers(0, 300), st.sampled_from([15, 16, 17, 255, 256, 1023, 1024, 4097]))
DIGESTS = st.one_of(st.just(ABSENT), st.binary(min_size=32, max_size=32))
UPDATES = st.lists(st.dictionaries(ACCOUNTS, DIGESTS, max_size=8), max_size=5)


def keccak(data: bytes) -> bytes:
    return independent.new(digest_bits=256, data=data).digest()


def empty_subtrees() -> list[bytes]:
    hashes = [ABSENT]
    for _ in range(DEPTH):
        hashes.append(keccak(hashes[-1] + hashes[-1]))
    return hashes


EMPTY_SUBTREES = empty_subtrees()


def naive_node(leaves: dict[int, bytes], height: int, position: int) -> bytes:
    if not leaves:
        return EMPTY_SUBTREES[height]
    if height == 0:
        return leaves[position]
    middle = (2 * position + 1) << (height - 1)
    left = {index: leaf for index, leaf in leaves.items() if index < middle}
    right = {index: leaf for index, leaf in leaves.items() if index >= middle}
    below = naive_node(left, height - 1, 2 * position), naive_node(right, height - 1, 2 * position + 1)
    return keccak(below[0] + below[1])


def naive_root(leaves: dict[int, bytes]) -> bytes:
    return naive_node(leaves, DEPTH, 0)


def update(tree: AccountTree, leaves: dict[int, bytes]) -> None:
    indices = np.array(sorted(leaves), np.int64)
    content = bytearray(b"".join(leaves[index] for index in sorted(leaves)))
    tree.update(indices, np.frombuffer(content, np.uint64).reshape(-1, 4))


def random_leaves(seed: int, count: int, below: int) -> dict[int, bytes]:
    random = np.random.default_rng(seed)
    return {int(index): random.bytes(32) for index in random.choice(below, count, replace=False)}


def flipped(data: bytes, bit: int) -> bytes:
    return bytes(byte ^ (1 << bit % 8) if place == bit // 8 else byte for place, byte in enumerate(data))


def test_there_is_one_leaf_for_each_possible_account():
    assert DEPTH == 24
    assert ACCOUNTS_MAX == 2**DEPTH


def test_known_hashes_of_empty_subtrees():
    assert [node.tobytes() for node in EMPTY] == EMPTY_SUBTREES
    # The published keccak-256 of 64 zero bytes.
    assert EMPTY_SUBTREES[1].hex() == "ad3228b676f7d3cd4284a5443f17f1962b36e491b30a40b2405849e597ba5fb5"
    assert AccountTree().root() == EMPTY_SUBTREES[DEPTH]


@given(UPDATES)
@settings(deadline=None, max_examples=60)
def test_root_equals_the_naive_tree_after_every_update(updates):
    tree, leaves = AccountTree(), {}
    for changed in updates:
        update(tree, changed)
        leaves |= changed
        assert tree.root() == naive_root(leaves)


@given(UPDATES, st.sampled_from([0, 1, 2, 3, 256, 257, 5000]))
@settings(deadline=None, max_examples=30)
def test_root_and_proofs_do_not_depend_on_storage_or_history(updates, accounts):
    grown, roomy = AccountTree(), AccountTree(accounts)
    leaves: dict[int, bytes] = {}
    for changed in updates:
        update(grown, changed)
        leaves |= changed
    update(roomy, leaves)
    assert grown.root() == roomy.root()
    for index in (0, 1, 300, 8191, LAST):
        assert grown.proof(index) == roomy.proof(index)


def test_a_large_dense_tree_equals_the_naive_one():
    leaves = random_leaves(seed=1, count=700, below=1000)
    tree = AccountTree()
    update(tree, leaves)
    assert tree.root() == naive_root(leaves)


def test_growing_keeps_the_root():
    leaves = {0: b"\x01" * 32, 2: b"\x02" * 32}
    tree = AccountTree()
    update(tree, leaves)
    root = tree.root()
    for index in (3, 4, 8, 1000, 70_000):
        update(tree, {index: ABSENT})
        assert tree.root() == root
    assert tree.proof(0)[1] == keccak(b"\x02" * 32 + ABSENT)


def test_taking_leaves_out_leads_back():
    tree = AccountTree()
    first, second = random_leaves(2, 20, 100), {index + 100: leaf for index, leaf in random_leaves(3, 20, 100).items()}
    update(tree, first)
    root = tree.root()
    update(tree, second)
    assert tree.root() != root
    update(tree, dict.fromkeys(second, ABSENT))
    assert tree.root() == root
    update(tree, dict.fromkeys(first, ABSENT))
    assert tree.root() == EMPTY_SUBTREES[DEPTH]


def test_no_update_changes_nothing():
    tree = AccountTree()
    update(tree, {})
    assert tree.root() == EMPTY_SUBTREES[DEPTH]


def test_what_the_caller_passed_is_left_alone():
    indices, digests = np.array([1, 2, 5]), np.arange(12, dtype=np.uint64).reshape(3, 4)
    AccountTree().update(indices, digests)
    assert indices.tolist() == [1, 2, 5]
    assert digests.ravel().tolist() == list(range(12))


@given(st.dictionaries(ACCOUNTS, st.binary(min_size=32, max_size=32), min_size=1, max_size=12), st.data())
@settings(deadline=None, max_examples=30)
def test_proofs_verify_for_present_and_absent_accounts(leaves, data):
    tree = AccountTree()
    update(tree, leaves)
    index = data.draw(st.one_of(st.sampled_from(sorted(leaves)), st.integers(0, 600), st.integers(0, LAST)))
    leaf, proof = leaves.get(index, ABSENT), tree.proof(index)
    assert len(proof) == DEPTH
    assert verify_proof(tree.root(), index, leaf, proof)


def test_a_proof_fails_for_another_account_and_when_any_byte_is_flipped():
    leaves = random_leaves(seed=4, count=40, below=64)
    tree = AccountTree()
    update(tree, leaves)
    index = max(leaves)
    root, leaf, proof = tree.root(), leaves[index], tree.proof(index)
    assert verify_proof(root, index, leaf, proof)
    for level in range(DEPTH):
        assert not verify_proof(root, index ^ (1 << level), leaf, proof)
    for byte in range(32):
        bit = 8 * byte + byte % 8
        assert not verify_proof(flipped(root, bit), index, leaf, proof)
        assert not verify_proof(root, index, flipped(leaf, bit), proof)
    for byte in range(32 * DEPTH):
        level, bit = byte // 32, 8 * (byte % 32) + byte % 8
        assert not verify_proof(root, index, leaf, [*proof[:level], flipped(proof[level], bit), *proof[level + 1 :]])


def test_a_proof_must_have_the_right_shape():
    tree = AccountTree()
    leaf = b"\x05" * 32
    update(tree, {6: leaf, 7: b"\x06" * 32})
    root, proof = tree.root(), tree.proof(6)
    assert verify_proof(root, 6, leaf, proof)
    assert not verify_proof(root, 6 + ACCOUNTS_MAX, leaf, proof)
    assert not verify_proof(root, -1, leaf, proof)
    assert not verify_proof(root, 6, leaf, [*proof, ABSENT])
    # An inner node is no leaf: not by a shorter proof, nor by moving bytes between the leaf and its sibling.
    assert not verify_proof(root, 3, keccak(leaf + proof[0]), proof[1:])
    assert not verify_proof(root, 6, leaf + proof[0][:1], [proof[0][1:], *proof[1:]])
    assert not verify_proof(root, 6, leaf + proof[0], [b"", *proof[1:]])


@pytest.mark.parametrize("indices", [[-1, 2], [0, ACCOUNTS_MAX], [2, 1], [1, 1]])
def test_indices_must_be_ascending_account_numbers(indices):
    tree = AccountTree()
    with pytest.raises(ValueError, match="indices must be account numbers in strictly ascending order"):
        tree.update(np.array(indices), np.ones((2, 4), np.uint64))
    assert tree.root() == EMPTY_SUBTREES[DEPTH]


@pytest.mark.parametrize("shape", [(1, 4), (3, 4), (2, 3), (8,)])
def test_digests_must_fit_the_indices(shape):
    with pytest.raises(ValueError, match="digests must have a row of four words for every index"):
        AccountTree().update(np.array([1, 2]), np.ones(shape, np.uint64))


def test_the_tree_has_an_end():
    for index in (-1, ACCOUNTS_MAX):
        with pytest.raises(ValueError, match="index must be an account number"):
            AccountTree().proof(index)
    with pytest.raises(ValueError, match="must not be asked for more than accounts_max"):
        AccountTree(ACCOUNTS_MAX + 1)
