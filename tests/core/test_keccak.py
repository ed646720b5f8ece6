"""keccak-256 against published vectors and an independent implementation, compiled and not."""

import os
import subprocess
import sys

import numpy as np
import pytest
from Crypto.Hash import keccak as independent
from hypothesis import given, settings
from hypothesis import strategies as st

from plimsoll.book.keccak import BLOCK_BYTES, BLOCK_WORDS, DIGEST_WORDS, hash_rows, keccak_256

VECTORS = {
    b"": "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
    b"abc": "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45",
    b"The quick brown fox jumps over the lazy dog": "4d741b6f1eb29cb2a9b9911c82f56fa8d73b04959d3d9d222895df6c0b28aa15",
    b"transfer(address,uint256)": "a9059cbb2ab09eb219583f4a59a5d0623ade346d962bcd4e46b11da047c9049b",
}
AROUND_BLOCKS = [0, 1, 7, 8, 127, 128, 129, 134, 135, 136, 137, 143, 144, 271, 272, 273, 407, 408, 409]
WIDTHS = [0, 1, 8, 15, 16, 17, 18, 33, 34, 35, 51]
SCRIPT = """
import numpy as np
from plimsoll.book.keccak import hash_rows, keccak_256
from plimsoll.book.merkle import AccountTree
digests = np.empty((9, 4), np.uint64)
hash_rows(np.arange(9 * 18, dtype=np.uint64).reshape(9, 18) * np.uint64(0x9E3779B97F4A7C15), digests)
tree = AccountTree()
tree.update(np.arange(9) ** 2, digests)
print(digests.tobytes().hex(), keccak_256(bytes(range(137))).hex(), tree.root().hex(), *map(bytes.hex, tree.proof(70)))
"""


def keccak(data: bytes) -> bytes:
    return independent.new(digest_bits=256, data=data).digest()


def hashed(words: np.ndarray) -> list[bytes]:
    digests = np.full((len(words), DIGEST_WORDS), 7, np.uint64)
    hash_rows(words, digests)
    return [digest.tobytes() for digest in digests]


@pytest.mark.parametrize("data", VECTORS)
def test_published_vectors(data):
    assert keccak_256(data).hex() == VECTORS[data]


@pytest.mark.parametrize("length", AROUND_BLOCKS)
def test_lengths_around_a_block(length):
    for data in (bytes(length), b"\xff" * length, np.random.default_rng(length).bytes(length)):
        assert keccak_256(data) == keccak(data)


@given(st.binary(max_size=3 * BLOCK_BYTES))
@settings(deadline=None)
def test_any_bytes(data):
    assert keccak_256(data) == keccak(data)


@pytest.mark.parametrize("width", WIDTHS)
def test_rows_of_any_width(width):
    words = np.random.default_rng(width).integers(0, 2**64, (5, width), np.uint64)
    assert hashed(words) == [keccak(row.tobytes()) for row in words]


@given(st.integers(0, 4), st.integers(0, 2 * BLOCK_WORDS + 1), st.data())
@settings(deadline=None, max_examples=50)
def test_rows_do_not_see_each_other(rows, width, data):
    content = data.draw(st.binary(min_size=8 * rows * width, max_size=8 * rows * width)) if rows else b""
    words = np.frombuffer(bytearray(content), np.uint64).reshape(rows, width)
    assert hashed(words) == [keccak_256(row.tobytes()) for row in words]


def test_a_row_of_signed_columns_is_hashed_as_it_lies_in_memory():
    row = np.array([[-1, 0, 1, -(2**63), 2**63 - 1]], np.int64)
    assert hashed(row.view(np.uint64)) == [keccak(b"".join(int(x).to_bytes(8, "little", signed=True) for x in row[0]))]


@pytest.mark.parametrize("shape", [(2, 4), (4, 4), (3, 3), (3, 5), (0, 4)])
def test_digests_must_fit_the_rows(shape):
    with pytest.raises(ValueError, match="digests must have a row of four words for every row of words"):
        hash_rows(np.zeros((3, 16), np.uint64), np.zeros(shape, np.uint64))


def test_compiled_and_uncompiled_agree():
    def run(disabled: str) -> str:
        environment = os.environ | {"NUMBA_DISABLE_JIT": disabled}
        command = [sys.executable, "-W", "error", "-c", SCRIPT]
        return subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout

    assert run("0") == run("1") != ""
