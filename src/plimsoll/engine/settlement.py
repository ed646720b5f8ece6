"""Settlement of a series at its frozen price: losers debited first, winners credited after, by cursor.

The settlement account takes over every leg.  A loser left with a debt and no holdings is met by the fund; what the fund
cannot pay is cut from the winners of that series.  One series at a time, the lowest number first.
"""

from plimsoll.book.events import enter_ledger, move_cash, note
from plimsoll.book.holdings import find, has_room
from plimsoll.book.layout import Pool
from plimsoll.book.rows import InstrumentRow
from plimsoll.engine.release import release_row
from plimsoll.engine.waterfall.bad_debt import resolve_debt
from plimsoll.engine.waterfall.insurance import pay_insurance
from plimsoll.engine.waterfall.takeover import AT_MARK, takeover
from plimsoll.margin.portfolio.arrays import hold_still
from plimsoll.margin.terms import value_of
from plimsoll.units.fixed import mul_div_ceil
from plimsoll.units.jit import command, rule
from plimsoll.units.messages import (
    EVENT_BAD_DEBT,
    EVENT_DUSTED,
    EVENT_SERIES_CUT,
    EVENT_SETTLED,
    EVENT_SETTLEMENT_PRICED,
    KIND_OPTION,
    MECHANISM_SETTLEMENT,
    NAMED_DUST,
    NAMED_SETTLEMENT,
    OPTION_CALL,
    STATUS_CLOSED,
    STATUS_SETTLING,
)

LOSERS = 1
WINNERS = 2
NONE_SETTLING = -1


@rule
def settlement_price(instrument: InstrumentRow) -> int:
    """The mean of the window; of an option, what it pays at the mean of its underlying, which may be nothing."""
    mean = instrument["settlement_sum"] // instrument["settlement_time"]
    if instrument["kind"] != KIND_OPTION:
        return max(1, mean)
    gain = mean - instrument["strike"]
    if instrument["option_type"] != OPTION_CALL:
        gain = -gain
    return min(max(0, gain), instrument["mark_max"])


@command
def freeze(pool: Pool, number: int) -> None:
    """Fix the settlement price, the time-weighted mean of the window, and start with the losers."""
    instrument = pool.instruments[number]
    instrument["mark"] = settlement_price(instrument)
    instrument["status"] = STATUS_SETTLING
    instrument["blocks"] = 0
    if instrument["kind"] == KIND_OPTION:
        hold_still(pool, number)
    instrument["settlement_phase"] = LOSERS
    instrument["settlement_cursor"] = 0
    instrument["settlement_deficit"] = 0
    instrument["settlement_profit"] = 0
    pool.totals[0]["sweep_due"] = 1
    note(pool, EVENT_SETTLEMENT_PRICED, -1, number, instrument["mark"], instrument["settlement_time"])


@rule
def settling(pool: Pool) -> int:
    """The lowest-numbered series under settlement; -1 for none."""
    for number in range(1, pool.totals[0]["instruments"]):
        if pool.instruments[number]["status"] == STATUS_SETTLING:
            return number
    return NONE_SETTLING


@rule
def gain_of(pool: Pool, row: int) -> int:
    """What a holding has gained: value less cost."""
    holding = pool.holdings[row]
    return value_of(pool.instruments[holding["instrument"]], holding["lots"]) - holding["cost"]


@command
def settle_account(pool: Pool, account: int, number: int) -> None:
    """Settle one account's leg in the phase it belongs to."""
    instrument = pool.instruments[number]
    row = find(pool, account, number)
    if row < 0:
        return
    gain = gain_of(pool, row)
    if instrument["settlement_phase"] == LOSERS and gain >= 0:
        return
    lots = pool.holdings[row]["lots"]
    release_row(pool, account, row)
    if lots != 0:
        takeover(pool, account, NAMED_SETTLEMENT, number, lots, AT_MARK, EVENT_SETTLED, EVENT_SETTLED)
    if instrument["settlement_phase"] == LOSERS:
        cover_loser(pool, account, number)
    elif gain > 0 and instrument["settlement_deficit"] > 0:
        cut_winner(pool, account, number, gain)


@command
def cover_loser(pool: Pool, account: int, number: int) -> None:
    """The debt of a loser with nothing left: the insurance first, then the series, borne by row 6 until it is cut."""
    owner = pool.accounts[account]
    if owner["count"] != 0 or owner["cash"] >= 0:
        return
    pay_insurance(pool, account, -owner["cash"])
    owed = -owner["cash"]
    if owed > 0:
        move_cash(pool, EVENT_SERIES_CUT, account, NAMED_SETTLEMENT, owed)
        move_cash(pool, EVENT_SERIES_CUT, NAMED_SETTLEMENT, account, -owed)
        pool.instruments[number]["settlement_deficit"] += owed
        pool.totals[0]["bad_debt"] += owed
        pool.totals[0]["socialised"] += owed
        mark = pool.instruments[number]["mark"]
        note(pool, EVENT_BAD_DEBT, account, number, mark, owed)
        enter_ledger(pool, account, number, MECHANISM_SETTLEMENT, -1, 0, mark, owed, 0, 0, 0, 0, owed, -owed)


@command
def cut_winner(pool: Pool, account: int, number: int, gain: int) -> None:
    """A winner's part of what losers could not pay, pro rata to gains."""
    instrument = pool.instruments[number]
    share = min(gain, mul_div_ceil(instrument["settlement_deficit"], gain, instrument["settlement_profit"]))
    instrument["settlement_deficit"] -= share
    instrument["settlement_profit"] -= gain
    move_cash(pool, EVENT_SERIES_CUT, account, NAMED_SETTLEMENT, -share)
    move_cash(pool, EVENT_SERIES_CUT, NAMED_SETTLEMENT, account, share)


@command
def start_winners(pool: Pool, number: int) -> None:
    """Between the phases: the sum of gains the deficit is shared over."""
    instrument = pool.instruments[number]
    profit = 0
    for account in range(pool.totals[0]["accounts"]):
        row = find(pool, account, number)
        if row >= 0 and account != NAMED_SETTLEMENT:
            profit += max(0, gain_of(pool, row))
    instrument["settlement_profit"] = profit
    instrument["settlement_phase"] = WINNERS
    instrument["settlement_cursor"] = 0


@command
def close_series(pool: Pool, number: int) -> None:
    """Nothing is left of the series: roundings to dust, a debt of the settlement account resolved like any other."""
    instrument = pool.instruments[number]
    instrument["status"] = STATUS_CLOSED
    instrument["settlement_phase"] = 0
    left = pool.accounts[NAMED_SETTLEMENT]["cash"]
    if left < 0 and pool.accounts[NAMED_SETTLEMENT]["count"] == 0:
        resolve_debt(pool, NAMED_SETTLEMENT)
    elif left > 0:
        move_cash(pool, EVENT_DUSTED, NAMED_SETTLEMENT, NAMED_DUST, -left)
        move_cash(pool, EVENT_DUSTED, NAMED_DUST, NAMED_SETTLEMENT, left)
    pool.totals[0]["sweep_due"] = 1


@command
def settle_series(pool: Pool, number: int, budget: int) -> int:
    """Visit accounts of one series, or close it where nobody has a row of it; returns the visits that are left."""
    instrument = pool.instruments[number]
    while budget > 0:
        budget -= 1
        over = instrument["settlement_cursor"] == pool.totals[0]["accounts"]
        if instrument["holders"] == 0 or (over and instrument["settlement_phase"] == WINNERS):
            close_series(pool, number)
            return budget
        if over:
            start_winners(pool, number)
        account = instrument["settlement_cursor"]
        instrument["settlement_cursor"] += 1
        if account != NAMED_SETTLEMENT:
            settle_account(pool, account, number)
    return budget


@command
def settle_step(pool: Pool) -> None:
    """Settle up to the policy's number of accounts, one series after the other."""
    budget = pool.policy[0]["settlements_per_tick"]
    while budget > 0:
        number = settling(pool)
        if number == NONE_SETTLING or not has_room(pool, NAMED_SETTLEMENT, find(pool, NAMED_SETTLEMENT, number)):
            return
        budget = settle_series(pool, number, budget)
