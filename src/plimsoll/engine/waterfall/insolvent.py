"""Resolving an account whose equity is below zero, in one step: assets, fund, then each contract leg with its loss."""

from plimsoll.book.layout import Pool
from plimsoll.engine.waterfall.backstop import give_to_backstop, sell_assets_to_backstop, sell_assets_to_fund
from plimsoll.engine.waterfall.bad_debt import pay_from_fund, resolve_if_bankrupt
from plimsoll.engine.waterfall.deleverage import deleverage
from plimsoll.engine.waterfall.legs import NO_FEE, NO_LEG, leg_of
from plimsoll.margin.health import health
from plimsoll.units.fixed import mul_div_floor
from plimsoll.units.jit import command, rule
from plimsoll.units.limits import INSTRUMENTS_MAX
from plimsoll.units.messages import KIND_ASSET, STATUS_SETTLING

BY_MAINTENANCE = 0
BY_VALUE = 1


@rule
def weight_of(pool: Pool, account: int, number: int, by: int) -> int:
    """What a leg's share of a loss is measured by."""
    leg = leg_of(pool, account, number)
    return leg.maintenance if by == BY_MAINTENANCE else abs(leg.value)


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
def total_weight(pool: Pool, account: int, by: int) -> int:
    """Sum of the weights of all contract legs."""
    total = 0
    number = next_contract(pool, account, 0)
    while number != NO_LEG:
        total += weight_of(pool, account, number, by)
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
def resolve_insolvent(pool: Pool, account: int) -> int:
    """Resolve an insolvent account; returns the steps it took, a pass over all accounts counting as many."""
    steps = 1 + sell_assets_to_backstop(pool, account)
    deficit = max(0, -health(pool, account).equity)
    loss = deficit - pay_from_fund(pool, account, deficit)
    steps += sell_assets_to_fund(pool, account)
    by = BY_MAINTENANCE
    weights = total_weight(pool, account, by)
    if weights == 0:
        by = BY_VALUE
        weights = total_weight(pool, account, by)
    number = next_contract(pool, account, 0)
    while number != NO_LEG:
        following = next_contract(pool, account, number)
        weight = weight_of(pool, account, number, by)
        share = share_of(weight, weights, loss, following == NO_LEG)
        passes = close_leg(pool, account, number, share)
        steps += 1 + passes * pool.totals[0]["accounts"]
        weights -= weight
        loss -= share
        number = following
    return steps + resolve_if_bankrupt(pool, account) * pool.totals[0]["accounts"]
