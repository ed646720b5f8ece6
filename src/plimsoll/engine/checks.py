"""Questions several commands ask of the tables before they change anything."""

from plimsoll.book.layout import Pool
from plimsoll.units import codes as code
from plimsoll.units.jit import rule
from plimsoll.units.messages import (
    KIND_ASSET,
    MODE_POT,
    NAMED_COUNT,
    STATUS_CLOSED,
    STATUS_FREE,
    STATUS_OPEN,
)


@rule
def exists(pool: Pool, account: int) -> bool:
    """Whether the number is an open account, a named one included."""
    return 0 <= account < pool.totals[0]["accounts"] and pool.accounts[account]["status"] == STATUS_OPEN


@rule
def require_pair(pool: Pool, account: int, counterparty: int) -> int:
    """Two open accounts that are not one."""
    if not exists(pool, account):
        return code.ACCOUNT_MUST_EXIST
    if not exists(pool, counterparty):
        return code.COUNTERPARTY_MUST_EXIST
    if account == counterparty:
        return code.ACCOUNTS_MUST_DIFFER
    return code.OK


@rule
def require_owned(pool: Pool, account: int) -> int:
    """An open account of an owner, neither named nor of a pot."""
    if not exists(pool, account):
        return code.ACCOUNT_MUST_EXIST
    if is_private(pool, account):
        return code.ACCOUNT_MUST_NOT_BE_NAMED
    return code.OK


@rule
def is_named(account: int) -> bool:
    """Whether the row is one of those every pool has."""
    return account < NAMED_COUNT


@rule
def is_private(pool: Pool, account: int) -> bool:
    """Whether an account is nobody's to command: a named row, or the account of a pot."""
    return is_named(account) or pool.accounts[account]["mode"] == MODE_POT


@rule
def is_paused(pool: Pool, mechanism: int) -> bool:
    """Whether the policy lets a mechanism (its bit) rest."""
    return pool.policy[0]["pauses"] & mechanism != 0


@rule
def is_listed(pool: Pool, instrument: int) -> bool:
    """Whether the number is an instrument that is not free or closed; instrument 0 is."""
    if instrument < 0 or instrument >= pool.totals[0]["instruments"]:
        return False
    status = pool.instruments[instrument]["status"]
    return status != STATUS_FREE and status != STATUS_CLOSED


@rule
def is_asset(pool: Pool, instrument: int) -> bool:
    """Whether the instrument is the settlement token or a custody asset."""
    return pool.instruments[instrument]["kind"] == KIND_ASSET


@rule
def allows(pool: Pool, account: int, instrument: int) -> bool:
    """Whether the account may hold the instrument: an isolated account holds one contract only."""
    isolated = pool.accounts[account]["isolated"]
    return isolated == 0 or isolated == instrument


@rule
def lots_of(pool: Pool, row: int) -> int:
    """Lots in a holding row, 0 for none."""
    return pool.holdings[row]["lots"] if row >= 0 else 0
