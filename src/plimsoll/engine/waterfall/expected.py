"""The state number of an account: what a bidder saw, so that a bid for something else is refused."""

from plimsoll.book.layout import Pool
from plimsoll.units.jit import command
from plimsoll.units.limits import INSTRUMENTS_MAX

MODULUS = 2**55 - 55
FACTOR = 31


@command
def state_number(pool: Pool, account: int) -> int:
    """A number of the lots an account holds, by rising instrument; never 0, which stands for any."""
    owner = pool.accounts[account]
    number = 0
    after = 0
    while True:
        lots = 0
        following = INSTRUMENTS_MAX
        for row in range(owner["start"], owner["start"] + owner["count"]):
            holding = pool.holdings[row]
            if holding["lots"] != 0 and after < holding["instrument"] < following:
                following = holding["instrument"]
                lots = holding["lots"]
        if lots == 0:
            return number + 1
        number = (FACTOR * number + following) % MODULUS
        number = (FACTOR * number + lots % MODULUS) % MODULUS
        after = following
