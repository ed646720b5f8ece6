"""§4: what comes in, goes out and moves between accounts; realised profit; write-downs."""

from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import HOLDINGS_PER_ACCOUNT_MAX, MICROS_MAX

from .books import add_asset, add_to_vault, change_holding, cuts, try_change
from .insurance import payable_today, wipe_what_is_lost
from .margin import figures, require_covered
from .stages import end_if_restored
from .state import Account, Command, Refused, State, require
from .terms import value


def require_asset(state: State, instrument: int) -> None:
    require(state.is_listed(instrument), codes.INSTRUMENT_MUST_BE_LISTED)
    require(state.instruments[instrument].is_asset, codes.INSTRUMENT_MUST_BE_ASSET)


def quantity_of(command: Command) -> int:
    return command["amount"] if command["instrument"] == 0 else command["lots"]


def owned(account: Account, instrument: int) -> int:
    return account.cash if instrument == 0 else account.row(instrument).lots


def in_vault(state: State, instrument: int) -> int:
    return state.vault if instrument == 0 else state.instruments[instrument].vault


def has_room(account: Account, instrument: int) -> bool:
    return instrument == 0 or account.has_room_for(instrument, HOLDINGS_PER_ACCOUNT_MAX)


def after_paying(account: Account, instrument: int, quantity: int) -> Account:
    if instrument == 0:
        trial = account.copy()
        trial.cash -= quantity
        return trial
    return try_change(account, instrument, -quantity)


def deposit(state: State, command: Command) -> None:
    account, instrument, quantity = command["account"], command["instrument"], quantity_of(command)
    require_asset(state, instrument)
    require(quantity >= 1, codes.AMOUNT_MUST_BE_POSITIVE)
    most = MICROS_MAX if instrument == 0 else state.instruments[instrument].open_lots_max
    require(quantity <= most, codes.AMOUNT_MUST_BE_WITHIN_LIMIT)
    require(in_vault(state, instrument) + quantity <= most, codes.VAULT_MUST_BE_WITHIN_LIMIT)

    receiver = account
    try:
        require_creditable(state, account, instrument, quantity, command["counterparty"])
    except Refused:
        if not command["flags"] & m.FLAG_FROM_CHAIN:
            raise
        receiver = m.NAMED_SUSPENSE
        require(has_room(state.accounts[receiver], instrument), codes.HOLDINGS_MUST_FIT)

    # After this point the command must succeed.
    add_to_vault(state, instrument, quantity)
    add_asset(state, receiver, instrument, quantity)
    end_if_restored(state, receiver)


def require_creditable(state: State, account: int, instrument: int, quantity: int, depositor: int) -> None:
    """The rules of crediting: from the chain, what breaks one of them waits in suspense."""
    require(state.exists(account), codes.ACCOUNT_MUST_EXIST)
    open_to_cash = (m.NAMED_FUND, m.NAMED_FEES, m.NAMED_BACKSTOP)
    require(account >= m.NAMED_COUNT or account in open_to_cash, codes.ACCOUNT_MUST_NOT_BE_NAMED)
    if instrument == 0:
        return
    require(not state.is_private(account), codes.ACCOUNT_MUST_NOT_BE_NAMED)
    owner, row = state.accounts[account], state.instruments[instrument]
    require(owner.isolated == 0, codes.ACCOUNT_MUST_ALLOW_INSTRUMENT)
    require(row.status == m.STATUS_OPEN, codes.INSTRUMENT_MUST_BE_OPEN)
    require(owner.row(instrument).lots + quantity <= row.lots_max, codes.LOTS_MUST_BE_WITHIN_LIMIT)
    if instrument not in owner.holdings:
        require(depositor == owner.owner, codes.HOLDING_MUST_BE_OPENED_BY_OWNER)
        require(has_room(owner, instrument), codes.HOLDINGS_MUST_FIT)
    require(row.allows(m.ACTION_MARGIN), codes.MARK_MUST_ALLOW_MARGIN)
    enough = value(row, quantity) >= state.policy["deposit_notional_min"]
    require(enough, codes.NOTIONAL_MUST_REACH_MINIMUM)


def require_payable(state: State, payer: Account, instrument: int, quantity: int) -> None:
    """The end of withdraw and transfer: marks allow it, no borrowed cash is left behind, IM is covered."""
    require(figures(state, payer).blocks & m.ACTION_WITHDRAW == 0, codes.MARK_MUST_ALLOW_WITHDRAW)
    if instrument != 0:
        require(payer.cash >= 0, codes.CASH_MUST_NOT_BE_NEGATIVE)
    require_covered(figures(state, after_paying(payer, instrument, quantity)))


def require_owned(payer: Account, instrument: int, quantity: int) -> None:
    require(quantity >= 1, codes.AMOUNT_MUST_BE_POSITIVE)
    if instrument == 0:
        require(quantity <= max(payer.cash, 0), codes.CASH_MUST_NOT_BE_NEGATIVE)
    else:
        require(quantity <= owned(payer, instrument), codes.AMOUNT_MUST_BE_HELD)


def withdraw(state: State, command: Command) -> None:
    account, instrument, quantity = command["account"], command["instrument"], quantity_of(command)
    require(state.exists(account), codes.ACCOUNT_MUST_EXIST)
    require(not state.is_private(account), codes.ACCOUNT_MUST_NOT_BE_NAMED)
    require_asset(state, instrument)
    payer, pending = state.accounts[account], state.accounts[m.NAMED_PENDING]
    require_owned(payer, instrument, quantity)
    require(has_room(pending, instrument), codes.HOLDINGS_MUST_FIT)
    require(state.shortfall <= payable_today(state), codes.WITHDRAWALS_MUST_NOT_BE_GATED)
    require_payable(state, payer, instrument, quantity)

    # After this point the command must succeed.
    add_asset(state, account, instrument, -quantity)
    add_asset(state, m.NAMED_PENDING, instrument, quantity)


def pay_withdrawal(state: State, command: Command) -> None:
    instrument, quantity = command["instrument"], quantity_of(command)
    require_asset(state, instrument)
    require(quantity >= 1, codes.AMOUNT_MUST_BE_POSITIVE)
    pending = state.accounts[m.NAMED_PENDING]
    require(quantity <= owned(pending, instrument), codes.AMOUNT_MUST_BE_HELD)

    # After this point the command must succeed.
    add_asset(state, m.NAMED_PENDING, instrument, -quantity)
    add_to_vault(state, instrument, -quantity)


def require_transfer_parties(state: State, command: Command) -> None:
    """Two accounts of one owner; or the operator, from what the pool itself has to owners, fund or backstop."""
    account, other = command["account"], command["counterparty"]
    require(state.exists(account), codes.ACCOUNT_MUST_EXIST)
    require(state.exists(other), codes.COUNTERPARTY_MUST_EXIST)
    require(account != other, codes.ACCOUNTS_MUST_DIFFER)
    closed = (m.NAMED_FUND, m.NAMED_PENDING, m.NAMED_SETTLEMENT, m.NAMED_BONDS)
    is_of_pot = state.accounts[account].mode == m.MODE_POT
    require(account not in closed and not is_of_pot, codes.ACCOUNT_MUST_NOT_BE_NAMED)
    is_named = account < m.NAMED_COUNT
    if is_named:
        require(bool(command["flags"] & m.FLAG_OPERATOR), codes.OPERATOR_MUST_ACT)
    if account == m.NAMED_BACKSTOP:
        staked = any(pot.kind == m.POT_BACKSTOP and pot.shares > 0 for pot in state.pots.values())
        require(not staked, codes.STAKES_MUST_NOT_BE_TAKEN)
    if state.is_private(other):
        filled_up = other in (m.NAMED_FUND, m.NAMED_BACKSTOP) and command["instrument"] == 0
        require(filled_up and is_named, codes.COUNTERPARTY_MUST_NOT_BE_NAMED)
    if not is_named:
        require(state.accounts[account].owner == state.accounts[other].owner, codes.OWNERS_MUST_MATCH)


def transfer(state: State, command: Command) -> None:
    account, other = command["account"], command["counterparty"]
    instrument, quantity = command["instrument"], quantity_of(command)
    require_transfer_parties(state, command)
    require_asset(state, instrument)
    payer, receiver = state.accounts[account], state.accounts[other]
    require_owned(payer, instrument, quantity)
    if instrument != 0:
        require(receiver.isolated == 0, codes.COUNTERPARTY_MUST_ALLOW_INSTRUMENT)
        require(has_room(receiver, instrument), codes.COUNTERPARTY_HOLDINGS_MUST_FIT)
        lots = receiver.row(instrument).lots + quantity
        fits = lots <= state.instruments[instrument].lots_max
        require(fits, codes.COUNTERPARTY_LOTS_MUST_BE_WITHIN_LIMIT)
    if account != m.NAMED_SUSPENSE:
        require_payable(state, payer, instrument, quantity)

    # After this point the command must succeed.
    add_asset(state, account, instrument, -quantity)
    add_asset(state, other, instrument, quantity)
    end_if_restored(state, other)


def realise(state: State, command: Command) -> None:
    account, instrument = command["account"], command["instrument"]
    require(state.exists(account), codes.ACCOUNT_MUST_EXIST)
    require(not state.is_private(account), codes.ACCOUNT_MUST_NOT_BE_NAMED)
    require(state.is_listed(instrument), codes.INSTRUMENT_MUST_BE_LISTED)
    row, owner = state.instruments[instrument], state.accounts[account]
    require(not row.is_paid_in_cash, codes.INSTRUMENT_MUST_BE_CONTRACT)
    held = owner.row(instrument)
    require(held.lots != 0, codes.HOLDING_MUST_EXIST)
    require(row.status != m.STATUS_SETTLING, codes.INSTRUMENT_MUST_BE_OPEN)
    require(row.allows(m.ACTION_SETTLE), codes.MARK_MUST_ALLOW_SETTLE)
    gain = value(row, held.lots) - held.cost
    require_covered(figures(state, try_change(owner, instrument, 0, cost=gain, cash=gain)))

    # After this point the command must succeed.
    row.realised += gain
    change_holding(state, account, instrument, 0, cost=gain, cash=gain)


def write_down(state: State, command: Command) -> None:
    instrument, quantity = command["instrument"], quantity_of(command)
    require_asset(state, instrument)
    require(quantity >= 1, codes.AMOUNT_MUST_BE_POSITIVE)
    holders = [number for number in range(len(state.accounts)) if number != m.NAMED_BONDS]
    owns = [(number, owned(state.accounts[number], instrument)) for number in holders]
    total = sum(max(0, own) for _, own in owns)
    require(quantity <= min(total, in_vault(state, instrument)), codes.AMOUNT_MUST_BE_HELD)

    # After this point the command must succeed.
    for account, cut in cuts(quantity, total, owns):
        add_asset(state, account, instrument, -cut)
    if instrument == 0:
        wipe_what_is_lost(state)
    add_to_vault(state, instrument, -quantity)
    state.sweep_due = True
