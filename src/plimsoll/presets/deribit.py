"""Deribit's portfolio margin: a grid of prices and vols, extended moves above a deductible, a roll shock.

Symbols: x the move of the price, T years to expiry. Coin-margined futures are linear under the shock x/(1 + x), for a
position worth q coins gains q·x/(1 + x); everything of such a class is in coins, its settlement token.

    grid       x = k/4·range, k = −4 … 4, each with vols up, same and down
    extended   x of the extended moves, vols up; a contract counts the edge of the range; the loss above the deductible
    roll shock Σ |q|·max(least, move·T)

Source: support.deribit.com, Portfolio Margin; docs.deribit.com, private/simulate (figures of its example, June 2024).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

import numpy as np

from plimsoll.presets.derive_classes import carry_of
from plimsoll.presets.preset import Preset
from plimsoll.presets.rounding import require
from plimsoll.pricing.inverse import inverse_profit_of_move
from plimsoll.risk.checks import Floats
from plimsoll.risk.models import Scenario, ScenarioMatrix, VolMove, VolShock
from plimsoll.risk.models.base import NO_BASIS, group_rows, no_options
from plimsoll.risk.snapshot import Underlying
from plimsoll.risk.table import ClassTable, RiskArrays, RiskPolicy

SOURCE: Final = "support.deribit.com, Portfolio Margin; docs.deribit.com, private/simulate"
VOL: Final = VolShock(range_up=0.5, range_down=0.25, power_short=0.3, power_long=0.13, minimum_up=0.5)
VOLS: Final = (VolMove.UP, VolMove.NONE, VolMove.DOWN)


@dataclass(frozen=True, kw_only=True)
class DeribitRules:
    """Parameters of one index; moves as fractions, the deductible in US dollars, moves per year for the roll shock."""

    price_range: float = 0.16
    buckets: int = 4
    extended_moves: Sequence[float] = (-0.66, -0.33, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0)
    extended_factor: float = 1.0
    dampener: float = 100_000.0
    move_least: float = 0.01
    move_per_year: float = 0.075
    factor_maintenance: float = 0.8
    gains: float = 0.0
    """The share of an index's gains that counts against other indices' losses."""
    vol: VolShock = VOL

    def moves(self) -> list[float]:
        """Moves of the grid, from the bottom to the top."""
        return [self.price_range * k / self.buckets for k in range(-self.buckets, self.buckets + 1)]

    def edges(self) -> list[float]:
        """What a contract moves by under each extended move: the nearer edge of the range."""
        return [float(np.sign(move)) * self.price_range for move in self.extended_moves]


def matrix(rules: DeribitRules) -> ScenarioMatrix:
    """The grid and the extended moves as one scenario matrix.

    A matrix has one move a scenario, so contracts move in full in the extended part, where the venue stops them at the
    edge of the range: a short contract is asked for more, a short call that a contract covers for less. Use
    ``dollar_class``, which has them apart.
    """
    grid = [Scenario(move, vol) for move in rules.moves() for vol in VOLS]
    extended = [Scenario(move, VolMove.UP, rules.extended_factor, rules.dampener) for move in rules.extended_moves]
    return ScenarioMatrix((*grid, *extended), rules.vol, policy=policy(rules), name="deribit")


def dollar_class(underlying: Underlying, rules: DeribitRules) -> ClassTable:
    """Contracts and options settled in dollars, as the venue has them: contracts stop at the edge of the range.

    Options have their values at the extended moves, which are above what the edge alone allows a call; the carry is the
    least that lets them.
    """
    table = matrix(rules).class_table(underlying)
    shocks = np.concatenate([table.arrays.shocks[: -len(rules.extended_moves)], rules.edges()])
    carry = max(table.policy.carry_max, carry_of(underlying.spot, shocks, table.arrays.options))
    return replace(table, policy=replace(table.policy, carry_max=carry), arrays=replace(table.arrays, shocks=shocks))


def policy(rules: DeribitRules, roll: float | None = None) -> RiskPolicy:
    """Factors and the roll shock, which is inside them; ``roll`` the rate of the contracts' expiry."""
    rate = rules.move_least if roll is None else roll
    return RiskPolicy(
        factor_initial=1.0,
        factor_maintenance=rules.factor_maintenance,
        addons_inside=True,
        linear_initial=rate,
        linear_maintenance=rate,
    )


def roll_rate(rules: DeribitRules, years: float) -> float:
    """The roll shock of a contract, a share of its size."""
    require(years >= 0, "a contract that has expired has no roll shock")
    return max(rules.move_least, rules.move_per_year * years)


def coin_shocks(rules: DeribitRules) -> Floats:
    """Shocks of coin-margined contracts in every scenario: the grid, then the extended moves at the edge."""
    moves = [move for move in rules.moves() for _ in VOLS]
    return np.asarray(inverse_profit_of_move(1.0, np.array([*moves, *rules.edges()])), np.float64)


def coin_class(
    name: str, number: int, underlying: int, rules: DeribitRules, *, index: float, coin: float, roll: float
) -> ClassTable:
    """Coin-margined contracts of one index: ``coin`` settlement tokens are a coin, ``index`` its price in dollars."""
    require(index > 0 and coin > 0, "the index and the value of a coin must be above 0")
    shocks = coin_shocks(rules)
    extended = len(rules.extended_moves)
    whole, some = np.ones(shocks.size - extended), np.full(extended, rules.extended_factor)
    deductible = np.concatenate([np.zeros(whole.size), np.full(extended, rules.dampener / index * coin)])
    held = replace(policy(rules, roll), damping=np.concatenate([whole, some]), deductible=deductible)
    arrays = RiskArrays(coin, shocks, group_rows(None, NO_BASIS), no_options(shocks.size))
    return ClassTable(name, number, underlying, held, arrays)


def after_gains(rules: DeribitRules, profits: Floats) -> Floats:
    """An index's profits as they count: losses whole, gains by the venue's share."""
    counted: Floats = np.where(profits > 0, profits * rules.gains, profits)
    return counted


def counted_extended(rules: DeribitRules, profits: Floats, index: float) -> Floats:
    """Coins lost under the extended moves beyond the dampener, in the share that counts; ``index`` in dollars."""
    counted: Floats = np.minimum(0.0, after_gains(rules, profits) + rules.dampener / index) * rules.extended_factor
    return counted


def roll_shock(rules: DeribitRules, coins: Sequence[float], years: Sequence[float]) -> float:
    """Σ |q|·rate of the contracts held, in coins."""
    return sum(abs(held) * roll_rate(rules, time) for held, time in zip(coins, years, strict=True))


def risk_margin(rules: DeribitRules, maintenance: float) -> float:
    """The risk matrix margin of which maintenance margin is the venue's share."""
    require(rules.factor_maintenance > 0, "the maintenance factor must be above 0")
    return maintenance / rules.factor_maintenance


def _terms(mark_max: str) -> dict[str, Any]:
    """Standard margin of the perpetuals at their smallest size: 2 % and 1 %."""
    return {
        "lot": "0.0001",
        "mark_max": mark_max,
        "initial": Decimal("0.02"),
        "maintenance": Decimal("0.01"),
        "fee_maker": 0,
        "fee_taker": "0.0005",
        "fee_liquidation": 0,
        "fee_backstop": 0,
    }


RULES: Final = DeribitRules()

PRESET: Final = Preset(
    name="deribit_pm",
    title="Deribit portfolio margin",
    source=SOURCE,
    policy={"call_buffer": 0, "exit_buffer": 0, "profit_haircut": 0, "depeg_threshold": 0},
    instruments={"BTC-PERP": _terms("1000000"), "ETH-PERP": _terms("100000")},
    notes=(
        "plimsoll.presets.deribit.matrix(RULES) has the scenarios: 27 grid points and 8 extended moves.",
        "dollar_class is the class of contracts and options settled in dollars, coin_class of coin-margined contracts.",
        "Rates of the perpetuals are those of a standard account of the smallest size.",
    ),
    differences=(
        "The delta shock of very large accounts (above $20M) is not public in full; delta_rate is 0 here.",
        "Short calls lose without bound under the extended moves of a dollar-settled class, and contracts that cover "
        "them stop at the range; coin-margined options there lose at most a coin.",
        "The roll shock is one rate a class; there it grows with each contract's time to expiry above 0.13 years.",
        "Gains of one index never pay for another's losses (a share of 0, as published).",
        "Figures are rounded up to the settlement token's micro; there to nine decimals of a coin.",
    ),
)
