"""Keccak-256 as Ethereum uses it: a contract must be able to recompute what is hashed here.

The state is 25 lanes of 64 bits, five planes (b, g, k, m, s) of five lanes (a, e, i, o, u): the names of the Keccak
team, so ``ge`` is the second lane of the second plane.  A block is 17 lanes; padding starts with the byte 0x01 and
ends with 0x80 (SHA3 starts with 0x06, which is why ``hashlib`` cannot answer).  Lanes are little-endian words, so a
row of int64 columns is hashed as it lies in memory.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from plimsoll.units.jit import borrow, command, entry, rule

Words = npt.NDArray[np.uint64]

DIGEST_WORDS: Final = 4
BLOCK_WORDS: Final = 17
BLOCK_BYTES: Final = 136
STATE_WORDS: Final = 25

PAD_FIRST: Final = np.uint64(0x01)
PAD_LAST: Final = np.uint64(0x80 << 56)

ROUND_CONSTANTS: Final = np.array(
    [
        0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000,
        0x000000000000808B, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
        0x000000000000008A, 0x0000000000000088, 0x0000000080008009, 0x000000008000000A,
        0x000000008000808B, 0x800000000000008B, 0x8000000000008089, 0x8000000000008003,
        0x8000000000008002, 0x8000000000000080, 0x000000000000800A, 0x800000008000000A,
        0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
    ],
    np.uint64,
)  # fmt: skip


@rule
def _rotate(lane: np.uint64, bits: int) -> np.uint64:
    """The lane rotated left; the compiler turns it into one instruction."""
    return (lane << bits) | (lane >> (64 - bits))


@rule
def _chi(
    a: np.uint64, e: np.uint64, i: np.uint64, o: np.uint64, u: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64, np.uint64]:
    """The one step that is not linear, on one plane."""
    return a ^ (~e & i), e ^ (~i & o), i ^ (~o & u), o ^ (~u & a), u ^ (~a & e)


@command
def _permute(state: Words) -> None:
    """Keccak-f[1600]: 24 rounds, held in local variables so that they stay in registers."""
    ba, be, bi, bo, bu = state[0], state[1], state[2], state[3], state[4]
    ga, ge, gi, go, gu = state[5], state[6], state[7], state[8], state[9]
    ka, ke, ki, ko, ku = state[10], state[11], state[12], state[13], state[14]
    ma, me, mi, mo, mu = state[15], state[16], state[17], state[18], state[19]
    sa, se, si, so, su = state[20], state[21], state[22], state[23], state[24]
    for constant in ROUND_CONSTANTS:
        # Theta: each lane takes the parity of two neighbouring columns.
        ca = ba ^ ga ^ ka ^ ma ^ sa
        ce = be ^ ge ^ ke ^ me ^ se
        ci = bi ^ gi ^ ki ^ mi ^ si
        co = bo ^ go ^ ko ^ mo ^ so
        cu = bu ^ gu ^ ku ^ mu ^ su
        da = cu ^ _rotate(ce, 1)
        de = ca ^ _rotate(ci, 1)
        di = ce ^ _rotate(co, 1)
        do = ci ^ _rotate(cu, 1)
        du = co ^ _rotate(ca, 1)
        # Rho rotates the lanes, pi moves them to other planes, chi mixes each new plane.
        plane_b = _chi(ba ^ da, _rotate(ge ^ de, 44), _rotate(ki ^ di, 43), _rotate(mo ^ do, 21), _rotate(su ^ du, 14))
        plane_g = _chi(
            _rotate(bo ^ do, 28), _rotate(gu ^ du, 20), _rotate(ka ^ da, 3), _rotate(me ^ de, 45), _rotate(si ^ di, 61)
        )
        plane_k = _chi(
            _rotate(be ^ de, 1), _rotate(gi ^ di, 6), _rotate(ko ^ do, 25), _rotate(mu ^ du, 8), _rotate(sa ^ da, 18)
        )
        plane_m = _chi(
            _rotate(bu ^ du, 27), _rotate(ga ^ da, 36), _rotate(ke ^ de, 10), _rotate(mi ^ di, 15), _rotate(so ^ do, 56)
        )
        plane_s = _chi(
            _rotate(bi ^ di, 62), _rotate(go ^ do, 55), _rotate(ku ^ du, 39), _rotate(ma ^ da, 41), _rotate(se ^ de, 2)
        )
        ba, be, bi, bo, bu = plane_b
        ga, ge, gi, go, gu = plane_g
        ka, ke, ki, ko, ku = plane_k
        ma, me, mi, mo, mu = plane_m
        sa, se, si, so, su = plane_s
        # Iota: the constant makes the rounds differ.
        ba ^= constant
    state[0], state[1], state[2], state[3], state[4] = ba, be, bi, bo, bu
    state[5], state[6], state[7], state[8], state[9] = ga, ge, gi, go, gu
    state[10], state[11], state[12], state[13], state[14] = ka, ke, ki, ko, ku
    state[15], state[16], state[17], state[18], state[19] = ma, me, mi, mo, mu
    state[20], state[21], state[22], state[23], state[24] = sa, se, si, so, su


@entry("void(uint64[:, ::1], uint64[:, ::1])")
def hash_rows(words: Words, digests: Words) -> None:
    """Write keccak-256 of the bytes of ``words[n]`` to ``digests[n]``, for every row.

    ``words`` is (n, W) for any W, ``digests`` (n, 4); both are contiguous.  ValueError if the shapes disagree.
    """
    rows, width = words.shape
    if digests.shape[0] != rows or digests.shape[1] != DIGEST_WORDS:
        raise ValueError("digests must have a row of four words for every row of words")
    whole_blocks = width // BLOCK_WORDS
    rest = width - whole_blocks * BLOCK_WORDS
    state = np.empty(STATE_WORDS, np.uint64)
    for row in range(rows):
        state[:] = 0
        for block in range(whole_blocks):
            for lane in range(BLOCK_WORDS):
                state[lane] ^= words[row, block * BLOCK_WORDS + lane]
            _permute(borrow(state))
        for lane in range(rest):
            state[lane] ^= words[row, whole_blocks * BLOCK_WORDS + lane]
        state[rest] ^= PAD_FIRST
        state[BLOCK_WORDS - 1] ^= PAD_LAST
        _permute(borrow(state))
        for lane in range(DIGEST_WORDS):
            digests[row, lane] = state[lane]


class Digest(NamedTuple):
    """The 32 bytes of a hash as four signed little-endian words."""

    word_1: int
    word_2: int
    word_3: int
    word_4: int


@command
def hash_six_words(first: int, second: int, third: int, fourth: int, fifth: int, sixth: int) -> Digest:
    """keccak-256 of six signed little-endian words, for rules that check what somebody committed to."""
    words = np.zeros(STATE_WORDS, np.int64)
    words[0], words[1], words[2] = first, second, third
    words[3], words[4], words[5] = fourth, fifth, sixth
    state = words.view(np.uint64)
    state[6] ^= PAD_FIRST
    state[BLOCK_WORDS - 1] ^= PAD_LAST
    _permute(borrow(state))
    return Digest(words[0], words[1], words[2], words[3])


@entry("void(uint64[:, ::1], uint64[::1])")
def _absorb_blocks(blocks: Words, state: Words) -> None:
    """Take padded blocks, (n, 17), into the state."""
    for block in range(blocks.shape[0]):
        for lane in range(BLOCK_WORDS):
            state[lane] ^= blocks[block, lane]
        _permute(borrow(state))


def keccak_256(data: bytes) -> bytes:
    """keccak-256 of a byte string of any length, for payloads and proofs; rows go through ``hash_rows``."""
    padded = bytearray(len(data) - len(data) % BLOCK_BYTES + BLOCK_BYTES)
    padded[: len(data)] = data
    padded[len(data)] ^= 0x01
    padded[-1] ^= 0x80
    state = np.zeros(STATE_WORDS, np.uint64)
    _absorb_blocks(np.frombuffer(padded, np.uint64).reshape(-1, BLOCK_WORDS), state)
    return state[:DIGEST_WORDS].tobytes()
