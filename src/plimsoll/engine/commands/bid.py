"""A liquidator takes the next leg of an account in liquidation, at the mark less a fee, within its price limit."""

from plimsoll.book.holdings import find, has_room
from plimsoll.book.layout import Pool
from plimsoll.book.rows import CommandRow
from plimsoll.engine.checks import allows, is_listed, is_named, require_pair
from plimsoll.engine.waterfall.backstop import take_leg
from plimsoll.engine.waterfall.bad_debt import resolve_if_bankrupt
from plimsoll.engine.waterfall.legs import Leg, leg_of, next_leg, size_to_exit, split_fee, step_of, without_dust
from plimsoll.engine.waterfall.order import end_if_restored
from plimsoll.engine.waterfall.slices import (
    STEP,
    Payment,
    health_without,
    part_to_exit,
    payment_of,
    require_taker,
    take_slice,
)
from plimsoll.engine.waterfall.takeover import Terms, taker_change
from plimsoll.margin.health import Health, exit_level, health
from plimsoll.margin.rule import judge, of_counterparty
from plimsoll.margin.terms import pays_cash, worst_lots
from plimsoll.units import codes as code
from plimsoll.units.fixed import rate_down
from plimsoll.units.jit import command as compiled
from plimsoll.units.jit import rule
from plimsoll.units.limits import PPB
from plimsoll.units.messages import (
    ACTION_LIQUIDATE,
    KIND_ASSET,
    MECHANISM_BID,
    MODE_PORTFOLIO,
    STAGE_LIQUIDATING,
    STATUS_SETTLING,
)


@rule
def require_parties(pool: Pool, command: CommandRow) -> int:
    """An account and a bidder of another owner."""
    account = command["account"]
    bidder = command["counterparty"]
    refusal = require_pair(pool, account, bidder)
    if refusal != code.OK:
        return refusal
    if is_named(bidder):
        return code.COUNTERPARTY_MUST_NOT_BE_NAMED
    if pool.accounts[account]["owner"] == pool.accounts[bidder]["owner"]:
        return code.OWNERS_MUST_DIFFER
    return code.OK


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
    refusal = require_liquidating(pool, account, now)
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
def require_slice(pool: Pool, command: CommandRow, now: Health) -> int:
    """A portfolio account in liquidation, solvent, and a part of it."""
    if command["lots"] < 1 or command["lots"] > PPB:
        return code.SLICE_MUST_BE_WITHIN_LIMIT
    refusal = require_liquidating(pool, command["account"], now)
    if refusal != code.OK:
        return refusal
    if now.equity < 0:
        return code.ACCOUNT_MUST_BE_SOLVENT
    return code.OK


@rule
def require_liquidating(pool: Pool, account: int, now: Health) -> int:
    """The account is in liquidation and not yet restored, no grace period runs, its marks may be liquidated at."""
    restored = now.equity >= exit_level(now.maintenance, pool.policy[0]["exit_buffer"])
    if pool.accounts[account]["stage"] != STAGE_LIQUIDATING or restored:
        return code.ACCOUNT_MUST_BE_LIQUIDATING
    if pool.totals[0]["time"] < pool.totals[0]["grace_until"]:
        return code.GRACE_MUST_BE_OVER
    if now.blocked & ACTION_LIQUIDATE != 0:
        return code.MARK_MUST_ALLOW_LIQUIDATE
    return code.OK


@compiled
def bid_for_slice(pool: Pool, command: CommandRow) -> int:
    """Take as large a part of a portfolio account as is wanted and needed."""
    account = command["account"]
    bidder = command["counterparty"]
    now = health(pool, account)
    refusal = require_slice(pool, command, now)
    if refusal != code.OK:
        return refusal
    part = min(part_to_exit(pool, account, now), max(1, command["lots"] // STEP) * STEP)
    fee = payment_of(pool, now, health_without(pool, account, part), part)
    to_fund = rate_down(fee, pool.policy[0]["fund_share"])
    payment = Payment(fee - to_fund, to_fund)
    refusal = require_taker(pool, account, bidder, part, payment, False)
    if refusal != code.OK:
        return of_counterparty(refusal)
    # After this point the command must succeed.
    take_slice(pool, account, bidder, part, payment, MECHANISM_BID, now)
    resolve_if_bankrupt(pool, account)
    resolve_if_bankrupt(pool, bidder)
    end_if_restored(pool, account, health(pool, account))
    return code.OK


@compiled
def bid(pool: Pool, command: CommandRow) -> int:
    """Take as much of the next leg as is wanted and needed."""
    refusal = require_parties(pool, command)
    if refusal != code.OK:
        return refusal
    account = command["account"]
    bidder = command["counterparty"]
    if command["instrument"] == 0 and pool.accounts[account]["mode"] == MODE_PORTFOLIO:
        return bid_for_slice(pool, command)
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
    resolve_if_bankrupt(pool, account)
    resolve_if_bankrupt(pool, bidder)
    end_if_restored(pool, account, health(pool, account))
    return code.OK
