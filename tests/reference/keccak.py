"""keccak-256 as its designers write it: lanes in a 5 × 5 grid, 24 rounds, in plain integers."""

LANE = 2**64
BLOCK = 136
"""Bytes taken in between two permutations: 1600 bits less twice the digest."""


def rotated(lane: int, by: int) -> int:
    by %= 64
    return (lane << by | lane >> 64 - by) % LANE


def round_constants() -> list[int]:
    """Bits of a shift register over x^8 + x^6 + x^5 + x^4 + 1, seven a round, at the places 2^j - 1."""
    found, register = [], 1
    for _ in range(24):
        constant = 0
        for j in range(7):
            constant |= (register & 1) << 2**j - 1
            register = (register << 1) ^ (0x171 if register & 0x80 else 0)
        found.append(constant)
    return found


CONSTANTS = round_constants()


def permuted(lanes: dict[tuple[int, int], int]) -> dict[tuple[int, int], int]:
    """Theta, rho and pi, chi, iota."""
    grid = [(x, y) for x in range(5) for y in range(5)]
    for constant in CONSTANTS:
        column = [lanes[x, 0] ^ lanes[x, 1] ^ lanes[x, 2] ^ lanes[x, 3] ^ lanes[x, 4] for x in range(5)]
        lanes = {(x, y): lanes[x, y] ^ column[x - 1] ^ rotated(column[(x + 1) % 5], 1) for x, y in grid}
        moved = {(0, 0): lanes[0, 0]}
        x, y = 1, 0
        for t in range(24):
            moved[y, (2 * x + 3 * y) % 5] = rotated(lanes[x, y], (t + 1) * (t + 2) // 2)
            x, y = y, (2 * x + 3 * y) % 5
        lanes = {(x, y): moved[x, y] ^ (~moved[(x + 1) % 5, y] & moved[(x + 2) % 5, y]) % LANE for x, y in grid}
        lanes[0, 0] ^= constant
    return lanes


def keccak_256(data: bytes) -> bytes:
    padded = data + b"\x01" + bytes(-(len(data) + 1) % BLOCK)
    padded = padded[:-1] + bytes([padded[-1] ^ 0x80])
    lanes = {(x, y): 0 for x in range(5) for y in range(5)}
    for start in range(0, len(padded), BLOCK):
        for lane in range(BLOCK // 8):
            word = padded[start + 8 * lane : start + 8 * lane + 8]
            lanes[lane % 5, lane // 5] ^= int.from_bytes(word, "little")
        lanes = permuted(lanes)
    return b"".join(lanes[lane, 0].to_bytes(8, "little") for lane in range(4))
