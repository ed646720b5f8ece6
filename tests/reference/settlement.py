"""§7: the end of a series. Losers pay first, then winners are paid, cut by what losers could not pay.

Every leg goes to the settlement account at the frozen mark: cash += v - c exactly, and the settlement account's cost
grows by v, so sum of cost = realised holds at every position of the cursor.
"""

from plimsoll.units import codes
from plimsoll.units import messages as m

from .books import change_holding, fund_pays, release_orders, resolve_bad_debt
from .margin import value
from .numbers import ceil
from .state import Command, State, require


def settlement_step(state: State, instrument: int) -> None:
    """Visit at most `settlements_per_tick` accounts; passes follow each other while visits are left."""
    row = state.instruments[instrument]
    visits = state.policy["settlements_per_tick"]
    state.sweep_due = True
    while True:
        while row.settlement_cursor < len(state.accounts) and visits > 0:
            account = row.settlement_cursor
            row.settlement_cursor += 1
            visits -= 1
            if account != m.NAMED_SETTLEMENT and instrument in state.accounts[account].holdings:
                settle_account(state, account, instrument)
        if row.settlement_cursor < len(state.accounts):
            return
        row.settlement_cursor = 0
        if row.settlement_phase == 1:
            row.settlement_phase = 2
            row.settlement_deficit_left = row.settlement_deficit
            row.settlement_profit = sum(
                max(0, profit(state, account, instrument)) for account in holders(state, instrument)
            )
        elif not holders(state, instrument):
            close_series(state, instrument)
            return
        if visits == 0:
            return


def holders(state: State, instrument: int) -> list[int]:
    """Accounts with a row of the series; legs may have moved behind the cursor, then the second pass runs again."""
    return [
        account
        for account, row in enumerate(state.accounts)
        if account != m.NAMED_SETTLEMENT and instrument in row.holdings
    ]


def profit(state: State, account: int, instrument: int) -> int:
    held = state.accounts[account].row(instrument)
    return value(state.instruments[instrument], held.lots) - held.cost


def settle_account(state: State, account: int, instrument: int) -> None:
    row, owner = state.instruments[instrument], state.accounts[account]
    gain = profit(state, account, instrument)
    losers_turn = row.settlement_phase == 1
    if losers_turn and gain >= 0:
        return
    release_orders(state, account, instrument)
    lots = owner.row(instrument).lots
    if lots != 0:
        cut = 0
        if gain > 0 and row.settlement_deficit > 0:
            share = ceil(row.settlement_deficit * gain, max(1, row.settlement_profit))
            cut = min(gain, share, row.settlement_deficit_left)
        row.settlement_deficit_left -= cut
        move_to_settlement(state, account, instrument)
        owner.cash -= cut
        state.accounts[m.NAMED_SETTLEMENT].cash += cut
    if losers_turn:
        write_off(state, account, instrument)
    else:
        resolve_bad_debt(state, account)


def move_to_settlement(state: State, account: int, instrument: int) -> None:
    """The leg goes at its value v; the account is paid v - c exactly, whatever the rounding."""
    row, held = state.instruments[instrument], state.accounts[account].holdings[instrument]
    lots, worth = held.lots, value(row, held.lots)
    change_holding(state, account, instrument, -lots, cost=-worth)
    change_holding(state, m.NAMED_SETTLEMENT, instrument, lots, cost=worth)


def write_off(state: State, account: int, instrument: int) -> None:
    """A loser with nothing left: the fund pays, the rest waits as the series' deficit on the settlement account."""
    owner = state.accounts[account]
    if owner.holdings or owner.cash >= 0:
        return
    fund_pays(state, account, -owner.cash)
    deficit, owner.cash = -owner.cash, 0
    state.instruments[instrument].settlement_deficit += deficit
    state.accounts[m.NAMED_SETTLEMENT].cash -= deficit


def close_series(state: State, instrument: int) -> None:
    """Nothing is held any more: roundings of the settlement account go to dust."""
    settlement = state.accounts[m.NAMED_SETTLEMENT]
    state.accounts[m.NAMED_DUST].cash += settlement.cash
    settlement.cash = 0
    state.instruments[instrument].status = m.STATUS_CLOSED


def delist(state: State, command: Command) -> None:
    instrument, time = command["instrument"], command["time"]
    require(instrument != 0 and state.is_listed(instrument), codes.INSTRUMENT_MUST_BE_LISTED)
    row = state.instruments[instrument]
    if row.is_asset:
        require(row.vault == 0, codes.INSTRUMENT_MUST_BE_CONTRACT)
    require(row.status != m.STATUS_SETTLING, codes.INSTRUMENT_MUST_BE_OPEN)
    held = any(instrument in account.holdings for account in state.accounts)
    dated = not row.is_asset and held and time > state.time
    if dated:
        require(row.settlement_window > 0, codes.EXPIRY_MUST_BE_IN_FUTURE)

    # After this point the command must succeed.
    if row.is_asset or not held:
        row.status = m.STATUS_CLOSED
    else:
        row.status = m.STATUS_REDUCE_ONLY
    if dated:
        row.expiry = max(time, state.time + row.settlement_window)
        row.settlement_sum = row.settlement_time = 0
    state.sweep_due = True


def settle(state: State, command: Command) -> None:
    instrument = command["instrument"]
    require(state.is_listed(instrument), codes.INSTRUMENT_MUST_BE_LISTED)
    settling = state.instruments[instrument].status == m.STATUS_SETTLING
    require(settling, codes.INSTRUMENT_MUST_BE_SETTLING)

    # After this point the command must succeed.
    settlement_step(state, instrument)
