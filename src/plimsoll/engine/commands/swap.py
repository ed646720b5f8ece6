"""Trade with an AMM at the price its two reserves make: constant product, the fee staying in the pool."""

from plimsoll.accrual.product import price_to_buy, price_to_sell
from plimsoll.book.holdings import Change, find, has_room
from plimsoll.book.layout import Pool
from plimsoll.book.rows import CommandRow
from plimsoll.engine.checks import allows, is_paused, lots_of, require_owned
from plimsoll.engine.pot_assets import assets_of, is_pot, lots_in, pay_over
from plimsoll.engine.waterfall.insurance import payable_today
from plimsoll.margin.health import health, health_after
from plimsoll.margin.rule import judge
from plimsoll.units import codes as code
from plimsoll.units.jit import command as compiled
from plimsoll.units.jit import rule
from plimsoll.units.messages import ACTION_MARGIN, ACTION_WITHDRAW, EVENT_SWAPPED, PAUSE_SWAP, POT_AMM, STATUS_OPEN


@rule
def is_amm(pool: Pool, number: int) -> bool:
    """Whether the number is an AMM that was set."""
    return is_pot(pool, number) and pool.pots[number]["kind"] == POT_AMM


@compiled
def require_swappable(pool: Pool, command: CommandRow) -> int:
    """An owner's account, an AMM with something on both sides, and a size it can trade."""
    number = command["instrument"]
    lots = command["lots"]
    refusal = require_owned(pool, command["account"])
    if refusal != code.OK:
        return refusal
    if not is_amm(pool, number):
        return code.POT_MUST_EXIST
    if is_paused(pool, PAUSE_SWAP):
        return code.MECHANISM_MUST_NOT_BE_PAUSED
    if lots == 0:
        return code.LOTS_MUST_NOT_BE_ZERO
    asset = pool.instruments[pool.pots[number]["instrument"]]
    if asset["status"] != STATUS_OPEN:
        return code.INSTRUMENT_MUST_BE_OPEN
    reserve = lots_in(pool, number)
    if reserve < 1 or assets_of(pool, number) < 1:
        return code.POT_MUST_HAVE_LIQUIDITY
    if lots >= reserve or lots < -asset["lots_max"]:
        return code.LOTS_MUST_BE_WITHIN_LIMIT
    return require_holder(pool, command, pool.pots[number]["instrument"], reserve)


@rule
def require_holder(pool: Pool, command: CommandRow, asset: int, reserve: int) -> int:
    """The account has the lots it sells or room for those it buys; so has the AMM for what it gets."""
    account = command["account"]
    lots = command["lots"]
    if not allows(pool, account, asset):
        return code.ACCOUNT_MUST_ALLOW_INSTRUMENT
    row = find(pool, account, asset)
    if lots < 0 and -lots > lots_of(pool, row):
        return code.AMOUNT_MUST_BE_HELD
    if lots > 0 and not has_room(pool, account, row):
        return code.HOLDINGS_MUST_FIT
    # Whoever gets lots must have room for them; who holds more than a lowered limit may still part with them.
    grown = lots_of(pool, row) + lots if lots > 0 else reserve - lots
    return code.OK if grown <= pool.instruments[asset]["lots_max"] else code.LOTS_MUST_BE_WITHIN_LIMIT


@rule
def cash_for(pool: Pool, number: int, lots: int) -> int:
    """The account's change of cash for its signed change of lots: what it pays is negative."""
    pot = pool.pots[number]
    if lots > 0:
        return -price_to_buy(lots, lots_in(pool, number), assets_of(pool, number), pot["fee"])
    return price_to_sell(-lots, lots_in(pool, number), assets_of(pool, number), pot["fee"])


@compiled
def may_give(pool: Pool, account: int, change: Change) -> bool:
    """Whether a swap gives nothing away, or the account's marks would let it withdraw.

    No band holds an AMM's price to the mark: whoever owns its liquidity could be paid by a swap far off the mark.
    """
    now = health(pool, account)
    return now.blocked & ACTION_WITHDRAW == 0 or health_after(pool, account, change).equity >= now.equity


@compiled
def swap(pool: Pool, command: CommandRow) -> int:
    """Buy (lots > 0) or sell the asset of an AMM; ``amount`` limits what is paid, or got."""
    refusal = require_swappable(pool, command)
    if refusal != code.OK:
        return refusal
    account = command["account"]
    lots = command["lots"]
    limit = command["amount"]
    pot = pool.pots[command["instrument"]]
    cash = cash_for(pool, command["instrument"], lots)
    if cash == 0:
        return code.AMOUNT_MUST_BE_POSITIVE
    if limit > 0 and ((lots > 0 and -cash > limit) or (lots < 0 and cash < limit)):
        return code.PRICE_MUST_BE_WITHIN_LIMIT
    if lots > 0 and -cash > pool.accounts[account]["cash"]:
        return code.CASH_MUST_NOT_BE_NEGATIVE
    if lots > 0 and pool.totals[0]["shortfall"] > payable_today(pool):
        return code.WITHDRAWALS_MUST_NOT_BE_GATED
    if lots > 0 and pool.instruments[pot["instrument"]]["blocks"] & ACTION_MARGIN != 0:
        return code.MARK_MUST_ALLOW_MARGIN
    change = Change(pot["instrument"], lots, 0, cash, 0, 0, 0)
    refusal = judge(pool, account, change, 0).code
    if refusal != code.OK:
        return refusal
    if not may_give(pool, account, change):
        return code.MARK_MUST_ALLOW_WITHDRAW
    # After this point the command must succeed.
    pay_over(pool, EVENT_SWAPPED, account, pot["account"], pot["instrument"], -lots, -cash)
    return code.OK
