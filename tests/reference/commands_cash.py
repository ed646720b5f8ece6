"""§4: what comes in, goes out and moves between accounts; realised profit; write-downs."""

from plimsoll.units import codes
from plimsoll.units import messages as m
from plimsoll.units.limits import HOLDINGS_PER_ACCOUNT_MAX, MICROS_MAX

from .books import add_asset, add_to_vault, change_holding, cuts, try_change
from .margin import figures, require_covered, value
from .state import Account, Command, Refused, State, require


def require_asset(state: State, instrument: int) -> None:
    require(state.is_listed(instrument), codes.INSTRUMENT_MUST_BE_LISTED)
    require(state.instruments[instrument].is_asset, codes.INSTRUMENT_MUST_BE_ASSET)


def quantity_of(command: Command) -> int:
    return command["amount"] if command["instrument"] == 0 else command["lots"]


def owned(account: Account, instrument: int) -> int:
    return account.cash if instrument == 0 else account.row(instrument).lots


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
    row = state.instruments[instrument]
    require(row.status == m.STATUS_OPEN, codes.INSTRUMENT_MUST_BE_OPEN)
    require(quantity >= 1, codes.AMOUNT_MUST_BE_POSITIVE)
    most, vault, vault_most = MICROS_MAX, state.vault, MICROS_MAX
    if instrument != 0:
        most, vault, vault_most = row.lots_max, row.vault, row.open_lots_max
    require(quantity <= most, codes.AMOUNT_MUST_BE_WITHIN_LIMIT)
    require(vault + quantity <= vault_most, codes.VAULT_MUST_BE_WITHIN_LIMIT)

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


def require_creditable(state: State, account: int, instrument: int, quantity: int, depositor: int) -> None:
    require(state.exists(account), codes.ACCOUNT_MUST_EXIST)
    closed = (m.NAMED_DUST, m.NAMED_SUSPENSE, m.NAMED_PENDING, m.NAMED_SETTLEMENT)
    require(account not in closed, codes.ACCOUNT_MUST_NOT_BE_NAMED)
    if instrument == 0:
        return
    owner, row = state.accounts[account], state.instruments[instrument]
    require(owner.isolated == 0, codes.ACCOUNT_MUST_ALLOW_INSTRUMENT)
    require(account not in (m.NAMED_FUND, m.NAMED_FEES), codes.ACCOUNT_MUST_NOT_BE_NAMED)
    require(owner.row(instrument).lots + quantity <= row.lots_max, codes.LOTS_MUST_BE_WITHIN_LIMIT)
    if instrument not in owner.holdings:
        by_owner = depositor == owner.owner or account == m.NAMED_BACKSTOP
        require(by_owner, codes.HOLDING_MUST_BE_OPENED_BY_OWNER)
        require(has_room(owner, instrument), codes.HOLDINGS_MUST_FIT)
    enough = value(row, quantity) >= state.policy["deposit_notional_min"]
    require(enough, codes.NOTIONAL_MUST_REACH_MINIMUM)


def require_payable(state: State, payer: Account, instrument: int, quantity: int) -> None:
    """The end of withdraw and transfer: marks allow it, no borrowed cash is left behind, IM is covered."""
    before, after = figures(state, payer), figures(state, after_paying(payer, instrument, quantity))
    blocks = before.blocks | after.blocks | state.instruments[instrument].blocks
    require(blocks & m.ACTION_WITHDRAW == 0, codes.MARK_MUST_ALLOW_WITHDRAW)
    if instrument != 0:
        require(payer.cash >= 0, codes.CASH_MUST_NOT_BE_NEGATIVE)
    require_covered(before, after)


def require_owned(payer: Account, instrument: int, quantity: int) -> None:
    if instrument == 0:
        require(quantity <= max(payer.cash, 0), codes.CASH_MUST_NOT_BE_NEGATIVE)
    else:
        require(quantity <= owned(payer, instrument), codes.AMOUNT_MUST_BE_HELD)


def withdraw(state: State, command: Command) -> None:
    account, instrument, quantity = command["account"], command["instrument"], quantity_of(command)
    require(state.exists(account), codes.ACCOUNT_MUST_EXIST)
    require(account >= m.NAMED_COUNT, codes.ACCOUNT_MUST_NOT_BE_NAMED)
    require_asset(state, instrument)
    require(quantity >= 1, codes.AMOUNT_MUST_BE_POSITIVE)
    payer, pending = state.accounts[account], state.accounts[m.NAMED_PENDING]
    require_owned(payer, instrument, quantity)
    require(has_room(pending, instrument), codes.HOLDINGS_MUST_FIT)
    require(state.shortfall <= state.fund_cash(), codes.WITHDRAWALS_MUST_NOT_BE_GATED)
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


def transfer(state: State, command: Command) -> None:
    account, other = command["account"], command["counterparty"]
    instrument, quantity = command["instrument"], quantity_of(command)
    require(state.exists(account), codes.ACCOUNT_MUST_EXIST)
    require(state.exists(other), codes.COUNTERPARTY_MUST_EXIST)
    require(account != other, codes.ACCOUNTS_MUST_DIFFER)
    from_suspense = account == m.NAMED_SUSPENSE
    if from_suspense:
        require(bool(command["flags"] & m.FLAG_OPERATOR), codes.OPERATOR_MUST_ACT)
    else:
        require(account >= m.NAMED_COUNT, codes.ACCOUNT_MUST_NOT_BE_NAMED)
    require(other >= m.NAMED_COUNT, codes.COUNTERPARTY_MUST_NOT_BE_NAMED)
    payer, receiver = state.accounts[account], state.accounts[other]
    require(from_suspense or payer.owner == receiver.owner, codes.OWNERS_MUST_MATCH)
    require_asset(state, instrument)
    require(quantity >= 1, codes.AMOUNT_MUST_BE_POSITIVE)
    require_owned(payer, instrument, quantity)
    if instrument != 0:
        require(receiver.isolated == 0, codes.COUNTERPARTY_MUST_ALLOW_INSTRUMENT)
        require(has_room(receiver, instrument), codes.COUNTERPARTY_HOLDINGS_MUST_FIT)
        lots = receiver.row(instrument).lots + quantity
        fits = lots <= state.instruments[instrument].lots_max
        require(fits, codes.COUNTERPARTY_LOTS_MUST_BE_WITHIN_LIMIT)
    if not from_suspense:
        require_payable(state, payer, instrument, quantity)

    # After this point the command must succeed.
    add_asset(state, account, instrument, -quantity)
    add_asset(state, other, instrument, quantity)


def realise(state: State, command: Command) -> None:
    account, instrument = command["account"], command["instrument"]
    require(state.exists(account), codes.ACCOUNT_MUST_EXIST)
    require(account >= m.NAMED_COUNT, codes.ACCOUNT_MUST_NOT_BE_NAMED)
    require(state.is_listed(instrument), codes.INSTRUMENT_MUST_BE_LISTED)
    row, owner = state.instruments[instrument], state.accounts[account]
    require(not row.is_asset, codes.INSTRUMENT_MUST_BE_CONTRACT)
    held = owner.row(instrument)
    require(held.lots != 0, codes.HOLDING_MUST_EXIST)
    require(row.allows(m.ACTION_SETTLE), codes.MARK_MUST_ALLOW_SETTLE)
    gain = value(row, held.lots) - held.cost
    after = try_change(owner, instrument, 0, cost=gain, cash=gain)
    require_covered(figures(state, owner), figures(state, after))

    # After this point the command must succeed.
    row.realised += gain
    change_holding(state, account, instrument, 0, cost=gain, cash=gain)


def write_down(state: State, command: Command) -> None:
    instrument, quantity = command["instrument"], quantity_of(command)
    require_asset(state, instrument)
    require(quantity >= 1, codes.AMOUNT_MUST_BE_POSITIVE)
    owns = [(number, owned(account, instrument)) for number, account in enumerate(state.accounts)]
    total = sum(max(0, own) for _, own in owns)
    require(quantity <= total, codes.AMOUNT_MUST_BE_HELD)

    # After this point the command must succeed.
    for account, cut in cuts(quantity, total, owns):
        add_asset(state, account, instrument, -cut)
    add_to_vault(state, instrument, -quantity)
