"""What a bidder needs outside the engine to take part in a sealed-bid batch: the seal of its bid, to be committed."""

import struct

from plimsoll.book.keccak import keccak_256


def seal_of(account: int, bidder: int, part: int, discount: int, salt_1: int, salt_2: int) -> tuple[int, int, int, int]:
    """The four words of a seal: what ``commit`` wants now, and the engine checks ``reveal`` against later.

    ``part`` and ``discount`` are in ppb; draw the two words of salt anew, at random, for every bid: who can guess them
    can read the bid. Raises struct.error for a number that is no int64.
    """
    digest = keccak_256(struct.pack("<6q", account, bidder, part, discount, salt_1, salt_2))
    first, second, third, fourth = struct.unpack("<4q", digest)
    return first, second, third, fourth
