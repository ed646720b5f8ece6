"""What the tests of the bounds share: accounts that are rich, a trade between two that are alike."""

from tests.reference.build import CONTRACT
from tests.reference.margin import figures
from tests.reference.pair import Pair

from plimsoll.units import codes

RICH = 10**13


def figures_of(pair: Pair, account: int):
    return figures(pair.model, pair.model.accounts[account])


def traded(pair: Pair, lots: int, price: int, cash: int, **changes: int) -> tuple[int, int, int]:
    """A long and a short with the same cash: (instrument, long, short)."""
    number = pair.list({**CONTRACT, **changes}, price)
    long, short = pair.open(cash), pair.open(cash)
    assert pair.fill(long, short, number, lots, price) == codes.OK
    return number, long, short
