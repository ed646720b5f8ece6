"""The few ways anything is written to the books; every change of lots, cost or cash goes through here."""

from .state import Account, State
from .terms import confidence_rate, open_interest_rate


def refresh_rates(state: State, instrument: int) -> None:
    row = state.instruments[instrument]
    row.rate_confidence = confidence_rate(row)
    row.rate_open_interest = open_interest_rate(row)


def change_holding(state: State, account: int, instrument: int, lots: int, cost: int = 0, cash: int = 0) -> None:
    """Add to a holding and to cash. A holding that comes to no lots is realised; an empty row goes."""
    owner = state.accounts[account]
    row = state.instruments[instrument]
    held = owner.open_row(instrument)
    longs_before = max(0, held.lots)
    held.lots += lots
    held.cost += cost
    owner.cash += cash
    if held.lots == 0 and held.cost != 0:
        owner.cash -= held.cost
        row.realised -= held.cost
        held.cost = 0
    row.open_lots += max(0, held.lots) - longs_before
    if lots != 0:
        row.rate_open_interest = open_interest_rate(row)
    owner.drop_row_if_empty(instrument)


def try_change(account: Account, instrument: int, lots: int, cost: int = 0, cash: int = 0) -> Account:
    """A copy with the change made; realising moves nothing between equity and requirements, so it is left out."""
    trial = account.copy()
    held = trial.open_row(instrument)
    held.lots += lots
    held.cost += cost
    trial.cash += cash
    return trial


def add_asset(state: State, account: int, instrument: int, quantity: int) -> None:
    """Give (or take, below zero) cash or lots of an asset."""
    if instrument == 0:
        state.accounts[account].cash += quantity
    else:
        change_holding(state, account, instrument, quantity)


def add_to_vault(state: State, instrument: int, quantity: int) -> None:
    if instrument == 0:
        state.vault += quantity
    else:
        state.instruments[instrument].vault += quantity


def release_orders(state: State, account: int, instrument: int | None = None) -> bool:
    """Cancel orders in one instrument, or all, from the last row to the first; True when there were any."""
    owner = state.accounts[account]
    released = False
    for number in list(owner.holdings)[::-1] if instrument is None else [instrument]:
        held = owner.row(number)
        if held.bid_lots or held.ask_lots:
            released = True
            held.cancel_orders()
            owner.drop_row_if_empty(number)
    return released


def set_stage(state: State, account: int, stage: int) -> None:
    if state.accounts[account].stage != stage:
        state.accounts[account].stage = stage
        state.accounts[account].stage_since = state.time


def cuts(quantity: int, total: int, owns: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Who of (account, own) loses how much of `quantity`: min(own, ceil(quantity * own / total), what is left)."""
    left, found = quantity, []
    for account, own in owns:
        if own > 0 and left > 0:
            cut = min(own, -(-quantity * own // total), left)
            found.append((account, cut))
            left -= cut
    return found
