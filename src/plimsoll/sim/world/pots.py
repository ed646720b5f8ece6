"""The pots a world opens with: tranches of the insurance, the backstop's own, an AMM for each custody asset."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from plimsoll.book.rows import PotTermsRow
from plimsoll.sim.world.listing import Listed
from plimsoll.sim.world.streams import Random, chance, log_between, pick, whole
from plimsoll.units.limits import MICROS_MAX, PPB
from plimsoll.units.messages import KIND_ASSET, NAMED_BACKSTOP, NAMED_COUNT, POT_AMM, POT_BACKSTOP, POT_TRANCHE

FIELDS: Final = tuple(PotTermsRow.__annotations__)
POT_OWNER: Final = 500
"""Owner of every pot's account."""
JUNIOR_RANK: Final = 1
SENIOR_RANK: Final = 2
FEES: Final = (0.0, 0.0005, 0.003, 0.02)
LONGEST_UNBONDING: Final = 15


@dataclass(frozen=True)
class Pot:
    """The terms of a pot, but for its account: a pot that needs one gets it when it is opened."""

    kind: int
    rank: int = 0
    instrument: int = 0
    fee: int = 0
    unbonding: int = 0
    capacity: int = MICROS_MAX
    weight: int = 0

    @property
    def has_account(self) -> bool:
        """Whether an account is opened for it; the backstop has its own."""
        return self.kind != POT_BACKSTOP

    def words(self, account: int) -> list[int]:
        """The payload of ``set_pot``."""
        terms = vars(self) | {"account": account if self.has_account else NAMED_BACKSTOP}
        return [int(terms[name]) for name in FIELDS]


def draw_pots(random: Random, listings: Sequence[Listed], wealth: int, block_ms: int) -> tuple[Pot, ...]:
    """Two tranches and the backstop's pot, mostly; an AMM for every asset, mostly."""

    def capacity() -> int:
        return min(MICROS_MAX, round(wealth * log_between(random, 0.5, 300)))

    def unbonding() -> int:
        return block_ms * whole(random, 0, LONGEST_UNBONDING)

    found = []
    if chance(random, 0.8):
        found.append(Pot(POT_TRANCHE, JUNIOR_RANK, unbonding=unbonding(), capacity=capacity(), weight=3))
    if chance(random, 0.7):
        found.append(
            Pot(POT_TRANCHE, SENIOR_RANK, unbonding=unbonding(), capacity=capacity(), weight=whole(random, 0, 2))
        )
    if chance(random, 0.7):
        found.append(Pot(POT_BACKSTOP, unbonding=unbonding(), capacity=capacity()))
    for number, one in enumerate(listings, start=1):
        if one.kind == KIND_ASSET and chance(random, 0.9):
            fee = round(pick(random, FEES) * PPB)
            found.append(Pot(POT_AMM, 0, number, fee, unbonding(), MICROS_MAX))
    return tuple(found)


def opened_pots(pots: Sequence[Pot], listings: Sequence[Listed]) -> list[tuple[int, Pot, int]]:
    """(number, pot, account) of the pots whose asset is listed; their accounts are the first of all."""
    listed = {0} | {number for number, one in enumerate(listings, start=1) if one.kind == KIND_ASSET}
    found: list[tuple[int, Pot, int]] = []
    account = NAMED_COUNT
    for pot in pots:
        if pot.instrument not in listed:
            continue
        found.append((len(found) + 1, pot, account))
        account += int(pot.has_account)
    return found
