"""Parameters of Derive's portfolio managers that the engine takes in another size only, and how they are put to it.

The engine damps by at most 1, takes basis factors and rates up to 2, scenario factors up to 5 and depeg factors up to
10. Margin is homogeneous, so two changes of size lose nothing; both are 1 for all that is deployed (``fitted`` is a
third, for discounts):

* norm n: losses n times smaller under factors n times larger, for dampings above 1 and large basis factors;
* multiple k: requirements asked for k times the positions, at factors and rates k times smaller. Equity is that of the
  positions themselves.
"""

from collections.abc import Sequence
from dataclasses import replace
from math import ceil
from typing import Final

import numpy as np

from plimsoll.presets.derive_parameters import PortfolioRules
from plimsoll.presets.derive_tables import Expiry, Weights
from plimsoll.risk.snapshot import OptionChain
from plimsoll.risk.table import Options
from plimsoll.units.limits import CLASS_FACTOR_MAX, PEG_MAX, PPB, RATE_MAX, WEIGHT_MAX

BASIS_FACTOR_MAX: Final = 2.0
FACTOR_MAX: Final = CLASS_FACTOR_MAX / PPB
DEPEG_MAX: Final = PEG_MAX / PPB
SHARE_MAX: Final = RATE_MAX / PPB
DOUBT_MAX: Final = 1.0
"""A mark nobody is sure of costs at most its value (docs/commands.md, §1); at the venue a factor times it."""


def norm_of(rules: PortfolioRules, expiries: Sequence[Expiry]) -> float:
    """n: the largest damping, and the largest basis factor over what the engine takes; at least 1."""
    damping = max((one.damping for one in rules.scenarios), default=1.0)
    basis = max((rules.basis.add + rules.basis.multiple * one.years for one in expiries), default=0.0)
    return max(1.0, damping, basis / BASIS_FACTOR_MAX)


def fitted(options: Options, chain: OptionChain, weights: Weights) -> tuple[Options, Weights]:
    """Shocked values and the weights they are multiplied by: as they are, or both without the discount D.

    A short may be marked up to its undiscounted value, a weight of 1 / D, which may be more than the engine takes.
    """
    if weights.negative.size == 0 or weights.negative.max() <= WEIGHT_MAX / PPB:
        return options, weights
    _, first = np.unique(chain.groups, return_index=True)
    discounts = chain.discounts[first]
    values = options.values / chain.discounts[:, None]
    return replace(options, values=values), Weights(weights.positive * discounts, weights.negative * discounts)


def multiple_of(rules: PortfolioRules, norm: float) -> int:
    """k: the least whole number by which factors and rates can be divided to fit; 1 where they fit."""
    wanted = [
        rules.factor_initial * norm / FACTOR_MAX,
        rules.factor_maintenance * norm / FACTOR_MAX,
        rules.peg_factor * norm / DEPEG_MAX,
        rules.confidence_factor / DOUBT_MAX,
    ]
    if not rules.inside:
        wanted.append((rules.perp_maintenance + rules.perp_initial) / SHARE_MAX)
        wanted.append((rules.option_maintenance + rules.option_initial) / SHARE_MAX)
    return max(1, ceil(max(wanted)))


def divided(rules: PortfolioRules, multiple: int) -> PortfolioRules:
    """The rules for k times the positions; shares inside the factor are divided with it."""
    beside = 1 if rules.inside else multiple
    return replace(
        rules,
        factor_initial=rules.factor_initial / multiple,
        factor_maintenance=rules.factor_maintenance / multiple,
        peg_factor=rules.peg_factor / multiple,
        confidence_factor=rules.confidence_factor / multiple,
        perp_maintenance=rules.perp_maintenance / beside,
        perp_initial=rules.perp_initial / beside,
        option_maintenance=rules.option_maintenance / beside,
        option_initial=rules.option_initial / beside,
    )


def initial_side(rules: PortfolioRules) -> PortfolioRules:
    """The rules with the maintenance side drawn down to the initial one where the venue has it higher."""
    perp = min(rules.perp_maintenance, rules.perp_maintenance + rules.perp_initial)
    option = min(rules.option_maintenance, rules.option_maintenance + rules.option_initial)
    return replace(
        rules,
        factor_maintenance=min(rules.factor_maintenance, rules.factor_initial),
        perp_maintenance=perp,
        perp_initial=rules.perp_maintenance + rules.perp_initial - perp,
        option_maintenance=option,
        option_initial=rules.option_maintenance + rules.option_initial - option,
    )


def maintenance_side(rules: PortfolioRules) -> PortfolioRules:
    """The rules with the initial side drawn up to the maintenance one where the venue has it lower."""
    return replace(
        rules,
        factor_initial=max(rules.factor_maintenance, rules.factor_initial),
        perp_initial=max(rules.perp_initial, 0.0),
        option_initial=max(rules.option_initial, 0.0),
    )
