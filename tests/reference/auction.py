"""§11.4: an asset of an account in liquidation is offered at a price that falls with time, to who takes it first."""

from dataclasses import dataclass

from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import PPB

from .bidding import require_bidder, require_liquidable, require_not_cooling_off
from .books import change_holding, try_change
from .cases import Case
from .curves import curve_value
from .insurance import fund_takes_fee
from .margin import figures
from .numbers import ceil, floor
from .pots import require_running
from .state import Command, State, require
from .terms import notional, value
from .waterfall import equity_behind, legs_in_order


def price_now(state: State, case: Case) -> int:
    """P: the top times the curve so long after the start."""
    elapsed = state.time - case.auction_since
    return floor(case.auction_top * curve_value(state, state.policy["curve_collateral"], elapsed), PPB)


def is_over(state: State, case: Case) -> bool:
    late = state.time - case.auction_since > state.policy["collateral_tail"]
    return late or floor(price_now(state, case) * PPB, case.auction_top) < state.policy["collateral_cusp"]


def require_breaker_below(state: State, level: int) -> None:
    require(state.policy["breaker"] < level, codes.MECHANISM_MUST_NOT_BE_PAUSED)


def auction(state: State, command: Command) -> None:
    """Start the auction of the next leg, or one that is over again."""
    instrument = command["instrument"]
    owner, keeper = require_bidder(state, command)
    require_not_cooling_off(keeper)
    require_running(state, m.PAUSE_AUCTION)
    case = owner.case
    again = instrument != 0 and case.auction_instrument == instrument
    require_breaker_below(state, m.BREAKER_RESETS if again else m.BREAKER_STARTS)
    require(state.policy["curve_collateral"] > 0, codes.AUCTION_MUST_BE_OFFERED)
    require(state.is_listed(instrument), codes.INSTRUMENT_MUST_BE_LISTED)
    now = require_liquidable(state, owner)
    require(owner.mode != m.MODE_PORTFOLIO or now.equity < 0, codes.LEG_MUST_BE_NEXT)
    require(legs_in_order(state, owner)[:1] == [instrument], codes.LEG_MUST_BE_NEXT)
    row = state.instruments[instrument]
    require(row.is_asset, codes.INSTRUMENT_MUST_BE_ASSET)
    require(not again or is_over(state, case), codes.AUCTION_MUST_NEED_RESET)

    # After this point the command must succeed.
    worth = value(row, owner.row(instrument).lots)
    case.auction_instrument = instrument
    case.auction_top = ceil(row.mark * (PPB + state.policy["collateral_buffer"]), PPB)
    case.auction_since = state.time
    case.keeper = command["counterparty"]
    case.keeper_due = state.policy["keeper_flat"] + floor(worth * state.policy["keeper_rate"], PPB)


@dataclass(frozen=True)
class Sale:
    """A trial: lots leave the account for cash; `lowers_health`: equity in maintenance margins falls before any fee."""

    lots: int
    pays: int
    fee: int
    reaches_exit: bool
    lowers_health: bool


def try_sale(state: State, account: int, instrument: int, lots: int, price: int) -> Sale:
    owner, row = state.accounts[account], state.instruments[instrument]
    pays = floor(lots * price, row.unit)
    before, after = figures(state, owner), figures(state, try_change(owner, instrument, -lots, cash=pays))
    frees = before.mm > 0 and after.mm <= before.mm
    most = 0
    if frees:
        behind = equity_behind(state, owner, instrument, lots, before)
        kept = max(ceil(before.equity * after.mm, before.mm), before.equity - behind)
        most = after.equity - kept
    fee = ceil(ceil(lots * price, row.unit) * row.fee_liquidation, PPB)
    fee = max(0, min(fee, most)) if before.equity > 0 else 0
    return Sale(lots, pays, fee, after.equity - fee >= after.exit, before.equity > 0 and most < -1)


def size_of_sale(state: State, account: int, instrument: int, most: int, price: int) -> int:
    """As for a leg: the fewest lots that bring the account to its exit; never leave less than the minimum."""
    row, held = state.instruments[instrument], state.accounts[account].row(instrument).lots
    low, high = 1, held
    while low < high:
        middle = (low + high) // 2
        if try_sale(state, account, instrument, middle, price).reaches_exit:
            high = middle
        else:
            low = middle + 1
    size = min(high, most)
    return held if 0 < notional(row, held - size) < row.notional_min else size


def require_auction(state: State, case: Case, instrument: int) -> int:
    """The price of an auction that is under way."""
    running = case.auction_instrument == instrument and not is_over(state, case)
    require(running and price_now(state, case) >= 1, codes.AUCTION_MUST_BE_RUNNING)
    return price_now(state, case)


def apply_sale(state: State, account: int, bidder: int, instrument: int, sale: Sale) -> None:
    """The penalty goes to the fund, the keeper is paid out of it, insurers get their part of what is left."""
    paid = pay_keeper(state, state.accounts[account].case, sale.fee)
    change_holding(state, account, instrument, -sale.lots, cash=sale.pays - sale.fee)
    change_holding(state, bidder, instrument, sale.lots, cash=-sale.pays)
    fund_takes_fee(state, sale.fee - paid)


def pay_keeper(state: State, case: Case, fee: int) -> int:
    """What the keeper gets of the fee; nothing if its account is nobody's now."""
    if not state.exists(case.keeper) or state.is_private(case.keeper):
        return 0
    paid = min(case.keeper_due, fee)
    case.keeper_due -= paid
    state.accounts[case.keeper].cash += paid
    return paid
