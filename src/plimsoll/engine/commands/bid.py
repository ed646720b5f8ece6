"""A liquidator takes the next leg of an account in liquidation, at the mark less a fee, within its price limit."""

from plimsoll.book.holdings import find, has_room
from plimsoll.book.layout import Pool
from plimsoll.book.rows import CommandRow
from plimsoll.engine.checks import allows, exists, is_listed
from plimsoll.engine.commands.bid_rules import require_bidding, require_open_to
from plimsoll.engine.commands.bid_slice import bid_for_slice, close_bid
from plimsoll.engine.waterfall.backstop import take_leg
from plimsoll.engine.waterfall.legs import Leg, leg_of, next_leg, size_to_exit, split_fee, step_of, without_dust
from plimsoll.engine.waterfall.takeover import Terms, taker_change
from plimsoll.margin.health import Health, health
from plimsoll.margin.rule import judge, of_counterparty
from plimsoll.margin.terms import pays_cash, worst_lots
from plimsoll.units import codes as code
from plimsoll.units.jit import command as compiled
from plimsoll.units.jit import rule
from plimsoll.units.messages import (
    KIND_ASSET,
    MECHANISM_BID,
    MODE_PORTFOLIO,
    PAUSE_BID,
    PAUSE_SLICE,
    STATUS_SETTLING,
)


@compiled
def require_biddable(pool: Pool, command: CommandRow, now: Health) -> int:
    """The account is being liquidated, the leg is the next one, and the mark is within the bidder's limit."""
    account = command["account"]
    number = command["instrument"]
    limit = command["price"]
    if not is_listed(pool, number):
        return code.INSTRUMENT_MUST_BE_LISTED
    instrument = pool.instruments[number]
    if instrument["status"] == STATUS_SETTLING:
        return code.INSTRUMENT_MUST_BE_OPEN
    if command["lots"] < 1:
        return code.LOTS_MUST_NOT_BE_ZERO
    refusal = require_open_to(pool, account, command["counterparty"], now, command["amount"])
    if refusal != code.OK:
        return refusal
    if now.equity < 0 and instrument["kind"] != KIND_ASSET:
        return code.ACCOUNT_MUST_BE_SOLVENT
    is_whole = pool.accounts[account]["mode"] == MODE_PORTFOLIO and now.equity >= 0
    if is_whole or next_leg(pool, account) != number:
        return code.LEG_MUST_BE_NEXT
    is_long = pool.holdings[find(pool, account, number)]["lots"] > 0
    if limit > 0 and ((is_long and instrument["mark"] > limit) or (not is_long and instrument["mark"] < limit)):
        return code.MARK_MUST_BE_WITHIN_PRICE_LIMIT
    return code.OK


@compiled
def require_bidder(pool: Pool, bidder: int, leg: Leg, moved: int, terms: Terms) -> int:
    """The bidder may hold what it takes, can pay for it, and covers its own margin."""
    if not allows(pool, bidder, leg.number):
        return code.COUNTERPARTY_MUST_ALLOW_INSTRUMENT
    row = find(pool, bidder, leg.number)
    if not has_room(pool, bidder, row):
        return code.COUNTERPARTY_HOLDINGS_MUST_FIT
    instrument = pool.instruments[leg.number]
    worst = abs(moved)
    ends_with = moved
    if row >= 0:
        holding = pool.holdings[row]
        ends_with += holding["lots"]
        worst = worst_lots(holding["lots"] + moved, holding["bid_lots"], holding["ask_lots"])
    if worst > instrument["lots_max"]:
        return code.COUNTERPARTY_LOTS_MUST_BE_WITHIN_LIMIT
    change = taker_change(pool, leg.number, moved, terms)
    buys = pays_cash(instrument) and moved > 0 and ends_with > 0
    if buys and pool.accounts[bidder]["cash"] + change.cash < 0:
        return code.COUNTERPARTY_CASH_MUST_NOT_BE_NEGATIVE
    return of_counterparty(judge(pool, bidder, change, 0).code)


@compiled
def bid_for_leg(pool: Pool, command: CommandRow) -> int:
    """Take as much of the next leg as is wanted and needed."""
    account = command["account"]
    bidder = command["counterparty"]
    now = health(pool, account)
    refusal = require_biddable(pool, command, now)
    if refusal != code.OK:
        return refusal
    leg = leg_of(pool, account, command["instrument"])
    fee_rate = pool.instruments[leg.number]["fee_liquidation"]
    size = without_dust(pool, leg, min(size_to_exit(pool, leg, now, fee_rate), command["lots"]))
    terms = split_fee(step_of(pool, leg, now, size, fee_rate).fee, pool.policy[0]["fund_share"])
    refusal = require_bidder(pool, bidder, leg, size if leg.lots > 0 else -size, terms)
    if refusal != code.OK:
        return refusal
    # After this point the command must succeed.
    take_leg(pool, account, bidder, leg, size, terms, MECHANISM_BID, now.equity)
    close_bid(pool, account, bidder)
    return code.OK


@compiled
def bid(pool: Pool, command: CommandRow) -> int:
    """A bid for a slice of a portfolio account (instrument 0), or for the next leg of any."""
    account = command["account"]
    for_slice = command["instrument"] == 0 and is_portfolio(pool, account)
    refusal = require_bidding(pool, account, command["counterparty"], PAUSE_SLICE if for_slice else PAUSE_BID)
    if refusal != code.OK:
        return refusal
    return bid_for_slice(pool, command) if for_slice else bid_for_leg(pool, command)


@rule
def is_portfolio(pool: Pool, account: int) -> bool:
    """Whether there is such an account, in portfolio mode."""
    return exists(pool, account) and pool.accounts[account]["mode"] == MODE_PORTFOLIO
