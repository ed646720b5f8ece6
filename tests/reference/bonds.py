"""§11.3, what backs sealed bids: row 7 has it until it goes back, or to the fund."""

from plimsoll.units import messages as m

from .cases import Case, Seal
from .state import Account, State


def pay_bond(state: State, seal: Seal, receiver: Account) -> None:
    """A write-down may have left row 7 less than it owes."""
    bonds = state.accounts[m.NAMED_BONDS]
    paid = min(seal.bond, max(0, bonds.cash))
    bonds.cash -= paid
    receiver.cash += paid
    seal.bond = 0


def return_bond(state: State, seal: Seal) -> None:
    pay_bond(state, seal, state.accounts[seal.bidder])


def lose_bond(state: State, seal: Seal) -> None:
    pay_bond(state, seal, state.fund)


def return_bonds(state: State, case: Case) -> None:
    """Every bond that is left goes back, in list order, and the seals are forgotten."""
    for seal in case.seals:
        return_bond(state, seal)
    case.seals.clear()


def end_batch(state: State, case: Case) -> None:
    """The batch is over, whatever came of it: from now on slices are for anybody who bids."""
    return_bonds(state, case)
    case.batch = m.BATCH_OVER
    case.slice_since = state.time
