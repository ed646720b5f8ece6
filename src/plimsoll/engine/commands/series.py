"""Realise, write down, delist, settle: what happens to a holding without a trade."""

from plimsoll.book.events import emit, note, touch
from plimsoll.book.holdings import Change, apply_change, find
from plimsoll.book.layout import Pool
from plimsoll.book.rows import CommandRow
from plimsoll.engine.checks import is_asset, is_listed, lots_of, require_owned
from plimsoll.engine.commands.cash import add_to_vault, quantity_of, require_asset, vault_of
from plimsoll.engine.settlement import settle_step
from plimsoll.engine.waterfall.insurance import wipe_lost
from plimsoll.margin.health import health_after
from plimsoll.margin.rule import require_covered
from plimsoll.margin.terms import pays_cash, value_of
from plimsoll.units import codes as code
from plimsoll.units.fixed import mul_div_ceil
from plimsoll.units.jit import command as compiled
from plimsoll.units.jit import rule
from plimsoll.units.limits import TIME_MAX
from plimsoll.units.messages import (
    ACTION_SETTLE,
    EVENT_DELISTED,
    EVENT_REALISED,
    EVENT_WRITTEN_DOWN,
    KIND_OPTION,
    NAMED_BONDS,
    STATUS_CLOSED,
    STATUS_REDUCE_ONLY,
    STATUS_SETTLING,
)


@compiled
def realise(pool: Pool, command: CommandRow) -> int:
    """Turn a contract's present value into cash: value becomes 0, the position stays."""
    account = command["account"]
    number = command["instrument"]
    refusal = require_owned(pool, account)
    if refusal != code.OK:
        return refusal
    if not is_listed(pool, number):
        return code.INSTRUMENT_MUST_BE_LISTED
    if pays_cash(pool.instruments[number]):
        return code.INSTRUMENT_MUST_BE_CONTRACT
    row = find(pool, account, number)
    if lots_of(pool, row) == 0:
        return code.HOLDING_MUST_EXIST
    instrument = pool.instruments[number]
    if instrument["status"] == STATUS_SETTLING:
        return code.INSTRUMENT_MUST_BE_OPEN
    if instrument["blocks"] & ACTION_SETTLE != 0:
        return code.MARK_MUST_ALLOW_SETTLE
    holding = pool.holdings[row]
    value = value_of(instrument, holding["lots"]) - holding["cost"]
    change = Change(number, 0, value, value, 0, 0, 0)
    refusal = require_covered(health_after(pool, account, change))
    if refusal != code.OK:
        return refusal
    # After this point the command must succeed.
    apply_change(pool, account, row, change)
    instrument["realised"] += value
    emit(pool, EVENT_REALISED, account, -1, number, 0, value, value, 0, instrument["mark"], value)
    return code.OK


@rule
def positive_part(pool: Pool, account: int, instrument: int) -> int:
    """Positive cash, or lots of an asset, of a row; bonds are owed back whole, and bear nothing."""
    if account == NAMED_BONDS:
        return 0
    if instrument == 0:
        return max(pool.accounts[account]["cash"], 0)
    return lots_of(pool, find(pool, account, instrument))


@compiled
def write_down(pool: Pool, command: CommandRow) -> int:
    """Cut every holder of an asset pro rata: what was lost outside the pool is lost by all who hold it."""
    number = command["instrument"]
    quantity = quantity_of(command)
    refusal = require_asset(pool, number)
    if refusal != code.OK:
        return refusal
    if quantity < 1:
        return code.AMOUNT_MUST_BE_POSITIVE
    total = 0
    for account in range(pool.totals[0]["accounts"]):
        total += positive_part(pool, account, number)
    if quantity > min(total, vault_of(pool, number)):
        return code.AMOUNT_MUST_BE_HELD
    # After this point the command must succeed.
    left = quantity
    for account in range(pool.totals[0]["accounts"]):
        own = positive_part(pool, account, number)
        if own == 0 or left == 0:
            continue
        share = min(mul_div_ceil(quantity, own, total), left)
        left -= share
        if number == 0:
            pool.accounts[account]["cash"] -= share
            touch(pool, account)
            emit(pool, EVENT_WRITTEN_DOWN, account, -1, 0, 0, 0, -share, 0, 0, 0)
        else:
            apply_change(pool, account, find(pool, account, number), Change(number, -share, 0, 0, 0, 0, 0))
            emit(pool, EVENT_WRITTEN_DOWN, account, -1, number, -share, 0, 0, 0, 0, 0)
    add_to_vault(pool, number, -quantity)
    if number == 0:
        wipe_lost(pool)
    pool.totals[0]["sweep_due"] = 1
    return code.OK


@rule
def prices_options(pool: Pool, number: int) -> bool:
    """Whether an option that is not yet closed is priced from the instrument."""
    if pool.instruments[number]["underlies"] == 0:
        return False
    for member in range(1, pool.totals[0]["instruments"]):
        option = pool.instruments[member]
        if option["kind"] == KIND_OPTION and option["status"] != STATUS_CLOSED:
            if pool.classes[option["risk_class"]]["underlying"] == number:
                return True
    return False


@compiled
def delist(pool: Pool, command: CommandRow) -> int:
    """Close an instrument nobody holds; otherwise let holders only reduce, and settle it at a date if one is given."""
    number = command["instrument"]
    if number == 0 or not is_listed(pool, number):
        return code.INSTRUMENT_MUST_BE_LISTED
    instrument = pool.instruments[number]
    if instrument["status"] == STATUS_SETTLING:
        return code.INSTRUMENT_MUST_BE_OPEN
    if command["time"] > TIME_MAX:
        return code.TIME_MUST_BE_WITHIN_LIMIT
    if is_asset(pool, number) and instrument["vault"] != 0:
        return code.INSTRUMENT_MUST_NOT_BE_HELD
    if instrument["holders"] == 0 and prices_options(pool, number):
        return code.INSTRUMENT_MUST_NOT_BE_HELD
    dated = instrument["holders"] > 0 and command["time"] > pool.totals[0]["time"]
    if dated and instrument["settlement_window"] == 0:
        return code.EXPIRY_MUST_BE_IN_FUTURE
    # After this point the command must succeed.
    if instrument["holders"] == 0:
        instrument["status"] = STATUS_CLOSED
    else:
        instrument["status"] = STATUS_REDUCE_ONLY
        if dated:
            instrument["expiry"] = max(command["time"], pool.totals[0]["time"] + instrument["settlement_window"])
            instrument["settlement_sum"] = 0
            instrument["settlement_time"] = 0
    note(pool, EVENT_DELISTED, -1, number, instrument["mark"], instrument["expiry"])
    return code.OK


@compiled
def settle(pool: Pool, command: CommandRow) -> int:
    """Run one more step of a settlement under way."""
    number = command["instrument"]
    if not is_listed(pool, number):
        return code.INSTRUMENT_MUST_BE_LISTED
    if pool.instruments[number]["status"] != STATUS_SETTLING:
        return code.INSTRUMENT_MUST_BE_SETTLING
    # After this point the command must succeed.
    settle_step(pool)
    return code.OK
