"""§3: opening and closing accounts, an owner's own limits."""

from dataclasses import replace

from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import RATE_MAX, TRIGGER_MAX

from .margin import figures, require_covered
from .state import Account, Command, State, require

MODES = (m.MODE_STANDARD, m.MODE_PORTFOLIO)


def open_account(state: State, command: Command) -> None:
    account, owner, instrument = command["account"], command["counterparty"], command["instrument"]
    require(m.NAMED_COUNT <= account <= len(state.accounts), codes.ACCOUNT_MUST_BE_FREE)
    require(not state.exists(account), codes.ACCOUNT_MUST_BE_FREE)
    require(owner >= 1, codes.OWNER_MUST_BE_POSITIVE)
    require(command["flags"] in MODES, codes.MODE_MUST_BE_KNOWN)
    if instrument != 0:
        is_contract = state.is_listed(instrument) and not state.instruments[instrument].is_asset
        require(is_contract, codes.INSTRUMENT_MUST_BE_CONTRACT)

    # After this point the command must succeed.
    if account == len(state.accounts):
        state.accounts.append(Account())
    state.accounts[account] = Account(
        owner=owner,
        status=m.STATUS_OPEN,
        mode=command["flags"],
        isolated=instrument,
        generation=state.accounts[account].generation + 1,
    )


def close_account(state: State, command: Command) -> None:
    account = command["account"]
    require(state.exists(account), codes.ACCOUNT_MUST_EXIST)
    require(not state.is_private(account), codes.ACCOUNT_MUST_NOT_BE_NAMED)
    row = state.accounts[account]
    require(not row.holdings and row.cash == 0 and says_nothing(state, row), codes.ACCOUNT_MUST_BE_EMPTY)
    require(not state.is_bidding(account), codes.ACCOUNT_MUST_BE_EMPTY)

    # After this point the command must succeed.
    state.accounts[account] = Account(generation=row.generation)


def says_nothing(state: State, row: Account) -> bool:
    """Whether an account's case says nothing but of a call, and of stakes that were wiped and are in no queue."""
    pots = [(stake, state.pots[stake.pot]) for stake in row.case.stakes]
    lost = all(stake.epoch != pot.epoch and stake not in pot.queue for stake, pot in pots)
    return lost and replace(row.case, stakes=[], called_since=0, call_ended=0).is_empty()


def set_limits(state: State, command: Command) -> None:
    account, rate, trigger = command["account"], command["amount"], command["price"]
    require(state.exists(account), codes.ACCOUNT_MUST_EXIST)
    require(not state.is_private(account), codes.ACCOUNT_MUST_NOT_BE_NAMED)
    require(0 <= rate <= RATE_MAX, codes.LEVERAGE_CAP_MUST_BE_WITHIN_LIMIT)
    require(0 <= trigger <= TRIGGER_MAX, codes.TRIGGER_MUST_BE_WITHIN_LIMIT)
    row = state.accounts[account]
    if rate > row.leverage_rate:
        require_covered(figures(state, replace(row, leverage_rate=rate)))

    # After this point the command must succeed.
    row.leverage_rate = rate
    row.trigger_ppb = trigger
    row.triggered = False


def set_mode(state: State, command: Command) -> None:
    account, mode = command["account"], command["flags"]
    require(state.exists(account), codes.ACCOUNT_MUST_EXIST)
    require(not state.is_private(account), codes.ACCOUNT_MUST_NOT_BE_NAMED)
    require(mode in MODES, codes.MODE_MUST_BE_KNOWN)
    row = state.accounts[account]
    require(row.stage != m.STAGE_LIQUIDATING, codes.ACCOUNT_MUST_NOT_BE_LIQUIDATING)
    require_covered(figures(state, replace(row, mode=mode)))

    # After this point the command must succeed.
    row.mode = mode
