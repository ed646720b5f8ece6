"""The collateral auction: an asset of an account in liquidation, at a price that starts high and falls with time.

Whoever starts it, or starts it again when it is over, is owed an incentive, paid out of the fees of what is sold alone.
"""

from typing import NamedTuple

from plimsoll.accrual.curve_value import curve_value
from plimsoll.book.events import enter_ledger, move_cash
from plimsoll.book.holdings import Change
from plimsoll.book.layout import Pool
from plimsoll.book.rows import CaseRow
from plimsoll.engine.checks import exists
from plimsoll.engine.waterfall.legs import Leg, equity_behind
from plimsoll.engine.waterfall.takeover import Terms, takeover
from plimsoll.margin.health import Health, exit_level, health_after
from plimsoll.units.fixed import mul_div_ceil, mul_div_floor, rate_down, rate_up
from plimsoll.units.jit import command, rule
from plimsoll.units.limits import PPB
from plimsoll.units.messages import (
    EVENT_FEE_PAID,
    EVENT_KEEPER_PAID,
    EVENT_LIQUIDATED,
    EVENT_TAKEN_OVER,
    MECHANISM_AUCTION,
    NAMED_FUND,
)


class Sale(NamedTuple):
    """What selling some lots at the auction's price comes to.

    ``paid``: what the account gets, ``fee``: what it pays of that. ``spare``: by how much equity, before the fee, is
    above what leaves equity/MM, and the equity behind other lots, as it was. ``restores``: 1 where the account reaches
    its exit level.
    """

    paid: int
    fee: int
    spare: int
    restores: int


@rule
def price_now(pool: Pool, case: CaseRow) -> int:
    """The price of the auction under way, in micros a unit."""
    elapsed = pool.totals[0]["time"] - case["auction_since"]
    return rate_down(case["auction_top"], curve_value(pool, pool.policy[0]["curve_collateral"], elapsed))


@rule
def is_over(pool: Pool, case: CaseRow) -> bool:
    """Whether the auction is stale, or its price has fallen too far: nobody may buy, anybody may start it again."""
    policy = pool.policy[0]
    if pool.totals[0]["time"] - case["auction_since"] > policy["collateral_tail"]:
        return True
    return mul_div_floor(price_now(pool, case), PPB, case["auction_top"]) < policy["collateral_cusp"]


@command
def sale_of(pool: Pool, leg: Leg, now: Health, size: int, price: int) -> Sale:
    """Sell ``size`` lots of an asset at a price; the fee never lowers equity/MM, and there is none without equity."""
    instrument = pool.instruments[leg.number]
    paid = mul_div_floor(size, price, instrument["unit"])
    after = health_after(pool, leg.account, Change(leg.number, -size, 0, paid, 0, 0, 0))
    spare = 0
    fee = 0
    if now.equity > 0:
        if now.maintenance > 0 and after.maintenance <= now.maintenance:
            spare = after.equity - mul_div_ceil(now.equity, after.maintenance, now.maintenance)
            spare = min(spare, after.equity - now.equity + equity_behind(leg, now, size))
        notional = mul_div_ceil(size, price, instrument["unit"])
        fee = max(0, min(rate_up(notional, instrument["fee_liquidation"]), spare))
    restored = after.equity - fee >= exit_level(after.maintenance, pool.policy[0]["exit_buffer"])
    return Sale(paid, fee, spare, 1 if restored else 0)


@command
def size_to_sell(pool: Pool, leg: Leg, now: Health, price: int) -> int:
    """The smallest size that restores the account at a price, by bisection; all of it when none does."""
    smallest = 1
    largest = leg.lots
    while smallest < largest:
        middle = (smallest + largest) // 2
        if sale_of(pool, leg, now, middle, price).restores == 1:
            largest = middle
        else:
            smallest = middle + 1
    return smallest


@rule
def terms_of_sale(pool: Pool, leg: Leg, size: int, sale: Sale) -> Terms:
    """The sale as a takeover at the mark: what is paid above the mark the buyer bears; the fee is paid apart."""
    instrument = pool.instruments[leg.number]
    return Terms(sale.paid - mul_div_floor(size, instrument["mark"], instrument["unit"]), 0, 0)


@command
def sell(pool: Pool, leg: Leg, buyer: int, size: int, sale: Sale, equity: int) -> None:
    """Carry a sale out, pay the keeper of the fee, and write the ledger's line."""
    mark = pool.instruments[leg.number]["mark"]
    terms = terms_of_sale(pool, leg, size, sale)
    keeper = pool.cases[pool.accounts[leg.account]["case"]]["keeper"]
    incentive = take_incentive(pool, leg.account, sale.fee)
    # With the last lot the auction, and who its keeper was, is forgotten.
    takeover(pool, leg.account, buyer, leg.number, size, terms, EVENT_LIQUIDATED, EVENT_TAKEN_OVER)
    pay(pool, EVENT_FEE_PAID, leg.account, NAMED_FUND, sale.fee)
    pay(pool, EVENT_KEEPER_PAID, NAMED_FUND, keeper, incentive)
    worth = sale.paid - terms.loss
    kept = sale.fee - incentive
    enter_ledger(
        pool, leg.account, leg.number, MECHANISM_AUCTION, buyer, size, mark, 0, worth, -terms.loss, kept, 0, 0, equity
    )


@rule
def pay(pool: Pool, kind: int, payer: int, receiver: int, amount: int) -> None:
    """Both sides of a payment; nothing is said of nothing."""
    if amount > 0:
        move_cash(pool, kind, payer, receiver, -amount)
        move_cash(pool, kind, receiver, payer, amount)


@rule
def take_incentive(pool: Pool, account: int, fee: int) -> int:
    """What of a fee goes on to the keeper, as far as one is owed and still there: never more than the fee."""
    case = pool.cases[pool.accounts[account]["case"]]
    if not exists(pool, case["keeper"]):
        return 0
    incentive = min(case["keeper_due"], fee)
    case["keeper_due"] -= incentive
    return incentive
