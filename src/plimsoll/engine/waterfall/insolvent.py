"""Resolving an account whose equity is below zero, in one step.

Assets, then its owner's own opposite positions, then the insurance, then each contract leg with its loss.
"""

from plimsoll.book.layout import Pool
from plimsoll.book.rows import LegRow
from plimsoll.book.signatures import INTEGER, POOL_VIEW
from plimsoll.engine.waterfall.backstop import give_to_backstop, sell_assets_to_backstop, sell_assets_to_fund
from plimsoll.engine.waterfall.bad_debt import resolve_if_bankrupt
from plimsoll.engine.waterfall.deleverage import close_same_owner, deleverage, has_another_account
from plimsoll.engine.waterfall.insurance import pay_insurance
from plimsoll.engine.waterfall.legs import NO_FEE, NO_LEG, leg_of
from plimsoll.margin.health import NOTHING, health
from plimsoll.margin.portfolio.legs import book_after, legs_of
from plimsoll.margin.portfolio.worst import weigh_legs
from plimsoll.units.fixed import mul_div_floor
from plimsoll.units.jit import command, rule, shared
from plimsoll.units.limits import INSTRUMENTS_MAX
from plimsoll.units.messages import KIND_ASSET, MODE_PORTFOLIO, STATUS_SETTLING
from plimsoll.units.tables import Table


@command
def next_contract(pool: Pool, account: int, after: int) -> int:
    """The lowest-numbered contract leg above ``after`` that is not settling; -1 for none."""
    owner = pool.accounts[account]
    best = INSTRUMENTS_MAX
    for row in range(owner["start"], owner["start"] + owner["count"]):
        holding = pool.holdings[row]
        instrument = pool.instruments[holding["instrument"]]
        if holding["lots"] == 0 or instrument["kind"] == KIND_ASSET or instrument["status"] == STATUS_SETTLING:
            continue
        if after < holding["instrument"] < best:
            best = holding["instrument"]
    return best if best < INSTRUMENTS_MAX else NO_LEG


@command
def fill_weights(pool: Pool, account: int, legs: Table[LegRow]) -> int:
    """The contract legs and what each one's share of a loss is measured by, in ``scaled``; returns how many legs.

    Standard mode: maintenance requirement. Portfolio mode: its loss in the worst scenario. All zero: absolute value.
    """
    count = 0
    total = 0
    if pool.accounts[account]["mode"] == MODE_PORTFOLIO:
        count = book_after(pool, account, NOTHING, legs)
        total = weigh_legs(pool, legs, count)
    else:
        number = next_contract(pool, account, 0)
        while number != NO_LEG:
            legs[count]["number"] = number
            legs[count]["scaled"] = leg_of(pool, account, number).maintenance
            total += legs[count]["scaled"]
            count += 1
            number = next_contract(pool, account, number)
    if total == 0:
        for place in range(count):
            legs[place]["scaled"] = abs(leg_of(pool, account, legs[place]["number"]).value)
    return count


@rule
def weight_of(legs: Table[LegRow], count: int, number: int) -> int:
    """The weight of one leg."""
    for place in range(count):
        if legs[place]["number"] == number:
            return legs[place]["scaled"]
    return 0


@command
def total_weight(pool: Pool, account: int, legs: Table[LegRow], count: int) -> int:
    """Sum of the weights of the contract legs that are not settling."""
    total = 0
    number = next_contract(pool, account, 0)
    while number != NO_LEG:
        total += weight_of(legs, count, number)
        number = next_contract(pool, account, number)
    return total


@rule
def share_of(weight: int, weights_left: int, loss_left: int, is_last: bool) -> int:
    """A leg's part of the loss: by weight, rounded down, the last leg taking the rest."""
    if is_last or weights_left == 0:
        return loss_left
    return mul_div_floor(loss_left, weight, weights_left)


@command
def close_leg(pool: Pool, account: int, number: int, loss: int) -> int:
    """Close one leg with its loss: the backstop first when there is none, then deleveraging (returns 1)."""
    if loss == 0:
        leg = leg_of(pool, account, number)
        if give_to_backstop(pool, account, leg, health(pool, account), abs(leg.lots), NO_FEE) == abs(leg.lots):
            return 0
    deleverage(pool, account, number, loss)
    return 1


@command
def close_own_side(pool: Pool, account: int) -> int:
    """Close the legs against what the same owner has on the other side, which bears the deficit before anyone else.

    Returns the passes over all accounts this took, one a leg.
    """
    loss = max(0, -health(pool, account).equity)
    if loss == 0 or not has_another_account(pool, account):
        return 0
    legs = legs_of()
    count = fill_weights(pool, account, legs)
    weights = total_weight(pool, account, legs, count)
    passes = 0
    number = next_contract(pool, account, 0)
    while number != NO_LEG:
        following = next_contract(pool, account, number)
        weight = weight_of(legs, count, number)
        share = share_of(weight, weights, loss, following == NO_LEG)
        close_same_owner(pool, account, number, share)
        passes += 1
        weights -= weight
        loss -= share
        number = following
    return passes


@shared((POOL_VIEW, INTEGER))
def resolve_insolvent(pool: Pool, account: int) -> int:
    """Resolve an insolvent account; returns the steps it took, a pass over all accounts counting as many."""
    steps = 1 + sell_assets_to_backstop(pool, account)
    steps += close_own_side(pool, account) * pool.totals[0]["accounts"]
    deficit = max(0, -health(pool, account).equity)
    loss = deficit - pay_insurance(pool, account, deficit)
    steps += sell_assets_to_fund(pool, account)
    legs = legs_of()
    count = fill_weights(pool, account, legs)
    weights = total_weight(pool, account, legs, count)
    number = next_contract(pool, account, 0)
    while number != NO_LEG:
        following = next_contract(pool, account, number)
        weight = weight_of(legs, count, number)
        share = share_of(weight, weights, loss, following == NO_LEG)
        passes = close_leg(pool, account, number, share)
        steps += 1 + passes * pool.totals[0]["accounts"]
        weights -= weight
        loss -= share
        number = following
    return steps + resolve_if_bankrupt(pool, account) * pool.totals[0]["accounts"]
