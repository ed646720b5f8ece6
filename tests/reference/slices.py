"""Portfolio margin, §10, and §11.1: slices of everything, so that hedges stay hedged.

A slice is a part f of the account, a multiple of 10^6 ppb; each leg moves at the mark like a fill, then one payment.
"""

from dataclasses import dataclass

from plimsoll.units import messages as m
from plimsoll.units.limits import PPB

from .books import change_holding, try_change
from .curves import curve_value
from .insurance import fund_takes_fee
from .margin import Figures, figures
from .numbers import ceil, floor, trunc
from .scan import Scan, legs_of, scan
from .state import Account, State
from .terms import leg_maintenance, money, trade_amount, value

STEP = 10**6
STEPS = PPB // STEP


def slice_legs(state: State, account: Account) -> list[int]:
    """What can be sliced, by number: not a series under settlement."""
    return [i for i in account.legs() if state.instruments[i].status != m.STATUS_SETTLING]


@dataclass(frozen=True)
class Slice:
    """A trial: (instrument, change of the account's lots, what it pays) of every leg; `after` is before the payment."""

    part: int
    moves: list[tuple[int, int, int]]
    before: Figures
    after: Figures
    fee: int

    @property
    def strips_hedges(self) -> bool:
        """Less than all of the account goes, and what stays requires more than there was."""
        return self.part < PPB and self.after.mm > self.before.mm

    def reaches_exit(self) -> bool:
        return self.after.equity - self.fee >= self.after.exit


def discount_now(state: State, owner: Account) -> int:
    """D: what part of the equity taken a taker is offered, a constant or by the time it has been offered."""
    if state.policy["curve_slice"] == 0:
        return state.policy["slice_discount"]
    elapsed = state.time - owner.case.slice_since
    return min(PPB, curve_value(state, state.policy["curve_slice"], elapsed))


def payment(owner: Account, part: int, discount: int, before: Figures, after: Figures) -> int:
    """Never of what earlier slices left behind, and never so much that equity in maintenance margins falls."""
    if before.equity <= 0 or before.mm == 0:
        return 0
    base = max(0, before.equity - owner.case.reserved_cash)
    kept = floor(before.equity * max(0, before.mm - after.mm), before.mm)
    return min(floor(floor(base * part, PPB) * discount, PPB), kept)


def try_slice(state: State, account: int, part: int, discount: int) -> Slice:
    owner = state.accounts[account]
    after, moves = owner.copy(), []
    for instrument in slice_legs(state, owner):
        change = -trunc(owner.row(instrument).lots * part, PPB)
        if change != 0:
            row = state.instruments[instrument]
            pays = trade_amount(row, change, row.mark)
            after = try_change(after, instrument, change, *money(state.instruments[instrument], pays))
            moves.append((instrument, change, pays))
    before, judged = figures(state, owner), figures(state, after)
    return Slice(part, moves, before, judged, payment(owner, part, discount, before, judged))


def goes_whole(state: State, owner: Account) -> bool:
    """An account too small to be cut up."""
    return state.policy["slice_whole"] > 0 and figures(state, owner).mm <= state.policy["slice_whole"]


def smallest_part(state: State, account: int, discount: int) -> int:
    """The smallest part after which equity reaches the exit level; all when none does, or of a small account."""
    if goes_whole(state, state.accounts[account]):
        return PPB
    low, high = 1, STEPS
    while low < high:
        middle = (low + high) // 2
        if try_slice(state, account, middle * STEP, discount).reaches_exit():
            high = middle
        else:
            low = middle + 1
    return high * STEP


def taken_over(state: State, taker: int, cut: Slice, income: int) -> Account:
    """The taker with the slice and its part of the payment."""
    after = state.accounts[taker].copy()
    after.cash += income
    for instrument, change, pays in cut.moves:
        after = try_change(after, instrument, -change, *money(state.instruments[instrument], -pays))
    return after


def income_of(state: State, cut: Slice) -> int:
    """What a bidder gets of the payment; the rest is the fund's."""
    return cut.fee - floor(cut.fee * state.policy["fund_share"], PPB)


def apply_slice(state: State, account: int, taker: int, cut: Slice, income: int) -> None:
    """The legs move, the account pays; what the part was worth to it is not offered a second time."""
    for instrument, change, pays in cut.moves:
        change_holding(state, account, instrument, change, *money(state.instruments[instrument], pays))
        change_holding(state, taker, instrument, -change, *money(state.instruments[instrument], -pays))
    owner = state.accounts[account]
    owner.cash -= cut.fee
    state.accounts[taker].cash += income
    fund_takes_fee(state, cut.fee - income)
    left = max(0, cut.before.equity - cut.fee - owner.case.reserved_cash)
    owner.case.reserved_cash += ceil(left * cut.part, PPB)


def price_in_cash(state: State, cut: Slice) -> int:
    """What the taker pays for assets and options, less what it gets for shorts."""
    return -sum(pays for instrument, _, pays in cut.moves if state.instruments[instrument].is_paid_in_cash)


# The deficit of an insolvent account.


def leg_losses(state: State, account: Account, numbers: list[int]) -> list[int]:
    """What each contract or option leg lost in its class's worst scenario, undamped and undiscounted, in micros."""
    scans = {c: scan(state.classes[c], legs) for c, legs in legs_of(state, account, "maintenance").items()}
    return [leg_loss(state, account, number, scans) for number in numbers]


def leg_loss(state: State, account: Account, number: int, scans: dict[int, Scan]) -> int:
    row, lots = state.instruments[number], account.row(number).lots
    if row.risk_class == 0:
        return leg_maintenance(row, lots)
    found, cls = scans[row.risk_class], state.classes[row.risk_class]
    if found.worst == 0:
        # The basis has no scenario: by size. A class that loses nothing bears nothing.
        return abs(value(row, lots)) if found.loss > 0 else 0
    s = found.worst - 1
    if row.status == m.STATUS_SETTLING:
        return 0
    if row.is_option:
        priced = row.values is not None and row.values.scenarios
        change = (row.values.scenarios[s] - row.values.now) * cls.quantum if priced else 0
        return max(0, floor(-lots * change, cls.unit))
    return max(0, -floor(floor(lots * row.mark, cls.unit) * cls.shocks[s], PPB))
