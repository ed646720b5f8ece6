"""The collateral auction: a keeper starts it, bidders take lots at the price of the moment."""

from plimsoll.book.cases import open_case
from plimsoll.book.events import emit
from plimsoll.book.layout import Pool
from plimsoll.book.rows import CommandRow
from plimsoll.engine.checks import is_asset, is_listed
from plimsoll.engine.commands.bid import require_bidder
from plimsoll.engine.commands.bid_rules import require_bidding, require_liquidating, require_open_to
from plimsoll.engine.waterfall.auction import is_over, price_now, sale_of, sell, size_to_sell, terms_of_sale
from plimsoll.engine.waterfall.bad_debt import resolve_if_bankrupt
from plimsoll.engine.waterfall.legs import leg_of, next_leg, without_dust
from plimsoll.engine.waterfall.order import end_if_restored
from plimsoll.margin.health import Health, health
from plimsoll.units import codes as code
from plimsoll.units.fixed import mul_div_ceil, rate_down
from plimsoll.units.jit import command as compiled
from plimsoll.units.jit import rule
from plimsoll.units.limits import PPB
from plimsoll.units.messages import (
    BREAKER_RESETS,
    BREAKER_STARTS,
    BREAKER_TAKES,
    EVENT_AUCTION_STARTED,
    MODE_PORTFOLIO,
    PAUSE_AUCTION,
)

ROUNDING = -1
"""A sale may lower equity by the micro its price was rounded by."""


@rule
def is_for_auction(pool: Pool, command: CommandRow) -> bool:
    """Whether a bid is for an asset where the policy sells assets by auction only."""
    number = command["instrument"]
    if pool.policy[0]["curve_collateral"] == 0 or number == 0 or not is_listed(pool, number):
        return False
    return is_asset(pool, number)


@compiled
def require_next_leg(pool: Pool, account: int, number: int, now: Health) -> int:
    """A leg that is sold by itself, and its turn; a solvent portfolio account goes in slices."""
    is_whole = pool.accounts[account]["mode"] == MODE_PORTFOLIO and now.equity >= 0
    if is_whole or next_leg(pool, account) != number:
        return code.LEG_MUST_BE_NEXT
    return code.OK


@compiled
def require_start(pool: Pool, command: CommandRow, now: Health) -> int:
    """The next leg is an asset; an auction of it is not under way, or is over."""
    account = command["account"]
    number = command["instrument"]
    case = pool.cases[pool.accounts[account]["case"]]
    is_reset = case["auction_instrument"] != 0 and case["auction_instrument"] == number
    if pool.policy[0]["breaker"] >= (BREAKER_RESETS if is_reset else BREAKER_STARTS):
        return code.MECHANISM_MUST_NOT_BE_PAUSED
    if pool.policy[0]["curve_collateral"] == 0:
        return code.AUCTION_MUST_BE_OFFERED
    if not is_listed(pool, number):
        return code.INSTRUMENT_MUST_BE_LISTED
    refusal = require_liquidating(pool, account, now)
    if refusal == code.OK:
        refusal = require_next_leg(pool, account, number, now)
    if refusal != code.OK:
        return refusal
    if not is_asset(pool, number):
        return code.INSTRUMENT_MUST_BE_ASSET
    if is_reset and not is_over(pool, case):
        return code.AUCTION_MUST_NEED_RESET
    return code.OK


@compiled
def auction(pool: Pool, command: CommandRow) -> int:
    """Start an auction of an account's next asset, above the mark, or start it again when it is over."""
    account = command["account"]
    keeper = command["counterparty"]
    number = command["instrument"]
    refusal = require_bidding(pool, account, keeper, PAUSE_AUCTION)
    if refusal == code.OK:
        refusal = require_start(pool, command, health(pool, account))
    if refusal != code.OK:
        return refusal
    # After this point the command must succeed.
    policy = pool.policy[0]
    case = pool.cases[open_case(pool, account)]
    case["auction_instrument"] = number
    case["auction_top"] = mul_div_ceil(pool.instruments[number]["mark"], PPB + policy["collateral_buffer"], PPB)
    case["auction_since"] = pool.totals[0]["time"]
    case["keeper"] = keeper
    value = leg_of(pool, account, number).value
    # In place of what an earlier keeper was owed, not on top of it.
    case["keeper_due"] = policy["keeper_flat"] + rate_down(value, policy["keeper_rate"])
    top = case["auction_top"]
    emit(pool, EVENT_AUCTION_STARTED, account, keeper, number, 0, 0, 0, 0, top, case["keeper_due"])
    return code.OK


@compiled
def require_running(pool: Pool, account: int, number: int, limit: int) -> int:
    """An auction of the asset at a price within the bidder's limit."""
    case = pool.cases[pool.accounts[account]["case"]]
    if case["auction_instrument"] != number or is_over(pool, case) or price_now(pool, case) < 1:
        return code.AUCTION_MUST_BE_RUNNING
    if limit > 0 and price_now(pool, case) > limit:
        return code.MARK_MUST_BE_WITHIN_PRICE_LIMIT
    return code.OK


@compiled
def require_lot(pool: Pool, command: CommandRow, now: Health) -> int:
    """The account is being liquidated, the asset is its next leg and in an auction."""
    account = command["account"]
    number = command["instrument"]
    if pool.policy[0]["breaker"] >= BREAKER_TAKES:
        return code.MECHANISM_MUST_NOT_BE_PAUSED
    if command["lots"] < 1:
        return code.LOTS_MUST_NOT_BE_ZERO
    refusal = require_open_to(pool, account, command["counterparty"], now, command["amount"])
    if refusal == code.OK:
        refusal = require_next_leg(pool, account, number, now)
    if refusal == code.OK:
        refusal = require_running(pool, account, number, command["price"])
    return refusal


@compiled
def bid_in_auction(pool: Pool, command: CommandRow) -> int:
    """Take as much of an asset as is wanted and needed, at the price of the auction."""
    account = command["account"]
    bidder = command["counterparty"]
    refusal = require_bidding(pool, account, bidder, PAUSE_AUCTION)
    if refusal != code.OK:
        return refusal
    now = health(pool, account)
    refusal = require_lot(pool, command, now)
    if refusal != code.OK:
        return refusal
    leg = leg_of(pool, account, command["instrument"])
    price = price_now(pool, pool.cases[pool.accounts[account]["case"]])
    size = without_dust(pool, leg, min(size_to_sell(pool, leg, now, price), command["lots"]))
    sale = sale_of(pool, leg, now, size, price)
    if sale.spare < ROUNDING:
        return code.HEALTH_MUST_NOT_FALL
    refusal = require_bidder(pool, bidder, leg, size, terms_of_sale(pool, leg, size, sale))
    if refusal != code.OK:
        return refusal
    # After this point the command must succeed.
    sell(pool, leg, bidder, size, sale, now.equity)
    resolve_if_bankrupt(pool, account)
    resolve_if_bankrupt(pool, bidder)
    end_if_restored(pool, account, health(pool, account))
    return code.OK
