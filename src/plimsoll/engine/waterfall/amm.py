"""The exit through an AMM: assets of an account in liquidation are sold where its price is near enough to the mark."""

from typing import NamedTuple

from plimsoll.accrual.product import price_to_sell
from plimsoll.book.events import enter_ledger
from plimsoll.book.holdings import Change
from plimsoll.book.layout import Pool
from plimsoll.engine.checks import is_paused
from plimsoll.engine.pot_assets import assets_of, lots_in, move_side
from plimsoll.engine.waterfall.backstop import next_asset
from plimsoll.engine.waterfall.legs import NO_LEG, leg_of, next_leg
from plimsoll.margin.health import Health, exit_level, health, health_after
from plimsoll.margin.terms import value_of
from plimsoll.units.fixed import mul_div_ceil
from plimsoll.units.jit import command, rule
from plimsoll.units.limits import POTS_MAX, PPB
from plimsoll.units.messages import (
    EVENT_LIQUIDATED,
    EVENT_TAKEN_OVER,
    KIND_ASSET,
    MECHANISM_AMM,
    MODE_PORTFOLIO,
    PAUSE_SWAP,
    POT_AMM,
)


class Reserve(NamedTuple):
    """An AMM as a seller meets it: its number (0: none), lots, micros, fee."""

    number: int
    lots: int
    cash: int
    fee: int


class Sold(NamedTuple):
    """Lots of a leg that went, and how many should have."""

    lots: int
    wanted: int


NOTHING_SOLD = Sold(0, 0)


@command
def reserve_of(pool: Pool, asset: int) -> Reserve:
    """The lowest-numbered AMM of an asset with something on both sides."""
    for number in range(1, POTS_MAX + 1):
        pot = pool.pots[number]
        if pot["kind"] == POT_AMM and pot["instrument"] == asset:
            lots = lots_in(pool, number)
            cash = assets_of(pool, number)
            if lots > 0 and cash > 0:
                return Reserve(number, lots, cash, pot["fee"])
    return Reserve(0, 0, 0, 0)


@rule
def pays(reserve: Reserve, lots: int) -> int:
    """What the AMM pays for lots of its asset."""
    return price_to_sell(lots, reserve.lots, reserve.cash, reserve.fee)


@rule
def sale(reserve: Reserve, asset: int, lots: int) -> Change:
    """The seller's change."""
    return Change(asset, -lots, 0, pays(reserve, lots), 0, 0, 0)


@rule
def is_near_mark(pool: Pool, reserve: Reserve, asset: int, lots: int) -> bool:
    """Whether the AMM has room for the lots and pays at least the mark less the slippage allowed."""
    instrument = pool.instruments[asset]
    least = mul_div_ceil(value_of(instrument, lots), PPB - pool.policy[0]["swap_slippage"], PPB)
    paid = pays(reserve, lots)
    return paid >= max(1, least) and lots <= instrument["lots_max"] - reserve.lots


@command
def lots_to_exit(pool: Pool, account: int, reserve: Reserve, asset: int, held: int) -> int:
    """The fewest lots after whose sale equity reaches the exit level, by bisection; all when none do."""
    exit_buffer = pool.policy[0]["exit_buffer"]
    smallest = 1
    largest = held
    while smallest < largest:
        middle = (smallest + largest) // 2
        after = health_after(pool, account, sale(reserve, asset, middle))
        if after.equity >= exit_level(after.maintenance, exit_buffer):
            largest = middle
        else:
            smallest = middle + 1
    return smallest


@command
def most_near_mark(pool: Pool, reserve: Reserve, asset: int, wanted: int) -> int:
    """The most lots up to ``wanted`` the AMM takes near the mark, by bisection; 0 for none."""
    if is_near_mark(pool, reserve, asset, wanted):
        return wanted
    smallest = 0
    largest = wanted - 1
    while smallest < largest:
        middle = (smallest + largest + 1) // 2
        if is_near_mark(pool, reserve, asset, middle):
            smallest = middle
        else:
            largest = middle - 1
    return smallest


@rule
def keeps_health(now: Health, after: Health) -> bool:
    """Whether a solvent account's equity/MM does not fall."""
    if now.equity <= 0:
        return True
    if now.maintenance == 0 or after.maintenance > now.maintenance:
        return False
    return after.equity >= mul_div_ceil(now.equity, after.maintenance, now.maintenance)


@command
def sell_leg(pool: Pool, account: int, asset: int, now: Health) -> Sold:
    """Sell what is wanted of one asset, as far as the AMM pays near the mark."""
    reserve = reserve_of(pool, asset)
    if reserve.number == 0:
        return NOTHING_SOLD
    leg = leg_of(pool, account, asset)
    wanted = leg.lots if now.equity < 0 else lots_to_exit(pool, account, reserve, asset, leg.lots)
    size = most_near_mark(pool, reserve, asset, wanted)
    if size == 0 or not keeps_health(now, health_after(pool, account, sale(reserve, asset, size))):
        return NOTHING_SOLD
    paid = pays(reserve, size)
    worth = value_of(pool.instruments[asset], size)
    pot = pool.pots[reserve.number]
    move_side(pool, EVENT_LIQUIDATED, account, pot["account"], asset, -size, paid)
    move_side(pool, EVENT_TAKEN_OVER, pot["account"], account, asset, size, -paid)
    mark = pool.instruments[asset]["mark"]
    enter_ledger(
        pool,
        account,
        asset,
        MECHANISM_AMM,
        pot["account"],
        size,
        mark,
        0,
        worth,
        worth - paid,
        0,
        0,
        0,
        now.equity,
    )
    return Sold(size, wanted)


@rule
def asset_to_sell(pool: Pool, account: int, now: Health) -> int:
    """The next leg if it is an asset; of an insolvent account the asset of the largest value; -1 for none."""
    if now.equity < 0:
        return next_asset(pool, account)
    number = next_leg(pool, account)
    if number != NO_LEG and pool.instruments[number]["kind"] != KIND_ASSET:
        return NO_LEG
    return number


@command
def sell_to_amm(pool: Pool, account: int, now: Health) -> int:
    """Assets in order until the exit level is reached or one does not go as wanted; returns the steps it took."""
    policy = pool.policy[0]
    if policy["swap_slippage"] == 0 or is_paused(pool, PAUSE_SWAP):
        return 0
    steps = 0
    while now.equity < exit_level(now.maintenance, policy["exit_buffer"]):
        if pool.accounts[account]["mode"] == MODE_PORTFOLIO and now.equity >= 0:
            break
        asset = asset_to_sell(pool, account, now)
        if asset == NO_LEG:
            break
        sold = sell_leg(pool, account, asset, now)
        if sold.lots > 0:
            steps += 1
        if sold.lots == 0 or sold.lots < sold.wanted:
            break
        now = health(pool, account)
    return steps
