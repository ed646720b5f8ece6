"""Legs of an account: the published order in which they go, and the smallest size that ends a liquidation."""

from typing import NamedTuple

from plimsoll.book.holdings import find
from plimsoll.book.layout import Pool
from plimsoll.book.rows import InstrumentRow
from plimsoll.engine.waterfall.takeover import Terms, giver_change
from plimsoll.margin.health import Health, exit_level, health_after
from plimsoll.margin.terms import notional_of, requirement, spot_notional, value_of
from plimsoll.units.fixed import mul_div_ceil, mul_div_floor, rate_down, rate_up
from plimsoll.units.jit import command, rule
from plimsoll.units.messages import KIND_ASSET, KIND_OPTION, OPTION_CALL, STATUS_SETTLING

NO_LEG = -1
NO_FEE = -1
"""In place of a rate, for what moves at the mark: not even the micro a rounding would cost the taker."""


class Leg(NamedTuple):
    """One holding of an account in liquidation: what it is worth and what it requires now."""

    account: int
    number: int
    lots: int
    cost: int
    value: int
    maintenance: int


class Step(NamedTuple):
    """Equity and maintenance after a leg of some size has gone, and the fee that was charged for it."""

    equity: int
    maintenance: int
    fee: int


@rule
def leg_of(pool: Pool, account: int, number: int) -> Leg:
    """The leg an account holds of an instrument; the caller knows that it holds one."""
    holding = pool.holdings[find(pool, account, number)]
    instrument = pool.instruments[number]
    lots = holding["lots"]
    size = abs(lots)
    if instrument["kind"] == KIND_OPTION:
        maintenance = short_option_size(pool, number, lots)
    else:
        maintenance = requirement(instrument, size, notional_of(instrument, size), False)
    return Leg(account, number, lots, holding["cost"], value_of(instrument, lots), maintenance)


@rule
def short_option_size(pool: Pool, number: int, lots: int) -> int:
    """What orders an option among the legs: a short's notional at the spot by the class's rate; nothing for a long."""
    instrument = pool.instruments[number]
    family = pool.classes[instrument["risk_class"]]
    rate = family["short_call"] if instrument["option_type"] == OPTION_CALL else family["short_put"]
    return rate_up(spot_notional(instrument, max(0, -lots)), rate)


@command
def next_leg(pool: Pool, account: int) -> int:
    """Contracts first, by maintenance requirement, then assets, by value; ties to the lower number; -1 for none."""
    owner = pool.accounts[account]
    best = NO_LEG
    best_size = -1
    best_is_asset = True
    for row in range(owner["start"], owner["start"] + owner["count"]):
        holding = pool.holdings[row]
        number = holding["instrument"]
        instrument = pool.instruments[number]
        if holding["lots"] == 0 or instrument["status"] == STATUS_SETTLING:
            continue
        leg = leg_of(pool, account, number)
        is_asset = instrument["kind"] == KIND_ASSET
        size = leg.value if is_asset else leg.maintenance
        if best == NO_LEG or (best_is_asset and not is_asset):
            better = True
        elif is_asset and not best_is_asset:
            better = False
        else:
            better = size > best_size or (size == best_size and number < best)
        if better:
            best = number
            best_size = size
            best_is_asset = is_asset
    return best


@rule
def room_for_fee(now: Health, equity: int, required: int) -> int:
    """The most a solvent account can pay without its equity/MM falling; -1 when a rounding has already lowered it.

    Nothing where the step itself raises MM, as the short leg of a spread does: no taker pays for that.
    """
    if now.maintenance == 0 or required > now.maintenance:
        return 0
    return equity - mul_div_ceil(now.equity, required, now.maintenance)


@rule
def equity_behind(leg: Leg, now: Health, size: int) -> int:
    """The equity that stands behind ``size`` lots: the leg's share of it by MM, in proportion to its lots.

    A requirement that grows faster than size falls faster, too: by MM alone half the lots could take most of it.
    """
    if now.maintenance == 0:
        return 0
    own = min(max(0, leg.maintenance), now.maintenance)
    return mul_div_floor(mul_div_floor(now.equity, own, now.maintenance), size, abs(leg.lots))


@rule
def step_with_fee(
    instrument: InstrumentRow, leg: Leg, now: Health, size: int, fee_rate: int, equity: int, required: int
) -> Step:
    """The step less its fee, which never lowers a solvent equity/MM nor takes the equity behind other lots."""
    fee = 0
    if fee_rate != NO_FEE:
        fee = rate_up(notional_of(instrument, size), fee_rate)
        if now.equity >= 0:
            fee = min(fee, room_for_fee(now, equity, required))
            if instrument["kind"] != KIND_OPTION:
                fee = min(fee, equity_behind(leg, now, size))
    return Step(equity - fee, required, fee)


@rule
def step_of(pool: Pool, leg: Leg, now: Health, size: int, fee_rate: int) -> Step:
    """What is left after ``size`` lots of the leg went at the mark for a fee that never lowers a solvent equity/MM."""
    instrument = pool.instruments[leg.number]
    moved = size if leg.lots > 0 else -size
    change = giver_change(pool, leg.number, moved, Terms(0, 0, 0))
    if instrument["kind"] == KIND_OPTION:
        after = health_after(pool, leg.account, change)
        return step_with_fee(instrument, leg, now, size, fee_rate, after.equity, after.maintenance)
    lots = leg.lots + change.lots
    equity = now.equity - leg.value + value_of(instrument, lots) - change.cost + change.cash
    rest = abs(lots)
    required = now.maintenance - leg.maintenance
    if rest > 0:
        required += requirement(instrument, rest, notional_of(instrument, rest), False)
    # Options may require less than nothing, an account never: what is left may meet that bound.
    return step_with_fee(instrument, leg, now, size, fee_rate, equity, max(0, required))


@command
def size_to_exit(pool: Pool, leg: Leg, now: Health, fee_rate: int) -> int:
    """The smallest size after which equity reaches the exit level, by bisection; the whole leg when none does."""
    exit_buffer = pool.policy[0]["exit_buffer"]
    largest = abs(leg.lots)
    smallest = 1
    while smallest < largest:
        middle = (smallest + largest) // 2
        step = step_of(pool, leg, now, middle, fee_rate)
        if step.equity >= exit_level(step.maintenance, exit_buffer):
            largest = middle
        else:
            smallest = middle + 1
    return smallest


@rule
def without_dust(pool: Pool, leg: Leg, size: int) -> int:
    """The whole leg when what would remain is below the minimum notional."""
    instrument = pool.instruments[leg.number]
    rest = abs(leg.lots) - size
    if rest > 0 and notional_of(instrument, rest) < instrument["notional_min"]:
        return abs(leg.lots)
    return size


@rule
def split_fee(fee: int, fund_share: int) -> Terms:
    """A liquidation fee between the taker and the fund; what is negative (a rounding micro) the taker bears."""
    to_fund = rate_down(max(fee, 0), fund_share)
    return Terms(0, fee - to_fund, to_fund)
