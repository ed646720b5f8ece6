"""Portfolio margin, §10: slices of everything, so that hedges stay hedged.

A slice is a part f of the account, a multiple of 10^6 ppb; each leg moves at the mark like a fill, then one payment.
"""

from dataclasses import dataclass

from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import HOLDINGS_PER_ACCOUNT_MAX, PPB

from .books import change_holding, try_change
from .margin import OF_COUNTERPARTY, Figures, figures, margin_rule
from .numbers import floor, sign, trunc
from .scan import Scan, legs_of, scan
from .state import Account, State, require
from .terms import leg_maintenance, money, trade_amount, value

STEP = 10**6
STEPS = PPB // STEP


def slice_legs(state: State, account: Account) -> list[int]:
    """What can be sliced, by number: not a series under settlement."""
    return [i for i in account.legs() if state.instruments[i].status != m.STATUS_SETTLING]


@dataclass(frozen=True)
class Slice:
    """A trial: (instrument, change of the account's lots, what it pays) of every leg; `after` is before the payment."""

    moves: list[tuple[int, int, int]]
    before: Figures
    after: Figures
    fee: int

    def reaches_exit(self) -> bool:
        return self.after.equity - self.fee >= self.after.exit


def try_slice(state: State, account: int, part: int) -> Slice:
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
    discounted = floor(before.equity * part * state.policy["slice_discount"], PPB * PPB)
    kept = floor(before.equity * (before.mm - judged.mm), before.mm) if before.mm > 0 else 0
    return Slice(moves, before, judged, max(0, min(discounted, kept)))


def smallest_part(state: State, account: int) -> int:
    """The smallest part after which equity reaches the exit level; all when none does."""
    low, high = 1, STEPS
    while low < high:
        middle = (low + high) // 2
        if try_slice(state, account, middle * STEP).reaches_exit():
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


def apply_slice(state: State, account: int, taker: int, cut: Slice, income: int) -> None:
    for instrument, change, pays in cut.moves:
        change_holding(state, account, instrument, change, *money(state.instruments[instrument], pays))
        change_holding(state, taker, instrument, -change, *money(state.instruments[instrument], -pays))
    state.accounts[account].cash -= cut.fee
    state.accounts[taker].cash += income
    state.fund.cash += cut.fee - income


def price_in_cash(state: State, cut: Slice) -> int:
    """What the taker pays for assets and options, less what it gets for shorts."""
    return -sum(pays for instrument, _, pays in cut.moves if state.instruments[instrument].is_paid_in_cash)


def require_takeable(state: State, taker: Account, cut: Slice, after: Account) -> None:
    """Rows, lots, cash of a bidder; then its margin rule."""
    for instrument, _, _ in cut.moves:
        require(taker.allows(instrument), codes.COUNTERPARTY_MUST_ALLOW_INSTRUMENT)
    fits = len(after.holdings) <= HOLDINGS_PER_ACCOUNT_MAX
    require(fits, codes.COUNTERPARTY_HOLDINGS_MUST_FIT)
    for instrument, _, _ in cut.moves:
        within = after.row(instrument).worst_lots() <= state.instruments[instrument].lots_max
        require(within, codes.COUNTERPARTY_LOTS_MUST_BE_WITHIN_LIMIT)
    require(after.cash >= 0 or price_in_cash(state, cut) <= 0, codes.COUNTERPARTY_CASH_MUST_NOT_BE_NEGATIVE)
    code = margin_rule(figures(state, taker), figures(state, after)).code
    require(code == codes.OK, OF_COUNTERPARTY[code])


def bid_slice(state: State, account: int, bidder: int, wanted: int) -> None:
    """The part of a bid that is the slice's own; the account is liquidating and solvent."""
    most = max(STEP, floor(wanted, STEP) * STEP)
    cut = try_slice(state, account, min(smallest_part(state, account), most))
    income = cut.fee - floor(cut.fee * state.policy["fund_share"], PPB)
    taker = state.accounts[bidder]
    require_takeable(state, taker, cut, taken_over(state, bidder, cut, income))

    # After this point the command must succeed.
    apply_slice(state, account, bidder, cut, income)


def backstop_can_take(state: State, account: int, part: int) -> bool:
    cut = try_slice(state, account, part)
    backstop = state.accounts[m.NAMED_BACKSTOP]
    after = taken_over(state, m.NAMED_BACKSTOP, cut, cut.fee)
    if len(after.holdings) > HOLDINGS_PER_ACCOUNT_MAX:
        return False
    for instrument, change, _ in cut.moves:
        row = state.instruments[instrument]
        grown = -sign(change) * after.row(instrument).lots
        if grown > min(row.backstop_lots_max, row.lots_max):
            return False
    if price_in_cash(state, cut) > 0 and after.cash < 0:
        return False
    return margin_rule(figures(state, backstop), figures(state, after)).code == codes.OK


def backstop_takes_slice(state: State, account: int) -> int:
    """The backstop takes the largest part it can, at most what brings the account to its exit; the part."""
    if account == m.NAMED_BACKSTOP:
        return 0
    high = smallest_part(state, account) // STEP
    if not backstop_can_take(state, account, high * STEP):
        low = 0
        while high - low > 1:
            middle = (low + high) // 2
            if backstop_can_take(state, account, middle * STEP):
                low = middle
            else:
                high = middle
        high = low
    if high > 0:
        cut = try_slice(state, account, high * STEP)
        apply_slice(state, account, m.NAMED_BACKSTOP, cut, cut.fee)
    return high * STEP


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
