"""§8.3 and 11.6: what the backstop may take, and slices for it."""

from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import HOLDINGS_PER_ACCOUNT_MAX, PPB

from .margin import figures, margin_rule
from .numbers import floor, sign
from .slices import STEP, Slice, apply_slice, discount_now, price_in_cash, smallest_part, taken_over, try_slice
from .state import State
from .terms import notional


def backstop_room(state: State, instrument: int) -> int:
    """The most lots one way the backstop may have of an instrument."""
    row = state.instruments[instrument]
    most = min(row.backstop_lots_max, row.lots_max)
    if row.is_asset:
        return most
    return min(most, floor(row.open_lots * state.policy["backstop_interest_max"], PPB))


def backstop_day_left(state: State) -> int:
    """Notional the backstop may still take today."""
    return max(0, state.policy["backstop_day_max"] - state.day_backstop)


def turnover(state: State, cut: Slice) -> int:
    return sum(notional(state.instruments[instrument], abs(change)) for instrument, change, _ in cut.moves)


def backstop_can_take(state: State, account: int, cut: Slice) -> bool:
    if cut.strips_hedges or turnover(state, cut) > backstop_day_left(state):
        return False
    backstop = state.accounts[m.NAMED_BACKSTOP]
    after = taken_over(state, m.NAMED_BACKSTOP, cut, cut.fee)
    if len(after.holdings) > HOLDINGS_PER_ACCOUNT_MAX:
        return False
    for instrument, change, _ in cut.moves:
        grown = -sign(change) * after.row(instrument).lots
        if grown > backstop_room(state, instrument):
            return False
    if price_in_cash(state, cut) > 0 and after.cash < 0:
        return False
    return margin_rule(figures(state, backstop), figures(state, after)).code == codes.OK


def backstop_takes_slice(state: State, account: int) -> int:
    """The backstop takes the largest part it can, at most what brings the account to its exit; the legs that went."""
    if account == m.NAMED_BACKSTOP or state.policy["pauses"] & m.PAUSE_BACKSTOP:
        return 0
    discount = discount_now(state, state.accounts[account])

    def cut_of(steps: int) -> Slice:
        return try_slice(state, account, steps * STEP, discount)

    low, high = 0, smallest_part(state, account, discount) // STEP
    if backstop_can_take(state, account, cut_of(high)):
        low = high
    while high - low > 1:
        middle = (low + high) // 2
        if backstop_can_take(state, account, cut_of(middle)):
            low = middle
        else:
            high = middle
    cut = cut_of(low)
    if cut.moves:
        state.day_backstop += turnover(state, cut)
        apply_slice(state, account, m.NAMED_BACKSTOP, cut, cut.fee)
    return len(cut.moves)
