"""A keccak-256 Merkle tree over account numbers, against which a contract checks one account.

The tree is virtual: ``DEPTH`` levels over ``ACCOUNTS_MAX`` leaves, always, so a root does not depend on how many
accounts are stored.  A node is keccak-256(left || right); a leaf is the account's digest, or 32 zero bytes where there
is none; a subtree without leaves has a known hash, ``EMPTY[height]``.

Only the leftmost 2**h leaves and what stands on them are stored, in order: the node at (height, position) is row
(2 * position + 1) * 2**height - 1.  Leaves are the even rows, a node stands between its children, and growing appends:
no stored node ever moves.  A tree of 2**24 accounts takes 1 GiB.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from plimsoll.book.keccak import DIGEST_WORDS, Words, hash_rows, keccak_256
from plimsoll.units.jit import entry
from plimsoll.units.limits import ACCOUNTS_MAX
from plimsoll.units.tables import Ints

DEPTH: Final = ACCOUNTS_MAX.bit_length() - 1
DIGEST_BYTES: Final = 32
PAIR_WORDS: Final = 2 * DIGEST_WORDS


def _join(left: Words, right: Words) -> Words:
    """The node above two nodes."""
    digest = np.empty(DIGEST_WORDS, np.uint64)
    hash_rows(np.concatenate((left, right)).reshape(1, -1), digest.reshape(1, -1))
    return digest


def _empty_subtrees() -> Words:
    """The hash of a subtree without leaves, by height."""
    empty = np.zeros((DEPTH + 1, DIGEST_WORDS), np.uint64)
    for height in range(DEPTH):
        empty[height + 1] = _join(empty[height], empty[height])
    empty.setflags(write=False)
    return empty


EMPTY: Final = _empty_subtrees()


@entry("void(uint64[:, ::1], int64, int64[::1], uint64[:, ::1], uint64[:, ::1])")
def _rehash(nodes: Words, height: int, positions: Ints, pairs: Words, digests: Words) -> None:
    """Store the digests at the leaves ``positions``, then every node above them, level by level.

    ``positions`` and ``digests`` are used up on the way; ``pairs`` is room for the children of as many nodes.
    """
    count = positions.size
    for leaf in range(count):
        for word in range(DIGEST_WORDS):
            nodes[2 * positions[leaf], word] = digests[leaf, word]
    half = 1  # rows between a node and each of its children
    for _ in range(height):
        parents = 0
        for child in range(count):
            position = positions[child] // 2
            if parents == 0 or positions[parents - 1] != position:
                positions[parents] = position
                parents += 1
        count = parents
        for parent in range(count):
            row = (4 * positions[parent] + 2) * half - 1
            for word in range(DIGEST_WORDS):
                pairs[parent, word] = nodes[row - half, word]
                pairs[parent, DIGEST_WORDS + word] = nodes[row + half, word]
        hash_rows(pairs[:count], digests[:count])
        for parent in range(count):
            row = (4 * positions[parent] + 2) * half - 1
            for word in range(DIGEST_WORDS):
                nodes[row, word] = digests[parent, word]
        half *= 2


class AccountTree:
    """The stored part of the tree; every stored node is up to date after each call.

    ``accounts`` is how many there is room for at first; it changes no root and no proof.
    """

    def __init__(self, accounts: int = 1) -> None:
        self._height = 0
        self._nodes: Words = np.zeros((1, DIGEST_WORDS), np.uint64)
        self._reserve(accounts)

    def update(self, indices: Ints, digests: Words) -> None:
        """Set the leaves of the accounts ``indices`` (int64, strictly ascending) to ``digests``, (m, 4) words each.

        A digest of zeros takes a leaf out.  The cost is at most one hash for each changed leaf and level.
        ValueError, and nothing changed, if the indices or shapes are not as said.
        """
        if indices.ndim != 1 or digests.shape != (indices.size, DIGEST_WORDS):
            raise ValueError("digests must have a row of four words for every index")
        if indices.size == 0:
            return
        if indices[0] < 0 or indices[-1] >= ACCOUNTS_MAX or not np.all(indices[1:] > indices[:-1]):
            raise ValueError("indices must be account numbers in strictly ascending order")
        self._reserve(int(indices[-1]) + 1)
        pairs = np.empty((indices.size, PAIR_WORDS), np.uint64)
        _rehash(self._nodes, self._height, indices.copy(), pairs, digests.copy())

    def root(self) -> bytes:
        """The hash of all accounts."""
        return self._node(DEPTH, 0).tobytes()

    def proof(self, index: int) -> list[bytes]:
        """The siblings on the way from account ``index`` to the root, lowest first; also where there is no account."""
        if not 0 <= index < ACCOUNTS_MAX:
            raise ValueError("index must be an account number")
        return [self._node(height, (index >> height) ^ 1).tobytes() for height in range(DEPTH)]

    def _node(self, height: int, position: int) -> Words:
        """Any node of the virtual tree: stored, above what is stored, or over nothing."""
        node: Words = EMPTY[height]
        if height <= self._height and position < 1 << (self._height - height):
            node = self._nodes[((2 * position + 1) << height) - 1]
        elif position == 0:
            node = self._nodes[(1 << self._height) - 1]
            for below in range(self._height, height):
                node = _join(node, EMPTY[below])
        return node

    def _reserve(self, accounts: int) -> None:
        """Double the storage until it has room; what is stored stays where it is."""
        height = max(accounts - 1, 0).bit_length()
        if height > DEPTH:
            raise ValueError("the tree must not be asked for more than accounts_max accounts")
        if height <= self._height:
            return
        nodes = np.empty((2 * 2**height - 1, DIGEST_WORDS), np.uint64)
        for level in range(height + 1):
            nodes[2**level - 1 :: 2 * 2**level] = EMPTY[level]
        nodes[: len(self._nodes)] = self._nodes
        for level in range(self._height, height):
            nodes[2 * 2**level - 1] = _join(nodes[2**level - 1], EMPTY[level])
        self._nodes, self._height = nodes, height


def verify_proof(root: bytes, index: int, leaf_digest: bytes, proof: Sequence[bytes]) -> bool:
    """Whether ``proof`` shows that the account ``index`` has ``leaf_digest`` under ``root``; the contract's check."""
    if not 0 <= index < ACCOUNTS_MAX or len(proof) != DEPTH:
        return False
    if any(len(digest) != DIGEST_BYTES for digest in (leaf_digest, *proof)):
        return False
    digest = leaf_digest
    for height, sibling in enumerate(proof):
        digest = keccak_256(sibling + digest if index >> height & 1 else digest + sibling)
    return digest == root
