"""§7: the end of a series. Losers pay first, then winners are paid, cut by what losers could not pay.

Every leg goes to the settlement account at the frozen mark: cash += v - c exactly, and the settlement account's cost
grows by v, so sum of cost = realised holds at every position of the cursor.
"""

from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import HOLDINGS_PER_ACCOUNT_MAX, TIME_MAX

from .books import change_holding, release_orders
from .insurance import insurance_pays, resolve_bad_debt
from .numbers import ceil
from .state import Command, State, require
from .terms import money, trade_amount, value

LOSERS = 1
EVERYBODY = 2


def settlement_step(state: State) -> None:
    """Visit `settlements_per_tick` accounts, of the lowest series under settlement and then of the next."""
    visits = state.policy["settlements_per_tick"]
    while visits > 0:
        settling = [i for i, row in enumerate(state.instruments) if row.status == m.STATUS_SETTLING]
        if not settling:
            return
        if not state.accounts[m.NAMED_SETTLEMENT].has_room_for(settling[0], HOLDINGS_PER_ACCOUNT_MAX):
            return
        visits -= visit(state, settling[0], visits)


def visit(state: State, instrument: int, most: int) -> int:
    """Visit accounts of one series until it is closed; how many visits that took, the closing one among them."""
    row = state.instruments[instrument]
    for done in range(most):
        if not any(instrument in account.holdings for account in state.accounts):
            close_series(state, instrument)
            return done + 1
        if row.settlement_cursor == len(state.accounts):
            if row.settlement_phase == EVERYBODY:
                close_series(state, instrument)
                return done + 1
            row.settlement_profit = sum(max(0, profit(state, account, instrument)) for account in owners(state))
            row.settlement_phase, row.settlement_cursor = EVERYBODY, 0
        account = row.settlement_cursor
        row.settlement_cursor += 1
        if account != m.NAMED_SETTLEMENT and instrument in state.accounts[account].holdings:
            settle_account(state, account, instrument)
    return most


def owners(state: State) -> list[int]:
    """Every row that may have a leg to settle."""
    return [account for account in range(len(state.accounts)) if account != m.NAMED_SETTLEMENT]


def profit(state: State, account: int, instrument: int) -> int:
    held = state.accounts[account].row(instrument)
    return value(state.instruments[instrument], held.lots) - held.cost


def settle_account(state: State, account: int, instrument: int) -> None:
    row = state.instruments[instrument]
    gain = profit(state, account, instrument)
    if row.settlement_phase == LOSERS and gain >= 0:
        return
    lots = state.accounts[account].row(instrument).lots
    release_orders(state, account, instrument)
    if lots != 0:
        pays = trade_amount(row, -lots, row.mark)
        change_holding(state, account, instrument, -lots, *money(row, pays))
        change_holding(state, m.NAMED_SETTLEMENT, instrument, lots, *money(row, -pays))
    if row.settlement_phase == LOSERS:
        write_off(state, account, instrument)
        return
    if gain > 0 and row.settlement_deficit > 0:
        cut = min(gain, ceil(row.settlement_deficit * gain, row.settlement_profit))
        state.accounts[account].cash -= cut
        state.accounts[m.NAMED_SETTLEMENT].cash += cut
        row.settlement_deficit -= cut
        row.settlement_profit -= gain


def write_off(state: State, account: int, instrument: int) -> None:
    """A loser with nothing left: the fund pays, the rest waits as the series' deficit on the settlement account."""
    owner = state.accounts[account]
    if owner.holdings or owner.cash >= 0:
        return
    insurance_pays(state, account, -owner.cash)
    deficit, owner.cash = -owner.cash, 0
    state.accounts[m.NAMED_SETTLEMENT].cash -= deficit
    state.instruments[instrument].settlement_deficit += deficit
    state.bad_debt += deficit
    state.socialised += deficit


def close_series(state: State, instrument: int) -> None:
    """Nothing is held any more: what the settlement account owes is bad debt, roundings in its favour are dust."""
    settlement, row = state.accounts[m.NAMED_SETTLEMENT], state.instruments[instrument]
    row.status = m.STATUS_CLOSED
    row.settlement_phase = 0
    if settlement.cash > 0:
        state.accounts[m.NAMED_DUST].cash += settlement.cash
        settlement.cash = 0
    resolve_bad_debt(state, m.NAMED_SETTLEMENT)
    state.sweep_due = True


def delist(state: State, command: Command) -> None:
    instrument, time = command["instrument"], command["time"]
    require(instrument != 0 and state.is_listed(instrument), codes.INSTRUMENT_MUST_BE_LISTED)
    row = state.instruments[instrument]
    require(row.status != m.STATUS_SETTLING, codes.INSTRUMENT_MUST_BE_OPEN)
    require(time <= TIME_MAX, codes.TIME_MUST_BE_WITHIN_LIMIT)
    require(not row.is_asset or row.vault == 0, codes.INSTRUMENT_MUST_NOT_BE_HELD)
    held = any(instrument in account.holdings for account in state.accounts)
    priced = any(
        option.is_option and option.is_listed and state.classes[option.risk_class].underlying == instrument
        for option in state.instruments
    )
    require(held or not priced, codes.INSTRUMENT_MUST_NOT_BE_HELD)
    dated = held and time > state.time
    require(not dated or row.settlement_window > 0, codes.EXPIRY_MUST_BE_IN_FUTURE)

    # After this point the command must succeed.
    row.status = m.STATUS_REDUCE_ONLY if held else m.STATUS_CLOSED
    if dated:
        row.expiry = max(time, state.time + row.settlement_window)
        row.settlement_sum = row.settlement_time = 0


def settle(state: State, command: Command) -> None:
    instrument = command["instrument"]
    require(state.is_listed(instrument), codes.INSTRUMENT_MUST_BE_LISTED)
    settling = state.instruments[instrument].status == m.STATUS_SETTLING
    require(settling, codes.INSTRUMENT_MUST_BE_SETTLING)

    # After this point the command must succeed.
    settlement_step(state)
