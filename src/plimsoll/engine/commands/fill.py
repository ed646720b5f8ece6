"""A trade between two accounts: both sides at once, fees or rebates, reservations consumed."""

from typing import NamedTuple

from plimsoll.book.events import emit, touch
from plimsoll.book.holdings import Change, apply_change, find, has_room
from plimsoll.book.layout import Pool
from plimsoll.book.rows import CommandRow, InstrumentRow
from plimsoll.engine.checks import allows, is_listed, is_private, require_pair
from plimsoll.engine.pot_assets import has_stakes
from plimsoll.engine.waterfall.bad_debt import resolve_if_bankrupt
from plimsoll.margin.rates import set_open_interest_rate
from plimsoll.margin.rule import judge, of_counterparty
from plimsoll.margin.terms import notional_of, pays_cash, worst_lots
from plimsoll.units import codes as code
from plimsoll.units.fixed import mul_div_ceil, mul_div_floor, rate_down, rate_up
from plimsoll.units.jit import command as compiled
from plimsoll.units.jit import rule
from plimsoll.units.limits import COST_MAX, PPB
from plimsoll.units.messages import (
    ACTION_FILL,
    EVENT_FILLED,
    FLAG_OPERATOR,
    KIND_ASSET,
    NAMED_BACKSTOP,
    NAMED_FEES,
    POT_BACKSTOP,
    STATUS_REDUCE_ONLY,
    STATUS_SETTLING,
)


class Side(NamedTuple):
    """One side of a fill: its holding before, its change, and what went wrong (a result code, 0 for nothing)."""

    row: int
    lots: int
    cost: int
    bid_lots: int
    ask_lots: int
    reserved: int


@rule
def side_of(pool: Pool, account: int, instrument: int) -> Side:
    """The holding an account brings to the fill; zeros when it has none."""
    row = find(pool, account, instrument)
    if row < 0:
        return Side(row, 0, 0, 0, 0, 0)
    holding = pool.holdings[row]
    return Side(row, holding["lots"], holding["cost"], holding["bid_lots"], holding["ask_lots"], holding["reserved"])


@rule
def consumed(side: Side, lots: int) -> int:
    """Reserved micros that go with ``lots`` of open orders: pro rata, all of them with the last."""
    open_lots = side.bid_lots + side.ask_lots
    if lots == 0:
        return 0
    if lots == open_lots:
        return side.reserved
    return mul_div_floor(side.reserved, lots, open_lots)


@rule
def change_of(side: Side, instrument: int, lots: int, cost: int, cash: int, reserved_lots: int) -> Change:
    """The change of a side that trades ``lots`` (signed) and consumes reservations on the same side of the book."""
    bid = reserved_lots if lots > 0 else 0
    ask = reserved_lots if lots < 0 else 0
    return Change(instrument, lots, cost, cash, -bid, -ask, -consumed(side, reserved_lots))


@rule
def reservation_covers(side: Side, lots: int, reserved_lots: int) -> bool:
    """Whether the side has so many open lots to consume, and the fill is as large."""
    open_lots = side.bid_lots if lots > 0 else side.ask_lots
    return 0 <= reserved_lots <= min(abs(lots), open_lots)


@rule
def fits_position_limit(instrument: InstrumentRow, side: Side, lots: int, reserved_lots: int) -> bool:
    """Whether the side's worst size after the fill is within the limit, or no larger than before."""
    bid = side.bid_lots - (reserved_lots if lots > 0 else 0)
    ask = side.ask_lots - (reserved_lots if lots < 0 else 0)
    after = worst_lots(side.lots + lots, bid, ask)
    return after <= max(instrument["lots_max"], worst_lots(side.lots, side.bid_lots, side.ask_lots))


@rule
def only_reduces(side: Side, lots: int) -> bool:
    """Whether the position comes nearer to zero without crossing it."""
    after = side.lots + lots
    return abs(after) <= abs(side.lots) and not (after > 0 and side.lots < 0) and not (after < 0 and side.lots > 0)


@rule
def reaches_minimum(instrument: InstrumentRow, lots: int) -> bool:
    """Whether a position is none at all, or large enough that somebody will liquidate it."""
    return lots == 0 or notional_of(instrument, abs(lots)) >= instrument["notional_min"]


@rule
def buys_unpaid(pool: Pool, account: int, instrument: InstrumentRow, side: Side, change: Change) -> bool:
    """Whether a side buys an asset, or ends long of an option, with cash it does not have."""
    if not pays_cash(instrument) or change.lots <= 0 or side.lots + change.lots <= 0:
        return False
    return pool.accounts[account]["cash"] + change.cash < 0


@rule
def is_unwinding(account: int, command: CommandRow) -> bool:
    """Whether the operator trades out of what the backstop took over."""
    return account == NAMED_BACKSTOP and command["flags"] & FLAG_OPERATOR != 0


@compiled
def may_unwind(pool: Pool, number: int, held: int, lots: int, price: int) -> bool:
    """Whether the operator may trade for a backstop others have a stake in: nearer to flat, near the mark."""
    if not has_stakes(pool, POT_BACKSTOP):
        return True
    left = held + lots
    if abs(left) >= abs(held) or (held > 0 and left < 0) or (held < 0 and left > 0):
        return False
    instrument = pool.instruments[number]
    worse = price - instrument["mark"] if lots > 0 else instrument["mark"] - price
    return worse <= rate_down(instrument["mark"], instrument["fee_backstop"])


@rule
def require_parties(pool: Pool, command: CommandRow) -> int:
    """Two open accounts of two owners."""
    taker = command["account"]
    maker = command["counterparty"]
    refusal = require_pair(pool, taker, maker)
    if refusal != code.OK:
        return refusal
    if is_private(pool, taker) and not is_unwinding(taker, command):
        return code.ACCOUNT_MUST_NOT_BE_NAMED
    if is_private(pool, maker) and not is_unwinding(maker, command):
        return code.COUNTERPARTY_MUST_NOT_BE_NAMED
    if pool.accounts[taker]["owner"] == pool.accounts[maker]["owner"]:
        return code.OWNERS_MUST_DIFFER
    return code.OK


@rule
def require_tradable(pool: Pool, command: CommandRow) -> int:
    """An instrument that is open, a size and a price it may trade at now."""
    number = command["instrument"]
    lots = command["lots"]
    price = command["price"]
    if number == 0:
        return code.INSTRUMENT_MUST_BE_TRADABLE
    if not is_listed(pool, number):
        return code.INSTRUMENT_MUST_BE_LISTED
    instrument = pool.instruments[number]
    if instrument["status"] == STATUS_SETTLING:
        return code.INSTRUMENT_MUST_BE_OPEN
    if lots == 0:
        return code.LOTS_MUST_NOT_BE_ZERO
    if lots > instrument["lots_most"] or lots < -instrument["lots_most"]:
        return code.LOTS_MUST_BE_WITHIN_LIMIT
    if price < 1:
        return code.PRICE_MUST_BE_POSITIVE
    if instrument["blocks"] & ACTION_FILL != 0:
        return code.MARK_MUST_ALLOW_FILL
    if abs(price - instrument["mark"]) > rate_down(instrument["mark"], instrument["band"]):
        return code.PRICE_MUST_BE_WITHIN_BAND
    return code.OK


@compiled
def require_sides(pool: Pool, command: CommandRow, taker: Side, maker: Side) -> int:
    """What the two holdings must allow, the taker asked first."""
    lots = command["lots"]
    reserved = command["reserved_lots"]
    reserved_maker = command["reserved_lots_counterparty"]
    instrument = pool.instruments[command["instrument"]]
    is_asset = instrument["kind"] == KIND_ASSET
    if not reservation_covers(taker, lots, reserved):
        return code.RESERVATION_MUST_COVER
    if not reservation_covers(maker, -lots, reserved_maker):
        return code.COUNTERPARTY_RESERVATION_MUST_COVER
    if not has_room(pool, command["account"], taker.row):
        return code.HOLDINGS_MUST_FIT
    if not has_room(pool, command["counterparty"], maker.row):
        return code.COUNTERPARTY_HOLDINGS_MUST_FIT
    if not fits_position_limit(instrument, taker, lots, reserved):
        return code.LOTS_MUST_BE_WITHIN_LIMIT
    if not fits_position_limit(instrument, maker, -lots, reserved_maker):
        return code.COUNTERPARTY_LOTS_MUST_BE_WITHIN_LIMIT
    if is_asset and taker.lots + lots < 0:
        return code.LOTS_MUST_NOT_BE_SHORT
    if is_asset and maker.lots - lots < 0:
        return code.COUNTERPARTY_LOTS_MUST_NOT_BE_SHORT
    if instrument["status"] == STATUS_REDUCE_ONLY and not (only_reduces(taker, lots) and only_reduces(maker, -lots)):
        return code.INSTRUMENT_MUST_NOT_BE_REDUCE_ONLY
    if not is_asset and grows_open_interest(
        instrument["open_lots"], instrument["open_lots_max"], taker.lots, maker.lots, lots
    ):
        return code.OPEN_INTEREST_MUST_BE_WITHIN_LIMIT
    if not reaches_minimum(instrument, taker.lots + lots):
        return code.NOTIONAL_MUST_REACH_MINIMUM
    if not reaches_minimum(instrument, maker.lots - lots):
        return code.COUNTERPARTY_NOTIONAL_MUST_REACH_MINIMUM
    return code.OK


@rule
def grows_open_interest(open_lots: int, limit: int, taker_lots: int, maker_lots: int, lots: int) -> bool:
    """Whether a fill raises open interest beyond its limit."""
    grown = max(taker_lots + lots, 0) - max(taker_lots, 0) + max(maker_lots - lots, 0) - max(maker_lots, 0)
    return grown > 0 and open_lots + grown > limit


@compiled
def fill(pool: Pool, command: CommandRow) -> int:
    """The taker's lots change by ``lots`` at ``price``, the maker's by the opposite."""
    refusal = require_parties(pool, command)
    if refusal != code.OK:
        return refusal
    refusal = require_tradable(pool, command)
    if refusal != code.OK:
        return refusal
    number = command["instrument"]
    lots = command["lots"]
    price = command["price"]
    taker_account = command["account"]
    maker_account = command["counterparty"]
    if not allows(pool, taker_account, number):
        return code.ACCOUNT_MUST_ALLOW_INSTRUMENT
    if not allows(pool, maker_account, number):
        return code.COUNTERPARTY_MUST_ALLOW_INSTRUMENT
    taker = side_of(pool, taker_account, number)
    maker = side_of(pool, maker_account, number)
    refusal = require_sides(pool, command, taker, maker)
    if refusal != code.OK:
        return refusal
    instrument = pool.instruments[number]
    paid = mul_div_ceil(lots, price - instrument["funding"], instrument["unit"])
    notional = mul_div_ceil(abs(lots), price, instrument["unit"])
    fee_taker = rate_up(notional, instrument["fee_taker"])
    fee_maker = mul_div_ceil(notional, instrument["fee_maker"], PPB)
    in_cash = pays_cash(instrument)
    cost = 0 if in_cash else paid
    payment = paid if in_cash else 0
    if not in_cash and abs(taker.cost + cost) > COST_MAX:
        return code.COST_MUST_BE_WITHIN_LIMIT
    if not in_cash and abs(maker.cost - cost) > COST_MAX:
        return code.COST_MUST_BE_WITHIN_LIMIT
    if taker_account == NAMED_BACKSTOP and not may_unwind(pool, number, taker.lots, lots, price):
        return code.STAKES_MUST_NOT_BE_TAKEN
    if maker_account == NAMED_BACKSTOP and not may_unwind(pool, number, maker.lots, -lots, price):
        return code.STAKES_MUST_NOT_BE_TAKEN

    change_taker = change_of(taker, number, lots, cost, -payment - fee_taker, command["reserved_lots"])
    if buys_unpaid(pool, taker_account, instrument, taker, change_taker):
        return code.CASH_MUST_NOT_BE_NEGATIVE
    verdict = judge(pool, taker_account, change_taker, fee_taker)
    if verdict.code != code.OK:
        return verdict.code
    if verdict.waived:
        fee_taker = 0
        fee_maker = max(fee_maker, 0)
        change_taker = change_of(taker, number, lots, cost, -payment, command["reserved_lots"])
    change_maker = change_of(maker, number, -lots, -cost, payment - fee_maker, command["reserved_lots_counterparty"])
    if buys_unpaid(pool, maker_account, instrument, maker, change_maker):
        return code.COUNTERPARTY_CASH_MUST_NOT_BE_NEGATIVE
    verdict = judge(pool, maker_account, change_maker, fee_maker)
    if verdict.code != code.OK:
        return of_counterparty(verdict.code)
    if verdict.waived:
        fee_maker = 0
        change_maker = change_of(maker, number, -lots, -cost, payment, command["reserved_lots_counterparty"])

    # After this point the command must succeed.
    settle_side(pool, taker_account, maker_account, taker.row, change_taker, fee_taker, price)
    settle_side(pool, maker_account, taker_account, maker.row, change_maker, fee_maker, price)
    pool.accounts[NAMED_FEES]["cash"] += fee_taker + fee_maker
    touch(pool, NAMED_FEES)
    set_open_interest_rate(instrument)
    resolve_if_bankrupt(pool, taker_account)
    resolve_if_bankrupt(pool, maker_account)
    return code.OK


@rule
def settle_side(pool: Pool, account: int, other: int, row: int, change: Change, fee: int, price: int) -> None:
    """Apply one side and emit its event: net changes of lots, cost and cash."""
    realised = apply_change(pool, account, row, change)
    emit(
        pool,
        EVENT_FILLED,
        account,
        other,
        change.instrument,
        change.lots,
        change.cost + realised,
        change.cash + realised,
        fee,
        price,
        realised,
    )
