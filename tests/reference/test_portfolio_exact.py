"""Profit and loss of the reference model against exact fractions."""

from fractions import Fraction
from random import Random

import pytest

from plimsoll.units import codes
from plimsoll.units.limits import PPB

from .build import CONTRACT, TOKEN
from .classes import CALL, PUT
from .portfolio_pools import (
    hold,
    option,
    pool_with,
    portfolio_account,
    scan_of,
)
from .scan import legs_of


def exact_profit(pool, legs, s):
    """The formula of §3 without any rounding, in products, and how far roundings may lead away from it."""
    cls = pool.model.classes[1]
    damping, shock = (Fraction(rate, PPB) for rate in (cls.damping[s], cls.shocks[s]))
    moved = [leg.lots * leg.row.mark * shock * damping / cls.quantum for leg in legs if not leg.row.is_option]
    slack = Fraction(sum(abs(leg.lots * leg.row.mark) for leg in legs if not leg.row.is_option), 2**28) + len(legs)
    total = sum(moved, Fraction(0))
    for group in {leg.row.risk_group for leg in legs if leg.row.is_option}:
        members = [leg for leg in legs if leg.row.is_option and leg.row.risk_group == group]
        shocked = sum(leg.lots * leg.row.values.scenarios[s] for leg in members)
        base = sum(leg.lots * leg.row.values.now for leg in members)
        discount = Fraction(cls.group(group).plus if shocked >= 0 else cls.group(group).minus, PPB)
        change = (shocked * discount - base) * damping
        total += -abs(change) if cls.skew[s] else change
        slack += Fraction(abs(shocked) + abs(base), 2**29) + 3
    return total, slack


@pytest.mark.parametrize("seed", range(40))
def test_profits_are_the_exact_ones_but_for_their_rounding(seed):
    random = Random(seed)
    scenarios = random.randrange(1, 7)
    rows = [(random.randrange(PPB + 1), random.randrange(2), 0) for _ in range(scenarios)]
    pool = pool_with(rows, grouped=1, shift=random.randrange(5))
    quantum = pool.model.classes[1].quantum
    numbers, words = [pool.list(CONTRACT, random.randrange(90, 110) * TOKEN + seed, risk_class=1)], {}
    for _ in range(6):
        kind, group = random.choice((CALL, PUT)), random.choice((1, 2))
        number = option(pool, strike=100 + len(numbers), option_type=kind, risk_group=group)
        values = [random.randrange(60 * TOKEN // quantum) for _ in range(scenarios)]
        words[number] = (random.randrange(30 * TOKEN // quantum), 0, 0, random.randrange(PPB), 0, 0, *values)
        numbers.append(number)
    shocks = [random.randrange(-PPB // 3, PPB) for _ in rows]
    known = {pool.model.instruments[number].risk_group for number in words}
    groups = {number: (*(random.randrange(PPB // 2, PPB) for _ in range(2)), 0, PPB, 0) for number in known}
    assert pool.publish_arrays(shocks, words, groups) == codes.OK
    pool.mark(1, random.randrange(80, 120) * TOKEN)
    account = portfolio_account(pool)
    for number in numbers:
        hold(pool, account, number, random.randrange(-50, 50))
    legs = legs_of(pool.model, pool.model.accounts[account], "maintenance")[1]
    for s, profit in enumerate(scan_of(pool, account).profits):
        exact, slack = exact_profit(pool, legs, s)
        assert abs(profit - exact) <= slack
