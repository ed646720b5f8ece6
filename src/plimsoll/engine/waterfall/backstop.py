"""The backstop and the fund as takers of last resort: at a known discount or at the mark, within their capacity."""

from plimsoll.book.events import enter_ledger
from plimsoll.book.holdings import find, has_room
from plimsoll.book.layout import Pool
from plimsoll.engine.checks import is_paused, lots_of
from plimsoll.engine.waterfall.legs import NO_FEE, NO_LEG, Leg, leg_of, next_leg, size_to_exit, step_of, without_dust
from plimsoll.engine.waterfall.takeover import AT_MARK, Terms, takeover, taker_change
from plimsoll.margin.health import Health, exit_level, health
from plimsoll.margin.rule import judge
from plimsoll.margin.terms import notional_of, pays_cash
from plimsoll.units import codes as code
from plimsoll.units.fixed import mul_div_floor, rate_down
from plimsoll.units.jit import command, rule
from plimsoll.units.messages import (
    EVENT_LIQUIDATED,
    EVENT_TAKEN_OVER,
    KIND_ASSET,
    MECHANISM_BACKSTOP,
    MECHANISM_FUND,
    NAMED_BACKSTOP,
    NAMED_FUND,
    PAUSE_BACKSTOP,
)


@rule
def affordable(pool: Pool, taker: int, number: int, most: int) -> int:
    """Of so many lots those the taker's cash buys at the mark; a low mark would buy more than can be counted."""
    instrument = pool.instruments[number]
    cash = max(pool.accounts[taker]["cash"], 0)
    if notional_of(instrument, most) <= cash:
        return most
    return mul_div_floor(cash, instrument["unit"], instrument["mark"])


@rule
def terms_for(pool: Pool, leg: Leg, now: Health, size: int, fee_rate: int) -> Terms:
    """The backstop keeps the whole of its fee."""
    return Terms(0, step_of(pool, leg, now, size, fee_rate).fee, 0)


@rule
def interest_cap(pool: Pool, number: int) -> int:
    """The most lots of a contract the backstop may hold of what is open; of an asset any."""
    instrument = pool.instruments[number]
    if instrument["kind"] == KIND_ASSET:
        return instrument["lots_max"]
    return rate_down(instrument["open_lots"], pool.policy[0]["backstop_interest_max"])


@rule
def day_left(pool: Pool) -> int:
    """Notional the backstop may still take today."""
    return max(0, pool.policy[0]["backstop_day_max"] - pool.totals[0]["day_backstop"])


@rule
def within_day(pool: Pool, number: int, lots: int) -> int:
    """As many of the lots as the backstop may still take today."""
    instrument = pool.instruments[number]
    left = day_left(pool)
    if notional_of(instrument, lots) <= left:
        return lots
    return mul_div_floor(left, instrument["unit"], instrument["mark"])


@command
def backstop_room(pool: Pool, leg: Leg) -> int:
    """Lots the backstop may take before its own caps bind; taking what offsets its position is always possible."""
    row = find(pool, NAMED_BACKSTOP, leg.number)
    if is_paused(pool, PAUSE_BACKSTOP):
        return 0
    if not has_room(pool, NAMED_BACKSTOP, row):
        return 0
    instrument = pool.instruments[leg.number]
    held = lots_of(pool, row) if leg.lots > 0 else -lots_of(pool, row)
    room = max(min(instrument["lots_max"], instrument["backstop_lots_max"], interest_cap(pool, leg.number)) - held, 0)
    room = min(room, abs(leg.lots))
    if pays_cash(instrument) and leg.lots > 0:
        room = affordable(pool, NAMED_BACKSTOP, leg.number, room)
    return within_day(pool, leg.number, room)


@rule
def backstop_accepts(pool: Pool, leg: Leg, now: Health, size: int, fee_rate: int) -> bool:
    """The backstop's own margin rule, after taking the size."""
    moved = size if leg.lots > 0 else -size
    change = taker_change(pool, leg.number, moved, terms_for(pool, leg, now, size, fee_rate))
    return judge(pool, NAMED_BACKSTOP, change, 0).code == code.OK


@command
def largest_accepted(pool: Pool, leg: Leg, now: Health, wanted: int, fee_rate: int) -> int:
    """The largest size up to ``wanted`` the backstop can margin, by bisection; 0 for none."""
    if wanted == 0 or backstop_accepts(pool, leg, now, wanted, fee_rate):
        return wanted
    smallest = 0
    largest = wanted - 1
    while smallest < largest:
        middle = (smallest + largest + 1) // 2
        if backstop_accepts(pool, leg, now, middle, fee_rate):
            smallest = middle
        else:
            largest = middle - 1
    return smallest


@command
def give_to_backstop(pool: Pool, account: int, leg: Leg, now: Health, wanted: int, fee_rate: int) -> int:
    """Move up to ``wanted`` lots of a leg to the backstop; returns the lots that went."""
    if account == NAMED_BACKSTOP:
        return 0
    size = largest_accepted(pool, leg, now, min(wanted, backstop_room(pool, leg)), fee_rate)
    if size == 0:
        return 0
    terms = terms_for(pool, leg, now, size, fee_rate)
    take_leg(pool, account, NAMED_BACKSTOP, leg, size, terms, MECHANISM_BACKSTOP, now.equity)
    return size


@command
def take_leg(
    pool: Pool, account: int, taker: int, leg: Leg, size: int, terms: Terms, mechanism: int, equity: int
) -> None:
    """A takeover and its line in the liquidation ledger."""
    moved = size if leg.lots > 0 else -size
    instrument = pool.instruments[leg.number]
    worth = abs(mul_div_floor(moved, instrument["mark"] - instrument["funding"], instrument["unit"]))
    is_asset = instrument["kind"] == KIND_ASSET
    if taker == NAMED_BACKSTOP:
        pool.totals[0]["day_backstop"] += notional_of(instrument, size)
    takeover(pool, account, taker, leg.number, moved, terms, EVENT_LIQUIDATED, EVENT_TAKEN_OVER)
    repaid = 0 if is_asset else worth
    seized = worth if is_asset else 0
    enter_ledger(
        pool,
        account,
        leg.number,
        mechanism,
        taker,
        moved,
        instrument["mark"],
        repaid,
        seized,
        terms.to_taker,
        terms.to_fund,
        0,
        0,
        equity,
    )


@command
def backstop_takes_legs(pool: Pool, account: int) -> int:
    """Legs in order until the exit level is reached or the backstop is full; returns the number of legs tried."""
    taken = 0
    now = health(pool, account)
    while now.equity >= 0 and now.equity < exit_level(now.maintenance, pool.policy[0]["exit_buffer"]):
        number = next_leg(pool, account)
        if number == NO_LEG:
            break
        leg = leg_of(pool, account, number)
        fee_rate = pool.instruments[number]["fee_backstop"]
        wanted = without_dust(pool, leg, size_to_exit(pool, leg, now, fee_rate))
        taken += 1
        if give_to_backstop(pool, account, leg, now, wanted, fee_rate) == 0:
            break
        now = health(pool, account)
    return taken


@command
def sell_assets_to_backstop(pool: Pool, account: int) -> int:
    """Sell the assets of an insolvent account to the backstop at the mark, largest first; returns legs sold."""
    sold = 0
    number = next_asset(pool, account)
    while number != NO_LEG:
        leg = leg_of(pool, account, number)
        if give_to_backstop(pool, account, leg, health(pool, account), leg.lots, NO_FEE) < leg.lots:
            return sold
        sold += 1
        number = next_asset(pool, account)
    return sold


@command
def sell_assets_to_fund(pool: Pool, account: int) -> int:
    """Sell what is left of its assets to the fund, as far as the fund's cash goes; returns legs sold."""
    sold = 0
    number = next_asset(pool, account)
    while number != NO_LEG:
        leg = leg_of(pool, account, number)
        size = affordable(pool, NAMED_FUND, number, leg.lots)
        if size == 0 or not has_room(pool, NAMED_FUND, find(pool, NAMED_FUND, number)):
            return sold
        take_leg(pool, account, NAMED_FUND, leg, size, AT_MARK, MECHANISM_FUND, health(pool, account).equity)
        sold += 1
        number = next_asset(pool, account) if size == leg.lots else NO_LEG
    return sold


@command
def next_asset(pool: Pool, account: int) -> int:
    """The asset with the largest value, ties to the lower number; -1 for none."""
    owner = pool.accounts[account]
    best = NO_LEG
    best_value = -1
    for row in range(owner["start"], owner["start"] + owner["count"]):
        number = pool.holdings[row]["instrument"]
        if pool.instruments[number]["kind"] == KIND_ASSET:
            value = leg_of(pool, account, number).value
            if value > best_value or (value == best_value and number < best):
                best = number
                best_value = value
    return best
