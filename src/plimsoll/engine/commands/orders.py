"""Open orders: what they may become is reserved in the holding at its worse end, so the book need not be known here."""

from plimsoll.book.events import emit_order
from plimsoll.book.holdings import Change, apply_change, has_room
from plimsoll.book.layout import Pool
from plimsoll.book.rows import CommandRow
from plimsoll.engine.checks import allows, is_asset, is_listed, require_owned
from plimsoll.engine.commands.fill import Side, consumed, side_of
from plimsoll.margin.health import health, health_after
from plimsoll.margin.terms import worst_lots
from plimsoll.units import codes as code
from plimsoll.units.fixed import mul_div_ceil, rate_up
from plimsoll.units.jit import command as compiled
from plimsoll.units.jit import rule
from plimsoll.units.messages import (
    ACTION_LIQUIDATE,
    ACTION_MARGIN,
    EVENT_RELEASED,
    EVENT_RESERVED,
    STAGE_COOLING,
    STAGE_LIQUIDATING,
    STATUS_OPEN,
    STATUS_REDUCE_ONLY,
)


@rule
def require_order(pool: Pool, command: CommandRow) -> int:
    """An owner's account and a listed contract."""
    refusal = require_owned(pool, command["account"])
    if refusal != code.OK:
        return refusal
    if not is_listed(pool, command["instrument"]):
        return code.INSTRUMENT_MUST_BE_LISTED
    return code.OK


@rule
def release_of(side: Side, instrument: int, lots: int) -> Change:
    """The change that takes ``lots`` (bids when positive, asks when negative) off the open orders."""
    released = -consumed(side, abs(lots))
    if lots > 0:
        return Change(instrument, 0, 0, 0, -lots, 0, released)
    return Change(instrument, 0, 0, 0, 0, lots, released)


@rule
def require_released(side: Side, lots: int) -> int:
    """That side has so many lots open."""
    if lots == 0:
        return code.LOTS_MUST_NOT_BE_ZERO
    if lots > side.bid_lots or lots < -side.ask_lots:
        return code.RESERVATION_MUST_COVER
    return code.OK


@compiled
def require_reservable(pool: Pool, command: CommandRow, side: Side) -> int:
    """Rules of a new order, asked of the holding as ``side`` has it."""
    number = command["instrument"]
    lots = command["lots"]
    price = command["price"]
    if number == 0 or is_asset(pool, number):
        return code.INSTRUMENT_MUST_BE_CONTRACT
    if pool.accounts[command["account"]]["stage"] == STAGE_LIQUIDATING:
        return code.ACCOUNT_MUST_NOT_BE_LIQUIDATING
    instrument = pool.instruments[number]
    reduce_only = instrument["status"] == STATUS_REDUCE_ONLY
    if instrument["status"] != STATUS_OPEN and not reduce_only:
        return code.INSTRUMENT_MUST_BE_OPEN
    if lots == 0:
        return code.LOTS_MUST_NOT_BE_ZERO
    if lots > instrument["lots_max"] or lots < -instrument["lots_max"]:
        return code.LOTS_MUST_BE_WITHIN_LIMIT
    if price < 1:
        return code.PRICE_MUST_BE_POSITIVE
    if price > instrument["mark_max"]:
        return code.PRICE_MUST_BE_WITHIN_LIMIT
    if not allows(pool, command["account"], number):
        return code.ACCOUNT_MUST_ALLOW_INSTRUMENT
    if not has_room(pool, command["account"], side.row):
        return code.HOLDINGS_MUST_FIT
    worst = worst_lots(side.lots, side.bid_lots + max(lots, 0), side.ask_lots + max(-lots, 0))
    if worst > instrument["lots_max"]:
        return code.LOTS_MUST_BE_WITHIN_LIMIT
    if reduce_only and worst > abs(side.lots):
        return code.INSTRUMENT_MUST_NOT_BE_REDUCE_ONLY
    if instrument["mark"] == 0:
        return code.MARK_MUST_ALLOW_FILL
    return code.OK


@compiled
def reservation_of(pool: Pool, command: CommandRow, side: Side) -> Change:
    """Lots of a new order and the micros it reserves: its open loss, and the fee if it can raise the worst size."""
    number = command["instrument"]
    lots = command["lots"]
    price = command["price"]
    instrument = pool.instruments[number]
    bid = max(lots, 0)
    ask = max(-lots, 0)
    reserved = max(0, mul_div_ceil(lots, price - instrument["mark"], instrument["unit"]))
    before = worst_lots(side.lots, side.bid_lots, side.ask_lots)
    if worst_lots(side.lots, side.bid_lots + bid, side.ask_lots + ask) != before:
        notional = mul_div_ceil(abs(lots), price, instrument["unit"])
        reserved += rate_up(notional, max(instrument["fee_taker"], 0))
    return Change(number, 0, 0, 0, bid, ask, reserved)


@compiled
def require_margin(pool: Pool, account: int, change: Change) -> int:
    """Initial margin is covered with the order, or the order does not raise it; and it shields from no liquidation."""
    after = health_after(pool, account, change)
    cooling = pool.accounts[account]["stage"] == STAGE_COOLING
    if after.equity >= after.initial and after.blocked == 0 and not cooling:
        return code.OK
    before = health(pool, account)
    if after.initial > before.initial:
        if cooling:
            return code.ACCOUNT_MUST_NOT_BE_COOLING_OFF
        if after.equity < after.initial:
            return code.MARGIN_INITIAL_MUST_BE_COVERED
        if after.blocked & ACTION_MARGIN != 0:
            return code.MARK_MUST_ALLOW_MARGIN
    if after.blocked & ~before.blocked & ACTION_LIQUIDATE != 0:
        return code.MARK_MUST_ALLOW_MARGIN
    return code.OK


@rule
def place(pool: Pool, account: int, row: int, change: Change, price: int) -> None:
    """Apply a new order and say so."""
    apply_change(pool, account, row, change)
    lots = change.bid_lots - change.ask_lots
    emit_order(pool, EVENT_RESERVED, account, change.instrument, lots, price, change.reserved)


@compiled
def reserve(pool: Pool, command: CommandRow) -> int:
    """Note an open order."""
    refusal = require_order(pool, command)
    if refusal != code.OK:
        return refusal
    account = command["account"]
    side = side_of(pool, account, command["instrument"])
    refusal = require_reservable(pool, command, side)
    if refusal != code.OK:
        return refusal
    change = reservation_of(pool, command, side)
    refusal = require_margin(pool, account, change)
    if refusal != code.OK:
        return refusal
    # After this point the command must succeed.
    place(pool, account, side.row, change, command["price"])
    return code.OK


@compiled
def release(pool: Pool, command: CommandRow) -> int:
    """Forget an open order, or a part of it."""
    refusal = require_order(pool, command)
    if refusal != code.OK:
        return refusal
    account = command["account"]
    side = side_of(pool, account, command["instrument"])
    refusal = require_released(side, command["lots"])
    if refusal != code.OK:
        return refusal
    # After this point the command must succeed.
    change = release_of(side, command["instrument"], command["lots"])
    apply_change(pool, account, side.row, change)
    emit_order(pool, EVENT_RELEASED, account, change.instrument, command["lots"], 0, change.reserved)
    return code.OK


@compiled
def replace(pool: Pool, command: CommandRow) -> int:
    """Release one order and note another in one step, under one margin check."""
    refusal = require_order(pool, command)
    if refusal != code.OK:
        return refusal
    account = command["account"]
    number = command["instrument"]
    side = side_of(pool, account, number)
    refusal = require_released(side, command["reserved_lots"])
    if refusal != code.OK:
        return refusal
    freed = release_of(side, number, command["reserved_lots"])
    left = Side(
        side.row,
        side.lots,
        side.cost,
        side.bid_lots + freed.bid_lots,
        side.ask_lots + freed.ask_lots,
        side.reserved + freed.reserved,
    )
    refusal = require_reservable(pool, command, left)
    if refusal != code.OK:
        return refusal
    placed = reservation_of(pool, command, left)
    change = Change(
        number,
        0,
        0,
        0,
        freed.bid_lots + placed.bid_lots,
        freed.ask_lots + placed.ask_lots,
        freed.reserved + placed.reserved,
    )
    refusal = require_margin(pool, account, change)
    if refusal != code.OK:
        return refusal
    # After this point the command must succeed.
    emit_order(pool, EVENT_RELEASED, account, number, command["reserved_lots"], 0, freed.reserved)
    apply_change(pool, account, side.row, change)
    emit_order(pool, EVENT_RESERVED, account, number, command["lots"], command["price"], placed.reserved)
    return code.OK
