"""Put money into a pot for shares, and ask for it back: what is asked for waits in the pot's queue and bears losses."""

from typing import NamedTuple

from plimsoll.accrual.shares import cost_of, shares_for
from plimsoll.book.cases import find_stake, new_stake
from plimsoll.book.events import emit, note
from plimsoll.book.holdings import Change, find
from plimsoll.book.layout import Pool
from plimsoll.book.rows import CommandRow
from plimsoll.engine.checks import allows, is_paused, lots_of, require_owned
from plimsoll.engine.exits import pay_queue
from plimsoll.engine.pot_assets import all_shares, assets_of, is_pot, is_queued, lots_in, pay_over
from plimsoll.engine.waterfall.insurance import payable_today
from plimsoll.margin.health import health, health_after
from plimsoll.margin.rule import require_covered
from plimsoll.units import codes as code
from plimsoll.units.jit import command as compiled
from plimsoll.units.jit import rule
from plimsoll.units.limits import SHARES_MAX
from plimsoll.units.messages import (
    ACTION_MARGIN,
    ACTION_WITHDRAW,
    EVENT_SHARES_CHANGED,
    EVENT_STAKED,
    EVENT_UNSTAKING,
    NAMED_BACKSTOP,
    PAUSE_STAKE,
    POT_AMM,
    POT_BACKSTOP,
)


class Purchase(NamedTuple):
    """Shares, and what of the offer is used for them."""

    shares: int
    cash: int
    lots: int


@rule
def require_pot(pool: Pool, command: CommandRow) -> int:
    """An owner's account, a pot, and stakes not paused."""
    refusal = require_owned(pool, command["account"])
    if refusal != code.OK:
        return refusal
    if not is_pot(pool, command["instrument"]):
        return code.POT_MUST_EXIST
    if is_paused(pool, PAUSE_STAKE):
        return code.MECHANISM_MUST_NOT_BE_PAUSED
    return code.OK


@compiled
def require_offer(pool: Pool, command: CommandRow) -> int:
    """A quantity the pot has room for, and a pot whose assets can be told."""
    number = command["instrument"]
    pot = pool.pots[number]
    if command["amount"] < 1:
        return code.AMOUNT_MUST_BE_POSITIVE
    if pot["kind"] == POT_AMM and command["lots"] < 1:
        return code.LOTS_MUST_NOT_BE_ZERO
    if command["amount"] > pot["capacity"] - assets_of(pool, number):
        return code.POT_MUST_HAVE_ROOM
    if pot["kind"] == POT_BACKSTOP:
        backstop = health(pool, NAMED_BACKSTOP)
        if backstop.blocked & ACTION_MARGIN != 0:
            return code.MARK_MUST_ALLOW_MARGIN
        if backstop.equity < 0:
            return code.POT_MUST_BE_SOLVENT
    if pot["kind"] == POT_AMM:
        asset = pot["instrument"]
        if command["lots"] > pool.instruments[asset]["lots_max"] - lots_in(pool, number):
            return code.LOTS_MUST_BE_WITHIN_LIMIT
        if not allows(pool, command["account"], asset):
            return code.ACCOUNT_MUST_ALLOW_INSTRUMENT
    return code.OK


@compiled
def purchase_of(pool: Pool, command: CommandRow) -> Purchase:
    """What an offer buys. The first stake in an AMM sets its price; later ones are used as far as they fit it."""
    number = command["instrument"]
    pot = pool.pots[number]
    total = all_shares(pot)
    assets = assets_of(pool, number)
    by_cash = shares_for(command["amount"], assets, total)
    if pot["kind"] != POT_AMM:
        return Purchase(by_cash, command["amount"], 0)
    if pot["shares"] == 0:
        return Purchase(by_cash, command["amount"], command["lots"])
    reserve = lots_in(pool, number)
    shares = min(by_cash, shares_for(command["lots"], reserve, total))
    if shares > SHARES_MAX:
        return Purchase(shares, command["amount"], command["lots"])
    return Purchase(shares, cost_of(shares, assets, total), cost_of(shares, reserve, total))


@compiled
def require_payable(pool: Pool, command: CommandRow, bought: Purchase) -> int:
    """The account has what is used, its marks let it go, and initial margin is covered without it."""
    account = command["account"]
    asset = pool.pots[command["instrument"]]["instrument"]
    if bought.cash > pool.accounts[account]["cash"]:
        return code.CASH_MUST_NOT_BE_NEGATIVE
    if bought.lots > 0 and bought.lots > lots_of(pool, find(pool, account, asset)):
        return code.AMOUNT_MUST_BE_HELD
    # A stake in an AMM bears no loss of the pool: it would leave those who stay to be cut for what is short.
    if bought.lots > 0 and pool.totals[0]["shortfall"] > payable_today(pool):
        return code.WITHDRAWALS_MUST_NOT_BE_GATED
    if health(pool, account).blocked & ACTION_WITHDRAW != 0:
        return code.MARK_MUST_ALLOW_WITHDRAW
    change = Change(-1, 0, 0, -bought.cash, 0, 0, 0)
    if bought.lots > 0:
        change = Change(asset, -bought.lots, 0, -bought.cash, 0, 0, 0)
    return require_covered(health_after(pool, account, change))


@compiled
def stake_of(pool: Pool, account: int, number: int) -> int:
    """The account's stake in the pot's present epoch, made or begun again if there is none."""
    row = find_stake(pool, account, number)
    if row == 0:
        return new_stake(pool, account, number)
    stake = pool.stakes[row]
    if stake["epoch"] != pool.pots[number]["epoch"]:
        # It may still stand in the queue: it leaves that in its turn, with nothing.
        stake["epoch"] = pool.pots[number]["epoch"]
        stake["shares"] = 0
        stake["unbonding"] = 0
    return row


@compiled
def stake(pool: Pool, command: CommandRow) -> int:
    """Buy shares of a pot."""
    number = command["instrument"]
    refusal = require_pot(pool, command)
    if refusal == code.OK:
        refusal = require_offer(pool, command)
    if refusal != code.OK:
        return refusal
    pot = pool.pots[number]
    bought = purchase_of(pool, command)
    if bought.shares < 1:
        return code.SHARES_MUST_BE_POSITIVE
    if bought.shares > SHARES_MAX - all_shares(pot):
        return code.SHARES_MUST_FIT
    if bought.shares < command["price"]:
        return code.SHARES_MUST_REACH_LIMIT
    refusal = require_payable(pool, command, bought)
    if refusal != code.OK:
        return refusal
    # After this point the command must succeed.
    account = command["account"]
    pay_over(pool, EVENT_STAKED, account, pot["account"], pot["instrument"], bought.lots, bought.cash)
    pool.stakes[stake_of(pool, account, number)]["shares"] += bought.shares
    pot["shares"] += bought.shares
    emit(pool, EVENT_SHARES_CHANGED, account, pot["account"], 0, 0, 0, 0, 0, number, bought.shares)
    return code.OK


@compiled
def unstake(pool: Pool, command: CommandRow) -> int:
    """Ask for the worth of shares: they wait out the unbonding time at the end of the pot's queue."""
    number = command["instrument"]
    shares = command["amount"]
    refusal = require_pot(pool, command)
    if refusal != code.OK:
        return refusal
    if shares < 1:
        return code.AMOUNT_MUST_BE_POSITIVE
    pot = pool.pots[number]
    row = find_stake(pool, command["account"], number)
    if row == 0 or pool.stakes[row]["epoch"] != pot["epoch"] or pool.stakes[row]["shares"] < shares:
        return code.SHARES_MUST_BE_HELD
    if is_queued(pool, row):
        return code.STAKE_MUST_NOT_BE_UNBONDING
    # After this point the command must succeed.
    leaving = pool.stakes[row]
    leaving["unbonding"] = shares
    leaving["release_time"] = pool.totals[0]["time"] + pot["unbonding"]
    if pot["last"] == 0:
        pot["first"] = row
    else:
        pool.stakes[pot["last"]]["behind"] = row
    pot["last"] = row
    pot["unbonding_shares"] += shares
    note(pool, EVENT_UNSTAKING, command["account"], 0, number, shares)
    totals = pool.totals[0]
    if pot["unbonding"] == 0 and totals["sweep_due"] == 0 and totals["sweeping"] == 0:
        pay_queue(pool, number, 1)
    return code.OK
