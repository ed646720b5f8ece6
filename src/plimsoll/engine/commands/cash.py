"""Money and custody assets in, out and between accounts of one owner.

A quantity is micros of the settlement token (instrument 0) or lots of a custody asset; ``move`` treats both alike.
"""

from plimsoll.book.events import emit, touch
from plimsoll.book.holdings import Change, apply_change, find, has_room
from plimsoll.book.layout import Pool
from plimsoll.book.rows import CommandRow
from plimsoll.engine.checks import (
    allows,
    exists,
    is_asset,
    is_listed,
    is_named,
    is_private,
    lots_of,
    require_owned,
    require_pair,
)
from plimsoll.engine.pot_assets import has_stakes
from plimsoll.engine.waterfall.insurance import payable_today
from plimsoll.engine.waterfall.order import end_if_rescued
from plimsoll.margin.health import health, health_after
from plimsoll.margin.rule import require_covered
from plimsoll.margin.terms import value_of
from plimsoll.units import codes as code
from plimsoll.units.jit import command as compiled
from plimsoll.units.jit import rule
from plimsoll.units.limits import MICROS_MAX
from plimsoll.units.messages import (
    ACTION_MARGIN,
    ACTION_WITHDRAW,
    EVENT_DEPOSITED,
    EVENT_SUSPENDED,
    EVENT_TRANSFERRED,
    EVENT_WITHDRAWAL_PAID,
    EVENT_WITHDRAWAL_PENDING,
    EVENT_WITHDRAWAL_REQUESTED,
    FLAG_FROM_CHAIN,
    FLAG_OPERATOR,
    NAMED_BACKSTOP,
    NAMED_BONDS,
    NAMED_FEES,
    NAMED_FUND,
    NAMED_PENDING,
    NAMED_SETTLEMENT,
    NAMED_SUSPENSE,
    POT_BACKSTOP,
    STATUS_OPEN,
)


@rule
def quantity_of(command: CommandRow) -> int:
    """Micros for the settlement token, lots for any other asset."""
    return command["amount"] if command["instrument"] == 0 else command["lots"]


@rule
def take(instrument: int, quantity: int) -> Change:
    """The change of an account a quantity (signed) comes to."""
    if instrument == 0:
        return Change(-1, 0, 0, quantity, 0, 0, 0)
    return Change(instrument, quantity, 0, 0, 0, 0, 0)


@compiled
def move(pool: Pool, kind: int, account: int, counterparty: int, instrument: int, quantity: int) -> None:
    """Add a signed quantity to an account, with its event."""
    if instrument == 0:
        pool.accounts[account]["cash"] += quantity
        touch(pool, account)
        emit(pool, kind, account, counterparty, 0, 0, 0, quantity, 0, 0, 0)
    else:
        apply_change(pool, account, find(pool, account, instrument), take(instrument, quantity))
        emit(pool, kind, account, counterparty, instrument, quantity, 0, 0, 0, pool.instruments[instrument]["mark"], 0)


@rule
def require_asset(pool: Pool, instrument: int) -> int:
    """Listed, and the settlement token or a custody asset."""
    if not is_listed(pool, instrument):
        return code.INSTRUMENT_MUST_BE_LISTED
    if not is_asset(pool, instrument):
        return code.INSTRUMENT_MUST_BE_ASSET
    return code.OK


@rule
def vault_of(pool: Pool, instrument: int) -> int:
    """What the pool holds of an asset."""
    return pool.totals[0]["vault"] if instrument == 0 else pool.instruments[instrument]["vault"]


@rule
def add_to_vault(pool: Pool, instrument: int, quantity: int) -> None:
    """Change what the pool holds of an asset."""
    if instrument == 0:
        pool.totals[0]["vault"] += quantity
    else:
        pool.instruments[instrument]["vault"] += quantity


@compiled
def require_creditable(pool: Pool, command: CommandRow) -> int:
    """Why the account may not be credited with a deposit; ``ok`` when it may."""
    account = command["account"]
    instrument = command["instrument"]
    if not exists(pool, account):
        return code.ACCOUNT_MUST_EXIST
    if is_named(account) and account != NAMED_FUND and account != NAMED_FEES and account != NAMED_BACKSTOP:
        return code.ACCOUNT_MUST_NOT_BE_NAMED
    if instrument == 0:
        return code.OK
    if is_private(pool, account):
        return code.ACCOUNT_MUST_NOT_BE_NAMED
    if pool.accounts[account]["isolated"] != 0:
        return code.ACCOUNT_MUST_ALLOW_INSTRUMENT
    if pool.instruments[instrument]["status"] != STATUS_OPEN:
        return code.INSTRUMENT_MUST_BE_OPEN
    row = find(pool, account, instrument)
    lots = command["lots"]
    if lots_of(pool, row) + lots > pool.instruments[instrument]["lots_max"]:
        return code.LOTS_MUST_BE_WITHIN_LIMIT
    if row < 0 and command["counterparty"] != pool.accounts[account]["owner"]:
        return code.HOLDING_MUST_BE_OPENED_BY_OWNER
    if not has_room(pool, account, row):
        return code.HOLDINGS_MUST_FIT
    if pool.instruments[instrument]["blocks"] & ACTION_MARGIN != 0:
        return code.MARK_MUST_ALLOW_MARGIN
    if value_of(pool.instruments[instrument], lots) < pool.policy[0]["deposit_notional_min"]:
        return code.NOTIONAL_MUST_REACH_MINIMUM
    return code.OK


@compiled
def deposit(pool: Pool, command: CommandRow) -> int:
    """Credit an account; what the chain has taken and no account may have waits in suspense."""
    instrument = command["instrument"]
    quantity = quantity_of(command)
    refusal = require_asset(pool, instrument)
    if refusal != code.OK:
        return refusal
    listed = pool.instruments[instrument]
    if quantity < 1:
        return code.AMOUNT_MUST_BE_POSITIVE
    if quantity > (MICROS_MAX if instrument == 0 else listed["open_lots_max"]):
        return code.AMOUNT_MUST_BE_WITHIN_LIMIT
    if vault_of(pool, instrument) + quantity > (MICROS_MAX if instrument == 0 else listed["open_lots_max"]):
        return code.VAULT_MUST_BE_WITHIN_LIMIT
    refusal = require_creditable(pool, command)
    account = command["account"]
    kind = EVENT_DEPOSITED
    if refusal != code.OK:
        if command["flags"] & FLAG_FROM_CHAIN == 0:
            return refusal
        row = find(pool, NAMED_SUSPENSE, instrument)
        if instrument != 0 and not has_room(pool, NAMED_SUSPENSE, row):
            return code.HOLDINGS_MUST_FIT
        account = NAMED_SUSPENSE
        kind = EVENT_SUSPENDED
    # After this point the command must succeed.
    add_to_vault(pool, instrument, quantity)
    move(pool, kind, account, -1, instrument, quantity)
    end_if_rescued(pool, account)
    return code.OK


@rule
def require_held(pool: Pool, account: int, instrument: int, quantity: int) -> int:
    """A positive quantity that the account really has."""
    if quantity < 1:
        return code.AMOUNT_MUST_BE_POSITIVE
    if instrument == 0:
        if quantity > max(pool.accounts[account]["cash"], 0):
            return code.CASH_MUST_NOT_BE_NEGATIVE
    elif quantity > lots_of(pool, find(pool, account, instrument)):
        return code.AMOUNT_MUST_BE_HELD
    return code.OK


@compiled
def require_may_leave(pool: Pool, account: int, instrument: int, quantity: int) -> int:
    """The marks allow it, no cash is owed, and initial margin is covered afterwards."""
    if health(pool, account).blocked & ACTION_WITHDRAW != 0:
        return code.MARK_MUST_ALLOW_WITHDRAW
    if instrument != 0 and pool.accounts[account]["cash"] < 0:
        return code.CASH_MUST_NOT_BE_NEGATIVE
    return require_covered(health_after(pool, account, take(instrument, -quantity)))


@compiled
def withdraw(pool: Pool, command: CommandRow) -> int:
    """Ask for money to leave: it waits in the pending account until the chain has paid it."""
    account = command["account"]
    instrument = command["instrument"]
    quantity = quantity_of(command)
    refusal = require_owned(pool, account)
    if refusal == code.OK:
        refusal = require_asset(pool, instrument)
    if refusal == code.OK:
        refusal = require_held(pool, account, instrument, quantity)
    if refusal != code.OK:
        return refusal
    if instrument != 0 and not has_room(pool, NAMED_PENDING, find(pool, NAMED_PENDING, instrument)):
        return code.HOLDINGS_MUST_FIT
    if pool.totals[0]["shortfall"] > payable_today(pool):
        return code.WITHDRAWALS_MUST_NOT_BE_GATED
    refusal = require_may_leave(pool, account, instrument, quantity)
    if refusal != code.OK:
        return refusal
    # After this point the command must succeed.
    move(pool, EVENT_WITHDRAWAL_REQUESTED, account, NAMED_PENDING, instrument, -quantity)
    move(pool, EVENT_WITHDRAWAL_PENDING, NAMED_PENDING, account, instrument, quantity)
    return code.OK


@compiled
def pay_withdrawal(pool: Pool, command: CommandRow) -> int:
    """The chain has paid: the quantity leaves the pending account and the vault."""
    instrument = command["instrument"]
    quantity = quantity_of(command)
    refusal = require_asset(pool, instrument)
    if refusal != code.OK:
        return refusal
    if quantity < 1:
        return code.AMOUNT_MUST_BE_POSITIVE
    if require_held(pool, NAMED_PENDING, instrument, quantity) != code.OK:
        return code.AMOUNT_MUST_BE_HELD
    # After this point the command must succeed.
    add_to_vault(pool, instrument, -quantity)
    move(pool, EVENT_WITHDRAWAL_PAID, NAMED_PENDING, -1, instrument, -quantity)
    return code.OK


@compiled
def require_receivable(pool: Pool, account: int, instrument: int, lots: int) -> int:
    """Why an account may not receive lots of an asset from its owner."""
    if not allows(pool, account, instrument):
        return code.COUNTERPARTY_MUST_ALLOW_INSTRUMENT
    row = find(pool, account, instrument)
    if not has_room(pool, account, row):
        return code.COUNTERPARTY_HOLDINGS_MUST_FIT
    if lots_of(pool, row) + lots > pool.instruments[instrument]["lots_max"]:
        return code.COUNTERPARTY_LOTS_MUST_BE_WITHIN_LIMIT
    return code.OK


@compiled
def require_parties(pool: Pool, command: CommandRow) -> int:
    """Two different accounts of one owner; or the operator pays out of fees, dust, backstop or suspense."""
    sender = command["account"]
    receiver = command["counterparty"]
    refusal = require_pair(pool, sender, receiver)
    if refusal != code.OK:
        return refusal
    if sender in (NAMED_FUND, NAMED_PENDING, NAMED_SETTLEMENT, NAMED_BONDS):
        return code.ACCOUNT_MUST_NOT_BE_NAMED
    if is_private(pool, sender) and not is_named(sender):
        return code.ACCOUNT_MUST_NOT_BE_NAMED
    if is_named(sender) and command["flags"] & FLAG_OPERATOR == 0:
        return code.OPERATOR_MUST_ACT
    if sender == NAMED_BACKSTOP and has_stakes(pool, POT_BACKSTOP):
        return code.STAKES_MUST_NOT_BE_TAKEN
    if is_private(pool, receiver):
        from_venue = is_named(sender) and command["instrument"] == 0
        if not from_venue or (receiver != NAMED_FUND and receiver != NAMED_BACKSTOP):
            return code.COUNTERPARTY_MUST_NOT_BE_NAMED
    if not is_named(sender) and pool.accounts[sender]["owner"] != pool.accounts[receiver]["owner"]:
        return code.OWNERS_MUST_MATCH
    return code.OK


@compiled
def transfer(pool: Pool, command: CommandRow) -> int:
    """Move money or an asset between two accounts of one owner."""
    sender = command["account"]
    receiver = command["counterparty"]
    instrument = command["instrument"]
    quantity = quantity_of(command)
    refusal = require_parties(pool, command)
    if refusal == code.OK:
        refusal = require_asset(pool, instrument)
    if refusal == code.OK:
        refusal = require_held(pool, sender, instrument, quantity)
    if refusal == code.OK and instrument != 0:
        refusal = require_receivable(pool, receiver, instrument, quantity)
    if refusal == code.OK and sender != NAMED_SUSPENSE:
        refusal = require_may_leave(pool, sender, instrument, quantity)
    if refusal != code.OK:
        return refusal
    # After this point the command must succeed.
    move(pool, EVENT_TRANSFERRED, sender, receiver, instrument, -quantity)
    move(pool, EVENT_TRANSFERRED, receiver, sender, instrument, quantity)
    end_if_rescued(pool, receiver)
    return code.OK
