"""What a pot has, and how cash and lots move between a pot and an account."""

from plimsoll.accrual.shares import worth_of
from plimsoll.book.events import emit, move_cash
from plimsoll.book.holdings import Change, apply_change, find
from plimsoll.book.layout import Pool
from plimsoll.book.rows import PotRow
from plimsoll.engine.checks import lots_of
from plimsoll.margin.health import health
from plimsoll.units.jit import command, rule
from plimsoll.units.limits import POTS_MAX
from plimsoll.units.messages import NAMED_BACKSTOP, POT_AMM, POT_BACKSTOP


@rule
def is_pot(pool: Pool, number: int) -> bool:
    """Whether the number is a pot that was set."""
    return 1 <= number <= POTS_MAX and pool.pots[number]["status"] != 0


@rule
def all_shares(pot: PotRow) -> int:
    """T: shares of stakes, and those nobody can redeem."""
    return pot["shares"] + pot["own"]


@command
def assets_of(pool: Pool, number: int) -> int:
    """A: equity of the backstop, cash of a tranche or an AMM; nothing when that is negative."""
    pot = pool.pots[number]
    if pot["kind"] == POT_BACKSTOP:
        return max(0, health(pool, NAMED_BACKSTOP).equity)
    return max(0, pool.accounts[pot["account"]]["cash"])


@rule
def lots_in(pool: Pool, number: int) -> int:
    """Lots of its asset an AMM has; 0 for other pots."""
    pot = pool.pots[number]
    if pot["kind"] != POT_AMM:
        return 0
    return lots_of(pool, find(pool, pot["account"], pot["instrument"]))


@command
def has_stakes(pool: Pool, kind: int) -> bool:
    """Whether anybody has a stake in a pot of a kind."""
    for number in range(1, POTS_MAX + 1):
        if pool.pots[number]["kind"] == kind and pool.pots[number]["shares"] > 0:
            return True
    return False


@rule
def cash_worth(pool: Pool, number: int, shares: int) -> int:
    """Micros so many shares of a pot pay."""
    return worth_of(shares, assets_of(pool, number), all_shares(pool.pots[number]))


@rule
def lots_worth(pool: Pool, number: int, shares: int) -> int:
    """Lots so many shares of an AMM pay besides; 0 for other pots."""
    if pool.pots[number]["kind"] != POT_AMM:
        return 0
    return worth_of(shares, lots_in(pool, number), all_shares(pool.pots[number]))


@rule
def is_queued(pool: Pool, row: int) -> bool:
    """Whether a stake stands in its pot's queue of exits."""
    stake = pool.stakes[row]
    return stake["behind"] != 0 or pool.pots[stake["pot"]]["last"] == row


@command
def move_side(pool: Pool, kind: int, account: int, counterparty: int, asset: int, lots: int, cash: int) -> None:
    """Change an account's cash, and its lots of an asset with it, and say so in one event."""
    if lots == 0:
        move_cash(pool, kind, account, counterparty, cash)
        return
    apply_change(pool, account, find(pool, account, asset), Change(asset, lots, 0, cash, 0, 0, 0))
    emit(pool, kind, account, counterparty, asset, lots, 0, cash, 0, pool.instruments[asset]["mark"], 0)


@rule
def pay_over(pool: Pool, kind: int, giver: int, taker: int, asset: int, lots: int, cash: int) -> None:
    """Move cash, and lots of an asset with it, from one account to another; negative ones come back."""
    move_side(pool, kind, giver, taker, asset, -lots, -cash)
    move_side(pool, kind, taker, giver, asset, lots, cash)
