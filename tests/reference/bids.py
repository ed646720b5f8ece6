"""§8.2 and §11: a bid, for a slice of everything, for the next leg, or for an asset under auction."""

from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import PPB

from .auction import apply_sale, require_auction, require_breaker_below, size_of_sale, try_sale
from .bidding import (
    require_bidder,
    require_endorsed,
    require_expected_state,
    require_liquidable,
    require_not_cooling_off,
)
from .books import try_change
from .insurance import resolve_bad_debt
from .margin import Figures
from .pots import require_running
from .slice_bids import bid_insolvent, bid_slice
from .stages import end_liquidation_if_safe
from .state import Command, State, require
from .waterfall import bid_leg, legs_in_order, require_price_within, require_row, require_taker


def bid(state: State, command: Command) -> None:
    account, bidder, instrument = command["account"], command["counterparty"], command["instrument"]
    owner, taker = require_bidder(state, command)
    require_not_cooling_off(taker)
    if owner.mode == m.MODE_PORTFOLIO and instrument == 0:
        bid_part(state, command)
    else:
        bid_one(state, command)
    resolve_bad_debt(state, account)
    resolve_bad_debt(state, bidder)
    end_liquidation_if_safe(state, account)


def require_biddable(state: State, command: Command) -> Figures:
    """What every bid asks of the account, once its own form is right."""
    owner, taker = state.accounts[command["account"]], state.accounts[command["counterparty"]]
    now = require_liquidable(state, owner)
    require_endorsed(state, owner, taker)
    require_expected_state(owner, command["amount"])
    return now


def bid_part(state: State, command: Command) -> None:
    """For a slice."""
    require_running(state, m.PAUSE_SLICE)
    require(1 <= command["lots"] <= PPB, codes.SLICE_MUST_BE_WITHIN_LIMIT)
    now = require_biddable(state, command)
    take = bid_slice if now.equity >= 0 else bid_insolvent
    take(state, command["account"], command["counterparty"], command["lots"], command["price"])


def is_auctioned(state: State, instrument: int) -> bool:
    """Assets are, where there is a curve for them."""
    held = instrument != 0 and state.is_listed(instrument) and state.instruments[instrument].is_asset
    return held and state.policy["curve_collateral"] > 0


def bid_one(state: State, command: Command) -> None:
    """For the next leg."""
    account, instrument = command["account"], command["instrument"]
    auctioned = is_auctioned(state, instrument)
    require_running(state, m.PAUSE_AUCTION if auctioned else m.PAUSE_BID)
    if auctioned:
        require_breaker_below(state, m.BREAKER_TAKES)
    require(state.is_listed(instrument), codes.INSTRUMENT_MUST_BE_LISTED)
    row = state.instruments[instrument]
    require(row.status != m.STATUS_SETTLING, codes.INSTRUMENT_MUST_BE_OPEN)
    require(command["lots"] >= 1, codes.LOTS_MUST_NOT_BE_ZERO)
    now = require_biddable(state, command)
    owner = state.accounts[account]
    require(now.equity >= 0 or row.is_asset, codes.ACCOUNT_MUST_BE_SOLVENT)
    require(owner.mode != m.MODE_PORTFOLIO or now.equity < 0, codes.LEG_MUST_BE_NEXT)
    require(legs_in_order(state, owner)[:1] == [instrument], codes.LEG_MUST_BE_NEXT)
    if auctioned:
        bid_in_auction(state, command)
    else:
        bid_leg(state, command)


def bid_in_auction(state: State, command: Command) -> None:
    """At the price of the auction; the penalty is the fund's."""
    account, bidder, instrument = command["account"], command["counterparty"], command["instrument"]
    owner, taker = state.accounts[account], state.accounts[bidder]
    price = require_auction(state, owner.case, instrument)
    require_price_within(command["price"], price, buys=True)
    size = size_of_sale(state, account, instrument, command["lots"], price)
    sale = try_sale(state, account, instrument, size, price)
    require(not sale.lowers_health, codes.HEALTH_MUST_NOT_FALL)
    require_row(taker, instrument)
    after = try_change(taker, instrument, sale.lots, cash=-sale.pays)
    require_taker(state, bidder, instrument, after, buys=True)

    # After this point the command must succeed.
    apply_sale(state, account, bidder, instrument, sale)
